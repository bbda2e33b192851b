import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import type { z } from 'zod';
import { acp } from '../../../src/agents/configured/acp.ts';
import { anthropic } from '../../../src/agents/configured/anthropic.ts';
import type { BackEnd, Configured, Surroundings } from '../../../src/agents/configured/back-end.ts';
import { BackEnds, backEnds, builtInNames } from '../../../src/agents/configured/back-ends.ts';
import { claude } from '../../../src/agents/configured/claude.ts';
import { command } from '../../../src/agents/configured/command.ts';
import { installedAgents } from '../../../src/agents/configured/installed.ts';
import { replay } from '../../../src/agents/configured/replay.ts';
import { Prices } from '../../../src/agents/money/prices.ts';
import { Limiters } from '../../../src/agents/provider/limiter.ts';
import { Warmth } from '../../../src/agents/provider/warmth.ts';
import { noUsage } from '../../../src/model/agent.ts';
import { type AgentConfig, agentConfigSchema } from '../../../src/model/agent-config.ts';
import { InputError } from '../../../src/model/diagnostic.ts';
import { systemClock } from '../../../src/util/time/clock.ts';
import { order } from '../../support/order.ts';
import { temporaryFolder } from '../../support/project.ts';

type Written = z.input<typeof agentConfigSchema>;

function surroundings(more: Partial<Surroundings> = {}): Surroundings {
  return {
    ...{ name: 'it', models: [], base: '/', root: '/', sessions: '/nowhere', recordInto: null, env: {} },
    ...{ limiters: new Limiters(systemClock), warmth: new Warmth(systemClock), prices: new Prices() },
    ...{ isOffline: true, isReachable: () => true, askProgram: null },
    ...more,
  };
}

/** What is said of a configuration, without what it does. */
function saidOf<C>(found: Configured<C>): object {
  return Object.fromEntries(Object.entries(found).filter(([, value]) => typeof value !== 'function'));
}

const nothing = { secretVariable: null, program: null, command: null, exposes: [], bringsPrompt: true, model: null };
const opus = 'claude-opus-5-5';
const key = 'ANTHROPIC_API_KEY';

test.each<[string, Written, object]>([
  [
    'our loop',
    { type: 'anthropic' },
    { ...nothing, payment: { kind: 'tokens', models: [opus] }, model: opus, secretVariable: key, bringsPrompt: false },
  ],
  [
    'our loop with another model and key',
    { type: 'anthropic', model: 'm', apiKeyEnv: 'MINE' },
    { ...nothing, payment: { kind: 'tokens', models: ['m'] }, model: 'm', secretVariable: 'MINE', bringsPrompt: false },
  ],
  [
    'Claude Code with a key',
    { type: 'claude', models: ['small'] },
    {
      ...nothing,
      payment: { kind: 'tokens', models: [opus, 'small'] },
      model: opus,
      secretVariable: key,
      program: 'claude',
    },
  ],
  [
    'Claude Code with a token',
    { type: 'claude', login: 'subscription', program: '/opt/claude' },
    {
      ...nothing,
      payment: { kind: 'subscription' },
      model: opus,
      secretVariable: 'CLAUDE_CODE_OAUTH_TOKEN',
      program: '/opt/claude',
    },
  ],
  [
    'a preset of ACP with a login of its own',
    { type: 'acp', preset: 'codex', exposes: ['~/.codex/auth.json'] },
    { ...nothing, payment: { kind: 'order', costUsd: null }, program: 'codex-acp', exposes: ['~/.codex/auth.json'] },
  ],
  [
    'a command of ACP with a model of ours',
    { type: 'acp', command: ['opencode', 'acp', "it's"], api: { models: ['m', 'n'] } },
    {
      ...nothing,
      ...{ payment: { kind: 'tokens', models: ['m', 'n'] }, model: 'm', secretVariable: key },
      ...{ program: 'opencode', command: "opencode acp 'it'\\''s'" },
    },
  ],
  ['neither preset nor command', { type: 'acp' }, { ...nothing, payment: { kind: 'order', costUsd: null } }],
  [
    'a shell command with a price',
    { type: 'command', command: 'node agent.mjs', costUsd: 0.25 },
    { ...nothing, payment: { kind: 'order', costUsd: 0.25 }, command: 'node agent.mjs' },
  ],
  [
    'a shell command with a model of ours',
    { type: 'command', command: 'x', api: { models: ['m'], apiKeyEnv: 'MINE' } },
    { ...nothing, payment: { kind: 'tokens', models: ['m'] }, secretVariable: 'MINE', command: 'x' },
  ],
  [
    'a shell command that a subscription pays',
    { type: 'command', command: 'x', subscription: true, costUsd: 1 },
    { ...nothing, payment: { kind: 'subscription' }, command: 'x' },
  ],
  ['recordings', { type: 'replay', recordings: 'r' }, { ...nothing, payment: { kind: 'free' } }],
])('what is known of %s', (_, written, said) => {
  expect(saidOf(backEnds.of(agentConfigSchema.parse(written)))).toEqual(said);
});

