import { expect, test } from 'vitest';
import { Versions } from '../../../src/util/values/versions.ts';
import { numbers } from '../../support/numbers.ts';

test('each version reads as it was made, whichever is asked, and grows from there', () => {
  const random = numbers(7);
  const pick = (below: number): number => Math.floor(random() * below);
  const all: { readonly versions: Versions<number, string>; readonly map: ReadonlyMap<number, string> }[] = [
    { versions: new Versions([[0, 'zero']]), map: new Map([[0, 'zero']]) },
  ];
  for (let step = 0; step < 2000; step++) {
    const from = all[pick(3) === 0 ? pick(all.length) : all.length - 1];
    if (!from) throw new Error('none');
    const [key, map] = [pick(20), new Map(from.map)];
    if (pick(4) === 0) {
      map.delete(key);
      all.push({ versions: from.versions.delete(key), map });
    } else {
      map.set(key, String(step));
      all.push({ versions: from.versions.set(key, String(step)), map });
    }
    const seen = all[pick(all.length)];
    expect([seen?.versions.get(key), seen?.versions.has(key), seen?.versions.size]).toEqual([
      ...[seen?.map.get(key), seen?.map.has(key), seen?.map.size],
    ]);
    expect(new Set(seen?.versions.keys())).toEqual(new Set(seen?.map.keys()));
    expect(new Set(seen?.versions.values())).toEqual(new Set(seen?.map.values()));
  }
});

test('what changes nothing is the same version', () => {
  const versions = new Versions([['a', 1]]);
  expect(versions.set('a', 1)).toBe(versions);
  expect(versions.delete('b')).toBe(versions);
});
