import { idFromKey } from '../../src/model/ids.ts';
import { unasked, type UnitSpec } from '../../src/model/unit.ts';

/** Numbers from 0 to below 1 that are the same in every run. */
export function numbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** For each of `count` things in ten layers, up to three of an earlier layer that it waits for. */
export function layeredGraph(count: number, seed: number): number[][] {
  const random = numbers(seed);
  const layer = Math.max(1, Math.ceil(count / 10));
  return Array.from({ length: count }, (_, index) => {
    const below = Math.floor(index / layer) * layer;
    if (below === 0) return [];
    const wanted = 1 + Math.floor(random() * 3);
    return [...new Set(Array.from({ length: wanted }, () => Math.floor(random() * below)))];
  });
}

/** A unit as it is asked for, with a page of text and a file of its own. */
export function benchUnit(index: number, depends: readonly number[]): UnitSpec {
  const key = `u${index}`;
  return {
    ...unasked,
    id: idFromKey(key),
    key,
    title: `Unit ${index}`,
    kind: 'change',
    file: `${key}.md`,
    line: 1,
    body: 'What and why. '.repeat(20),
    criteria: [{ position: 0, text: 'Done', kind: 'check', command: 'true', hash: 'h', isTicked: false, line: 3 }],
    depends: depends.map((other) => idFromKey(`u${other}`)),
    touches: [`src/${key}.ts`],
    contentHash: `content of ${key}`,
    criteriaHash: `criteria of ${key}`,
  };
}
