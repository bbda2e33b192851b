import { locate } from '../../model/diagnostic.ts';
import type { SpecDiagnostic } from '../../model/spec-rule.ts';
import { type Json, textOf, trimmed } from '../text/json-tree.ts';
import type { Source } from '../text/source.ts';
import type { ParsedCriterion } from './criterion.ts';
import { criterionIn, readStrategy } from './embedded.ts';

/** Criteria, and warnings about values that are read as none. */
export interface Stated {
  readonly criteria: readonly ParsedCriterion[];
  /** Warnings, beside the problems of the criteria. */
  readonly unread: readonly SpecDiagnostic[];
}

/** How a format reads the objects among its criteria. */
export interface ObjectReading {
  /** Reads an object as one criterion. `said` is its text, or null if it has none; null is returned if it is no criterion. */
  readonly read: (object: Json, said: Json | null) => ParsedCriterion | null;
  /** True for a member that `read` reads by itself. */
  readonly reads: (name: string, value: Json) => boolean;
}

/** Members with the text of a criterion; a title goes before what it is the title of. */
const titleNames = ['title', 'name'];
const textNames = ['text', 'criterion', 'criteria', 'description', 'desc', 'statement', 'requirement', 'step'];
/** Members with criteria beside the text of an object. */
const nestedNames: ReadonlySet<string> = new Set([
  ...[...titleNames, ...textNames, 'acceptanceCriteria', 'acceptance_criteria', 'acceptance', 'scenarios'],
  ...['conditions', 'checks', 'steps', 'items', 'requirements', 'assertions', 'expectations', 'children'],
  ...['subcriteria'],
]);
/** Members that say something about a criterion, and nothing that must hold, unless they have a sentence or more. */
const about: ReadonlySet<string> = new Set([
  ...['number', 'priority', 'status', 'method', 'passes', 'passed'],
  ...['complete', 'completed', 'done', 'isComplete', 'isDone', 'implemented', 'finished', 'automated', 'required'],
]);
/** Members that say what it is about. */
const topics: ReadonlySet<string> = new Set(['id', 'key', 'type', 'kind', 'category', 'group']);
/** Members that name things; values with white space are no names. */
const references: ReadonlySet<string> = new Set([
  ...['files', 'file', 'paths', 'path', 'refs', 'references', 'links', 'url', 'tags', 'labels', 'owner', 'assignee'],
  ...['dependsOn', 'depends_on', 'dependencies', 'story', 'storyId', 'createdAt', 'updatedAt'],
]);
/** Members of a scenario, in their order. */
const stepNames = ['given', 'when', 'then', 'and', 'but'];

/** The most words of a remark such as "must have", and of a topic. */
const most = { remark: 3, topic: 12 };

/**
 * Reads the value of a member that has criteria: a text (`readStrategy`), or a list or object of texts, scenarios and groups
 * of them. Every value in it is part of a criterion, a remark (`isRemark`), or a warning.
 */
export function readStated(source: Source, json: Json | undefined, reading?: ObjectReading): Stated {
  if (json === undefined || (json.type === 'string' && textOf(json) === '')) return { criteria: [], unread: [] };
  if (json.type === 'string') return readStrategy(source, json);
  const own = reading ?? {
    read: (_object, said) => (said === null ? null : criterionIn(source, said)),
    reads: () => false,
  };
  const stating = new Stating(source, own);
  // At the top, a text is a criterion of its own, not a part of one.
  if (json.type === 'object') stating.object(json, { isTop: true });
  else stating.visit(json);
  return stating;
}

class Stating implements Stated {
  readonly criteria: ParsedCriterion[] = [];
  readonly unread: SpecDiagnostic[] = [];
  readonly #source: Source;
  readonly #reading: ObjectReading;

  constructor(source: Source, reading: ObjectReading) {
    this.#source = source;
    this.#reading = reading;
  }

