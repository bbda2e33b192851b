import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { wrapUp } from '../../../src/agents/words/brief.ts';
import { claudeAgent } from '../../../src/agents/programs/claude.ts';
import { ClaudeStream, endOf, resetTime } from '../../../src/agents/programs/claude-stream.ts';
import { Prices } from '../../../src/agents/money/prices.ts';
import { Limiter } from '../../../src/agents/provider/limiter.ts';
import type { AgentEvent, Budget, Order, Outcome } from '../../../src/model/agent.ts';
import { systemClock } from '../../../src/util/time/clock.ts';
import { modelServer } from '../../support/model-server.ts';
import { order } from '../../support/order.ts';
import { temporaryFolder } from '../../support/project.ts';

const now = Date.UTC(2026, 10, 26, 5, 0);

/** What these lines mean. Their shapes are those that Claude Code 2.1.332 wrote. */
function meaning(...lines: readonly object[]): {
  readonly end: ReturnType<typeof endOf>;
  readonly events: AgentEvent[];
} {
  const events: AgentEvent[] = [];
  const stream = new ClaudeStream((event) => events.push(event));
  for (const line of lines) stream.push(JSON.stringify(line));
  return { end: endOf(stream, now), events };
}

const result = (more: object): object => ({ type: 'result', subtype: 'success', is_error: false, result: '', ...more });
const failed = (kind: string, detail: string): object => ({
  kind: 'failed',
  failure: { reason: 'agent-failed', kind, detail },
});
const rateLimit = (more: object): object => ({
  type: 'rate_limit_event',
  rate_limit_info: { status: 'allowed', resetsAt: 1_796_000_000, rateLimitType: 'five_hour', ...more },
});

describe('what its last line means', () => {
  const limitText = "You've hit your session limit · resets 3:50pm (Asia/Tokyo)";
  test.each([
    ['all is well', [result({ terminal_reason: 'completed', result: 'Done.' })], { kind: 'ok', text: 'Done.' }],
    ['an older version, without reasons', [result({ result: 'Done.' })], { kind: 'ok', text: 'Done.' }],
    ['no result at all, whatever its exit code', [], failed('crashed', 'It ended without a result.')],
    [
      'a failure of the API, which calls itself a success',
      [result({ is_error: true, terminal_reason: 'api_error', api_error_status: 401, result: 'Invalid API key' })],
      failed('provider', 'Invalid API key'),
    ],
    [
      '429',
      [
        result({
          is_error: true,
          terminal_reason: 'api_error',
          api_error_status: 429,
          result: 'Request rejected (429)',
        }),
      ],
      { kind: 'limited', until: null, why: 'Request rejected (429)' },
    ],
    [
      'overloaded',
      [result({ is_error: true, terminal_reason: 'api_error', api_error_status: 529, result: 'Overloaded' })],
      { kind: 'limited', until: null, why: 'Overloaded' },
    ],
    [
      'a window that is used up, said by an event',
      [rateLimit({ status: 'rejected' }), result({ is_error: true, api_error_status: 429, result: 'Used up' })],
      { kind: 'limited', until: 1_796_000_000_000, why: 'Used up' },
    ],
    [
      'a window that is used up, said in words alone',
      [result({ is_error: true, result: limitText })],
      { kind: 'limited', until: Date.UTC(2026, 10, 26, 6, 50), why: limitText },
    ],
    [
      'a warning about a window stops nobody',
      [rateLimit({ status: 'allowed_warning' }), result({ result: 'Done.' })],
      { kind: 'ok', text: 'Done.' },
    ],
    [
      'too many turns',
      [result({ subtype: 'error_max_turns', is_error: true, errors: ['Reached maximum number of turns (2)'] })],
      failed('turn-limit', 'Reached maximum number of turns (2)'),
    ],
    [
      'a refusal',
      [result({ is_error: true, stop_reason: 'refusal', terminal_reason: 'api_error', result: 'I cannot' })],
      failed('refused', 'I cannot'),
    ],
    [
      'a prompt that is too long',
      [result({ is_error: true, terminal_reason: 'prompt_too_long', result: 'Prompt is too long' })],
      failed('context-exceeded', 'Prompt is too long'),
    ],
    [
      'an end that is not known',
      [result({ subtype: 'error_during_execution', is_error: true, errors: ['boom'] })],
      failed('crashed', 'boom'),
    ],
  ])('%s', (_name, lines, end) => {
    expect(meaning(...lines).end).toEqual(end);
  });

  test.each([
    ['resets 3:50pm (Asia/Tokyo)', Date.UTC(2026, 10, 26, 6, 50)],
    ['resets 1pm (Europe/Berlin)', Date.UTC(2026, 10, 26, 12, 0)],
    ['resets 4am', Date.UTC(2026, 10, 27, 4, 0)],
    ['resets 12am (UTC)', Date.UTC(2026, 10, 27, 0, 0)],
    ['resets 1pm (No/Where)', null],
    ['resets tomorrow', null],
  ])('"%s" is a moment', (text, until) => {
    expect(resetTime(`You've hit your limit · ${text}`, now)).toEqual({ until });
  });
});

