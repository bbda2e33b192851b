import { describe, expect, test } from 'vitest';
import { configSchema } from '../../../src/model/config.ts';
import { consentDigest, consentNeeded, differences, withhold } from '../../../src/specs/config/consent.ts';

const around = { baseUrl: 'https://proxy.example.org', isOwnTarget: (target: string) => !target.startsWith('..') };
const noFiles = { program: () => null, onDisk: () => null, inCheckout: () => null };
const asks = (data: object, files = noFiles as Parameters<typeof consentNeeded>[2]) =>
  consentNeeded(data, around, files);

const agent = (entry: object): object => ({ agents: { a: entry } });

test.each<[key: string, data: object]>([
  ['target', { target: '../other' }],
  ['into', { into: 'main' }],
  ['into', { into: 'backlog/' }],
  ['prices', { prices: { m: { input: 0, output: 0, cacheWrite5m: 0, cacheWrite1h: 0, cacheRead: 0 } } }],
  ['setup.network', { setup: { command: 'x', network: 'host' } }],
  ['setup.network', { setup: { command: 'x', network: ['localhost:8080'] } }],
  ['agents.a.program', agent({ type: 'claude', program: '../tools/claude' })],
  ['agents.a.program', agent({ type: 'claude', program: 'claude-next' })],
  ['agents.a.command', agent({ type: 'acp', command: ['./agent', '--acp'] })],
  ['agents.a.command', agent({ type: 'acp', command: ['/opt/agent/bin/agent'] })],
  ['agents.a.env', agent({ type: 'acp', preset: 'gemini', env: { LD_PRELOAD: './own.so' } })],
  ['agents.a.login', agent({ type: 'claude', login: 'subscription' })],
  ['agents.a.secretEnv', agent({ type: 'claude', secretEnv: 'HOME' })],
  ['agents.a.baseUrl', agent({ type: 'claude', baseUrl: 'https://evil.example' })],
  ['agents.a.baseUrl', agent({ type: 'anthropic', baseUrl: 'https://api.anthropic.com.evil.example' })],
  ['agents.a.baseUrl', agent({ type: 'anthropic', baseUrl: 'https://api.anthropic.com@evil.example' })],
  ['agents.a.apiKeyEnv', agent({ type: 'anthropic', apiKeyEnv: 'AWS_SECRET_ACCESS_KEY' })],
  [
    'agents.a.api.baseUrl',
    agent({ type: 'command', command: 'x', api: { models: ['m'], baseUrl: 'http://x.example' } }),
  ],
  ['agents.a.api.apiKeyEnv', agent({ type: 'acp', preset: 'opencode', api: { models: ['m'], apiKeyEnv: 'TOKEN' } })],
  ['agents.a.subscription', agent({ type: 'command', command: 'x', subscription: true })],
  ['agents.a.exposes', agent({ type: 'command', command: 'x', exposes: ['~/.ssh/id_ed25519'] })],
  ['sandbox.allowUnsandboxed', { sandbox: { tier: 'none', allowUnsandboxed: true } }],
  ['sandbox.network', { sandbox: { network: 'host' } }],
  ['sandbox.network', { sandbox: { network: ['registry.npmjs.org', '127.0.0.1:5432'] } }],
  ['sandbox.hosts', { sandbox: { hosts: ['169.254.169.254'] } }],
  ['sandbox.hosts', { sandbox: { hosts: ['db'] } }],
  ['sandbox.hosts', { sandbox: { hosts: ['127.1'] } }],
  ['sandbox.hosts', { sandbox: { hosts: ['0x7f.0x1'] } }],
  ['sandbox.toolchains', { sandbox: { toolchains: ['/home/ada'] } }],
  ['on', { on: { 'unit.failed': './notify.sh' } }],
  ['on', { on: { 'run.ended': { webhook: '$SLACK_WEBHOOK', format: 'slack' } } }],
  ['on', { on: { 'run.ended': [{ command: 'true', timeout: '5s' }] } }],
  ['hooks', { hooks: { start: 'curl evil.example' } }], // a key that nobody classified
])('%s needs consent, and without it has no effect: %j', (key, data) => {
  const needed = asks(data);
  expect(needed.map((one) => one.key.split('.').slice(0, key.split('.').length).join('.'))).toEqual([key]);
  const rest = withhold(data, needed);
  expect(asks(rest as object)).toEqual([]);
  if (key !== 'hooks') expect(configSchema.safeParse(rest).success).toBe(true);
});

