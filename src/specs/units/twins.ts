import { idFromKey } from '../../model/ids.ts';
import type { Draft } from '../format/draft.ts';

/**
 * Drafts of which none is worked on twice: one that has a twin is done if that is, and otherwise held. What waits for it waits
 * for its twin. A mark of its own that says otherwise goes before a twin that is done.
 */
export function withTwins<D extends Draft>(drafts: readonly D[]): D[] {
  if (!drafts.some(({ twin }) => twin !== undefined)) return [...drafts];
  const known = new Map(drafts.map((draft) => [idFromKey(draft.key), draft]));
  const twins = new Map<string, D>();
  for (const draft of drafts) {
    const twin = draft.twin === undefined || draft.isDone ? undefined : known.get(idFromKey(draft.twin));
    const isDenied = twin?.isDone === true && draft.marks.some(({ start, end }) => start < end);
    if (twin !== undefined && twin !== draft && !isDenied && isSameWork(draft, twin))
      twins.set(idFromKey(draft.key), twin);
  }
  return drafts.map((draft): D => {
    const depends = draft.keys.depends?.map((name) => twins.get(idFromKey(name))?.key ?? name);
    const own = depends === undefined ? draft : { ...draft, keys: { ...draft.keys, depends } };
    const twin = twins.get(idFromKey(draft.key));
    if (twin === undefined) return own;
    return { ...own, problems: [], ...(twin.isDone ? { isDone: true } : { hold: 'has a file of its own' }) };
  });
}

/** True if most words of a title are in the title or the file's name of its twin; titles change with the work. */
function isSameWork({ title }: Draft, twin: Draft): boolean {
  const words = wordsOf(title);
  const other = new Set([...wordsOf(twin.title), ...wordsOf(twin.file)]);
  return words.filter((word) => other.has(word)).length > words.length / 2;
}

function wordsOf(text: string): string[] {
  const words = text
    .normalize('NFKC')
    .toLowerCase()
    .split(/[^\p{L}\p{M}\p{N}]+/u);
  return words.filter((word) => word !== '');
}
