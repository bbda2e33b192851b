import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { byTurns } from '../support/by-turns.ts';
import { edit, onUnit, script, write } from '../support/agent-script.ts';
import { spec, statesOf, TestProject } from '../support/project.ts';

/* What boxes must hold: each is up before it says anything, has its set-up to itself, and leaves nothing that breaks. */

const hasBwrap = spawnSync('bwrap', ['--version']).status === 0;

const isRoot = process.getuid?.() === 0 && process.platform === 'linux';
const tiers = [...(hasBwrap ? ['strict'] : []), ...(isRoot ? ['basic'] : [])];

const main = path.resolve(import.meta.dirname, '../../dist/main.js');

/** A folder for boxes that the users of sandboxes can reach. */
function cacheFolder(): string {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'backlog-boxes-'));
  chmodSync(folder, 0o711);
  onTestFinished(() => {
    spawnSync('chmod', ['-R', 'u+rwX', folder]);
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}

/** A project whose agent is a shell script, in a tier. */
function boxed(tier: string, agent: string, files: Readonly<Record<string, string>>, config: object = {}): TestProject {
  const all = {
    agent: 'script',
    agents: { script: { type: 'command', command: agent } },
    sandbox: { tier },
    review: 'off',
    limits: { attempts: 1 },
    ...config,
  };
  return TestProject.make({ 'specs/backlog.config.json': JSON.stringify(all), ...files });
}

/** The one folder of a project in a cache. */
function projectIn(cache: string): string {
  const name = readdirSync(cache).find((one) => !one.endsWith('-set-up'));
  if (name === undefined) throw new Error('no project is in the cache yet');
  return path.join(cache, name);
}

/** Waits until something is there. */
async function until<T>(look: () => T | undefined): Promise<T> {
  for (;;) {
    const seen = look();
    if (seen !== undefined) return seen;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

test.skipIf(!hasBwrap)(
  'a box that does not come up is the machine: the run stops, and no attempt is burnt',
  async () => {
    const cache = cacheFolder();
    const agent = 'touch started; while [ ! -e go ]; do sleep 0.05; done; rm go started; echo hi > a.txt';
    const project = boxed('strict', agent, {
      'specs/a.md': spec('A', ['touches: [a.txt]'], ['There — check: `test -f a.txt`']),
    });
    const env = { BACKLOG_CACHE_DIR: cache };
    const first = project.start(['run', 'specs'], { env });
    const workspace = await until(() => {
      try {
        const work = path.join(projectIn(cache), 'work');
        return readdirSync(work)
          .map((name) => path.join(work, name, 'ws'))
          .find((folder) => existsSync(path.join(folder, 'started')));
      } catch {
        return undefined; // not yet
      }
    });
    const hosts = path.join(projectIn(cache), 'etc/hosts');
    // The agent is in its box; the box of the check after it has something missing.
    renameSync(hosts, `${hosts}.away`);
    writeFileSync(path.join(workspace, 'go'), '');
    const stopped = await first.ended;
    expect([stopped.code, stopped.stderr]).toEqual([2, expect.stringMatching(/its sandbox did not start .*hosts/s)]);
    const listed = await project.start(['list', 'specs', '--json'], { env }).ended;
    expect(listed.stdout).toMatch(/"state": "ready"/);
    const report = await project.start(['run', 'specs', '--json'], { env }).ended;
    expect(statesOf(JSON.parse(report.stdout) as Parameters<typeof statesOf>[0])).toEqual({ a: 'done' });
  },
);

/** What a box may leave behind in its workspace and beside it, by unit. */
const leftovers: Readonly<Record<string, string>> = {
  // A chain of folders longer than a path may be.
  chain: `for at in . "$TMPDIR"; do (cd "$at"; n=$(printf %0200d 0); i=0; while [ $i -lt 60 ]; do mkdir $n && cd $n; i=$((i + 1)); done; [ "$at" = . ] || echo x > f); done`,
  // Folders and files that nobody may enter or read.
  shut: 'mkdir -p "$HOME/shut/in" closed/in; echo x > closed/in/f; echo x > "$HOME/shut/in/f"; chmod 0 closed/in/f closed/in closed "$HOME/shut/in" "$HOME/shut"',
  // A cache that cannot be written.
  cache: `mkdir -p "$HOME/go/mod/m"; echo x > "$HOME/go/mod/m/f"; chmod -R a-w "$HOME/go"`,
  // A scratch folder and a workspace that are closed.
  scratch: 'chmod 0 "$HOME" "$TMPDIR"; chmod 500 .',
  nothing: 'true',
};

const whose = [
  ...tiers.map((tier) => [tier, 'us'] as const),
  ...(isRoot && hasBwrap ? [['strict', 'another user'] as const] : []),
];

test.each(byTurns(whose, 2))('what boxes of tier %s leave behind as %s breaks no later command', async (tier, who) => {
  const cache = cacheFolder();
  const units = Object.keys(leftovers);
  const files = units.map((unit) => [
    `specs/${unit}.md`,
    spec(unit, [`touches: [${unit}.txt, "closed/**"]`], [`There — check: \`test -f ${unit}.txt\``]),
  ]);
  const messes = Object.entries(leftovers).map(([unit, mess]) => onUnit(unit, mess));
  const agent = script(write('$BACKLOG_UNIT.txt', 'hi'), ...messes, 'exit 0');
  const project = boxed(tier, agent, Object.fromEntries(files) as Readonly<Record<string, string>>);
  const as = who === 'us' ? [] : ['setpriv', '--reuid=12345', '--regid=12345', '--clear-groups'];
  if (who !== 'us') {
    spawnSync('chown', ['-R', '12345:12345', path.dirname(project.root), cache]);
  }
  const run = (...args: string[]): { code: number | null; stdout: string; stderr: string } => {
    const [file = '', ...rest] = [...as, process.execPath, main, ...args];
    const env = { ...project.env, BACKLOG_CACHE_DIR: cache };
    const ended = spawnSync(file, rest, { cwd: project.root, env, encoding: 'utf8' });
    return { code: ended.status, stdout: ended.stdout, stderr: ended.stderr };
  };
  const first = run('run', 'specs', '--json');
  const report = JSON.parse(first.stdout) as Parameters<typeof statesOf>[0];
  expect(statesOf(report)).toEqual(Object.fromEntries(units.map((unit) => [unit, 'done'])));
  const later = ['status', 'run', 'gc', 'doctor'].map((command) => run(command, 'specs'));
  expect(later.map(({ code, stdout, stderr }) => (code === 0 ? 0 : stdout + stderr))).toEqual([0, 0, 0, 0]);
  expect(readdirSync(cache).filter((name) => name.includes('left'))).toEqual([]);
});

/** What set-up may meet: by unit, what its agent does, and what becomes of it. */
const setUps: Readonly<
  Record<string, { readonly does: readonly string[]; readonly end: string; readonly touches?: string }>
> = {
  // Only what installs anything has it run again, and never on what an agent wrote.
  description: { does: [edit('package.json', 's/"x"/"better"/')], end: 'done' },
  program: {
    does: [edit('package.json', 's/"x"/"better"/'), write('tools/install.sh', 'touch reached; node reach.mjs')],
    end: 'done',
  },
  dependency: { does: [edit('package.json', 's/"x"/"y", "dependencies": {}/')], end: 'done' },
  // Each box has its own: what is written to is written to there alone.
  rewrites: {
    does: [
      'chmod u+w node_modules/tool/*',
      write('node_modules/tool/open', 'evil'),
      write('node_modules/tool/plain', 'evil'),
    ],
    end: 'done',
  },
  'uses-cache': { does: [write('node_modules/.cache/own', 'cached'), 'rm node_modules/tool/plain'], end: 'done' },
  // What set-up made, and what the base ignores, never lands, whatever rules the agent writes.
  'lets-in': {
    does: [write('.gitignore', '!*'), 'mkdir -p deep/node_modules/tool', write('deep/node_modules/tool/plain', 'evil')],
    end: 'done',
  },
};

describe.skipIf(tiers.length === 0).each(byTurns(tiers, tiers.length))('what set-up makes, in tier %s', (tier) => {
  test('comes of the branch, is the own of each box, and never lands', async () => {
    const cache = cacheFolder();
    const server = createServer((socket) => {
      hits++;
      socket.destroy();
    });
    let hits = 0;
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    const reach = `node -e "require('net').connect(${port}, '127.0.0.1').on('error', () => {})"`;
    const units = Object.entries(setUps);
    const agent = script(...units.map(([id, { does }]) => onUnit(id, ...does)), write('$BACKLOG_UNIT.txt', 'hi'));
    const specs = units.map(([id]) => [
      `specs/${id}.md`,
      spec(
        id,
        [`touches: [${id}.txt, package.json, "tools/**", .gitignore]`],
        [
          `There — check: \`test -f ${id}.txt && cat node_modules/tool/* && ! grep -r evil node_modules && test ! -e reached && echo mine > node_modules/.cache/own\``,
        ],
      ),
    ]);
    const project = boxed(
      tier,
      agent,
      {
        'package.json': '{ "name": "x", "private": true, "description": "x" }\n',
        'tools/install.sh': `${reach}\nmkdir -p node_modules/tool node_modules/.cache; echo good > node_modules/tool/plain; echo good > node_modules/tool/open; chmod 666 node_modules/tool/open; chmod 444 node_modules/tool/plain\n`,
        '.gitignore': 'node_modules/\n',
        ...(Object.fromEntries(specs) as Record<string, string>),
      },
      { setup: 'sh tools/install.sh', limits: { attempts: 1, maxAgents: 1 } },
    );
    const ended = await project.start(['run', 'specs', '--json'], { env: { BACKLOG_CACHE_DIR: cache } }).ended;
    const report = JSON.parse(ended.stdout) as Parameters<typeof statesOf>[0];
    expect([statesOf(report), hits]).toEqual([Object.fromEntries(units.map(([id, { end }]) => [id, end])), 0]);
    expect(project.git('ls-tree', '-r', '--name-only', 'backlog/next')).not.toContain('node_modules');
    const kept = spawnSync('grep', ['-rlE', 'evil|cached|mine', cache], { encoding: 'utf8' });
    expect(kept.stdout).toBe('');
  }, 600_000);
});
