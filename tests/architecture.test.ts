import { readdirSync, readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import path from 'node:path';
import { expect, test } from 'vitest';
import { processReads } from './support/process-reads.ts';

/*
 * The floor plan of docs/design.md: which room may import which, and which packages live where.
 */

const source = path.resolve(import.meta.dirname, '../src');

const rooms: Readonly<Record<string, { readonly rooms: readonly string[]; readonly packages: readonly string[] }>> = {
  util: { rooms: [], packages: [] },
  model: { rooms: [], packages: ['zod'] },
  specs: {
    rooms: ['model', 'util'],
    packages: [
      'micromark',
      'micromark-util-combine-extensions',
      'micromark-util-types',
      ...['table', 'task-list-item', 'footnote', 'strikethrough'].flatMap((name) => [
        `micromark-extension-gfm-${name}`,
        `mdast-util-gfm-${name}`,
      ]),
      'mdast-util-from-markdown',
      'yaml',
      'mdast',
      'jsonc-parser',
      '@cucumber/gherkin',
      '@cucumber/messages',
    ],
  },
  queue: { rooms: ['model', 'util'], packages: ['better-sqlite3'] },
  plan: { rooms: ['model'], packages: [] },
  agents: { rooms: ['model', 'util'], packages: ['@anthropic-ai/sdk', '@agentclientprotocol/sdk'] },
  sandbox: { rooms: ['model', 'util'], packages: [] },
  repo: { rooms: ['model', 'util'], packages: [] },
  report: { rooms: ['model', 'util'], packages: [] },
  verify: { rooms: ['model', 'util', 'agents'], packages: ['@lezer/common', '@lezer/javascript', '@lezer/python'] },
  serve: { rooms: [], packages: ['@modelcontextprotocol/sdk'] },
  engine: {
    rooms: ['model', 'util', 'specs', 'queue', 'plan', 'agents', 'sandbox', 'repo', 'report', 'verify'],
    packages: ['p-queue'],
  },
  cli: {
    rooms: ['model', 'util', 'specs', 'queue', 'plan', 'agents', 'sandbox', 'repo', 'report', 'verify', 'engine'],
    packages: ['commander', '@clack/prompts'],
  },
};
/** Schemas are written where they are used: zod is the one package that several rooms share. */
const everywhere = ['zod'];

/** The spec formats: each is a room of its own. */
const formats = [
  ...['native', 'followups', 'spec-kit', 'openspec', 'kiro', 'backlog-md', 'task-master', 'beads', 'bmad', 'prd-json'],
  ...['plain', 'gherkin', 'todo', 'todo-txt'],
];

/** Rooms inside a room: which of their neighbours each may import. */
const innerRooms: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  agents: {
    words: [],
    money: [],
    tools: [],
    provider: ['money'],
    voices: ['words', 'money', 'provider'],
    loop: ['words', 'money', 'tools', 'provider'],
    proxy: ['words', 'money', 'provider'],
    programs: ['words', 'money', 'tools', 'provider', 'voices', 'proxy'],
    configured: ['money', 'provider', 'voices', 'loop', 'proxy', 'programs'],
  },
  repo: {
    git: [],
    objects: ['git'],
    refs: ['git', 'objects'],
    landings: ['git', 'objects', 'refs'],
    worktrees: ['git', 'objects'],
  },
  specs: {
    text: [],
    config: ['text'],
    format: ['text'],
    ...Object.fromEntries(formats.map((name) => [name, ['text', 'format']])),
    // Other projects have files of the same name.
    followups: ['text', 'format', 'todo'],
    formats: ['text', 'format', ...formats],
    lint: ['text', 'units'],
    ticks: ['text', 'format', 'formats'],
    units: ['text', 'format', 'formats'],
  },
  verify: {
    commands: [],
    runs: ['commands'],
    files: ['commands'],
    reviews: ['runs'],
  },
  engine: {
    context: [],
    consent: ['context'],
    hosts: [],
    project: ['context', 'consent'],
    boxes: ['context', 'project'],
    jobs: ['context', 'project', 'boxes'],
    checks: ['context', 'project', 'boxes', 'jobs'],
    crew: ['context', 'jobs'],
    judging: ['context', 'project', 'checks', 'crew'],
    unit: ['context', 'project', 'checks', 'crew', 'jobs', 'judging'],
    run: ['context', 'project', 'boxes', 'checks', 'crew', 'jobs', 'judging', 'unit'],
    lead: ['context', 'crew'],
    hooks: ['context', 'consent', 'project'],
    discovery: ['context', 'consent', 'project', 'boxes', 'jobs', 'checks', 'crew'],
    verbs: [
      'context',
      'consent',
      'hooks',
      'hosts',
      'project',
      'boxes',
      'checks',
      'crew',
      'judging',
      'run',
      'lead',
      'discovery',
    ],
  },
};

