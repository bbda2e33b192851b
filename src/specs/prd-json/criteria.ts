import type { SpecDiagnostic } from '../../model/spec-rule.ts';
import type { ParsedCriterion } from '../format/criterion.ts';
import { criterionIn } from '../format/embedded.ts';
import { hasAny, notRead, type ObjectReading, readStated, type Stated } from '../format/json-criteria.ts';
import { type Json, memberOf, textOf, trimmed, valuesIn } from '../text/json-tree.ts';
import { errorAt, type Source } from '../text/source.ts';
import { criterionMark } from './states.ts';
import { criteriaNames, doneNames } from './stories.ts';

/** Members with a command. Others, such as `verify`, may also be prose. */
const commandNames = [
  ...['testCommand', 'test_command', 'checkCommand', 'check_command', 'verifyCommand', 'verify_command'],
  ...['verificationCommand', 'verification_command', 'command', 'cmd'],
];

/** Members that say in words how a criterion is verified. */
const howNames = ['verify', 'verification', 'check'];

/** Members with steps: of how to see that the criteria hold, if there are some, otherwise these are the criteria. */
const stepNames: ReadonlySet<string> = new Set(['steps', 'verificationSteps', 'testSteps']);

/** The criteria of a story, and its own commands. */
export function criteriaOf(source: Source, story: Json): Stated {
  const unread: SpecDiagnostic[] = [];
  const criteria: ParsedCriterion[] = [];
  const reading: ObjectReading = {
    read: (json, said) => criterionOf(source, json, said),
    reads: (name, value) =>
      (commandNames.includes(name) && isCommand(value)) ||
      (howNames.includes(name) && textOf(value) !== '') ||
      doneNames.some((one) => one === name),
  };
  for (const name of criteriaNames) {
    const value = story.members.get(name);
    const stated = readStated(source, value, reading);
    if (criteria.length > 0 && stepNames.has(name)) {
      if (value !== undefined && stated.criteria.length > 0) unread.push(notRead(source, value));
      continue;
    }
    unread.push(...stated.unread);
    const known = new Set(criteria.map(({ criterion }) => criterion.hash));
    criteria.push(...stated.criteria.filter(({ criterion }) => !known.has(criterion.hash)));
  }
  for (const name of commandNames) {
    const value = story.members.get(name);
    if (value !== undefined && hasAny(value) && !isCommand(value)) unread.push(notRead(source, value));
  }
  const words = wordsIn(story);
  const commands = words === undefined ? valuesIn(story, ...commandNames) : [words];
  const own = commands.map((string) => {
    const said: Json = { ...string, type: 'string', text: 'The command of the story passes' };
    return words === undefined
      ? criterionIn(source, said, [textOf(string)])
      : withProblem(criterionIn(source, said), unclear(source, words));
  });
  return { criteria: [...criteria, ...own], unread };
}

/** True for a command, or a list of them. */
function isCommand(value: Json): boolean {
  return value.type === 'array' ? value.items.every((one) => textOf(one) !== '') : textOf(value) !== '';
}

/** A command that is given as a list of its words, or may be: `["node", "check.js"]`. */
function wordsIn(json: Json): Json | undefined {
  return commandNames
    .flatMap((name) => json.members.get(name) ?? [])
    .find(({ type, items }) => {
      const words = items.map(textOf);
      const isSeveral = words.some((word) => /\s/.test(word)) && !words.slice(1).some((word) => word.startsWith('-'));
      return type === 'array' && items.length > 1 && !isSeveral;
    });
}

function unclear(source: Source, { start, end }: Json): SpecDiagnostic {
  return errorAt(
    source,
    { offset: start, length: end - start },
    {
      code: 'unclear-check',
      message: 'it is not clear whether these are commands, or the words of one',
      hint: 'Write one command as a text, "node check.js", and several as one, too: "make && tox".',
    },
  );
}

function withProblem(one: ParsedCriterion, problem: SpecDiagnostic): ParsedCriterion {
  return { ...one, problems: [...one.problems, problem] };
}

function criterionOf(source: Source, json: Json, own: Json | null): ParsedCriterion | null {
  const found = valuesIn(json, ...commandNames);
  const words = wordsIn(json);
  const commands = words === undefined ? found.map(textOf) : [];
  const said = own ?? found[0];
  if (said === undefined) return null;
  const isHuman = found.length === 0 && /^(?:manual|human)$/i.test(textOf(memberOf(json, 'type', 'kind', 'method')));
  const how = textOf(memberOf(json, ...howNames));
  const text = [own === null ? 'The command passes' : textOf(own), how].filter((part) => part !== '').join(' — ');
  const plain = criterionIn(source, { ...trimmed(said), text: isHuman ? asHuman(text) : text }, commands);
  const read = words === undefined ? plain : withProblem(plain, unclear(source, words));
  const mark = criterionMark(source, json, read.criterion.text);
  if (mark === null) return read;
  return { ...read, mark, criterion: { ...read.criterion, isTicked: mark.isDone } };
}

/** A criterion for people; the sign of that is behind its box. */
function asHuman(text: string): string {
  const [box = ''] = /^(?:[-*+]\s{1,4})?(?:\[[^[\]]{0,3}\]\s{1,4})?/.exec(text) ?? [];
  return `${box}(human) ${text.slice(box.length)}`;
}
