import type { Json } from '../text/json-tree.ts';
import type { Source } from '../text/source.ts';
import type { Mark } from './mark.ts';

/** The meaning of an object's member that says whether it is done. */
export interface MemberMeaning {
  readonly name: string;
  readonly isDone: boolean;
  /** The values for "done" and for "not done", in JSON. */
  readonly done: string;
  readonly open: string;
  /** See `Mark.of`. */
  readonly of: string;
}

/** The mark of an object's member, such as `"passes": true`. A missing member is inserted, spaced like the others. */
export function memberMark({ file, text }: Source, object: Json, meaning: MemberMeaning): Mark {
  const { name, isDone, done, open, of } = meaning;
  const value = object.members.get(name);
  if (value !== undefined) {
    const { start, end } = value;
    return { file, start, end, isDone, done, open: isDone ? open : text.slice(start, end), of };
  }
  const last = Math.max(object.start + 1, ...[...object.members.values()].map(({ end }) => end));
  const [, space = '', colon = ': '] =
    /^\{(\s*)"(?:[^"\\]|\\.){0,100}"(\s*:\s*)/.exec(text.slice(object.start, object.start + 300)) ?? [];
  const before = object.members.size === 0 ? '' : `,${space === '' && colon !== ':' ? ' ' : space}`;
  const inserted = `${before}${JSON.stringify(name)}${colon}${done}`;
  return { file, start: last, end: last, isDone: false, done: inserted, open: '', of };
}