  visit(value: Json): void {
    if (textOf(value) !== '') this.criteria.push(criterionIn(this.#source, value));
    else if (value.type === 'array') for (const item of value.items) this.visit(item);
    else if (value.type === 'object') this.object(value, { isTop: false });
    else this.#tell(value);
  }

  object(object: Json, { isTop }: { readonly isTop: boolean }): void {
    const { read, reads } = this.#reading;
    const members = [...object.members].filter(([name, value]) => !isRemark(name, value) && !reads(name, value));
    const others = members.filter(([name]) => !isStep(name));
    const hasText = saidIn(object, []) !== null || read(object, null) !== null;
    if (!hasText && (isTop || others.some(([, value]) => isHolder(value)))) {
      for (const [, value] of members) this.visit(value);
      return;
    }
    const one = read(object, saidIn(object, others));
    if (one !== null) this.criteria.push(one);
    for (const [name, value] of others) {
      if (isHolder(value) && nestedNames.has(name)) this.visit(value);
      else if (isHolder(value) || one === null || (!hasText && value.type === 'boolean')) this.#tell(value);
    }
  }

  /** Warns of a value that has something. */
  #tell(value: Json): void {
    if (hasAny(value)) this.unread.push(notRead(this.#source, value));
  }
}

/** True for a member that says something about a criterion, and nothing that must hold. */
function isRemark(name: string, value: Json): boolean {
  const limit = about.has(name) ? most.remark : topics.has(name) ? most.topic : 0;
  if (limit > 0) return !isHolder(value) && value.text.trim().split(/\s+/).length <= limit;
  return references.has(name) && (isHolder(value) ? partsOf(value) : [value]).every(isName);
}

function isName(value: Json): boolean {
  return !isHolder(value) && !/\s/.test(value.text.trim());
}

function partsOf(value: Json): readonly Json[] {
  return value.type === 'object' ? [...value.members.values()] : value.items;
}

/** True for a value with something in it. */
export function hasAny(value: Json): boolean {
  return isHolder(value) ? partsOf(value).some(hasAny) : value.type !== 'null' && value.text.trim() !== '';
}

function isHolder({ type }: Json): boolean {
  return type === 'array' || type === 'object';
}

function isStep(name: string): boolean {
  return stepNames.includes(name.toLowerCase());
}

/**
 * The text of an object: its title and its texts, its steps, and what else it says of itself, among the members `others`. Null
 * without any.
 */
function saidIn(object: Json, others: readonly (readonly [string, Json])[]): Json | null {
  const texts = [...titleNames, ...textNames].flatMap((name) => {
    const value = object.members.get(name);
    return value === undefined || textOf(value) === '' ? [] : [value];
  });
  const apart = texts.filter(
    (one, index) => !texts.some((other, at) => at !== index && repeats(textOf(other), textOf(one), at < index)),
  );
  const steps = [...object.members]
    .flatMap(([name, value]) => {
      const words = wordsOf(value);
      return isStep(name) && words !== '' ? [{ name: name.toLowerCase(), words, value }] : [];
    })
    .toSorted((a, b) => stepNames.indexOf(a.name) - stepNames.indexOf(b.name));
  const sentence = steps
    .map(({ name, words }) => (new RegExp(`^${name}\\b`, 'i').test(words) ? words : `${name} ${words}`))
    .join(', ');
  const rest = others.filter(([, value]) => !isHolder(value) && hasAny(value) && !texts.includes(value));
  const [first] = apart;
  const extra = rest
    .filter(([, value]) => texts.length + steps.length > 0 || value.type !== 'boolean')
    .map(([name, value]) => `${name}: ${value.text.trim()}`)
    .join(', ');
  const parts = [...apart.map(textOf), sentence, extra].filter((part) => part !== '');
  const text = parts.join(' — ');
  if (first !== undefined) return { ...trimmed(first), text };
  const value = steps[0]?.value ?? rest.find((one) => textOf(one[1]) !== '')?.[1];
  if (value === undefined || text === '') return null;
  const said = steps.length === 0 ? text : `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`;
  return { ...value, type: 'string', text: said };
}

/** True if a text says what another one says already; of equal ones, the later is left out. */
function repeats(whole: string, part: string, isBefore: boolean): boolean {
  return whole === part ? isBefore : whole.length > part.length && whole.includes(part);
}

/** The texts of a value, joined by "and". */
function wordsOf(json: Json): string {
  if (json.type === 'boolean') return json.text;
  return isHolder(json)
    ? partsOf(json)
        .map(wordsOf)
        .filter((words) => words !== '')
        .join(' and ')
    : textOf(json);
}

/** The warning of a value that is read as no criterion. */
export function notRead(source: Source, { start, end }: Json): SpecDiagnostic {
  return {
    severity: 'warning',
    code: 'unread-criterion',
    message: 'this value is among the acceptance criteria, but is not read as one',
    hint: 'Write what must hold as a text, or remove it.',
    file: source.file,
    ...locate(source.text, start, end - start),
  };
}
