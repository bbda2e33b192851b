import { type Diagnostic, locate } from '../../model/diagnostic.ts';
import { type Json, textOf, trimmed } from '../text/json-tree.ts';
import type { Source } from '../text/source.ts';
import type { ParsedCriterion } from './criterion.ts';
import { criterionIn, readStrategy } from './embedded.ts';

/** Criteria, and warnings about values that are read as none. */
export interface Stated {
  readonly criteria: readonly ParsedCriterion[];
  /** Warnings, beside the problems of the criteria. */
  readonly unread: readonly Diagnostic[];
}

/** Reads an object as one criterion. `said` is its text, or null if it has none; null is returned if it is no criterion. */
export type ReadObject = (object: Json, said: Json | null) => ParsedCriterion | null;

/** Members with the text of a criterion. */
const textNames = [
  ...['text', 'criterion', 'criteria', 'description', 'desc', 'title', 'name', 'statement', 'requirement', 'step'],
] as const;
/** Members with criteria beside the text of an object. */
const nestedNames: ReadonlySet<string> = new Set([
  ...[...textNames, 'acceptanceCriteria', 'acceptance_criteria', 'acceptance', 'scenarios', 'conditions'],
  ...['checks', 'steps', 'items', 'requirements', 'assertions', 'expectations', 'children', 'subcriteria'],
]);
/** Members that say something about a criterion, and nothing that must hold. */
const about: ReadonlySet<string> = new Set([
  ...['id', 'key', 'number', 'type', 'kind', 'category', 'group', 'priority', 'status', 'method', 'passes', 'passed'],
  ...['complete', 'completed', 'done', 'isComplete', 'isDone', 'implemented', 'finished', 'automated', 'required'],
]);
/** Members of a scenario, in their order. */
const stepNames = ['given', 'when', 'then', 'and', 'but'];

/**
 * Reads the value of a member that has criteria: a text (`readStrategy`), or a list or object of texts, scenarios and groups
 * of them. Every value in it becomes a criterion or a warning.
 */
export function readStated(source: Source, json: Json | undefined, readObject?: ReadObject): Stated {
  if (json === undefined || (json.type === 'string' && textOf(json) === '')) return { criteria: [], unread: [] };
  if (json.type === 'string') return readStrategy(source, json);
  const criteria: ParsedCriterion[] = [];
  const unread: Diagnostic[] = [];
  const read: ReadObject = readObject ?? ((_object, said) => (said === null ? null : criterionIn(source, said)));
  const visit = (value: Json): void => {
    if (textOf(value) !== '') criteria.push(criterionIn(source, value));
    else if (value.type === 'array') value.items.forEach(visit);
    else if (value.type === 'object') object(value);
    else if (value.type === 'boolean') unread.push(notRead(source, value));
  };
  const object = (value: Json): void => {
    const members = [...value.members].filter(([name]) => !isStep(name) && !about.has(name));
    const isGroup = members.some(([, inner]) => isHolder(inner));
    const one = read(value, saidIn(value)) ?? (isGroup ? null : read(value, joined(value)));
    if (one !== null) criteria.push(one);
    for (const [name, inner] of members) if (one === null || (isHolder(inner) && nestedNames.has(name))) visit(inner);
  };
  if (json.type === 'object' && saidIn(json) === null) [...json.members.values()].forEach(visit);
  else visit(json);
  return { criteria, unread };
}

function isHolder({ type }: Json): boolean {
  return type === 'array' || type === 'object';
}

function isStep(name: string): boolean {
  return stepNames.includes(name.toLowerCase());
}

/** The text of an object and its steps; null without both. */
function saidIn(object: Json): Json | null {
  const text = textNames.map((name) => object.members.get(name)).find((one) => textOf(one) !== '');
  const members = [...object.members].flatMap(([name, value]) => {
    const words = wordsOf(value);
    return isStep(name) && words !== '' ? [{ name: name.toLowerCase(), words, value }] : [];
  });
  const steps = members.toSorted((a, b) => stepNames.indexOf(a.name) - stepNames.indexOf(b.name));
  const [first] = steps;
  if (first === undefined) return text ?? null;
  const scenario = steps.map(({ name, words }) =>
    new RegExp(`^${name}\\b`, 'i').test(words) ? words : `${name} ${words}`,
  );
  const sentence = scenario.join(', ');
  if (text !== undefined) return { ...trimmed(text), text: `${textOf(text)} — ${sentence}` };
  return { ...first.value, type: 'string', text: `${sentence.slice(0, 1).toUpperCase()}${sentence.slice(1)}` };
}

/** The texts of a value, joined by "and". */
function wordsOf(json: Json): string {
  const inner = json.type === 'object' ? [...json.members.values()] : json.items;
  if (json.type === 'boolean') return json.text;
  return isHolder(json)
    ? inner
        .map(wordsOf)
        .filter((words) => words !== '')
        .join(' and ')
    : textOf(json);
}

/** The members of an object that has no usual ones, as a text; null without any. */
function joined(object: Json): Json | null {
  const members = [...object.members].filter(([name, value]) => textOf(value) !== '' && !about.has(name));
  const [first] = members;
  const text = members.map(([name, value]) => `${name}: ${textOf(value)}`).join(', ');
  return first === undefined ? null : { ...first[1], type: 'string', text };
}

function notRead(source: Source, { start, end }: Json): Diagnostic {
  return {
    severity: 'warning',
    code: 'unread-criterion',
    message: 'this value is among the acceptance criteria, but is not read as one',
    hint: 'Write what must hold as a text, or remove it.',
    file: source.file,
    ...locate(source.text, start, end - start),
  };
}