test.each<[string, Written, object]>([
  ['our loop', { type: 'anthropic' }, { maxTokens: 1024 }],
  ['Claude Code', { type: 'claude' }, { maxTokens: 1024 }],
  ['ACP with a model of ours', { type: 'acp', api: { models: ['m'] } }, { api: { models: ['m'], maxTokens: 1024 } }],
  ['ACP', { type: 'acp', preset: 'codex' }, {}],
  [
    'a command with a model of ours',
    { type: 'command', command: 'x', api: { models: ['m'] } },
    { api: { models: ['m'], maxTokens: 1024 } },
  ],
  ['a command', { type: 'command', command: 'x' }, {}],
  ['recordings', { type: 'replay', recordings: 'r' }, {}],
])('short replies of %s', (_, written, more) => {
  const config = agentConfigSchema.parse(written);
  expect(backEnds.of(config).shortened(1024)).toEqual({ ...config, ...more });
});

test.each<[string, Written, Partial<Surroundings>, string, string]>([
  [
    'no key',
    { type: 'anthropic' },
    {},
    'the agent "it" needs an API key in ANTHROPIC_API_KEY',
    'Set ANTHROPIC_API_KEY, or pick another agent with --agent.',
  ],
  [
    'no key, and a token would do',
    { type: 'claude' },
    {},
    'the agent "it" needs an API key in ANTHROPIC_API_KEY',
    'Set ANTHROPIC_API_KEY; for a subscription set CLAUDE_CODE_OAUTH_TOKEN to what "claude setup-token" prints and "login": "subscription", or pick another agent with --agent.',
  ],
  [
    'no key for the built-in Claude Code',
    { type: 'claude' },
    { name: 'claude' },
    'the agent "claude" needs an API key in ANTHROPIC_API_KEY',
    'Set ANTHROPIC_API_KEY; for a subscription set CLAUDE_CODE_OAUTH_TOKEN to what "claude setup-token" prints, or pick another agent with --agent.',
  ],
  [
    'no key in a variable of its own',
    { type: 'claude', secretEnv: 'MINE' },
    {},
    'the agent "it" needs an API key in MINE',
    'Set MINE, or pick another agent with --agent.',
  ],
  [
    'no token',
    { type: 'claude', login: 'subscription' },
    {},
    'the agent "it" needs the token of a subscription in CLAUDE_CODE_OAUTH_TOKEN',
    'Run "claude setup-token" and set CLAUDE_CODE_OAUTH_TOKEN, or pick another agent with --agent.',
  ],
  [
    'no key for the model of a command',
    { type: 'command', command: 'x', api: { models: ['m'] } },
    {},
    'the agent "it" needs an API key in ANTHROPIC_API_KEY',
    'Set ANTHROPIC_API_KEY, or pick another agent with --agent.',
  ],
  [
    'no program on PATH',
    { type: 'acp', preset: 'gemini' },
    { env: { PATH: '/nowhere' } },
    'the agent "it" needs the program gemini, which is not on PATH',
    'Install it, or pick another agent with --agent.',
  ],
  [
    'no program where it should be',
    { type: 'claude', program: '/nowhere/claude' },
    { env: { ANTHROPIC_API_KEY: 'x' } },
    'the agent "it" needs the program /nowhere/claude, which is missing',
    'Install it, or pick another agent with --agent.',
  ],
  [
    'a program that boxes do not have',
    { type: 'acp', command: [process.execPath, 'x'] },
    { isReachable: () => false },
    `the agent "it" needs ${process.execPath}, which is not accessible in the sandbox: other users cannot read it, and commands run as another user`,
    'Install it where all users can read it, for example below /usr/local.',
  ],
  [
    'nothing to start',
    { type: 'acp' },
    {},
    'the agent "it" has neither a "preset" nor a "command"',
    'Set one of them.',
  ],
])('what an agent cannot be made without: %s', async (_, written, more, message, hint) => {
  const made = backEnds.of(agentConfigSchema.parse(written)).make(surroundings(more));
  const error: unknown = await made.catch((why: unknown) => why);
  expect(error).toBeInstanceOf(InputError);
  expect((error as InputError).diagnostics).toMatchObject([{ message, hint }]);
});

