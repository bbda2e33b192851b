import { chmodSync, cpSync, existsSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { damageMet } from '../../src/repo/git/damage.ts';
import { findRepository } from '../../src/repo/git/repository.ts';
import { touch } from '../support/agent-script.ts';
import { fileUnit, scripted, temporaryFolder, TestProject, writeFile } from '../support/project.ts';

/*
 * A repository that a power loss left damaged: it is named, with what to do, before any agent is asked for anything.
 */

let project: TestProject;
let whole: string;
let asked: string;
const ends: (() => void)[] = [];
const dot = (...names: readonly string[]): string => path.join(project.root, '.git', ...names);
const nothing = '1234567890123456789012345678901234567890';

beforeAll(async () => {
  project = TestProject.makeKept({}, (end) => ends.push(end));
  asked = path.join(project.outside, 'asked');
  project.write({
    ...scripted([touch(asked), writeFile]),
    ...fileUnit('a'),
    'data.txt': 'What the workspace has, too.\n',
  });
  project.commit('Specs');
  await project.start(['run', 'specs'], { isKept: true }).ended;
  project.write(fileUnit('b'));
  rmSync(asked);
  whole = path.join(project.outside, 'whole');
  cpSync(dot(), whole, { recursive: true });
  return () => {
    for (const end of ends) end();
  };
});

/** Lays the whole repository there again, and damages it. */
function lay(damage: () => void): void {
  rmSync(dot(), { recursive: true });
  cpSync(whole, dot(), { recursive: true });
  damage();
}

function emptied(revision: string): () => void {
  return () => {
    const name = project.git('rev-parse', revision);
    // What we made is one file with two names, until a copy takes them apart.
    for (const store of ['objects', 'backlog/specs/git/objects']) {
      const file = dot(store, name.slice(0, 2), name.slice(2));
      if (!existsSync(file)) continue;
      chmodSync(file, 0o644);
      truncateSync(file, 0);
    }
  };
}

/** `damage` on refs that are all packed. */
function packed(damage: (file: string) => void): () => void {
  return () => {
    project.git('pack-refs', '--all');
    damage(dot('packed-refs'));
  };
}

/** The last byte of a file that the workspace is made of, among objects that are all packed. */
function packedFile(): void {
  project.git('repack', '-adq');
  const index = readdirSync(dot('objects/pack')).find((one) => one.endsWith('.idx')) ?? '';
  const told = project.git('verify-pack', '-v', dot('objects/pack', index));
  const name = project.git('rev-parse', 'main:data.txt');
  const [, , , size, at] = (told.split('\n').find((line) => line.startsWith(name)) ?? '').split(/ +/);
  const file = dot('objects/pack', index.replace(/idx$/, 'pack'));
  const bytes = readFileSync(file);
  const last = Number(at) + Number(size) - 1;
  bytes.writeUInt8(bytes.readUInt8(last) ^ 0xff, last);
  rmSync(file);
  writeFileSync(file, bytes);
}

const named = (file: string, text: string) => (): void => writeFileSync(dot(file), text);
const next = 'refs/heads/backlog/next';

test.each<[string, () => void, string]>([
  ['packed refs, cut off', packed((file) => truncateSync(file, 80)), 'no-commit'],
  ['packed refs of other bytes', packed((file) => writeFileSync(file, '\u0001\u0002\n'.repeat(40))), 'no-commit'],
  ['packed refs, emptied', packed((file) => truncateSync(file, 0)), 'no-commit'],
  [
    'packed refs, emptied, and one ref beside them',
    packed((file) => (writeFileSync(dot('refs/heads/main'), project.git('rev-parse', 'main')), truncateSync(file, 0))),
    'damaged-ref',
  ],
  ['HEAD, emptied', named('HEAD', ''), 'unusable-repository'],
  ['the branch of HEAD names nothing', named('refs/heads/main', `${nothing}\n`), 'no-commit'],
  ['the branch that is landed on names nothing', named(next, `${nothing}\n`), 'damaged-repository'],
  ['the branch that is landed on is gone, its log is there', () => rmSync(dot(next)), 'damaged-ref'],
  ['the records name nothing', named('refs/backlog/landings', `${nothing}\n`), 'damaged-repository'],
  ['an empty commit of HEAD', emptied('main'), 'no-commit'],
  ['an empty commit', emptied('backlog/next'), 'damaged-repository'],
  ['an empty tree', emptied('backlog/next^{tree}'), 'damaged-repository'],
  ['an empty file', emptied('backlog/next:a.txt'), 'damaged-repository'],
  ['a byte of a packed file', packedFile, 'damaged-repository'],
  ['an empty record', emptied('refs/backlog/landings'), 'damaged-repository'],
])('%s', async (_what, damage, code) => {
  lay(damage);
  const { code: exit, stderr } = await project.backlog('run', 'specs');
  const said = stderr.slice(stderr.indexOf('error: '));
  expect([exit, said.includes(project.root), existsSync(asked)]).toEqual([2, true, false]);
  expect(said).toMatch(new RegExp(`^error: [^\\n]* \\[${code}\\]\\n  [^\\n]+\\n$`));
});

const reviewed = { 'specs/b.md': '# B\n\n## Acceptance criteria\n\n- [ ] It is good\n' };

test.each<[string, readonly string[], Readonly<Record<string, string>>]>([
  ['from elsewhere', ['run', '-s', '<root>/specs'], {}],
  ['with -C', ['-C', '<root>', 'run', 'specs', '--allow-unsandboxed'], {}],
  ['where an agent would be asked first', ['run', '<root>/specs'], reviewed],
])('%s, the repository that is worked on is looked at, and no unit is to blame', async (_what, args, files) => {
  lay(packedFile);
  const before = project.read('specs/b.md');
  onTestFinished(() => project.write({ 'specs/b.md': before }));
  project.write(files);
  const cwd = temporaryFolder();
  const typed = args.map((one) => one.replace('<root>', project.root));
  const { code, stderr } = await project.start(typed, { cwd }).ended;
  expect([code, /\[[a-z-]+\]$/m.exec(stderr)?.[0], existsSync(asked)]).toEqual([2, '[damaged-repository]', false]);
  const { stdout } = await project.backlog('list');
  expect(stdout.split('\n').find((line) => line.includes(' b '))).toMatch(/^ready +b /);
});

test('a target in another repository is looked at', async () => {
  lay(packedFile);
  const other = TestProject.make({
    ...fileUnit('c'),
  });
  const target = path.relative(path.join(other.root, 'specs'), project.root);
  other.write(scripted(writeFile, { target }));
  other.commit('Target');
  const { code, stderr } = await other.backlog('run', 'specs');
  expect([code, stderr.includes(`the repository ${project.root} is damaged`)]).toEqual([2, true]);
});

describe('nothing is damaged', () => {
  test.each<[string, () => void]>([
    ['as it is', () => undefined],
    ['packed refs', packed(() => undefined)],
    ['packed objects', () => void project.git('gc', '--quiet')],
    ['a detached HEAD', () => void project.git('checkout', '--quiet', '--detach')],
    ['a symbolic branch', () => void project.git('symbolic-ref', 'refs/heads/other', 'refs/heads/main')],
    ['a branch without a commit', () => void project.git('symbolic-ref', 'HEAD', 'refs/heads/new')],
    ['an empty repository', () => (rmSync(dot(), { recursive: true }), void project.git('init', '--quiet'))],
    ['a file named as a revision', () => project.write({ HEAD: '', main: '' })],
  ])('%s', async (_what, change) => {
    lay(change);
    await findRepository(project.root, process.env);
    expect(await damageMet(process.env)).toBeNull();
  });

  test('a branch that was removed is begun again', async () => {
    lay(() => void project.git('branch', '-D', 'backlog/next'));
    expect((await project.backlog('run', 'specs')).stderr).not.toContain('damaged');
  });
});
