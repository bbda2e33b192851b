import { spawnSync } from 'node:child_process';
import { chmodSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';

/*
 * Runs the blocks of shell commands (`sh`) of the pages, in the order of the page, in an empty folder for each page.
 * A block that cannot run says why: `sh no-run: needs a key`. One that must end with another code than 0 says which:
 * `sh exit 5`.
 */

const root = path.resolve(import.meta.dirname, '../..');
const pages = globSync(['README.md', 'docs/*.md'], { cwd: root }).toSorted();
const scratch = mkdtempSync(path.join(os.tmpdir(), 'backlog-docs-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));
chmodSync(scratch, 0o755); // sandboxes of another user pass through it

interface Block {
  readonly line: number;
  readonly text: string;
  readonly exit: number;
  /** Why it cannot run. */
  readonly why: string | null;
}

function blocksOf(page: string): Block[] {
  const text = readFileSync(path.join(root, page), 'utf8');
  return Array.from(text.matchAll(/^```sh(?: (?:no-run: (.+)|exit (\d+)))?\n([^]*?)^```$/gm), (match) => ({
    line: text.slice(0, match.index).split('\n').length,
    text: match[3] ?? '',
    exit: Number(match[2] ?? 0),
    why: match[1] ?? null,
  }));
}

const program = path.join(root, 'src/cli/bin.mjs');

/** What is typed in addition where no sandbox works. */
const added = ((): string => {
  const asked = spawnSync(process.execPath, [program, 'version', '--json'], {
    ...{ cwd: scratch, encoding: 'utf8', env: { PATH: process.env['PATH'] ?? '', HOME: scratch } },
  });
  const { tier } = JSON.parse(asked.stdout) as { tier: string | null };
  return tier === null || tier === 'none'
    ? 'case "$1" in init|run|approve|undo) set -- "$@" --allow-unsandboxed;; esac\n'
    : '';
})();

/** Puts the tool into a folder for programs. */
function install(bin: string): void {
  mkdirSync(bin, { recursive: true });
  writeFileSync(path.join(bin, 'backlog'), `#!/bin/sh\n${added}exec "${process.execPath}" "${program}" "$@"\n`, {
    mode: 0o755,
  });
}

/** An environment with the tool on `PATH`, a home of its own, and no key. */
function surroundings(home: string): NodeJS.ProcessEnv {
  const bin = path.join(home, 'bin');
  install(bin);
  const author = { NAME: 'Ada Example', EMAIL: 'ada@example.org' };
  return {
    PATH: `${bin}:${path.dirname(process.execPath)}:${process.env['PATH'] ?? ''}`,
    HOME: home,
    LANG: 'C.UTF-8',
    NO_COLOR: '1',
    ...Object.fromEntries(
      Object.entries(author).flatMap(([key, value]) => [
        [`GIT_AUTHOR_${key}`, value],
        [`GIT_COMMITTER_${key}`, value],
      ]),
    ),
    ...{ GIT_CONFIG_COUNT: '1', GIT_CONFIG_KEY_0: 'init.defaultBranch', GIT_CONFIG_VALUE_0: 'main' },
  };
}

for (const page of pages) {
  const blocks = blocksOf(page).filter(({ why }) => why === null);
  if (blocks.length === 0) continue;
  test(`each block of ${page} does what it says`, { timeout: 240_000 }, () => {
    const home = path.join(scratch, path.basename(page, '.md'));
    const cwd = path.join(home, 'project');
    mkdirSync(cwd, { recursive: true });
    const env = surroundings(home);
    if (page === 'README.md') {
      // It is read in a project that has the tool as a dependency.
      writeFileSync(path.join(cwd, 'package.json'), '{ "private": true }\n');
      install(path.join(cwd, 'node_modules/.bin'));
      writeFileSync(path.join(cwd, '.gitignore'), 'node_modules\n');
      const start = 'git init --quiet && git add --all && git commit --quiet --message Start';
      expect(spawnSync('sh', ['-c', start], { cwd, env }).status).toBe(0);
    }
    for (const { line, text, exit } of blocks) {
      const ended = spawnSync('bash', ['-eu', '-o', 'pipefail', '-c', text], {
        ...{ cwd, env, encoding: 'utf8', timeout: 120_000, stdio: ['ignore', 'pipe', 'pipe'] },
      });
      expect({ line, exit: ended.status, said: ended.status === exit ? '' : ended.stdout + ended.stderr }).toEqual({
        ...{ line, exit, said: '' },
      });
    }
  });
}

test('the blocks that do not run are these', () => {
  const left = pages.flatMap((page) => blocksOf(page).flatMap(({ why }) => (why === null ? [] : [`${page}: ${why}`])));
  expect(left).toEqual([
    'README.md: .ci/run runs both in a fresh clone',
    'README.md: tests/packed installs it in these ways',
    'README.md: needs a key or a login',
    'docs/claude-code.md: needs a key',
    'docs/claude-code.md: needs a subscription',
    'docs/costs.md: shows the costs of a run that went before',
    'docs/getting-started-javascript.md: needs a key or a login',
    'docs/getting-started-python.md: needs a key or a login',
    'docs/orchestration.md: needs a key or a login',
    'docs/specs.md: needs a key or a login',
    'docs/specs.md: needs what an agent proposed',
  ]);
});

test('no command of ours stands in a block that is only indented', () => {
  const indented = pages
    .filter((page) => page !== 'docs/commands.md')
    .flatMap((page) => readFileSync(path.join(root, page), 'utf8').match(/^ {4}(?:npx .*)?backlog .*$/gm) ?? []);
  expect(indented).toEqual([]);
});

test('no fence of shell commands has a mark that this test does not know', () => {
  for (const page of pages) {
    const fences = readFileSync(path.join(root, page), 'utf8').match(/^```(?:sh|bash|shell|console)\b.*$/gm) ?? [];
    expect({ page, fences: fences.length }).toEqual({ page, fences: blocksOf(page).length });
  }
});
