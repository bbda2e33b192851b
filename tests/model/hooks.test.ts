import { expect, test } from 'vitest';
import { configSchema } from '../../src/model/config.ts';
import { addressProblem, commandProblem, hooksOf, variableOf, webhookProblem } from '../../src/model/hooks.ts';

const isRefused = (webhook: string, format: 'slack' | 'discord' | 'teams' | 'ntfy' | 'json'): boolean =>
  addressProblem({ webhook, format }) !== null;

test.each<[address: string, ...formats: ('slack' | 'discord' | 'teams' | 'ntfy' | 'json')[]]>([
  ['$SLACK_WEBHOOK', 'slack', 'discord', 'teams', 'ntfy', 'json'],
  ['${SLACK_WEBHOOK}', 'slack', 'json'],
  ['https://ci.example.org/backlog', 'json'],
  ['https://ci.example.org/hooks/nightly-run', 'json'],
  ['http://127.0.0.1:8080/hook', 'json'],
  ['https://ci.example.org/teams/backend-platform-team/events', 'json'],
])('%s may be written in a configuration', (address, ...formats) => {
  expect(formats.filter((format) => isRefused(address, format))).toEqual([]);
});

test.each<[address: string, ...formats: ('slack' | 'discord' | 'teams' | 'ntfy' | 'json')[]]>([
  ['https://hooks.slack.com/services/T000/B000/abc', 'slack', 'json'],
  ['https://discord.com/api/webhooks/1/x', 'discord', 'json'],
  ['https://canary.discordapp.com/api/webhooks/1/x', 'json'],
  ['https://example.webhook.office.com/webhookb2/a', 'teams', 'json'],
  ['https://prod-1.westeurope.logic.azure.com/workflows/a', 'teams', 'json'],
  ['https://ntfy.sh/my-topic', 'ntfy', 'json'],
  ['https://ntfy.example.org/my-topic', 'ntfy'],
  ['https://me:secret@example.org/x', 'json'],
  ['https://token@example.org/x', 'json'],
  ['https://example.org/x?token=abc', 'json'],
  ['https://example.org/x#abc', 'json'],
  ['https://example.org/hooks/0a1b2c3d4e5f60718293', 'json'],
  ['https://example.org/hooks/xoxb1234567890abcdef', 'json'],
  ['https://api.telegram.org/bot1:x/sendMessage', 'json'],
  ['https://example.org/bot123456:AAbbCCddEEff/send', 'json'],
  ['https://hooks.zapier.com/hooks/catch/1/a/', 'json'],
  ['ftp://example.org/x', 'json'],
  ['file:///etc/passwd', 'json'],
  ['example.org/x', 'json'],
  ['my-webhook', 'slack', 'json'],
  ['https://example.org/$TOKEN/x?y', 'json'],
  ['$A$B', 'slack', 'json'],
])('%s is refused, and not quoted', (address, ...formats) => {
  for (const format of formats) {
    const problem = addressProblem({ webhook: address, format });
    expect([format, problem === null, JSON.stringify(problem).includes(address)]).toEqual([format, false, false]);
  }
});

test('a webhook cannot tell that a run began', () => {
  expect(webhookProblem('run.started')?.message).toContain('one message for each run, when it ends');
  expect(webhookProblem('run.ended')).toBe(null);
});

test('names of variables', () => {
  expect(['$A', '${A_1}', '$', '$A-B', '${A', 'A', '$A '].map(variableOf)).toEqual([
    'A',
    'A_1',
    ...[null, null, null, null, null],
  ]);
});

test('the same command or webhook under several events is one hook', () => {
  const { on } = configSchema.parse({
    on: {
      'unit.failed': ['./a.sh', { webhook: '$W', format: 'slack' }],
      'unit.waits': { webhook: '$W', format: 'slack' },
      'run.ended': [
        { command: './a.sh', timeout: '1m' },
        { webhook: '$W', format: 'json' },
      ],
    },
  });
  expect(hooksOf(on)).toEqual({
    commands: [{ command: './a.sh', timeout: '1m', events: ['run.ended', 'unit.failed'] }],
    webhooks: [
      { address: '$W', format: 'json', events: ['run.ended'] },
      { address: '$W', format: 'slack', events: ['unit.failed', 'unit.waits'] },
    ],
  });
});

test.each([
  './notify.sh',
  'curl -d @- "$SLACK_WEBHOOK"',
  'curl -d @- https://api.telegram.org/bot$TOKEN/sendMessage',
  'curl -d @- https://ci.example.org/backlog?kind=nightly',
  'curl -H "Authorization: Bearer $TOKEN" https://ci.example.org/x',
  'xdg-open https://slack.com',
  'task-runner --risk-level high',
])('a command may be written in a configuration: %s', (command) => {
  expect(commandProblem(command)).toBe(null);
});

test.each([
  'curl -d @- https://hooks.slack.com/services/T000/B000/abc',
  "curl -d @- 'HTTPS://HOOKS.SLACK.COM/services/T000/B000/abc'",
  'wget --post-file=- https://me:secret@example.org/x',
  'curl https://example.org/hooks/0a1b2c3d4e5f60718293?x=$Y',
  'curl -H "Authorization: Bearer 0123456789abcdef" https://ci.example.org/x',
  'SLACK_TOKEN=xoxb-1234567890-abc ./notify.sh',
  'GH_TOKEN=ghp_0123456789abcdef gh issue create',
])('a command with a secret is refused, and not quoted: %s', (command) => {
  const problem = commandProblem(command);
  expect([problem === null, JSON.stringify(problem).includes(command)]).toEqual([false, false]);
});
