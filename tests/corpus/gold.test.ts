import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseGroup } from '../../src/specs/format/parse-group.ts';
import { formatNames, groupsOf } from '../../src/specs/formats/formats.ts';
import type { Draft } from '../../src/specs/format/draft.ts';
import { idFromKey } from '../../src/model/ids.ts';
import { withTwins } from '../../src/specs/units/twins.ts';
import { corpus, foldersIn, readRepository } from './corpus.ts';

/* How much of what people labelled is found; see `gold/README.md`. */

/** The corpus's folder of a format. */
const folders: Readonly<Record<string, string>> = {
  'spec-kit': 'speckit',
  openspec: 'openspec',
  kiro: 'kiro',
  'backlog-md': 'backlogmd',
  'task-master': 'taskmaster',
  beads: 'beads',
  bmad: 'bmad',
  'prd-json': 'prdjson',
  plain: 'plain',
  gherkin: 'gherkin',
  todo: 'todo',
};
const gold = path.join(import.meta.dirname, 'gold');

const kinds = ['criterion', 'unit', 'done', 'depends'] as const;
type Kind = (typeof kinds)[number];
/** Places of each kind; of dependencies, "from -> to". */
type Places = Readonly<Record<Kind, readonly string[]>>;

interface Label {
  readonly file: string;
  readonly sha: string;
  readonly set: string;
  readonly kind: string;
  readonly at: string;
  readonly of: string;
  readonly extra: string;
}

function labelsOf(format: string): Label[] {
  const lines = readFileSync(path.join(gold, `${format}.tsv`), 'utf8')
    .trim()
    .split('\n');
  return lines.map((line) => {
    const [file = '', sha = '', set = '', kind = '', number = '', of = '', extra = ''] = line.split('\t');
    return { file, sha, set, kind, at: `${file}:${number}`, of, extra };
  });
}

/** The labels without those of deleted units, which are labelled with their criteria. */
function withoutDeleted(labels: readonly Label[]): Label[] {
  const nameOf = ({ file, of }: Label): string => `${file} ${of}`;
  const deleted = new Set(labels.filter(({ extra }) => extra === 'not-runnable:tombstone').map(nameOf));
  return labels.filter((label) => !deleted.has(nameOf(label)));
}

/** The labelled places. What a label calls "missing", "ext" or "epic" is no unit of these files. */
function wantedIn(own: readonly Label[], all: readonly Label[]): Places {
  const units = all.filter(({ kind }) => kind === 'unit');
  const repositoryOf = (file: string): string => file.split('/')[0] ?? '';
  const unitOf = (name: string, from: Label): string[] => {
    const named = units.filter(({ of }) => of === name);
    const near = named.filter(({ file }) => file === from.file);
    const same = named.filter(({ file }) => repositoryOf(file) === repositoryOf(from.file));
    return (near.length > 0 ? near : same).slice(0, 1).map(({ at }) => at);
  };
  const of = (wanted: string): Label[] => own.filter(({ kind }) => kind === wanted);
  const isNotWork = (file: string): boolean =>
    own.some((label) => label.kind === 'file' && label.file === file && label.extra.startsWith('not-work'));
  return {
    // In a file that is no work, a criterion of no unit is none.
    criterion: of('criterion')
      .filter((label) => label.of !== '-' || !isNotWork(label.file))
      .map(({ at }) => at),
    // A checkpoint only looks whether all is well so far: what comes after it is judged by its own criteria.
    unit: of('unit')
      .filter(({ extra }) => extra !== 'checkpoint')
      .map(({ at }) => at),
    done: of('unit')
      .filter(({ extra }) => extra.startsWith('done'))
      .map(({ at }) => at),
    depends: of('depends').flatMap((label) =>
      unitOf(label.of, label).flatMap((from) =>
        label.extra.split(',').flatMap((name) => unitOf(name.trim(), label).map((to) => `${from} -> ${to}`)),
      ),
    ),
  };
}

/** The formats whose files have the labels: followups of other projects are read as lists of tasks. */
const readBy: Readonly<Record<string, readonly string[]>> = { todo: ['todo', 'followups'] };

/** A path of work for files of a format that are labelled with their units although they are backups, so no work. */
const asWork: Readonly<Record<string, string>> = { 'prd-json': 'prd.json' };

/** Reads a file that is no work as if it were. */
async function readAsWork(file: string, path: string): Promise<readonly Draft[]> {
  const text = readFileSync(file, 'utf8');
  const [group] = await groupsOf([{ file: path, text }]);
  return group === undefined ? [] : parseGroup(group).drafts;
}