test('what it did is recorded in the tools of our own loop', async () => {
  const use = (message: string, name: string, input: object): string =>
    line({ type: 'assistant', message: { id: message, content: [{ type: 'tool_use', id: name, name, input }] } });
  const said = line({ type: 'assistant', message: { id: 'm1', content: [{ type: 'text', text: 'Now.' }] } });
  const { folder } = await work(
    [
      init,
      said,
      use('m1', 'Write', { file_path: '$PWD/a.txt', content: 'one' }).replace('$PWD', `'"$PWD"'`),
      use('m1', 'Bash', { command: 'ls', description: 'List', timeout: 1500 }),
      use('m2', 'Edit', { file_path: 'a.txt', old_string: 'one', new_string: 'two', replace_all: false }),
      use('m3', 'mcp__backlog__finish', { summary: 'Two.' }),
      line({ type: 'assistant', message: { id: 'm4', content: [{ type: 'text', text: 'Bye.' }] } }),
      done,
    ].join('; '),
  );
  const recorded = readFileSync(path.join(folder, 'recordings/u/builder-1.1.jsonl'), 'utf8');
  const call = (id: string, name: string, input: object): object => ({ type: 'tool_use', id, name, input });
  expect(
    recorded
      .trim()
      .split('\n')
      .map((text) => JSON.parse(text) as unknown),
  ).toEqual([
    {
      content: [
        { type: 'text', text: 'Now.' },
        call('Write', 'write', { path: 'a.txt', content: 'one' }),
        call('Bash', 'bash', { command: 'ls', timeoutSeconds: 2 }),
      ],
      stop_reason: 'tool_use',
    },
    { content: [call('Edit', 'edit', { path: 'a.txt', old: 'one', new: 'two' })], stop_reason: 'tool_use' },
    { content: [call('mcp__backlog__finish', 'finish', { summary: 'Two.' })], stop_reason: 'tool_use' },
  ]);
});

test('its words, tools and retries are told; what is not known is passed over', () => {
  const { events } = meaning(
    { type: 'system', subtype: 'ui_invalidate' },
    { type: 'system', subtype: 'api_retry', attempt: 1, retry_delay_ms: 600, error_status: 529, error: 'overloaded' },
    {
      type: 'assistant',
      message: {
        content: [
          { type: 'thinking', thinking: '' },
          { type: 'text', text: 'Let me look.' },
          { type: 'tool_use', id: 't1', name: 'Bash', input: { command: 'ls', description: 'List' } },
        ],
      },
    },
    { type: 'user', message: { content: [{ type: 'tool_result', tool_use_id: 't1', content: 'no', is_error: true }] } },
    { type: 'user', message: { content: 'words' } },
    { type: 'something_new', of: 'theirs' },
  );
  expect(events).toEqual([
    { type: 'retry', why: '529 overloaded', delayMs: 600 },
    { type: 'turn', text: 'Let me look.' },
    { type: 'tool', name: 'Bash', summary: 'ls', isError: true },
  ]);
});

/** Lets a shell script stand for the program. */
async function work(
  script: string,
  more: Partial<Order> = {},
): Promise<{ readonly outcome: Outcome; readonly folder: string; readonly tookMs: number }> {
  const folder = temporaryFolder();
  const program = path.join(folder, 'claude');
  writeFileSync(program, `#!/bin/sh\n${script}\n`);
  chmodSync(program, 0o755);
  const server = await modelServer([]);
  const agent = claudeAgent({
    name: 'claude',
    program,
    about: 'Claude Code',
    model: 'claude-opus-5-5',
    access: {
      upstream: server.url,
      credential: { kind: 'token', secret: 'token-dummy', variable: 'A_KEY' },
      isSubscription: true,
      web: false,
      allowed: { fields: [], betas: [] },
      program: 'Claude Code 2.1.332',
      keys: {
        fields: 'agents.claude.allow.fields',
        betas: 'agents.claude.allow.betas',
        models: 'agents.claude.models',
      },
      prices: new Prices(),
      models: ['claude-opus-5-5'],
      maxTokens: 32_000,
      limiterOf: () => new Limiter(systemClock),
    },
    sessions: path.join(folder, 'sessions'),
    recordInto: path.join(folder, 'recordings'),
    clock: systemClock,
  });
  mkdirSync(path.join(folder, 'at'));
  const started = performance.now();
  const outcome = await agent.work(order(path.join(folder, 'at'), more), () => {}, new AbortController().signal);
  return { outcome, folder, tookMs: performance.now() - started };
}

