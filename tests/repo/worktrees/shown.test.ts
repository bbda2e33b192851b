import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { harvest, type Harvest } from '../../../src/repo/worktrees/harvest.ts';
import { openRepository, type Repository } from '../../../src/repo/git/repository.ts';
import { shownTree } from '../../../src/repo/worktrees/shown.ts';
import { changedPaths, editTree, treeOf, writeBlob } from '../../../src/repo/objects/tree.ts';
import { openWorkspace, switchWorkspace, writeDifference } from '../../../src/repo/worktrees/workspace.ts';
import { TestProject, writeFiles } from '../../support/project.ts';

type Files = Readonly<Record<string, string | Buffer>>;

interface Row {
  readonly what: string;
  /** As git keeps them, byte by byte. */
  readonly kept: Files;
  readonly config?: Readonly<Record<string, string>>;
  /** Lines of `.git/info/attributes`. */
  readonly info?: string;
  /** Lines of the file that `core.attributesFile` names. */
  readonly everywhere?: string;
  /** What somebody writes into the working tree. */
  readonly writes: Files;
  /** What changes for git, beside what its own `git add` says: only these paths. */
  readonly changes: readonly string[];
  /** False where git itself would keep the files otherwise, so that it takes them for changed once it looks. @default true */
  readonly isNormal?: boolean;
}

const utf16 = (text: string): Buffer => Buffer.from(text, 'utf16le');
const crlf = 'one\r\ntwo\r\nthree\r\n';
const lf = 'one\ntwo\nthree\n';
const [crlfChanged, lfChanged] = [crlf.replace('two', 'TWO'), lf.replace('two', 'TWO')];

