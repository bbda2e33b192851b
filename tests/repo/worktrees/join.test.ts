import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { openRepository, type Repository } from '../../../src/repo/git/repository.ts';
import { type FileVersion, type Merged, mergeTrees } from '../../../src/repo/objects/merge.ts';
import { writeObject } from '../../../src/repo/objects/objects.ts';
import { commitTree, editTree, readTreeFile, treeOf, writeBlob } from '../../../src/repo/objects/tree.ts';
import { joinFiles } from '../../../src/repo/worktrees/join.ts';
import { numbers } from '../../support/numbers.ts';
import { TestProject } from '../../support/project.ts';

/** A file in a version: its text, or also its mode. */
type File = string | { readonly text: string; readonly mode: string };
type Files = Readonly<Record<string, File>>;

async function open(): Promise<Repository> {
  const project = TestProject.make({ 'a.txt': 'a\n' });
  const stateFolder = path.join(project.root, '.git/backlog/x');
  return openRepository({ folder: project.root, stateFolder, env: process.env, identity: { name: 'A', email: 'a@b' } });
}

async function commitOf(repository: Repository, files: Files, parents: readonly string[]): Promise<string> {
  const empty = await writeObject(repository, 'tree', Buffer.alloc(0));
  const edits = Object.entries(files).map(async ([file, it]) => {
    const { text, mode } = typeof it === 'string' ? { text: it, mode: '100644' } : it;
    return { path: file, entry: { mode, object: await writeBlob(repository, Buffer.from(text, 'latin1')) } };
  });
  const tree = await editTree(repository, empty, await Promise.all(edits));
  return commitTree(repository, { tree, parents, message: 'm\n' });
}

async function merge(repository: Repository, base: Files, ours: Files, theirs: Files): Promise<Merged> {
  const root = await commitOf(repository, base, []);
  const [left, right] = [await commitOf(repository, ours, [root]), await commitOf(repository, theirs, [root])];
  return mergeTrees(repository, left, right);
}

/** The files that had to be merged, as merged; null if one needs a decision. */
async function joined(base: Files, ours: Files, theirs: Files): Promise<Readonly<Record<string, string>> | null> {
  const repository = await open();
  const merged = await merge(repository, base, ours, theirs);
  if (merged.kind === 'tree') throw new Error('git sees no conflict');
  const edits = await joinFiles(repository, merged, merged.files);
  if (edits === null) return null;
  const tree = await editTree(repository, merged.tree, edits);
  const texts = merged.files.map(async (file) => [
    file,
    (await readTreeFile(repository, tree, file))?.toString('latin1') ?? '',
  ]);
  return Object.fromEntries(await Promise.all(texts)) as Record<string, string>;
}

const text = (...lines: readonly string[]): string => lines.map((line) => `${line}\n`).join('');