test.each<object>([
  {},
  { target: '.', into: 'backlog/nightly', prices: {}, setup: 'npm ci', history: true, review: 'off' },
  { setup: { command: 'npm ci', network: 'none' } },
  { rules: [], recipes: { x: { scouts: [] } } },
  { setup: { command: 'npm ci', network: ['registry.npmjs.org'] } },
  agent({ type: 'claude', program: 'claude', login: 'key', secretEnv: 'ANTHROPIC_API_KEY' }),
  agent({ type: 'anthropic', baseUrl: 'https://api.anthropic.com/', apiKeyEnv: 'ANTHROPIC_API_KEY' }),
  agent({ type: 'anthropic', baseUrl: 'https://proxy.example.org', model: 'm', cacheTtl: '1h' }),
  agent({ type: 'command', command: './tools/agent.sh --all', costUsd: 0, subscription: false, exposes: [] }),
  agent({ type: 'acp', preset: 'gemini', env: {}, mode: 'yolo', permissions: 'allow' }),
  agent({ type: 'acp', command: ['opencode', 'acp'], api: { models: ['m'] } }),
  agent({ type: 'replay', recordings: 'recordings' }),
  { sandbox: { tier: 'none', allowUnsandboxed: false, network: 'none', hosts: [], toolchains: [], memoryMb: 512 } },
  { sandbox: { tier: 'basic', network: ['registry.npmjs.org', '*.example.org'], hosts: ['example.org:8443'] } },
  { limits: { budgetUsd: 5, dayBudgetUsd: 9, roleBudgetsUsd: { reviewer: 1 }, maxTime: '1h' } },
  { commit: { name: 'Nightly', email: 'nightly@example.org' }, checks: { test: 'npm test' } },
])('nothing is asked for what stays in a box: %j', (data) => {
  expect(asks(data)).toEqual([]);
});

describe('the digest', () => {
  const data = {
    checks: { test: 'sh scripts/test.sh' },
    agents: { a: { type: 'acp', command: ['./agent'] } },
    sandbox: { allowUnsandboxed: true },
  };
  const content = { program: 'p1', test: 't1' };
  const digestOf = (of: object, { program, test: script } = content): string =>
    consentDigest(
      asks(of, {
        program: (name) => ({ path: name, content: program }),
        onDisk: () => null,
        inCheckout: (name) => (name === 'scripts/test.sh' ? { path: name, content: script } : null),
      }),
    );

  test('stays when something else changes, or the same is written in another order', () => {
    const { checks, agents, sandbox } = data;
    expect(digestOf({ sandbox, agents, checks })).toBe(digestOf(data));
    expect(digestOf({ ...data, limits: { attempts: 1 }, phases: ['one'] })).toBe(digestOf(data));
  });

  test.each([
    ['a value', { ...data, agents: { a: { type: 'acp', command: ['./agent', '--wild'] } } }, content],
    ['another key', { ...data, sandbox: { ...data.sandbox, network: 'host' } }, content],
    ['a command that is covered', { ...data, checks: { test: 'sh scripts/other.sh' } }, content],
    ['the program', data, { ...content, program: 'p2' }],
    ['a script that a command names', data, { ...content, test: 't2' }],
  ])('changes with %s', (_, changed, files) => {
    expect(digestOf(changed, files)).not.toBe(digestOf(data));
  });

  test('what changed is shown by key', () => {
    const before = asks(data);
    const now = asks({ ...data, sandbox: { allowUnsandboxed: true, network: 'host' } });
    expect(differences(before, now).map(({ key, was }) => [key, was])).toEqual([['sandbox.network', null]]);
  });
});

test.each<[command: string, covers: readonly string[]]>([
  ['./notify.sh', ['./notify.sh']],
  ['sh notify.sh --to "$USER"', ['notify.sh']],
  ['cd tools && ./post', ['tools']],
  ['sh tools/*.sh', ['tools']],
  ['cat <tools/text', ['tools/text']],
  ['sh tools/"post"', ['tools/']],
  ['sh *.sh', ['.']],
  ['./notify.s[h]', ['.']],
  ['cd . && x', ['.']],
  ['"$PWD/notify.sh"', ['./notify.sh']],
  ['${PWD}/notify.sh', ['./notify.sh']],
  ['$(pwd)/notify.sh', ['./notify.sh']],
  ['`pwd -P`/notify.sh', ['./notify.sh']],
  [String.raw`./noti\fy.sh`, ['./notify.sh']],
  [`./noti''fy.sh`, ['./notify.sh']],
  ['"./"notify.sh', ['notify.sh', './notify.sh']],
  ['FILE=notify.sh; sh $FILE', ['notify.sh']],
  ['python3 -m tools.post', ['tools']],
  ['sh "my notes.sh"', ['my notes.sh']],
  ['npm run notify', ['package.json']],
  ['make -s notify', ['Makefile']],
  [`curl -H '' https://example.org`, []],
  ['curl -d @- https://example.org', []],
  ['~/bin/notify', []],
  ['make-notify', []],
])('the consent to a hook covers what it runs of the repository: %s', (command, covers) => {
  const there = [
    '.',
    'my notes.sh',
    './notify.sh',
    'notify.sh',
    'tools',
    'tools/',
    'tools/text',
    'package.json',
    'Makefile',
    'bin/notify',
  ];
  const onDisk = (name: string) => (name === '' || there.includes(name) ? { path: name, content: 'x' } : null);
  const [needed] = asks({ on: { 'unit.failed': [{ command }] } }, { ...noFiles, onDisk });
  expect(needed?.files.map(({ path }) => path)).toEqual(covers);
});
