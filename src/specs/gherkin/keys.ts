import type { Rule, Scenario, Tag } from '@cucumber/messages';
import { derivedKey, stem } from '../format/draft.ts';

/** The key of a scenario, and the tag that it was read from; null without one. */
export interface ScenarioKey {
  readonly key: string;
  readonly tag: string | null;
}

/** Names of what people number; another tag needs capitals and a separator: `@p1`, `@v2` and `@sprint-3` are labels. */
const numbered = /^(?:ac|sc|tc|us|uc|fr|nfr|req|story|scenario)[-_.:#]?\d+(?:[-_.]\d+)*[a-z]?$/i;
const ticket = /^[A-Z][A-Z\d]*(?:[-_][A-Z\d]+)*[-_.:#]\d+(?:[-_.]\d+)*[a-z]?$/;
const named = /^(?:id|key)[-_.:=](.+)$/i;

/** The author's own key in a tag; null if the tag says something else. */
function keyIn({ name }: Tag): string | null {
  const text = name.replace(/^@/, '');
  return named.exec(text)?.[1] ?? (numbered.test(text) || ticket.test(text) ? text : null);
}

/**
 * The keys of a file's scenarios, in their order, all below the name of the file: numbers often begin anew in each. A key is
 * the first tag that numbers no other scenario of the file, otherwise it is derived from rule and title.
 */
export function keysOf(
  file: string,
  placed: readonly { readonly scenario: Scenario; readonly rule: Rule | null }[],
): ScenarioKey[] {
  const folder = derivedKey(stem(file).replace(/\.feature$/i, ''));
  const said = placed.map(({ scenario }) => scenario.tags.flatMap((tag) => keyIn(tag) ?? []));
  const byName = Map.groupBy(
    said.flatMap((names) => [...new Set(names.map((name) => name.toLowerCase()))]),
    (name) => name,
  );
  const tags = said.map((names) => names.find((name) => byName.get(name.toLowerCase())?.length === 1) ?? null);
  const used = new Set(tags.flatMap((tag) => (tag === null ? [] : [`${folder}.${tag}`.toLowerCase()])));
  const counts = new Map<string, number>();
  return placed.map(({ scenario, rule }, index) => {
    const tag = tags[index] ?? null;
    if (tag !== null) return { key: `${folder}.${tag}`, tag };
    const parts = [rule?.name ?? '', scenario.name === '' ? 'scenario' : scenario.name].filter((part) => part !== '');
    const derived = derivedKey(folder, ...parts);
    let key = derived;
    for (let number = counts.get(derived) ?? 1; used.has(key); number++) {
      key = derivedKey(derived, String(number + 1));
      counts.set(derived, number + 1);
    }
    used.add(key);
    return { key, tag: null };
  });
}