interface Import {
  readonly file: string;
  readonly from: string;
}

function sourceFiles(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const file = path.join(folder, entry.name);
    return entry.isDirectory() ? sourceFiles(file) : /\.(?:ts|mjs)$/.test(entry.name) ? [file] : [];
  });
}

const files = sourceFiles(source);
const imports: Import[] = files.flatMap((file) => {
  const text = readFileSync(file, 'utf8');
  const found = text.matchAll(
    /(?:^|\n)\s*(?:import|export)\b[^;'"]*?from\s*['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]\s*\)/g,
  );
  return [...found].map((match) => ({ file: path.relative(source, file), from: match[1] ?? match[2] ?? '' }));
});

const roomOf = (file: string): string => file.split(path.sep)[0] ?? '';

test('every file belongs to a room', () => {
  expect(files.map((file) => roomOf(path.relative(source, file))).filter((room) => !(room in rooms))).toEqual([]);
});

test('the imports were really found', () => {
  expect(imports.length).toBeGreaterThan(300);
});

test('rooms import only the rooms below them', () => {
  const wrong = imports.filter(({ file, from }) => {
    if (!from.startsWith('.')) return false;
    const target = roomOf(path.relative(source, path.resolve(source, path.dirname(file), from)));
    return target !== roomOf(file) && !rooms[roomOf(file)]?.rooms.includes(target);
  });
  expect(wrong).toEqual([]);
});

/** Rooms whose own files use their inner rooms; in the others no file lies between. */
const roomsWithFiles = new Set(['verify']);

test('rooms inside a room import only those below them, and no file lies between', () => {
  const wrong = imports.filter(({ file, from }) => {
    const [room = '', inner = ''] = file.split(path.sep);
    const inside = innerRooms[room];
    if (inside === undefined) return false;
    const allowed = inside[inner];
    if (allowed === undefined) return inner.endsWith('.ts') ? !roomsWithFiles.has(room) : true;
    if (!from.startsWith('.')) return false;
    const target = path.relative(source, path.resolve(source, path.dirname(file), from)).split(path.sep);
    return target[0] === room && target[1] !== inner && !allowed.includes(target[1] ?? '');
  });
  expect(wrong).toEqual([]);
});

test('each package is imported only by the room that owns it', () => {
  const wrong = imports.filter(({ file, from }) => {
    if (from.startsWith('.') || from.startsWith('node:')) return false;
    const name = from.startsWith('@') ? from.split('/').slice(0, 2).join('/') : (from.split('/')[0] ?? '');
    return !everywhere.includes(name) && !rooms[roomOf(file)]?.packages.includes(name);
  });
  expect(wrong).toEqual([]);
});

test('zod does not reach the rooms that handle no foreign data', () => {
  const without = ['util', 'queue', 'plan', 'sandbox', 'repo'];
  expect(imports.filter(({ file, from }) => from === 'zod' && without.includes(roomOf(file)))).toEqual([]);
});