const rows: readonly Row[] = [
  {
    what: 'a rule for CRLF, written with CRLF and with LF',
    kept: { '.gitattributes': '*.bat text eol=crlf\n', 'a.bat': lf, 'b.bat': lf, 'same.bat': lf, 'a.sh': lf },
    writes: { 'a.bat': crlfChanged, 'b.bat': lfChanged, 'new.bat': crlf, 'a.sh': lfChanged },
    changes: ['a.bat', 'a.sh', 'b.bat', 'new.bat'],
  },
  {
    what: 'the same bytes in other line ends are no change',
    kept: { '.gitattributes': '*.bat eol=crlf\n*.txt text=auto\n', 'a.bat': lf, 'a.txt': lf },
    writes: { 'a.bat': lf, 'a.txt': crlf },
    changes: [],
  },
  {
    what: 'text that git is to find out, with what only looks like text',
    kept: {
      '.gitattributes': '*.txt text=auto\n',
      'a.txt': lf,
      'b.txt': lf,
      'kept.txt': crlf,
      'mixed.txt': 'a\r\nb\n',
      'c.txt': 'a\0b\r\n',
      'd.txt': 'a\r\nb\rc\n',
    },
    writes: {
      'a.txt': crlfChanged,
      'b.txt': lfChanged,
      'kept.txt': crlfChanged,
      'mixed.txt': 'A\r\nb\n',
      'c.txt': 'A\0b\r\n',
      'new.txt': crlf,
      'new.bin': crlf,
      'new2.txt': 'a\0\r\n',
    },
    changes: ['a.txt', 'b.txt', 'c.txt', 'kept.txt', 'mixed.txt', 'new.bin', 'new.txt', 'new2.txt'],
  },
  {
    what: 'CRLF that git keeps against a rule is left alone until somebody touches the file',
    kept: {
      '.gitattributes': '* text\n*.png binary\n',
      'a.c': crlf,
      'b.c': crlf,
      'a.png': 'a\r\n\0',
      'm.c': 'a\r\nb\n',
    },
    writes: { 'b.c': crlfChanged, 'a.png': 'A\r\n\0' },
    changes: ['a.png', 'b.c'],
    isNormal: false,
  },
  {
    what: 'core.autocrlf=true alone',
    kept: { 'a.txt': lf, 'b.txt': lf, 'same.txt': lf, 'kept.txt': crlf, 'a.bin': 'a\0\n', 'd/mixed': 'a\r\nb\n' },
    config: { 'core.autocrlf': 'true' },
    writes: { 'a.txt': crlfChanged, 'b.txt': lfChanged, 'kept.txt': crlfChanged, 'a.bin': 'b\0\n', 'new.txt': crlf },
    changes: ['a.bin', 'a.txt', 'b.txt', 'kept.txt', 'new.txt'],
  },
  {
    what: 'core.autocrlf=input alone',
    kept: { 'a.txt': lf, 'kept.txt': crlf, 'same.txt': crlf },
    config: { 'core.autocrlf': 'input' },
    writes: { 'a.txt': crlfChanged, 'kept.txt': crlfChanged, 'new.txt': crlf },
    changes: ['a.txt', 'kept.txt', 'new.txt'],
  },
  {
    what: 'core.eol=crlf, for text that is called so',
    kept: {
      '.gitattributes': '*.txt text\n*.sh text eol=lf\n*.c -text\n',
      'a.txt': lf,
      'a.sh': lf,
      'a.c': lf,
      other: lf,
    },
    config: { 'core.eol': 'crlf' },
    writes: { 'a.txt': crlfChanged, 'a.sh': crlfChanged, 'a.c': crlf, other: crlf },
    changes: ['a.c', 'a.sh', 'a.txt', 'other'],
  },
  {
    what: 'core.autocrlf=true, and rules that say otherwise',
    kept: {
      '.gitattributes': '*.sh eol=lf\n*.dat -text\n*.old -crlf\n*.in crlf=input\n',
      'a.sh': lf,
      'a.dat': lf,
      'a.old': lf,
    },
    config: { 'core.autocrlf': 'true' },
    writes: { 'a.sh': lfChanged, 'a.dat': crlf, 'a.old': crlf, 'a.in': crlf },
    changes: ['a.dat', 'a.in', 'a.old', 'a.sh'],
  },
  {
    what: 'encodings',
    kept: {
      '.gitattributes': '*.utf16 working-tree-encoding=UTF-16LE eol=crlf\n*.latin working-tree-encoding=ISO-8859-1\n',
      'a.utf16': lf,
      'same.utf16': 'ß\n',
      'a.latin': 'ä\n',
    },
    writes: {
      'a.utf16': utf16(crlfChanged),
      'a.latin': Buffer.from('äö\n', 'latin1'),
      'new.utf16': utf16('ß\n'),
    },
    changes: ['a.latin', 'a.utf16', 'new.utf16'],
  },
  {
    what: '$Id$',
    kept: { '.gitattributes': '*.c ident\n', 'a.c': '$Id$\na\n', 'same.c': '$Id$\n', 'a.h': '$Id$\n' },
    writes: { 'a.c': '$Id: 0123 $\nb\n', 'a.h': '$Id: 0123 $\n' },
    changes: ['a.c', 'a.h'],
  },
  {
    what: 'rules in folders, by macros, and for files with odd names',
    kept: {
      '.gitattributes': '[attr]windows text eol=crlf\nwin/** windows\n',
      'deep/.gitattributes': 'er/*.txt eol=crlf\n',
      'win/a b': lf,
      'win/ü"\\n.txt': lf,
      'deep/er/x.txt': lf,
      'deep/x.txt': lf,
    },
    writes: { 'win/a b': crlfChanged, 'win/ü"\\n.txt': crlfChanged, 'deep/er/x.txt': crlfChanged, 'deep/x.txt': crlf },
    changes: ['deep/er/x.txt', 'deep/x.txt', 'win/a b', 'win/ü"\\n.txt'],
  },
  {
    what: 'rules of the user alone, the weaker and the stronger ones',
    kept: { '.gitattributes': '*.a text eol=lf\n*.b text eol=lf\n', 'x.a': lf, 'x.b': lf, 'x.c': lf },
    everywhere: '*.a eol=crlf\n*.c text eol=crlf\n',
    info: '*.b eol=crlf',
    writes: { 'x.a': lfChanged, 'x.b': crlfChanged, 'x.c': crlfChanged },
    changes: ['x.a', 'x.b', 'x.c'],
  },
  {
    what: 'what only looks like rules',
    kept: { 'docs/gitattributes': '* eol=crlf\n', 'a.txt': lf, 'kept.txt': crlf, 'mixed.txt': 'a\r\nb\n' },
    writes: { 'a.txt': crlf, 'kept.txt': crlfChanged, 'mixed.txt': 'A\r\nb\n' },
    changes: ['a.txt', 'kept.txt', 'mixed.txt'],
  },
];