/** The places that the format's reader finds in the labelled files. */
async function findAll(
  format: string,
  isLabelled: (file: string) => boolean,
  files: readonly string[],
): Promise<Places> {
  const found: Record<Kind, string[]> = { criterion: [], unit: [], done: [], depends: [] };
  const root = path.join(corpus, folders[format] ?? '');
  for (const repository of foldersIn(root)) {
    const reads = await readRepository(path.join(root, repository));
    const isRead = (name: string): boolean => (readBy[format] ?? [format]).includes(name);
    const drafts = withTwins(reads.flatMap(({ claim, parsed }) => (isRead(claim.format.name) ? parsed.drafts : [])));
    const placeOf = (draft: Draft): string => `${repository}/${draft.file}:${draft.line}`;
    const byId = new Map(drafts.map((draft) => [idFromKey(draft.key), placeOf(draft)]));
    for (const draft of drafts) {
      for (const { criterion } of draft.criteria) {
        const file = `${repository}/${criterion.file ?? draft.file}`;
        if (isLabelled(file)) found.criterion.push(`${file}:${criterion.line}`);
      }
      if (!isLabelled(`${repository}/${draft.file}`)) continue;
      const place = placeOf(draft);
      found.unit.push(place);
      if (draft.isDone) found.done.push(place);
      for (const name of draft.keys.depends ?? []) {
        const to = byId.get(idFromKey(name));
        if (to !== undefined) found.depends.push(`${place} -> ${to}`);
      }
    }
  }
  const place = asWork[format];
  for (const file of place === undefined ? [] : files) {
    for (const { line, isDone, criteria } of await readAsWork(`${root}/${file}`, place ?? '')) {
      found.unit.push(`${file}:${line}`);
      if (isDone) found.done.push(`${file}:${line}`);
      found.criterion.push(...criteria.map(({ criterion }) => `${file}:${criterion.line}`));
    }
  }
  return found;
}

/** How many of `places` are there in `other` too, and those that are not. */
function shared(
  places: readonly string[],
  other: readonly string[],
): { readonly count: number; readonly rest: string[] } {
  const left = new Map<string, number>();
  for (const place of other) left.set(place, (left.get(place) ?? 0) + 1);
  const rest = places.filter((place) => {
    const count = left.get(place) ?? 0;
    left.set(place, count - 1);
    return count <= 0;
  });
  return { count: places.length - rest.length, rest };
}

/** All pairs that follow from pairs "from -> to": what a unit waits for waits for others itself. */
function followed(pairs: readonly string[]): string[] {
  const next = Map.groupBy(
    pairs.map((pair) => pair.split(' -> ') as [string, string]),
    ([from]) => from,
  );
  return [...next.keys()].flatMap((from) => {
    const reached = new Set<string>();
    const visit = (place: string): void => {
      for (const [, to] of next.get(place) ?? []) {
        if (reached.has(to)) continue;
        reached.add(to);
        visit(to);
      }
    };
    visit(from);
    return [...reached].map((to) => `${from} -> ${to}`);
  });
}

/** Lines of JSON have several criteria each; elsewhere, units may share a criterion. */
function counted(format: string, places: readonly string[]): readonly string[] {
  return format === 'beads' ? places : [...new Set(places)];
}

/** Formats with an order that nobody wrote down: what units wait for beyond the labels is not wrong there. */
const withOrder: ReadonlySet<string> = new Set(['spec-kit', 'kiro', 'bmad', 'prd-json', 'plain']);

/** Of pairs "from -> to" that were found, those of units with a label, and how many of them are labelled, or follow from labels. */
function labelledOf(
  found: readonly string[],
  want: readonly string[],
): ReturnType<typeof shared> & { readonly all: number } {
  const unitOf = (pair: string): string => pair.split(' -> ')[0] ?? '';
  const units = new Set(want.map(unitOf));
  const own = [...new Set(found)].filter((pair) => units.has(unitOf(pair)));
  return { ...shared(own, followed(want)), all: own.length };
}

/** The formats that are read; labels of others wait for their readers. */
const formats = formatNames().filter((name) => Object.hasOwn(folders, name));

describe.each(formats)('%s', (format) => {
  const labels = withoutDeleted(labelsOf(format));

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
    const found = await findAll(
      format,
      (file) => files.has(file),
      [...files.keys()].filter((file) => files.get(file)?.startsWith('not-work')),
    );
    // Of a long file, only some lines have labels.
    const isInPart = (at: string): boolean => {
      const [, first, last] = /partial:(\d+)-(\d+)/.exec(files.get(at.replace(/:\d+$/, '')) ?? '') ?? [];
      const line = Number(/\d+$/.exec(at)?.[0]);
      return first === undefined || last === undefined || (line >= Number(first) && line <= Number(last));
    };
    const wanted = wantedIn(own, labels);
    const lines: string[] = [];
    const short: string[] = [];
    for (const kind of kinds) {
      const want = counted(format, wanted[kind]);
      const isCounted = (at: string): boolean =>
        kind !== 'criterion' || want.includes(at) || !files.get(at.replace(/:\d+$/, ''))?.includes('no-criteria');
      const all = kind === 'depends' ? followed(found.depends) : found[kind].filter(isInPart);
      const have = counted(format, all).filter(isCounted);
      const [right, missed] = [shared(have, want), shared(want, have)];
      const written = kind === 'depends' ? labelledOf(found.depends, want) : { ...right, all: have.length };
      const [precision, recall] = [written.count / Math.max(1, written.all), missed.count / Math.max(1, want.length)];
      const line = `${kind}: ${want.length} labelled, precision ${precision.toFixed(3)}, recall ${recall.toFixed(3)}`;
      lines.push(line);
      const isShort = recall < 0.97 || (precision < 0.97 && !(kind === 'depends' && withOrder.has(format)));
      if (want.length > 0 && isShort) {
        const few = (places: readonly string[]): string => places.slice(0, 40).join('\n    ');
        short.push(`${line}\n  missed:\n    ${few(missed.rest)}\n  not labelled:\n    ${few(written.rest)}`);
      }
    }
    process.stdout.write(`${format}, ${set}: ${lines.join('; ')}\n`);
    expect(short.join('\n')).toBe('');
  });
});
