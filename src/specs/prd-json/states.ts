import { type MemberMeaning, memberMark } from '../format/member-mark.ts';
import type { Mark } from '../format/mark.ts';
import { type Json, memberOf, textOf } from '../text/json-tree.ts';
import type { Source } from '../text/source.ts';
import { doneNames } from './stories.ts';

/** Whether a story is done, or held, and its mark. */
export interface State {
  readonly isDone: boolean;
  /** See `Draft.hold`. */
  readonly hold: string | null;
  readonly mark: Mark;
}

const doneStatuses: ReadonlySet<string> = new Set([
  ...['done', 'complete', 'completed', 'passed', 'passing', 'pass', 'closed', 'finished', 'implemented', 'merged'],
  ...['verified', 'shipped', 'true'],
]);
const openStatuses: ReadonlySet<string> = new Set([
  ...['', 'open', 'pending', 'todo', 'to-do', 'not-started', 'in-progress', 'started', 'ready', 'new', 'planned'],
  ...['backlog', 'failed', 'failing', 'incomplete', 'false', 'active', 'draft'],
]);
const holds: Readonly<Record<string, string>> = {
  blocked: 'is blocked',
  deferred: 'is deferred',
  skipped: 'is skipped',
  cancelled: 'is cancelled',
  canceled: 'is cancelled',
  review: 'is in review',
  'in-review': 'is in review',
};

/** The name of the member that says what is done in most of these objects; null if none has one. */
export function usualMark(all: readonly Json[]): string | null {
  const counts = [...doneNames, 'status'].map((name) => ({
    name,
    count: all.filter((json) => json.members.has(name)).length,
  }));
  const [most] = counts.toSorted((a, b) => b.count - a.count);
  return most === undefined || most.count === 0 ? null : most.name;
}

/** The state of a story. A missing mark is inserted as `usual`. */
export function stateOf(source: Source, json: Json, usual: string, of: string): State {
  const name = [usual, ...doneNames, 'status'].find((one) => json.members.has(one)) ?? usual;
  const said = wordOf(json.members.get(name));
  const status = wordOf(memberOf(json, 'status'));
  const isDone = doneStatuses.has(said);
  const word = openStatuses.has(said) ? status : said;
  const isHeld = !isDone && !openStatuses.has(word) && !doneStatuses.has(word);
  const hold = isHeld ? (holds[word] ?? `has the status ${JSON.stringify(word)}`) : null;
  return { isDone, hold, mark: memberMark(source, json, meaning(json, name, isDone, of)) };
}

/** The mark of a criterion that has one. */
export function criterionMark(source: Source, json: Json, of: string): Mark | null {
  const name = [...doneNames, 'status'].find((one) => json.members.has(one));
  if (name === undefined) return null;
  return memberMark(source, json, meaning(json, name, doneStatuses.has(wordOf(json.members.get(name))), of));
}

function meaning(json: Json, name: string, isDone: boolean, of: string): MemberMeaning {
  const isText = name === 'status' || json.members.get(name)?.type === 'string';
  const words = name === 'status' ? ['"done"', '"pending"'] : isText ? ['"true"', '"false"'] : ['true', 'false'];
  return { name, isDone, done: words[0] ?? '', open: words[1] ?? '', of };
}

function wordOf(json: Json | undefined): string {
  const text = json?.type === 'boolean' ? json.text : textOf(json);
  return text.toLowerCase().replace(/[\s_]+/g, '-');
}
