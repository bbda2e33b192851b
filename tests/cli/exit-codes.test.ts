import path from 'node:path';
import { expect, test } from 'vitest';
import { exitCodes } from '../../src/model/exit-code.ts';
import { openDatabase } from '../../src/queue/database.ts';
import { blocked, fail, tryLater } from '../support/agent-script.ts';
import { fileUnit, scripted, spec, TestProject, writeFile } from '../support/project.ts';

/*
 * Each exit code that the help promises, from the program that is installed, with the words that go with it.
 */

const door = path.resolve(import.meta.dirname, '../../src/cli/bin.mjs');
const support = (name: string): string => path.resolve(import.meta.dirname, '../support', name);

interface Case {
  readonly what: string;
  readonly code: keyof typeof exitCodes;
  /** What the agent does; nothing runs without. */
  readonly agent?: string;
  readonly criteria?: readonly string[];
  readonly config?: object;
  readonly args: readonly string[];
  /** What happened to the queue before. */
  readonly queue?: string;
  /** A module that is loaded before it. */
  readonly before?: string;
  /** Sent once the agent works. */
  readonly signal?: NodeJS.Signals;
  readonly says: RegExp;
}

const waits = 'sleep 600';
const run = ['run', '--allow-unsandboxed', '--yes'];
const costs = (command: string): object => ({ agents: { script: { type: 'command', command, costUsd: 1 } } });

const cases: readonly Case[] = [
  { what: 'everything is done', code: 'done', agent: writeFile, args: run, says: /1 of 1 done/ },
  { what: 'nothing is left to do', code: 'done', args: ['list'], says: /^ready +a/ },
  { what: 'a unit fails', code: 'units-failed', agent: fail(), args: run, says: /1 failed/ },
  { what: 'a unit is blocked', code: 'units-failed', agent: blocked('which?'), args: run, says: /needs an answer/ },
  { what: 'an unknown option', code: 'bad-input', args: ['run', '--alow'], says: /--alow/ },
  { what: 'an unknown command', code: 'bad-input', args: ['rum'], says: /rum/ },
  { what: 'an unknown unit', code: 'bad-input', args: ['show', 'b'], says: /"b"/ },
  { what: 'a folder that is not there', code: 'bad-input', args: ['run', 'nowhere'], says: /nowhere/ },
  {
    ...{ what: 'a cap on money', code: 'cap-reached', agent: writeFile, config: costs(writeFile) },
    ...{ args: [...run, '--budget', '0.5'], says: /1 ready/ },
  },
  {
    ...{ what: 'a cap on time', code: 'cap-reached', agent: waits, args: [...run, '--max-time', '2s'] },
    says: /1 ready/,
  },
  {
    ...{ what: "a provider's limit, again and again", code: 'provider-limit', agent: tryLater('at noon'), args: run },
    ...{ queue: 'update units set waits = 4', says: /1 parked/ },
  },
  {
    ...{ what: 'a person is asked', code: 'waiting-for-person', agent: writeFile, args: run },
    ...{ criteria: ['There — check: `test -f a.txt`', '(human) It reads well'], says: /needs your approval/ },
  },
  { what: 'a bug', code: 'bug', args: ['list'], before: support('slip.mjs'), says: /^Internal error: [^]*a slip/ },
  {
    ...{ what: 'an old Node', code: 'node-too-old', args: ['list'], before: support('old-node.mjs') },
    says: /needs Node 22\.18 or newer; this is 18\.20\.0/,
  },
  { what: 'Ctrl-C', code: 'interrupted', agent: waits, args: run, signal: 'SIGINT', says: /Stopped early/ },
  { what: 'SIGTERM', code: 'terminated', agent: waits, args: run, signal: 'SIGTERM', says: /Stopped early/ },
  { what: 'SIGHUP', code: 'terminated', agent: waits, args: run, signal: 'SIGHUP', says: /Stopped early/ },
];

test('each code has a case', () => {
  expect([...new Set(cases.map(({ code }) => code))].toSorted()).toEqual(Object.keys(exitCodes).toSorted());
});

test.each(cases)('$what: $code', async ({ code, agent, criteria, config, queue, args, before, signal, says }) => {
  const it = TestProject.make({
    ...scripted(agent ?? 'true', { limits: { attempts: 1 }, ...config }),
    ...(criteria === undefined ? fileUnit('a') : { 'specs/a.md': spec('A', [], criteria) }),
  });
  if (queue !== undefined) {
    await it.backlog('list');
    const database = openDatabase(it.state);
    database.write(() => database.run(queue));
    database.close();
  }
  it.program = before === undefined ? [door] : ['--import', before, door];
  const running = it.start(args, { mayBreak: code === 'bug' });
  if (signal !== undefined) {
    await expect.poll(running.stderr).toContain('wave 1: a');
    running.kill(signal);
    running.kill(signal);
  }
  const ended = await running.ended;
  expect([exitCodes[code], ended.stdout + ended.stderr]).toEqual([ended.code, expect.stringMatching(says)]);
});
