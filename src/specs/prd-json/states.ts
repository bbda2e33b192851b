import { type MemberMeaning, memberMark } from '../format/member-mark.ts';
import type { Mark } from '../format/mark.ts';
import { foldedStatus, knownState, stateNamed, type State as Status } from '../format/statuses.ts';
import { type Json, memberOf, textOf } from '../text/json-tree.ts';
import type { Source } from '../text/source.ts';
import { doneNames } from './stories.ts';

/** Whether a story is done, or held, and its mark. */
export interface State {
  readonly isDone: boolean;
  /** See `Draft.hold`. */
  readonly hold: string | null;
  readonly mark: Mark;
  /** The marks of other members that say so, too: a `status` beside `passes`. */
  readonly others: readonly Mark[];
}

/** What only loops say; `true` and `false` are values of marks such as `passes`. */
const ownWords: ReadonlyMap<string, Status> = new Map([
  ...['passed', 'passing', 'pass', 'verified', 'true'].map((word) => [word, 'done'] as const),
  ['false', 'open'],
]);

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
  const isDone = meant(said) === 'done';
  const state = meant(meant(said) === 'open' ? status : said);
  const hold = isDone ? null : typeof state === 'string' ? flagged(json) : state.hold;
  const others = [...doneNames, 'status'].flatMap((other) => {
    const value = json.members.get(other);
    const isMark = value?.type === 'boolean' || (other === 'status' && textOf(value) !== '');
    if (other === name || !isMark) return [];
    return [memberMark(source, json, meaning(json, other, meant(wordOf(value)) === 'done', `${of} (${other})`))];
  });
  return { isDone, hold, mark: memberMark(source, json, meaning(json, name, isDone, of)), others };
}

/** Why a story with a member such as `"blocked": true` or `"blocked": "no API key"` is held; null without one. */
function flagged(json: Json): string | null {
  for (const [name, value] of json.members) {
    const word = foldedStatus(wordOf(value));
    const isSet = /^(?:true|yes)$/.test(word) || (name === 'blocked' && !/^(?:|false|no|none|nothing)$/.test(word));
    const state = isSet ? knownState(name) : null;
    if (state !== null && typeof state !== 'string' && state.hold !== 'is in review') return state.hold;
  }
  return null;
}

/** What the value of a mark says. */
function meant(word: string): Status {
  return ownWords.get(foldedStatus(word)) ?? stateNamed(word);
}

/** The mark of a criterion that has one. */
export function criterionMark(source: Source, json: Json, of: string): Mark | null {
  const name = [...doneNames, 'status'].find((one) => json.members.has(one));
  if (name === undefined) return null;
  return memberMark(source, json, meaning(json, name, meant(wordOf(json.members.get(name))) === 'done', of));
}

function meaning(json: Json, name: string, isDone: boolean, of: string): MemberMeaning {
  const isText = name === 'status' || json.members.get(name)?.type === 'string';
  const words = name === 'status' ? ['"done"', '"pending"'] : isText ? ['"true"', '"false"'] : ['true', 'false'];
  return { name, isDone, done: words[0] ?? '', open: words[1] ?? '', of };
}

function wordOf(json: Json | undefined): string {
  return json?.type === 'boolean' ? json.text : textOf(json);
}
