import path from 'node:path';
import { expect, test } from 'vitest';
import { criteriaHash } from '../../src/specs/format/draft.ts';
import { tickUnit } from '../../src/specs/ticks/tick.ts';
import { corpus, foldersIn, readRepository } from './corpus.ts';

const bare = (text: string): string =>
  text
    .replaceAll(/\[[ xX~-]?\](?=\*?\s)/g, '[]')
    .replaceAll(/("(?:status|passes|complete)": ?)(?:"[^"]*"|true|false)/g, '$1')
    .replaceAll(/^status: .*$/gm, 'status:');

test('every file is read, and ticking a unit changes only marks', { timeout: 900_000 }, async () => {
  let [units, ticked] = [0, 0];
  for (const format of foldersIn(corpus)) {
    for (const repository of foldersIn(path.join(corpus, format))) {
      for (const { group, parsed } of await readRepository(path.join(corpus, format, repository))) {
        for (const draft of parsed.drafts) {
          units++;
          if (units % 5 !== 0) continue; // enough to meet each format
          const hash = criteriaHash(draft.criteria.map(({ criterion }) => criterion));
          for (const { file, text } of (await tickUnit(group.sources, { key: draft.key, criteriaHash: hash })) ?? []) {
            ticked++;
            expect(bare(text)).toBe(bare(group.sources.find((source) => source.file === file)?.text ?? ''));
          }
        }
      }
    }
  }
  expect([units > 500, ticked > 5]).toEqual([true, true]);
});
