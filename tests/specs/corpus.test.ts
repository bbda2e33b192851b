import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseGroup } from '../../src/specs/format/parse-group.ts';
import { reader } from '../../src/specs/native/native.ts';
import { criteriaHash } from '../../src/specs/format/draft.ts';
import { tickUnit } from '../../src/specs/ticks/tick.ts';

/** Spec files of other projects, where a checkout has them beside it. */
const corpus = process.env['BACKLOG_CORPUS'] ?? path.resolve(import.meta.dirname, '../../../shared/corpus');

function markdownFiles(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const file = path.join(folder, entry.name);
    return entry.isDirectory() ? markdownFiles(file) : entry.isFile() && entry.name.endsWith('.md') ? [file] : [];
  });
}

describe.skipIf(!existsSync(corpus))('spec files as people really write them', () => {
  test(
    'are read without an exception, and ticked without changing a byte outside of the boxes',
    { timeout: 120_000 },
    async () => {
      const files = markdownFiles(corpus);
      let ticked = 0;
      for (const [index, file] of files.entries()) {
        if (index % 4 !== 0) continue; // every fourth is enough to meet all formats
        const bytes = readFileSync(file);
        const text = bytes.toString('utf8');
        if (text.length > 200_000 || !bytes.equals(Buffer.from(text))) continue;
        for (const draft of parseGroup({ reader, sources: [{ file: 'a.md', text }] }).drafts) {
          const hash = criteriaHash(draft.criteria.map((c) => c.criterion));
          const [result] = await tickUnit([{ file: 'a.md', text }], { key: draft.key, criteriaHash: hash });
          if (!result) continue;
          ticked++;
          expect(result.text.replaceAll('[x]', '[ ]')).toBe(text.replaceAll('[x]', '[ ]'));
        }
      }
      expect(files.length).toBeGreaterThan(500);
      expect(ticked).toBeGreaterThan(5);
    },
  );
});