/** A repository that keeps these very bytes, whatever its attributes say. */
async function make(row: Pick<Row, 'kept' | 'config' | 'info' | 'everywhere'>): Promise<{
  readonly project: TestProject;
  readonly repository: Repository;
  readonly tree: string;
  readonly at: (name: string) => string;
}> {
  const project = TestProject.make({});
  const at = (name: string): string => path.join(project.outside, name);
  for (const [key, value] of Object.entries(row.config ?? {})) project.git('config', key, value);
  if (row.info !== undefined) writeFileSync(path.join(project.root, '.git/info/attributes'), row.info);
  if (row.everywhere !== undefined) {
    writeFileSync(at('attributes'), row.everywhere);
    project.git('config', 'core.attributesFile', at('attributes'));
  }
  const opening = await open(project);
  const edits = await Promise.all(
    Object.entries(row.kept).map(async ([file, text]) => ({
      path: file,
      entry: { mode: '100644', object: await writeBlob(opening, Buffer.from(text)) },
    })),
  );
  const tree = await editTree(opening, await treeOf(opening, opening.head), edits);
  execFileSync('cp', ['-r', path.join(opening.plumbing, 'objects'), path.join(project.root, '.git')]);
  project.git('reset', '--hard', '--quiet', project.git('commit-tree', '-m', 'x', tree));
  // As a plain checkout shows it, with all of these settings.
  for (const name of readdirSync(project.root))
    if (name !== '.git') rmSync(path.join(project.root, name), { recursive: true });
  project.git('reset', '--hard', '--quiet');
  return { project, repository: await open(project), tree, at };
}

async function open(project: TestProject): Promise<Repository> {
  const stateFolder = path.join(project.outside, 'state');
  return openRepository({ folder: project.root, stateFolder, env: process.env, identity: { name: 'A', email: 'a@b' } });
}

function filesIn(folder: string): Record<string, string> {
  const found = readdirSync(folder, { recursive: true, withFileTypes: true }).flatMap((entry) => {
    const file = path.relative(folder, path.join(entry.parentPath, entry.name));
    return entry.isFile() && !file.startsWith('.git/') ? [[file, readFileSync(path.join(folder, file), 'latin1')]] : [];
  });
  return Object.fromEntries(found) as Record<string, string>;
}

function write(folder: string, files: Files): void {
  writeFiles(folder, Object.fromEntries(Object.keys(files).map((file) => [file, ''])));
  for (const [file, bytes] of Object.entries(files)) writeFileSync(path.join(folder, file), bytes);
}

describe('a workspace shows what a checkout shows, and what is written in it is kept as git add keeps it', () => {
  test.each(rows)('$what', async ({ writes, changes, ...row }) => {
    const { project, repository, tree, at } = await make(row);
    await openWorkspace(repository, { folder: at('ws'), tree });
    expect(filesIn(at('ws'))).toEqual(filesIn(project.root));
    const status = execFileSync('git', ['status', '--porcelain'], {
      cwd: at('ws'),
      env: project.env,
      encoding: 'utf8',
    });
    if (row.isNormal !== false && row.everywhere === undefined) expect(status).toBe('');
    const base = { baseCommit: repository.head, baseTree: tree, hasSecret: () => false, message: 'm' };
    const untouched = await harvest(repository, { workspace: at('ws'), ...base });
    expect(untouched).toMatchObject({ kind: 'tree', tree, files: [] });
    write(at('ws'), writes);
    write(project.root, writes);
    const taken = await harvest(repository, { workspace: at('ws'), ...base });
    project.git('add', '--', ...Object.keys(writes));
    expect(taken).toMatchObject({ kind: 'tree', tree: project.git('write-tree'), files: changes });
    if (taken.kind !== 'tree' || (await shownTree(repository, tree)) === tree) return;
    // What is made of what is there already looks the same.
    await openWorkspace(repository, { folder: at('fresh'), tree: taken.tree });
    await openWorkspace(repository, { folder: at('switched'), tree });
    await switchWorkspace(repository, { folder: at('switched'), from: tree, to: taken.tree });
    expect(filesIn(at('switched'))).toEqual(filesIn(at('fresh')));
    await writeDifference(repository, { folder: at('over'), from: tree, to: taken.tree });
    const over = filesIn(at('over'));
    expect({ ...filesIn(at('fresh')), ...over }).toEqual(filesIn(at('fresh')));
    expect(Object.keys(over).toSorted()).toEqual(
      (await changedPaths(repository, await shownTree(repository, tree), await shownTree(repository, taken.tree))).map(
        ({ path: file }) => file,
      ),
    );
  });
});

