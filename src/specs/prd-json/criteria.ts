import type { ParsedCriterion } from '../format/criterion.ts';
import { criterionIn, readStrategy } from '../format/embedded.ts';
import { type Json, memberOf, textOf, valuesOf } from '../text/json-tree.ts';
import type { Source } from '../text/source.ts';
import { criterionMark } from './states.ts';
import { criteriaNames } from './stories.ts';

/** Members with a command. Others, such as `verify`, may also be prose. */
const commandNames = [
  ...['testCommand', 'test_command', 'checkCommand', 'check_command', 'verifyCommand', 'verify_command'],
  ...['verificationCommand', 'verification_command', 'command', 'cmd'],
];

/** The criteria of a story, and its own commands. */
export function criteriaOf(source: Source, story: Json): ParsedCriterion[] {
  const listed = memberOf(story, ...criteriaNames);
  const criteria =
    listed?.type === 'string'
      ? readStrategy(source, listed)
      : [...(listed?.items ?? []), ...(listed?.members.values() ?? [])].flatMap((one) => criterionOf(source, one));
  const commands = valuesOf(memberOf(story, ...commandNames)).map((string) =>
    criterionIn(source, { ...string, text: 'The command of the story passes' }, [textOf(string)]),
  );
  return [...criteria, ...commands];
}

function criterionOf(source: Source, json: Json): ParsedCriterion[] {
  if (textOf(json) !== '') return [criterionIn(source, json)];
  const string = memberOf(json, ...textNames);
  const commands = valuesOf(memberOf(json, ...commandNames)).map(textOf);
  const said = string ?? memberOf(json, ...commandNames);
  if (said === undefined || textOf(said) === '') return [];
  const isHuman = commands.length === 0 && /^(?:manual|human)$/i.test(textOf(memberOf(json, 'type', 'kind', 'method')));
  const how = textOf(memberOf(json, 'verify', 'verification', 'check'));
  const text = [string === undefined ? 'The command passes' : textOf(string), how]
    .filter((part) => part !== '')
    .join(' — ');
  const read = criterionIn(source, { ...said, text: isHuman ? `(human) ${text}` : text }, commands);
  const mark = criterionMark(source, json, read.criterion.text);
  if (mark === null) return [{ ...read, mark }];
  return [{ ...read, mark, criterion: { ...read.criterion, isTicked: mark.isDone } }];
}

const textNames = [
  'text',
  'criterion',
  'criteria',
  'description',
  'desc',
  'title',
  'name',
  'statement',
  'requirement',
  'step',
];