const line = (value: object): string => `echo '${JSON.stringify(value)}'`;
const init = line({ type: 'system', subtype: 'init', session_id: 's-1', claude_code_version: '2.1.332' });
const done = line({
  type: 'result',
  subtype: 'success',
  is_error: false,
  terminal_reason: 'completed',
  result: 'Done.',
});

describe('the program', () => {
  test('gets its prompt on standard input, its settings from us alone, and a stand-in for the token', async () => {
    const { outcome, folder } = await work(
      `read -r line; echo "$line" > in.txt; echo "$@" > args.txt; env > env.txt; ${init}; ${done}`,
    );
    expect(outcome).toMatchObject({ kind: 'finished', answer: { summary: 'Done.' }, session: 's-1' });
    const read = (file: string): string => readFileSync(path.join(folder, 'at/ws', file), 'utf8');
    expect(JSON.parse(read('in.txt'))).toEqual({ type: 'user', message: { role: 'user', content: 'Do it.' } });
    expect(read('args.txt')).toMatch(
      /^-p --input-format stream-json --output-format stream-json --verbose --model claude-opus-5-5 --effort high --max-turns 20 --tools Bash,Edit,Glob,Grep,Read,Write --setting-sources {2}--strict-mcp-config --mcp-config \S+ --append-system-prompt-file \S+ /,
    );
    expect(read('env.txt')).toMatch(/^CLAUDE_CODE_OAUTH_TOKEN=backlog-[0-9a-f]{32}$/m);
    expect(read('env.txt')).not.toMatch(/ANTHROPIC_API_KEY|token-dummy/);
    expect(readdirSync(path.join(folder, 'sessions'))).toEqual(['u.1-builder.jsonl']);
  });

  test('has the tools of its access and role, under its own names', async () => {
    const { folder } = await work(`echo "$@" > "$BACKLOG_ANSWER"; ${init}; ${done}`, {
      tools: ['bash', 'read'],
      access: 'read',
    });
    const args = readFileSync(path.join(folder, 'at/scratch/order-builder-1/answer'), 'utf8');
    expect(/--tools (\S+) /.exec(args)?.[1]).toBe('Read');
  });

  test('hears what people say while it works, and ends when it has answered it', async () => {
    const words = ['Use tabs.'];
    const { outcome, folder } = await work(`${init}; read -r a; read -r b; echo "$b" > in.txt; ${done}; ${done}; cat`, {
      takeWords: () => words.splice(0),
    });
    expect(outcome).toMatchObject({ kind: 'finished' });
    expect(JSON.parse(readFileSync(path.join(folder, 'at/ws/in.txt'), 'utf8'))).toEqual({
      type: 'user',
      message: { role: 'user', content: 'Use tabs.' },
    });
  });

  test('is told once when most of the money is spent', async () => {
    const budget: Budget = { isCapped: true, reserve: () => ({ settle: () => {} }), isRunningOut: () => true };
    const script = `${init}; read -r a; read -r b; echo "$b" > in.txt; ${done}; ${done}; cat >> in.txt`;
    const { outcome, folder } = await work(script, { budget });
    expect(outcome).toMatchObject({ kind: 'finished' });
    expect(JSON.parse(readFileSync(path.join(folder, 'at/ws/in.txt'), 'utf8'))).toEqual({
      type: 'user',
      message: { role: 'user', content: wrapUp },
    });
  });

  test('that takes what people say into the turn that it had begun is ended all the same', async () => {
    const words = ['Use tabs.'];
    const takeWords = (): string[] => words.splice(0);
    expect((await work(`${init}; read -r a; read -r b; ${done}; cat`, { takeWords })).outcome.kind).toBe('finished');
  });

  test('that hangs after its result is ended, and what it said counts', async () => {
    const { outcome } = await work(`${init}; ${done}; exec sleep 1000`);
    expect(outcome).toMatchObject({ kind: 'finished', answer: { summary: 'Done.' } });
  });

  test('that says nothing any more is ended', async () => {
    const limits = { turns: 9, timeMs: 30_000, idleMs: 500 };
    const { outcome } = await work(`${init}; exec sleep 1000`, { limits });
    expect(outcome).toMatchObject(failed('stalled', 'It produced no output for 1 s.'));
  });

  test('that ends well without a result has failed, with its last words', async () => {
    const { outcome } = await work(`${init}; echo 'unknown option' >&2; exit 0`);
    expect(outcome).toMatchObject(failed('crashed', 'It ended without a result. unknown option'));
  });

  test('that writes one endless line is read past it', async () => {
    const { outcome } = await work(`head -c 40000000 /dev/zero | tr '\\0' x; echo; ${init}; ${done}`);
    expect(outcome).toMatchObject({ kind: 'finished', answer: { summary: 'Done.' } });
  });

  test('on a subscription costs nothing but notionally', async () => {
    const { outcome } = await work(`${init}; ${done}`);
    expect(outcome.usage).toMatchObject({ costMicroUsd: 0, notionalMicroUsd: 0, calls: 0 });
  });
});
