import type { Diagnostic } from '../../model/diagnostic.ts';
import type { ParsedCriterion } from '../format/criterion.ts';
import { criterionIn } from '../format/embedded.ts';
import { readStated, type Stated } from '../format/json-criteria.ts';
import { type Json, memberOf, textOf, trimmed, valuesOf } from '../text/json-tree.ts';
import type { Source } from '../text/source.ts';
import { criterionMark } from './states.ts';
import { criteriaNames } from './stories.ts';

/** Members with a command. Others, such as `verify`, may also be prose. */
const commandNames = [
  ...['testCommand', 'test_command', 'checkCommand', 'check_command', 'verifyCommand', 'verify_command'],
  ...['verificationCommand', 'verification_command', 'command', 'cmd'],
];

/** The criteria of a story, from the first member that has some, and its own commands. */
export function criteriaOf(source: Source, story: Json): Stated {
  const unread: Diagnostic[] = [];
  let criteria: readonly ParsedCriterion[] = [];
  for (const name of criteriaNames) {
    const stated = readStated(source, story.members.get(name), (json, said) => criterionOf(source, json, said));
    unread.push(...stated.unread);
    criteria = stated.criteria;
    if (criteria.length > 0) break;
  }
  const commands = valuesOf(memberOf(story, ...commandNames)).map((string) =>
    criterionIn(source, { ...string, text: 'The command of the story passes' }, [textOf(string)]),
  );
  return { criteria: [...criteria, ...commands], unread };
}

function criterionOf(source: Source, json: Json, own: Json | null): ParsedCriterion | null {
  const commandsIn = memberOf(json, ...commandNames);
  const commands = valuesOf(commandsIn).map(textOf);
  const said = own ?? valuesOf(commandsIn)[0];
  if (said === undefined) return null;
  const isHuman = commands.length === 0 && /^(?:manual|human)$/i.test(textOf(memberOf(json, 'type', 'kind', 'method')));
  const how = textOf(memberOf(json, 'verify', 'verification', 'check'));
  const text = [own === null ? 'The command passes' : textOf(own), how].filter((part) => part !== '').join(' — ');
  const read = criterionIn(source, { ...trimmed(said), text: isHuman ? asHuman(text) : text }, commands);
  const mark = criterionMark(source, json, read.criterion.text);
  if (mark === null) return read;
  return { ...read, mark, criterion: { ...read.criterion, isTicked: mark.isDone } };
}

/** A criterion for people; the sign of that is behind its box. */
function asHuman(text: string): string {
  const [box = ''] = /^(?:[-*+]\s{1,4})?(?:\[[^[\]]{0,3}\]\s{1,4})?/.exec(text) ?? [];
  return `${box}(human) ${text.slice(box.length)}`;
}