describe('attributes that the work brings', () => {
  const kept = { '.gitattributes': '*.bat eol=crlf\n', 'a.bat': lf, 'old.txt': crlf, 'check.sh': 'exit 1\n' };
  const rules = '*.bat eol=crlf\n*.cmd text eol=crlf\n*.sh working-tree-encoding=UTF-16LE-BOM\n* filter=evil\n';
  const take = async (
    writes: Files,
    mayRule: (file: string) => boolean,
  ): Promise<{ readonly taken: Harvest; readonly repository: Repository; readonly at: (name: string) => string }> => {
    const { repository, tree, at } = await make({ kept, config: { 'filter.evil.clean': 'touch ran; cat' } });
    await openWorkspace(repository, { folder: at('ws'), tree });
    write(at('ws'), writes);
    const base = { baseCommit: repository.head, baseTree: tree, hasSecret: () => false, message: 'm' };
    return { taken: await harvest(repository, { workspace: at('ws'), ...base, mayRule }), repository, at };
  };
  const treeWith = async (repository: Repository, files: Files): Promise<string> =>
    editTree(
      repository,
      await treeOf(repository, repository.head),
      await Promise.all(
        Object.entries(files).map(async ([file, text]) => ({
          path: file,
          entry: { mode: '100644', object: await writeBlob(repository, Buffer.from(text)) },
        })),
      ),
    );

  test('have no say where the work may not change them: they will be put back', async () => {
    const own = { '.gitattributes': '* -text\n', 'd/.gitattributes': '* -text\n' };
    const { taken, repository } = await take({ ...own, 'a.bat': crlfChanged, 'd/b.bat': crlf }, () => false);
    const tree = await treeWith(repository, { ...own, 'a.bat': lfChanged, 'd/b.bat': lf });
    expect(taken).toMatchObject({ kind: 'tree', tree });
  });

  test('count where it may, as they would for git; what was not touched stays, and no filter runs', async () => {
    const writes = { '.gitattributes': `${rules}*.txt text\n`, 'a.cmd': crlf, 'a.bat': crlfChanged };
    const { taken, repository, at } = await take(writes, (file) => file === '.gitattributes');
    const tree = await treeWith(repository, { ...writes, 'a.cmd': lf, 'a.bat': lfChanged });
    expect(taken).toMatchObject({ kind: 'tree', tree, files: ['.gitattributes', 'a.bat', 'a.cmd'] });
    await openWorkspace(repository, { folder: at('next'), tree });
    const next = filesIn(at('next'));
    expect([next['a.cmd'], next['old.txt'], next['ran']]).toEqual([crlf, crlf, undefined]);
    expect(next['check.sh']).toBe(Buffer.from('\uFEFFexit 1\n', 'utf16le').toString('latin1'));
  });

  test.each<[string, Files, string, string]>([
    [
      'an encoding that nothing in the repository has',
      { '.gitattributes': '*.x working-tree-encoding=ISO-2022-CN-EXT\n' },
      '.gitattributes',
      'it names the encoding "ISO-2022-CN-EXT", which is new to the repository',
    ],
    [
      'none at all',
      { '.gitattributes': '*.x working-tree-encoding\n' },
      '.gitattributes',
      'it names the encoding "", which is new to the repository',
    ],
    [
      'one that the file does not have',
      { '.gitattributes': '*.x working-tree-encoding=UTF-16\n', 'a.x': 'abc\n' },
      'a.x',
      'it is not valid UTF-16, its working-tree-encoding in .gitattributes',
    ],
  ])('are refused by name: %s', async (_name, writes, where, why) => {
    const { taken } = await take(writes, () => true);
    expect(taken).toEqual({ kind: 'forbidden', paths: [{ path: where, why }] });
  });
});
