import { sharedSize, type Sharing } from '../format/sharing.ts';
import type { Source } from '../text/source.ts';
import { headed, type Part } from './parts.ts';
import { trimmedEnd } from '../../util/text/trimmed-end.ts';

/** A phase or story that becomes a unit. */
export interface Keyed {
  readonly part: Part;
  readonly key: string;
}

/**
 * The dependencies that `tasks.md` states, else those of the format: stories wait for the phases before the first of them.
 * Null for a phase that waits for too many; see `Sharing`.
 */
export function dependencies(
  tasks: Source | null,
  keyed: readonly Keyed[],
  sharing: Sharing,
): ReadonlyMap<string, ReadonlySet<string> | null> {
  const waits = new Map<string, Set<string> | null>(keyed.map(({ key }) => [key, new Set<string>()]));
  if (tasks === null || !keyed.some(({ part }) => part.source === tasks)) return waits;
  const said = saidDependencies(tasks, keyed, sharing);
  const firstStory = keyed.findIndex(({ part }) => part.story !== null);
  let size = 0;
  const sizes = keyed.map(({ key }) => (size += key.length) - key.length);
  for (const [index, { part, key }] of keyed.entries()) {
    const stated = said.get(key);
    const count = part.story === null ? index : Math.max(firstStory, 0);
    if (stated === null || (stated === undefined && !sharing.take(sizes[count] ?? 0, true))) {
      waits.set(key, null);
      continue;
    }
    const before = stated ?? keyed.slice(0, count).map((one) => one.key);
    for (const other of before) if (other !== key) waits.get(key)?.add(other);
  }
  return waits;
}

/**
 * Lines below "Dependencies" such as "**User Story 2 (P2)**: Depends on Foundational (Phase 2)". Null for a phase that
 * waits for too many.
 */
function saidDependencies(
  tasks: Source,
  keyed: readonly Keyed[],
  sharing: Sharing,
): Map<string, readonly string[] | null> {
  const said = new Map<string, readonly string[] | null>();
  const named = namer(keyed);
  for (const section of headed(tasks, (title) => /^dependenc/i.test(title))) {
    const lines = section.source.text
      .slice(section.start, section.end)
      .split('\n')
      .filter((line) => line.length < 2000);
    for (const line of lines) {
      const [, subject = '', rest = ''] = /^\s*[-*]\s+(?:\*\*)?([^:*]+)(?:\*\*)?\s*[:：]\s*(.*)$/.exec(line) ?? [];
      const [of, ...others] = new Set(named(subject).flat());
      if (of === undefined || others.length > 0) continue;
      const sentence = rest.replace(/\bno dependenc.*$/i, '').split(/\bblocks?\b|\s[-–—]\s/i)[0] ?? '';
      const waits = /\b(?:depends? on|requires?|after|needs|extends?|builds? (?:up)?on)\b(.*)/i.exec(sentence)?.[1];
      if (waits === undefined) continue;
      const lists = named(waits);
      const isFree = sharing.take(
        lists.reduce((sum, keys) => sum + sharedSize(keys), 0),
        true,
      );
      if (!isFree) said.set(of, null);
      else if (lists.length > 0) said.set(of, [...new Set(lists.flat())]);
    }
  }
  return said;
}

/** A function that finds the phases and stories that a text names: a list of keys for each name. */
function namer(keyed: readonly Keyed[]): (text: string) => (readonly string[])[] {
  const byName = new Map<string, string[]>();
  for (const { part, key } of keyed) {
    const names = [part.story === null ? null : `us ${part.story}`, part.phase === null ? null : `phase ${part.phase}`];
    for (const name of names.flatMap((one) => (one === null ? [] : trimmedEnd(one.toLowerCase(), /\./)))) {
      const keys = byName.get(name);
      if (keys) keys.push(key);
      else byName.set(name, [key]);
    }
  }
  return (text) => {
    const names = [...text.matchAll(reference)].map(([, story, phase = '']) =>
      trimmedEnd((story === undefined ? `phase ${phase}` : `us ${story}`).toLowerCase(), /\./),
    );
    return [...new Set(names)].flatMap((name) => {
      const keys = byName.get(name) ?? byName.get(name.replace(/\..*$/, ''));
      return keys === undefined ? [] : [keys];
    });
  };
}

/** A story or a phase that a text names. */
const reference = /\b(?:(?:US|User Story )(\d+[a-z]?)|Phase (\d[\d.]*[a-z]?|[A-Z]))\b/gi;