test('which agents need no configuration, and who pays', () => {
  expect(builtInNames).toEqual(['anthropic', 'claude', 'opencode', 'claude-agent-acp']);
  const loginWith = (env: Surroundings['env']): unknown => backEnds.builtIn(env)['claude'];
  const usual = { type: 'claude', program: 'claude', models: [], login: 'key' };
  expect(loginWith({})).toEqual(usual);
  expect(loginWith({ CLAUDE_CODE_OAUTH_TOKEN: 't' })).toEqual({ ...usual, login: 'subscription' });
  expect(loginWith({ CLAUDE_CODE_OAUTH_TOKEN: 't', ANTHROPIC_API_KEY: 'k' })).toEqual(usual);
  expect(['anthropic', 'claude', 'opencode', 'toString'].map((name) => backEnds.isReady(name, { [key]: 'k' }))).toEqual(
    [...[true, true, true, false]],
  );
  expect(backEnds.isReady('claude', { CLAUDE_CODE_OAUTH_TOKEN: 't' })).toBe(true);
  expect(backEnds.isReady('claude', { [key]: '' })).toBe(false);
});

/** A folder with programs of these names. */
function programs(...names: readonly string[]): string {
  const folder = temporaryFolder();
  for (const name of names) writeFileSync(path.join(folder, name), '#!/bin/sh\n', { mode: 0o755 });
  return folder;
}

test('programs are told in one order, an adapter in place of what it adapts', async () => {
  const all = ['qwen', 'copilot', 'gemini', 'codex', 'codex-acp', 'claude-agent-acp', 'opencode', 'claude', 'other'];
  const home = temporaryFolder();
  mkdirSync(path.join(home, '.codex'));
  writeFileSync(path.join(home, '.codex/auth.json'), '{}');
  const env = { PATH: programs(...all), HOME: home, ANTHROPIC_API_KEY: 'k', GH_TOKEN: 't' };
  const told = (await installedAgents(env, null)).map(({ program, agent, logins }) => [program, agent, logins]);
  expect(told).toEqual([
    ['claude', 'claude', [key]],
    ['opencode', 'opencode', [key]],
    ['claude-agent-acp', 'claude-agent-acp', [key]],
    ['codex-acp', null, ['~/.codex/auth.json']],
    ['gemini', null, []],
    ['copilot', null, ['GH_TOKEN']],
    ['qwen', null, []],
  ]);
  const uses = await installedAgents({ PATH: programs('codex', 'claude', 'opencode', 'gemini'), HOME: home }, null);
  const entry = (preset: string): string =>
    `give it an entry in "agents": { "type": "acp", "preset": "${preset}" }, with its login (docs/configuration.md, "Agents")`;
  expect(uses.map(({ program, use }) => [program, use])).toEqual([
    [
      'claude',
      'set ANTHROPIC_API_KEY, or for a subscription CLAUDE_CODE_OAUTH_TOKEN to what "claude setup-token" prints; then run with --agent claude',
    ],
    ['opencode', 'set ANTHROPIC_API_KEY, then run with --agent opencode'],
    ['codex', `install its adapter (npm install --global @agentclientprotocol/codex-acp); then ${entry('codex')}`],
    ['gemini', entry('gemini')],
  ]);
});

