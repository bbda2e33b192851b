import { listSome } from './list-some.ts';

const odd = /[\p{C}\p{Zl}\p{Zp}"\\]|^\s|\s$|\s\s/u;
const unseen = /[\p{C}\p{Zl}\p{Zp}]/gu;

/** A file's name within a sentence; quoted and escaped as JSON if it contains spaces or invisible characters. */
export function shownName(name: string): string {
  if (!odd.test(name)) return name;
  return JSON.stringify(name).replace(unseen, (c) =>
    Array.from({ length: c.length }, (_, at) => `\\u${c.charCodeAt(at).toString(16).padStart(4, '0')}`).join(''),
  );
}

/** Names within a sentence: the first `most`, and how many more there are. */
export function shownNames(names: readonly string[], most = 10): string {
  return listSome(names.map(shownName), most);
}
