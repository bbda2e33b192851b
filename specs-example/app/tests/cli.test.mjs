import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import test from 'node:test';

const cli = new URL('../src/cli.mjs', import.meta.url).pathname;
const run = (...args) => spawnSync(process.execPath, [cli, ...args], { encoding: 'utf8' });

test('it prints what it finds, best first', () => {
  const { stdout, status } = run('le');
  assert.equal(stdout, 'Le Petit Prince, Antoine de Saint-Exupéry (1943)\nThe Left Hand of Darkness, Ursula K. Le Guin (1969)\nThe Dispossessed, Ursula K. Le Guin (1974)\n');
  assert.equal(status, 0);
});

test('--html prints a page', () => {
  assert.match(run('--html', 'frankenstein').stdout, /^<h1>frankenstein<\/h1>\n<ol>/);
});

test('it says when nothing is found, and how it is used', () => {
  const nothing = run('zzz');
  assert.deepEqual([nothing.stdout, nothing.stderr, nothing.status], ['', 'Nothing found.\n', 1]);
  const usage = run();
  assert.deepEqual([usage.stderr, usage.status], ['Usage: bookshelf [--html] <words…>\n', 2]);
});