describe('two changes of one file', () => {
  const base = text('a', 'b', 'c', 'd');

  test.each<[string, string, string, string, string]>([
    [
      'insertions at the same place',
      base,
      text('a', 'X', 'b', 'c', 'd'),
      text('a', 'Y', 'b', 'c', 'd'),
      text('a', 'X', 'Y', 'b', 'c', 'd'),
    ],
    [
      'insertions before a last line without an end that closes with a carriage return',
      'a\nb\r',
      'a\nX\nb\r',
      'a\nY\nb\r',
      'a\nX\nY\nb\r',
    ],
    [
      'insertions of several lines',
      base,
      text('a', 'X', '', 'b', 'c', 'd'),
      text('a', 'Y', '', 'b', 'c', 'd'),
      text('a', 'X', '', 'Y', '', 'b', 'c', 'd'),
    ],
    [
      'insertions at the beginning',
      base,
      text('X', 'a', 'b', 'c', 'd'),
      text('Y', 'a', 'b', 'c', 'd'),
      text('X', 'Y', 'a', 'b', 'c', 'd'),
    ],
    [
      'insertions at the end',
      base,
      text('a', 'b', 'c', 'd', 'X'),
      text('a', 'b', 'c', 'd', 'Y'),
      text('a', 'b', 'c', 'd', 'X', 'Y'),
    ],
    ['insertions at the end of a file without a last line end', 'a\nb', 'a\nb\nX', 'a\nb\nY', 'a\nb\nX\nY'],
    ['insertions, of which one ends the last line', 'a\nb', 'a\nb\nX\n', 'a\nb\nY', 'a\nb\nX\nY\n'],
    [
      'insertions, of which one ends the last line no more',
      text('a', 'b'),
      'a\nb\nX',
      text('a', 'b', 'Y'),
      'a\nb\nX\nY',
    ],
    ['insertions into an empty file', '', text('X'), text('Y'), text('X', 'Y')],
    ['insertions with CRLF', 'a\r\nb\r\n', 'a\r\nX\r\nb\r\n', 'a\r\nY\r\nb\r\n', 'a\r\nX\r\nY\r\nb\r\n'],
    [
      'insertions with CRLF at the end of a file without a last line end',
      'a\r\nb',
      'a\r\nb\r\nX',
      'a\r\nb\r\nY',
      'a\r\nb\r\nX\r\nY',
    ],
    [
      'insertions of bytes that are no UTF-8',
      text('a', 'b'),
      text('a', '\xff', 'b'),
      text('a', '\xfe', 'b'),
      text('a', '\xff', '\xfe', 'b'),
    ],
    [
      'insertions that share only what says nothing',
      base,
      text('a', '{', 'X', '}', 'b', 'c', 'd'),
      text('a', '{', 'Y', '}', 'b', 'c', 'd'),
      text('a', '{', 'X', '}', '{', 'Y', '}', 'b', 'c', 'd'),
    ],
    [
      'insertions of marks that look like those of a conflict',
      base,
      text('a', '<<<<<<< x', 'b', 'c', 'd'),
      text('a', '=======', 'b', 'c', 'd'),
      text('a', '<<<<<<< x', '=======', 'b', 'c', 'd'),
    ],
    ['edits of adjacent lines', base, text('a', 'B', 'c', 'd'), text('a', 'b', 'C', 'd'), text('a', 'B', 'C', 'd')],
    [
      'edits of adjacent lines, the later one first',
      base,
      text('a', 'b', 'C', 'd'),
      text('a', 'B', 'c', 'd'),
      text('a', 'B', 'C', 'd'),
    ],
    [
      'edits of adjacent lines that grow',
      base,
      text('a', 'B', 'B2', 'c', 'd'),
      text('a', 'b', 'C', 'C2', 'd'),
      text('a', 'B', 'B2', 'C', 'C2', 'd'),
    ],
    ['edits of every second line', base, text('A', 'b', 'C', 'd'), text('a', 'B', 'c', 'D'), text('A', 'B', 'C', 'D')],
    [
      'an insertion beside an edit',
      base,
      text('a', 'X', 'b', 'c', 'd'),
      text('a', 'B', 'c', 'd'),
      text('a', 'X', 'B', 'c', 'd'),
    ],
    [
      'an insertion behind an edit',
      base,
      text('a', 'b', 'X', 'c', 'd'),
      text('a', 'B', 'c', 'd'),
      text('a', 'B', 'X', 'c', 'd'),
    ],
    [
      'an insertion beside a deletion',
      base,
      text('a', 'X', 'b', 'c', 'd'),
      text('a', 'c', 'd'),
      text('a', 'X', 'c', 'd'),
    ],
    ['an edit beside a deletion', base, text('a', 'c', 'd'), text('a', 'b', 'C', 'd'), text('a', 'C', 'd')],
    [
      'duplicated keys, which only a check can see',
      text('{', '"a": 1,', '"z": 0', '}'),
      text('{', '"a": 1,', '"k": 1,', '"z": 0', '}'),
      text('{', '"a": 1,', '"k": 2,', '"z": 0', '}'),
      text('{', '"a": 1,', '"k": 1,', '"k": 2,', '"z": 0', '}'),
    ],
  ])('%s are merged', async (_name, was, ours, theirs, expected) => {
    expect(await joined({ f: was }, { f: ours }, { f: theirs })).toEqual({ f: expected });
  });

  test.each<[string, string, string, string]>([
    ['edits of one line', base, text('a', 'B', 'c', 'd'), text('a', 'β', 'c', 'd')],
    ['edits that overlap', base, text('a', 'B', 'C', 'd'), text('a', 'b', 'X', 'D')],
    ['an edit and a deletion of one line', base, text('a', 'B', 'c', 'd'), text('a', 'c', 'd')],
    ['an insertion into lines that are deleted', base, text('a', 'b', 'X', 'c', 'd'), text('a', 'd')],
    ['an insertion into lines that are edited', base, text('a', 'b', 'X', 'c', 'd'), text('a', 'B', 'C', 'd')],
    [
      'insertions that begin with the same line',
      base,
      text('a', 'import x', 'X', 'b', 'c', 'd'),
      text('a', 'import x', 'Y', 'b', 'c', 'd'),
    ],
    [
      'insertions that end with the same line',
      base,
      text('a', 'X', 'end', 'b', 'c', 'd'),
      text('a', 'Y', 'end', 'b', 'c', 'd'),
    ],
    ['line ends of a whole file, and a line of it', text('a', 'b', 'c'), 'a\r\nb\r\nc\r\n', text('a', 'B', 'c')],
    ['the last line, and what comes behind it', 'a\nb', 'a\nB', 'a\nb2\nX'],
    ['insertions into a binary file', 'a\0\nb\n', 'a\0\nX\nb\n', 'a\0\nY\nb\n'],
  ])('%s need a decision', async (_name, was, ours, theirs) => {
    expect(await joined({ f: was }, { f: ours }, { f: theirs })).toBeNull();
  });

  const insertions = [base, text('a', 'X', 'b', 'c', 'd'), text('a', 'Y', 'b', 'c', 'd')] as const;
  test.each<[string, readonly [Files, Files, Files]]>([
    ['a file that both add', [{}, { f: text('X') }, { f: text('Y') }]],
    ['a file that one deletes', [{ f: base }, {}, { f: insertions[2] }]],
    [
      'a file whose mode one changes',
      [{ f: base }, { f: { text: insertions[1], mode: '100755' } }, { f: insertions[2] }],
    ],
    [
      'links',
      [
        { f: { text: 'a', mode: '120000' } },
        { f: { text: 'b', mode: '120000' } },
        { f: { text: 'c', mode: '120000' } },
      ],
    ],
    ['a file that both rename', [{ f: base }, { g: insertions[1] }, { h: insertions[2] }]],
    ['a lockfile', [{ 'x/yarn.lock': base }, { 'x/yarn.lock': insertions[1] }, { 'x/yarn.lock': insertions[2] }]],
    ...['f binary', 'f -merge', 'f merge=ours'].map((rule): [string, readonly [Files, Files, Files]] => {
      const [was, ours, theirs] = insertions.map((f) => ({ f, '.gitattributes': `${rule}\n` }));
      return [`a file with the attributes ${rule}`, [was ?? {}, ours ?? {}, theirs ?? {}]];
    }),
    [
      'two files, of which one needs a decision',
      [
        { f: base, g: 'a\n' },
        { f: insertions[1], g: 'b\n' },
        { f: insertions[2], g: 'c\n' },
      ],
    ],
  ])('%s: that needs a decision', async (_name, [was, ours, theirs]) => {
    expect(await joined(was, ours, theirs)).toBeNull();
  });

  test.each<[string, readonly [Files, Files, Files], Readonly<Record<string, string>>]>([
    [
      'several files',
      [
        { f: base, g: base },
        { f: insertions[1], g: text('a', 'b', 'c', 'd', 'X') },
        { f: insertions[2], g: text('a', 'b', 'c', 'd', 'Y') },
      ],
      { f: text('a', 'X', 'Y', 'b', 'c', 'd'), g: text('a', 'b', 'c', 'd', 'X', 'Y') },
    ],
    [
      'a file that one side renames',
      [{ f: base.repeat(3) }, { g: insertions[1] + base.repeat(2) }, { f: insertions[2] + base.repeat(2) }],
      { g: text('a', 'X', 'Y', 'b', 'c', 'd') + base.repeat(2) },
    ],
    ...['f text', 'f merge', 'f merge=union', 'other binary'].map(
      (rule): [string, readonly [Files, Files, Files], Readonly<Record<string, string>>] => {
        const [was, ours, theirs] = insertions.map((f) => ({ f, '.gitattributes': `${rule}\n` }));
        return [
          `a file with the attributes ${rule}`,
          [was ?? {}, ours ?? {}, theirs ?? {}],
          { f: text('a', 'X', 'Y', 'b', 'c', 'd') },
        ];
      },
    ),
  ])('%s: merged', async (_name, [was, ours, theirs], expected) => {
    expect(await joined(was, ours, theirs)).toEqual(expected);
  });
});