/** A string that begins as a statement of SQL does, in any case and on any line. */
const sql =
  /['"`]\s*(?:select\s[^'"`]*\sfrom\s|insert\s+(?:or\s+\w+\s+)?into\s|replace\s+into\s|update\s+\w+\s+set\s|delete\s+from\s|(?:create|drop|alter)\s+(?:table|index|trigger|view)\s|with\s+\w+\s+as\s*\(|pragma\s+\w)/i;

test.each([
  ["all('select id from units')", true],
  ['all(`\n    SELECT id,\n      key\n    FROM units`)', true],
  ["run('insert or ignore into units (id) values (?)')", true],
  ["run('update units set state = ?')", true],
  ["run('delete from events')", true],
  ["exec('create table t (a)')", true],
  ["all('with recursive_ as (select 1) select 1')", true],
  ["hint: 'select a unit with --only'", false],
  ["message: 'update the branch first'", false],
  ["message: 'delete it, and run again'", false],
  ['the "select" of a page', false],
])('SQL is told from words: %s', (text, isSql) => {
  expect(sql.test(text)).toBe(isSql);
});

test('only the queue knows SQL', () => {
  const found = files.filter((file) => sql.test(readFileSync(file, 'utf8')));
  expect([...new Set(found.map((file) => roomOf(path.relative(source, file))))]).toEqual(['queue']);
});

/** Who starts processes, and which. Git is started by the repo room. */
const starters: Readonly<Record<string, string>> = {
  'engine/boxes/installation.ts': 'find and grep, on what a set-up left',
  'engine/hooks/command-line.ts': 'hooks, as the user who consented to them',
  'engine/hosts/gh.ts': 'gh, with the login of the user',
  'engine/verbs/running/run.ts': 'the helper that starts the others',
  'repo/git/git-version.ts': 'git, for its version',
  'repo/git/git.ts': 'git',
  'repo/git/push.ts': 'git push, as the user would',
  'repo/git/user-git.ts': 'git, as the user has it set up',
  'repo/objects/object-reader.ts': 'git',
  'repo/worktrees/workspace.ts': 'mknod',
  'sandbox/choose.ts': 'bwrap, for its version',
  'sandbox/launcher.ts': 'all foreign commands',
  'sandbox/outside.ts': 'a toolchain, which shows its version',
};

test('processes are started by few files, each of which has a reason', () => {
  const direct = imports.filter(({ from }) => /^(?:node:)?(?:child_process|cluster|worker_threads)$/.test(from));
  expect(direct.map(({ file }) => file).toSorted()).toEqual([
    'cli/bin.mjs', // another Node
    'util/process/companion.ts',
    'util/process/edit.ts', // the editor of a person, which needs the terminal
    'util/process/open-file.ts', // the browser of a person, which goes on by itself
    'util/process/spawn-helper.ts',
    'util/process/spawner.ts',
    'util/process/start.ts',
  ]);
  const through = imports.filter(
    ({ file, from }) =>
      roomOf(file) !== 'util' && /\/util\/process\/(?:run-process|companion|spawner|start)\.ts$/.test(from),
  );
  expect([...new Set(through.map(({ file }) => file))].toSorted()).toEqual(Object.keys(starters));
});

test('only three files write to the terminal, where foreign text is made safe', () => {
  const writes = /process\.std(?:out|err)\.write|#stream\.write|console\.(?:log|error|warn|info)\(/;
  const writers = files.filter((file) => writes.test(readFileSync(file, 'utf8')));
  expect(writers.map((file) => path.relative(source, file)).toSorted()).toEqual([
    'cli/bin.mjs', // before anything can be loaded, and words of its own
    'cli/live/terminal.ts', // what the live view made safe
    'cli/output.ts',
  ]);
});

test.each<[string, ...string[]]>([
  ['const at = process.cwd();', 'process'],
  ["const { PATH } = process['env'];", 'process'],
  ['const { env, version } = process;', 'process'],
  ['const it = globalThis.process.argv;', 'process'],
  ['const ask = (it = process) => it.env;', 'process'],
  ['process.stdout.write(text);', 'process'],
  ['const { username } = os.userInfo();', 'os'],
  ["import { homedir } from 'node:os';", 'homedir'],
  ["import { env } from 'process';", "import { env } from 'process';"],
  ['const at = path.resolve(folder);', 'path.resolve(folder)'],
  ["import { join, resolve } from 'node:path';", 'resolve'],
  ['// process.cwd() and process.env are not read'],
  ["const text = 'process.env';"],
  ["import os from 'node:os'; const at = os.tmpdir();"],
  ['const is = process.getuid?.() === 0 && process.version !== it.env.process;'],
  ['const it = { process: 1 };'],
  ['const at = path.resolve(asker.folder, folder);'],
  ['await new Promise((resolve) => setTimeout(resolve, 1));'],
  ['const { env } = asker;'],
])('a source reads of its process: %s', (text, ...found) => {
  expect(processReads(text)).toEqual(found);
});

test('the engine takes folder, environment and person from who asks, and none of them from its process', () => {
  const engine = files.map((file) => path.relative(source, file)).filter((file) => roomOf(file) === 'engine');
  const read = engine.flatMap((file) =>
    processReads(readFileSync(path.join(source, file), 'utf8')).map((it) => [file, it]),
  );
  expect(read).toEqual([]);
  const asking = ['util/files/here.ts', 'repo/git/person.ts'];
  const wrong = imports.filter(
    ({ file, from }) => roomOf(file) === 'engine' && asking.some((one) => from.endsWith(one)),
  );
  expect(wrong).toEqual([]);
});

test('one file asks for the current folder, which may have been removed', () => {
  const asks = /process\.(?:cwd|chdir)\(|realpathSync\('\.'\)/;
  const askers = files.filter((file) => asks.test(readFileSync(file, 'utf8')));
  expect(askers.map((file) => path.relative(source, file))).toEqual(['util/files/here.ts']);
});

/** Files that only a box, a command or a process of its own sees while they are written; or no whole files at all. */
const otherWriters: Readonly<Record<string, string>> = {
  'agents/programs/claude.ts': 'a stream that only grows',
  'agents/programs/order-files.ts': 'into a box',
  'agents/tools/bash.ts': 'into a box',
  'agents/tools/files.ts': 'into a box: what goes wrong is told to the model',
  'cli/commands/watch/report.ts': 'a file of the user, which may be a pipe',
  'cli/output.ts': 'standard output, whatever it is',
  'engine/boxes/installation.ts': 'into a box',
  'engine/jobs/check-runner.ts': 'into a box, and the log of a tracer that starts empty',
  'queue/database.ts': 'a copy that only this process reads',
  'repo/objects/objects.ts': 'objects, which are named by what they hold',
  'repo/objects/own-objects.ts': 'objects, which are named by what they hold',
  'repo/worktrees/attributes.ts': 'a repository that one call of git reads',
  'repo/worktrees/ignored.ts': 'rules that one call of git reads',
  'repo/worktrees/work-in-progress.ts': 'an index of git, which only looks at one attempt read',
  'repo/worktrees/workspace.ts': 'into a box',
  'sandbox/choose.ts': 'a copy of a program',
  'sandbox/self-test.ts': 'into a box',
  'serve/mcp.ts': 'in a box',
  'util/files/confined-file.ts': 'the writer',
  'util/files/disk.ts': 'asks whether the disk takes anything',
};

test('whole files that are read again are written by one file, which never leaves one empty or half', () => {
  const writes = /\b(?:writeFile|writeFileSync|copyFile|copyFileSync|createWriteStream|truncate\w*)\(|O_TRUNC|, 'w\+?'/;
  const writers = files.filter((file) => writes.test(readFileSync(file, 'utf8')));
  expect(writers.map((file) => path.relative(source, file)).toSorted()).toEqual(Object.keys(otherWriters));
});

test('the sources run on the oldest Node that is promised, which knows no `using`', () => {
  expect(files.filter((file) => /^\s*(?:await )?using \w+ =/m.test(readFileSync(file, 'utf8')))).toEqual([]);
});

test('Node runs the sources as they are, which it reads in its own way', () => {
  const refused = files.filter((file) => {
    try {
      stripTypeScriptTypes(readFileSync(file, 'utf8'));
      return false;
    } catch {
      return true;
    }
  });
  expect(refused).toEqual([]);
});

test('no file imports itself through others', () => {
  const edges = new Map<string, string[]>();
  for (const { file, from } of imports) {
    if (!from.startsWith('.')) continue;
    const target = path.relative(source, path.resolve(source, path.dirname(file), from));
    edges.set(file, [...(edges.get(file) ?? []), target]);
  }
  const state = new Map<string, 'open' | 'closed'>();
  const cycles: string[][] = [];
  const visit = (file: string, trail: readonly string[]): void => {
    if (state.get(file) === 'closed') return;
    if (state.get(file) === 'open') {
      cycles.push([...trail.slice(trail.indexOf(file)), file]);
      return;
    }
    state.set(file, 'open');
    for (const target of edges.get(file) ?? []) visit(target, [...trail, file]);
    state.set(file, 'closed');
  };
  for (const file of edges.keys()) visit(file, []);
  expect(cycles).toEqual([]);
});
