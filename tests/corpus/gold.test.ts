import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { corpus, foldersIn, readRepository } from './corpus.ts';

/* How much of what people labelled is found; see `gold/README.md`. */

/** The corpus's folder of a format. */
const folders: Readonly<Record<string, string>> = { 'spec-kit': 'speckit' };
const gold = path.join(import.meta.dirname, 'gold');

type Kind = 'criterion' | 'unit' | 'done';

interface Label {
  readonly file: string;
  readonly sha: string;
  readonly set: string;
  readonly kind: string;
  readonly at: string;
  readonly extra: string;
}

function labelsOf(format: string): Label[] {
  const lines = readFileSync(path.join(gold, `${format}.tsv`), 'utf8')
    .trim()
    .split('\n');
  return lines.map((line) => {
    const [file = '', sha = '', set = '', kind = '', number = '', , extra = ''] = line.split('\t');
    return { file, sha, set, kind, at: `${file}:${number}`, extra };
  });
}

/** The places of criteria, units and done units that the format's reader finds in the labelled files. */
async function findAll(format: string, isLabelled: (file: string) => boolean): Promise<Record<Kind, Set<string>>> {
  const found: Record<Kind, Set<string>> = { criterion: new Set(), unit: new Set(), done: new Set() };
  const root = path.join(corpus, folders[format] ?? '');
  for (const repository of foldersIn(root)) {
    for (const { claim, parsed } of await readRepository(path.join(root, repository))) {
      if (claim.format.name !== format) continue;
      for (const draft of parsed.drafts) {
        const file = `${repository}/${draft.file}`;
        if (isLabelled(file)) found.unit.add(`${file}:${draft.line}`);
        if (isLabelled(file) && draft.isDone) found.done.add(`${file}:${draft.line}`);
        for (const { criterion } of draft.criteria) {
          const of = criterion.file === undefined ? file : `${repository}/${criterion.file}`;
          if (isLabelled(of)) found.criterion.add(`${of}:${criterion.line}`);
        }
      }
    }
  }
  return found;
}

/** The formats that are read; labels of others wait for their readers. */
const formats = Object.keys(folders);

describe.each(formats)('%s', (format) => {
  const labels = labelsOf(format);

  test('the labels are of these files', () => {
    const root = path.join(corpus, folders[format] ?? '');
    const other = labels.filter(({ kind, file, sha }) => {
      if (kind !== 'file') return false;
      const digest = createHash('sha256')
        .update(readFileSync(path.join(root, file)))
        .digest('hex');
      return !digest.startsWith(sha);
    });
    expect(other).toEqual([]);
  });

  test.each(['seen', 'unseen'])('nearly all that is labelled in the %s half is found, and little else', async (set) => {
    const own = labels.filter((label) => label.set === set);
    const files = new Map(own.filter(({ kind }) => kind === 'file').map(({ file, extra }) => [file, extra]));
    const found = await findAll(format, (file) => files.has(file));
    const wanted: Record<Kind, Set<string>> = {
      criterion: new Set(own.filter(({ kind }) => kind === 'criterion').map(({ at }) => at)),
      unit: new Set(own.filter(({ kind }) => kind === 'unit').map(({ at }) => at)),
      done: new Set(own.filter(({ kind, extra }) => kind === 'unit' && extra.startsWith('done')).map(({ at }) => at)),
    };
    const lines: string[] = [];
    for (const kind of ['criterion', 'unit', 'done'] as const) {
      const isCounted = (at: string): boolean =>
        wanted[kind].has(at) ||
        kind !== 'criterion' ||
        files.get(at.replace(/:\d+$/, ''))?.includes('no-criteria') !== true;
      const counted = [...found[kind]].filter(isCounted);
      const right = counted.filter((at) => wanted[kind].has(at)).length;
      const [precision, recall] = [right / Math.max(1, counted.length), right / Math.max(1, wanted[kind].size)];
      lines.push(
        `${kind}: ${wanted[kind].size} labelled, precision ${precision.toFixed(3)}, recall ${recall.toFixed(3)}`,
      );
      if (wanted[kind].size > 0)
        expect([kind, precision >= 0.97, recall >= 0.97], lines.at(-1)).toEqual([kind, true, true]);
    }
    process.stdout.write(`${format}, ${set}: ${lines.join('; ')}\n`);
  });
});