test('where git merges cleanly the result is the same, and elsewhere nothing of either change is lost', async () => {
  const repository = await open();
  const next = numbers(17);
  const pick = (below: number): number => Math.floor(next() * below);
  const counts = { clean: 0, joined: 0, decided: 0 };
  for (let round = 0; round < 40; round++) {
    const end = pick(4) === 0 ? '\r\n' : '\n';
    const was = Array.from({ length: 1 + pick(12) }, (_, at) => (pick(5) === 0 ? '' : `line ${at}`));
    const edited = (side: string): string[] =>
      was.flatMap((line, at) => {
        switch (pick(9)) {
          case 0:
            return [`${side} ${at}`];
          case 1:
            return [];
          case 2:
            return [`${side} ${at} new`, line];
          case 3:
            return pick(3) === 0 ? [line, `both ${at}`] : [line];
          default:
            return [line];
        }
      });
    const asText = (lines: readonly string[]): string => lines.join(end) + (pick(4) === 0 ? '' : end);
    const [base, ours, theirs] = [asText(was), asText(edited('ours')), asText(edited('theirs'))];
    const merged = await merge(repository, { f: base }, { f: ours }, { f: theirs });
    const [is, left, right] = await Promise.all(
      [base, ours, theirs].map(async (it): Promise<FileVersion> => {
        return { mode: '100644', object: await writeBlob(repository, Buffer.from(it)) };
      }),
    );
    const sides = new Map([['f', { base: is ?? null, ours: left ?? null, theirs: right ?? null }]]);
    const conflict = { kind: 'conflict', files: ['f'], tree: merged.tree, sides } as const;
    const [edit] = (await joinFiles(repository, conflict, ['f'])) ?? [];
    const empty = await treeOf(repository, await commitOf(repository, {}, []));
    const joinedText =
      edit === undefined
        ? null
        : ((await readTreeFile(repository, await editTree(repository, empty, [edit]), 'f'))?.toString() ?? null);
    const told = { round, base, ours, theirs };
    if (merged.kind === 'tree') {
      counts.clean++;
      const clean = (await readTreeFile(repository, merged.tree, 'f'))?.toString() ?? null;
      expect({ ...told, joined: joinedText }).toEqual({ ...told, joined: clean });
    } else if (joinedText === null) counts.decided++;
    else {
      counts.joined++;
      const linesOf = (it: string): string[] => it.split(/\r?\n/).filter((line) => line !== '');
      const [before, a, b, all] = [base, ours, theirs, joinedText].map(linesOf);
      const kept = (line: string): boolean =>
        !before?.includes(line) || (a?.includes(line) && b?.includes(line)) === true;
      const expected = [...new Set([...(before ?? []), ...(a ?? []), ...(b ?? [])])].filter(kept);
      expect({ ...told, lines: all?.toSorted() }).toEqual({ ...told, lines: expected.toSorted() });
      for (const side of [a, b])
        expect({ ...told, inOrder: all?.filter((line) => side?.includes(line)) }).toEqual({
          ...told,
          inOrder: side?.filter((line) => all?.includes(line)),
        });
    }
  }
  expect(Object.values(counts).every((count) => count > 3)).toBe(true);
});