/** What a sixth back end would need in a configuration. */
interface Toy {
  readonly type: 'toy';
  readonly says: string;
}

const toy: BackEnd<Toy> = {
  builtIn: (env) => ({ toy: { type: 'toy', says: env['TOY'] ?? 'nothing' } }),
  programs: [{ program: 'toy', variables: ['TOY'], files: [], otherwise: 'set TOY' }],
  of: (config) => ({
    ...{ payment: { kind: 'order', costUsd: 0.1 }, model: null, secretVariable: 'TOY', program: 'toy', command: null },
    ...{
      exposes: [],
      bringsPrompt: false,
      shortened: (maxTokens) => ({ ...config, says: config.says.slice(0, maxTokens) }),
    },
    make: ({ name }) =>
      Promise.resolve({
        name,
        abilities: {
          resume: false,
          structuredAnswers: false,
          inbox: false,
          loads: [],
          reportsCost: true,
          web: false,
          offers: false,
        },
        work: () =>
          Promise.resolve({ kind: 'finished', answer: config.says, followups: [], usage: noUsage, session: null }),
      }),
  }),
};

test('a sixth back end needs one entry, and stands beside the others', async () => {
  const six = new BackEnds<AgentConfig | Toy>({ anthropic, claude, acp, command, replay, toy });
  const env = { TOY: 'hello', PATH: programs('toy', 'claude') };
  const config = six.builtIn(env)['toy'];
  expect(config).toEqual({ type: 'toy', says: 'hello' });
  if (!config) return;
  const found = six.of(config);
  expect(saidOf(found)).toEqual({
    ...{
      ...nothing,
      payment: { kind: 'order', costUsd: 0.1 },
      secretVariable: 'TOY',
      program: 'toy',
      bringsPrompt: false,
    },
  });
  expect(found.shortened(4)).toEqual({ type: 'toy', says: 'hell' });
  const agent = await found.make(surroundings({ env }));
  const outcome = await agent.work(order('/nowhere'), () => {}, new AbortController().signal);
  expect([agent.name, outcome]).toMatchObject(['it', { kind: 'finished', answer: 'hello' }]);
  expect(Object.keys(six.builtIn({}))).toEqual([...builtInNames, 'toy']);
  const told = (await installedAgents(env, null, six)).map(({ program, agent: name, use }) => [program, name, use]);
  expect(told).toEqual([
    ['claude', null, expect.stringContaining('set ANTHROPIC_API_KEY')],
    ['toy', 'toy', 'run with --agent toy'],
  ]);
  // Nobody else heard of it.
  expect(() => backEnds.of(config as AgentConfig)).toThrow('no back end for toy');
});

test('what is missing does not compile', () => {
  // @ts-expect-error: there is no back end for one type
  const five = (): unknown => new BackEnds<AgentConfig | Toy>({ anthropic, claude, acp, command, replay });
  // @ts-expect-error: nobody says how it is paid
  const unpaid = (): BackEnd<Toy> => ({ ...toy, of: (config) => ({ ...toy.of(config), payment: undefined }) });
  // @ts-expect-error: one back end stands for another's type
  const mixed = (): unknown => new BackEnds<AgentConfig>({ anthropic: claude, claude, acp, command, replay });
  expect([five, unpaid, mixed].map((one) => typeof one)).toEqual(['function', 'function', 'function']);
});
