import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fileUnit, scripted, spec, TestProject, writeFile } from '../support/project.ts';

const main = path.resolve(import.meta.dirname, '../../dist/main.js');

let it: TestProject;
let env: Record<string, string>;

beforeAll(async () => {
  it = TestProject.makeKept(
    {
      ...scripted(writeFile),
      ...fileUnit('sort'),
      ...fileUnit('search'),
      'specs/$(touch x) `touch y`.md': spec('Z', [], ['Z — check: `true`']),
      'specs/z.md': spec('Z', ["id: 'a;touch z'"], ['Z — check: `true`']),
    },
    afterAll,
  );
  await it.start(['list'], { isKept: true }).ended;
  const bin = path.join(it.outside, 'bin');
  mkdirSync(bin);
  writeFileSync(path.join(bin, 'backlog'), `#!/bin/sh\nexec node ${main} "$@"\n`, { mode: 0o755 });
  const around = it.env;
  env = { ...around, PATH: `${bin}:${around['PATH'] ?? ''}` };
});

const word = (text: string): string => `'${text}'`;
/** How each shell is asked for what it would offer for a line. */
const shells: Readonly<Record<string, (words: readonly string[]) => string>> = {
  bash: (words) =>
    `source <(backlog completion bash); COMP_WORDS=(${words.map(word).join(' ')}); COMP_CWORD=${words.length - 1}; ` +
    '_backlog backlog; printf "%s\\n" "${COMPREPLY[@]}"',
  // What zsh itself would do with the words is to show them.
  zsh: (words) =>
    'compdef() { :; }; compadd() { shift; print -l -- "$@"; }; _files() { print files; }; ' +
    `source <(backlog completion zsh); words=(${words.map(word).join(' ')}); CURRENT=${words.length}; _backlog`,
  fish: (words) => `backlog completion fish | source; complete -C "${words.join(' ')}"`,
};

const cases: readonly (readonly [words: string, offered: readonly string[]])[] = [
  ['backlog st', ['status']],
  ['backlog show s', ['search', 'sort']],
  ['backlog show a', []],
  ['backlog run --only se', ['search']],
  ['backlog run --par', ['--parallelism']],
  ['backlog run --parallelism e', ['eager']],
  ['backlog report --format g', ['github', 'gitlab']],
  ['backlog -C . inbox acc', ['accept']],
  ['backlog schema ev', ['event']],
  ['backlog nothing s', []],
];

describe.each(Object.entries(shells))('%s', (shell, ask) => {
  test.skipIf(spawnSync(shell, ['-c', 'true']).status !== 0).each(cases)('%s', (words, offered) => {
    const asked = spawnSync(shell, ['-c', ask(words.split(' '))], { cwd: it.root, env, encoding: 'utf8' });
    const found = asked.stdout.split(/\n/).flatMap((line) => line.split('\t')[0] || []);
    // Where backlog has nothing to offer, the shell offers files; fish does always.
    const ours = found.filter((one) => !/^files$|^specs\/?$/.test(one));
    expect([asked.status, asked.stderr, ours.toSorted()]).toEqual([0, '', offered]);
  });
});

test('no name of a queue is executed, and where there is no queue nothing is offered', async () => {
  expect(readdirSync(it.root).toSorted()).toEqual(['.git', 'specs']);
  const empty = TestProject.make({});
  for (const words of [['1', 'backlog', 'show', 's'], ['2', 'backlog', 'show', 's'], ['x'], []])
    expect(await empty.backlog('__complete', ...words)).toMatchObject({ code: 0, stderr: '' });
  expect(readdirSync(empty.root)).toEqual(['.git']);
});
