import { foldedKey } from '../../model/ids.ts';

/** A unit that others may refer to. */
export interface Named {
  readonly key: string;
  /** The name of its file, or its title. */
  readonly name: string;
  /** Its number among its neighbours; null without one. */
  readonly number: string | null;
}

/** Numbers after a word, such as "Tasks 1, 2 and 4-6" or "issue-08/09". */
const numbered =
  /\b(?:tasks?|steps?|issues?)[\s#-]*((?:\d+(?:\.\d+)*)(?:\s*(?:,|and|&|\/|-|–|to|through)\s*\d+(?:\.\d+)*(?![\w.-]*[a-z]))*)/i;

/**
 * The keys of the neighbours that a text waits for, in their order. A named unit that is not there stays as it is written; text that
 * names none, such as "None" or a library, gives nothing.
 */
export function referredIn(text: string, neighbours: readonly Named[], own: Named): string[] {
  const line = text.replace(/[*_`]/g, '').trim().slice(0, 1000);
  if (/^(?:none|no\b|n\/a|nothing|independent)/i.test(line)) return [];
  const others = neighbours.filter(({ key }) => key !== own.key);
  const before = /^all (?:previous|prior|preceding|earlier) (?:tasks|steps|issues)\b/i.test(line);
  if (before) return others.filter(({ number }) => valueOf(number) < valueOf(own.number)).map(({ key }) => key);
  const word = /^[^\s(:,—]+/.exec(line)?.[0].replace(/\.md$/, '') ?? '';
  const exact = others.find(({ name }) => name.toLowerCase() === word.toLowerCase());
  if (exact) return [exact.key];
  const sluggish = others.filter(
    ({ name }) => name.toLowerCase().replace(/^(?:issue-)?\d+-/, '') === word.toLowerCase(),
  );
  if (sluggish.length > 0) return sluggish.map(({ key }) => key);
  const found = numbered.exec(line)?.[1];
  if (found === undefined) return [];
  const slug = foldedKey(/\(([^()]*)\)/.exec(line)?.[1] ?? '');
  return numbersIn(found).flatMap((number) => {
    const same = others.filter((one) => valueOf(one.number) === valueOf(number));
    const meant = slug === '' ? [] : same.filter(({ name }) => foldedKey(name).endsWith(slug));
    const keys = (meant.length > 0 ? meant : same).map(({ key }) => key);
    if (keys.length > 0 || valueOf(number) === valueOf(own.number)) return keys;
    return [/^issue-/i.test(word) ? word : number];
  });
}

/** The numbers of a list with ranges: `1, 3-5`. At most 100 of a range. */
function numbersIn(list: string): string[] {
  const parts = list.match(/\d+(?:\.\d+)*|-|–|to|through/gi) ?? [];
  return parts.flatMap((part, index) => {
    if (/^\d/.test(part)) return [part];
    const [from, to] = [Number(parts[index - 1]), Number(parts[index + 1])];
    const count = Number.isInteger(from) && Number.isInteger(to) ? Math.min(Math.max(0, to - from - 1), 100) : 0;
    return Array.from({ length: count }, (_, step) => String(from + 1 + step));
  });
}

function valueOf(number: string | null): number {
  return number === null ? Number.NaN : Number(number.replace(/[^\d.]/g, ''));
}
