import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { anthropicVoice } from '../../../src/agents/voices/anthropic.ts';
import { Limiter } from '../../../src/agents/provider/limiter.ts';
import { Pool } from '../../../src/agents/provider/pool.ts';
import { runLoop } from '../../../src/agents/loop/loop.ts';
import { factsOf } from '../../../src/agents/money/models.ts';
import { Prices } from '../../../src/agents/money/prices.ts';
import { Warmth } from '../../../src/agents/provider/warmth.ts';
import { recorded, replayVoice } from '../../../src/agents/voices/recording.ts';
import { type Clock, systemClock } from '../../../src/util/time/clock.ts';
import type { AgentEvent, Order, Outcome } from '../../../src/model/agent.ts';
import { type Charge, noCharge } from '../../../src/model/money.ts';
import {
  type Answer,
  type Asked,
  cutStream,
  errorAtOnce,
  errorInStream,
  fails,
  loginPage,
  modelServer,
  pinging,
  reply,
  sends,
  stalledStream,
  usage,
} from '../../support/model-server.ts';
import { order } from '../../support/order.ts';
import { temporaryFolder } from '../../support/project.ts';

interface Session {
  readonly outcome: Outcome;
  readonly asked: readonly Asked[];
  /** Milliseconds that the loop wanted to wait, in turn. */
  readonly slept: readonly number[];
  readonly events: readonly AgentEvent[];
  readonly workspace: string;
}

const finish = reply([{ type: 'tool_use', name: 'finish', input: { summary: 'Done.' } }]);

/** Lets the real loop and the real SDK work against a stand-in that gives `answers` in turn. */
async function converse(
  answers: readonly Answer[],
  more: Partial<Order> = {},
  folder = temporaryFolder(),
  recordInto?: string,
  model = 'claude-opus-5-5',
  pool: Pool | null = null,
): Promise<Session> {
  const server = await modelServer(answers);
  const slept: number[] = [];
  const events: AgentEvent[] = [];
  let now = 1_000_000;
  const clock: Clock = {
    now: () => now,
    sleep: (ms) => {
      slept.push(ms);
      now += ms;
      return Promise.resolve();
    },
  };
  const limiter = new Limiter(clock, pool);
  const voice = anthropicVoice({
    apiKey: 'sk-dummy',
    keyVariable: 'ANTHROPIC_API_KEY',
    baseUrl: server.url,
    model,
    facts: factsOf(model),
    maxTokens: 4096,
    cacheTtl: '5m',
    prices: new Prices(),
    limiter,
    warmth: new Warmth(clock),
  });
  const given = order(folder, more);
  const outcome = await runLoop(
    {
      openVoice: (it) => Promise.resolve(recordInto === undefined ? voice : recorded(voice, recordInto, it)),
      sessions: path.join(folder, 'sessions'),
      clock,
      random: () => 0.5,
    },
    given,
    (event) => events.push(event),
    new AbortController().signal,
  );
  return { outcome, asked: server.asked, slept, events, workspace: given.workspace.path };
}

/** 100 in, 10 out, 1,000 written to and 2,000 read from the cache, at the prices of claude-opus-5-5. */
const oneCallCost = 100 * 4 + 10 * 20 + 1000 * 5 + 2000 * 0.2;

describe('a happy run', () => {
  test('tool calls are executed in the workspace, and answered in one message', async () => {
    const { outcome, asked, workspace, events } = await converse([
      reply([
        { type: 'text', text: 'I write two files.' },
        { type: 'tool_use', name: 'write', input: { path: 'a/b.txt', content: 'one\ntwo\n' } },
        { type: 'tool_use', name: 'bash', input: { command: 'wc -l < a/b.txt; echo "$ANTHROPIC_API_KEY$HOME"' } },
      ]),
      reply([{ type: 'tool_use', name: 'edit', input: { path: 'a/b.txt', old: 'two', new: 'three' } }]),
      finish,
    ]);
    expect(outcome).toEqual({
      kind: 'finished',
      answer: { summary: 'Done.' },
      followups: [],
      usage: {
        inputTokens: 300,
        outputTokens: 30,
        cacheReadTokens: 6000,
        cacheWriteTokens: 3000,
        calls: 3,
        toolCalls: 4,
        possibleMicroUsd: 0,
        notionalMicroUsd: 0,
        costMicroUsd: 3 * oneCallCost,
      },
      session: 'u.1-builder.jsonl',
    });
    expect(readFileSync(path.join(workspace, 'a/b.txt'), 'utf8')).toBe('one\nthree\n');
    expect(asked[1]?.body.messages.at(-1)).toEqual({
      role: 'user',
      content: [
        { type: 'tool_result', tool_use_id: 'toolu_1_write', content: 'Wrote a/b.txt (3 lines).' },
        {
          type: 'tool_result',
          tool_use_id: 'toolu_2_bash',
          content: `2\n${path.join(path.dirname(workspace), 'scratch/home')}\n[exit 0]`,
        },
      ],
    });
    expect(events.filter((event) => event.type === 'turn')).toEqual([{ type: 'turn', text: 'I write two files.' }]);
  });

  test('each request sets the effort, marks the shared part for the cache, and only adds to the one before', async () => {
    const { asked } = await converse([
      reply([{ type: 'tool_use', name: 'glob', input: { pattern: '**' } }]),
      reply([{ type: 'text', text: 'hm' }]),
      finish,
    ]);
    const [first] = asked;
    expect(first?.path).toBe('/v1/messages');
    expect(first?.headers['authorization'] ?? first?.headers['x-api-key']).toMatch(/sk-dummy$/);
    expect(first?.body).toMatchObject({
      model: 'claude-opus-5-5',
      max_tokens: 4096,
      stream: true,
      output_config: { effort: 'high' },
      thinking: { type: 'adaptive' },
      system: [{ type: 'text', text: 'How to work.', cache_control: { type: 'ephemeral' } }],
      cache_control: { type: 'ephemeral' },
      messages: [{ role: 'user', content: 'Do it.' }],
    });
    expect(first?.body.tools.map((tool) => tool.name)).toEqual([
      'bash',
      'edit',
      'glob',
      'grep',
      'read',
      'write',
      'block',
      'finish',
      'followup',
      'note',
    ]);
    for (const [index, { body }] of asked.entries()) {
      const before = asked[index - 1]?.body;
      if (!before) continue;
      expect(body.messages.slice(0, before.messages.length)).toEqual(before.messages);
      expect([body['system'], body.tools]).toEqual([before['system'], before.tools]);
    }
  });

  test('a role with tools of its own gets no others', async () => {
    const { asked } = await converse([finish], { tools: ['bash', 'read'] });
    expect(asked[0]?.body.tools.map((tool) => tool.name)).toEqual([
      ...['bash', 'read'],
      ...['block', 'finish', 'followup', 'note'],
    ]);
  });

  test('a reader gets no tool that writes', async () => {
    const { asked, workspace, outcome } = await converse(
      [reply([{ type: 'tool_use', name: 'write', input: { path: 'x', content: '' } }]), finish],
      { access: 'read' },
    );
    expect(asked[0]?.body.tools.map((tool) => tool.name)).toEqual([
      'glob',
      'grep',
      'read',
      'block',
      'finish',
      'followup',
      'note',
    ]);
    expect([existsSync(path.join(workspace, 'x')), outcome.kind]).toEqual([false, 'finished']);
    expect(asked[1]?.body.messages.at(-1)?.content).toEqual([
      { type: 'tool_result', tool_use_id: 'toolu_0_write', content: 'There is no tool "write".', is_error: true },
    ]);
  });

  test('block ends the work with its reason', async () => {
    const { outcome } = await converse([
      reply([{ type: 'tool_use', name: 'block', input: { reason: 'It contradicts itself.' } }]),
    ]);
    expect(outcome).toMatchObject({ kind: 'blocked', why: 'It contradicts itself.' });
  });

  test('a session goes on with its memory', async () => {
    const folder = temporaryFolder();
    const first = await converse([finish], {}, folder);
    if (first.outcome.kind !== 'finished') throw new Error('it did not finish');
    const second = await converse(
      [finish],
      { session: first.outcome.session, brief: { shared: 'How to work.', own: 'Put it right.' } },
      folder,
    );
    expect(
      second.asked[0]?.body.messages.map(({ role, content }) => [
        role,
        typeof content === 'string' ? content : (content as { type: string }[]).map((b) => b.type),
      ]),
    ).toEqual([
      ['user', 'Do it.'],
      ['assistant', ['tool_use']],
      ['user', ['tool_result']],
      ['user', 'Put it right.'],
    ]);
  });

  test('what is recorded can be played again without the network', async () => {
    const folder = temporaryFolder();
    const recordings = path.join(folder, 'recordings');
    const answers = [reply([{ type: 'tool_use', name: 'write', input: { path: 'a.txt', content: 'a' } }]), finish];
    const live = await converse(answers, {}, path.join(folder, 'live'), recordings);
    const replayed = order(path.join(folder, 'replay'));
    const outcome = await runLoop(
      {
        openVoice: replayVoice(recordings),
        sessions: path.join(folder, 'sessions'),
        clock: { now: () => 0, sleep: () => Promise.resolve() },
        random: () => 0,
      },
      replayed,
      () => {},
      new AbortController().signal,
    );
    expect(readFileSync(path.join(replayed.workspace.path, 'a.txt'), 'utf8')).toBe('a');
    expect([outcome.kind, outcome.usage.costMicroUsd, live.outcome.kind]).toEqual(['finished', 0, 'finished']);
  });
});

describe('calls that fail', () => {
  const costs = (calls: number): number => calls * oneCallCost;
  const prompt = 100 * 4 + 1000 * 5 + 2000 * 0.2;
  /** Its beginning told the prompt and a first token of output; the rest of it may have been said, and in the US. */
  const begun: Charge = {
    spentMicroUsd: prompt + 20,
    possibleMicroUsd: Math.ceil((prompt + 4096 * 20) * 1.1) - (prompt + 20),
  };

  test.each<[string, Answer, number, Charge?]>([
    [
      '429 with retry-after: waited for as told',
      fails(429, 'rate_limit_error', 'Slow down', { 'retry-after': '7' }),
      7000,
    ],
    ['529: tried again after a while', fails(529, 'overloaded_error', 'Overloaded'), 1000],
    ['500: tried again', fails(500, 'api_error', 'Oops'), 1000],
    ['a stream that is cut', cutStream, 1000, begun],
    ['an error event inside a stream', errorInStream('overloaded_error'), 1000, begun],
  ])('%s', async (_name, answer, slept, lost = noCharge) => {
    let held = 0;
    const session = await converse([answer, finish], { onHeld: (ms) => void (held += ms) });
    expect([session.outcome.kind, session.slept, session.asked.length]).toEqual(['finished', [slept], 2]);
    expect(held).toBe(slept); // it is no work
    expect(session.events[0]).toMatchObject({ why: expect.stringMatching(/^http:\/\/127\.0\.0\.1:/) as unknown });
    // What the failed call told before it broke off is spent, and what it may have cost beyond that is told apart.
    expect(session.outcome.usage).toMatchObject({
      costMicroUsd: costs(1) + lost.spentMicroUsd,
      possibleMicroUsd: lost.possibleMicroUsd,
      calls: lost === noCharge ? 1 : 2,
    });
    expect(session.events.map((event) => event.type)).toEqual(['retry', 'usage', 'tool']);
    // Nothing of the failed call is in the transcript.
    expect(session.asked[1]?.body.messages).toEqual(session.asked[0]?.body.messages);
  });

  test('a stalled stream is ended after the silence, and tried again', async () => {
    const session = await converse([stalledStream, finish], { limits: { turns: 20, timeMs: 30_000, idleMs: 300 } });
    const why = expect.stringMatching(/^http:\S+ gave no valid answer \(no data for 0.3 s\)$/) as unknown;
    expect([session.outcome.kind, session.events[0]]).toEqual(['finished', { type: 'retry', why, delayMs: 1000 }]);
  });

  test('a model that thinks for long while its host says that it is there is no silence', async () => {
    const session = await converse([pinging(5, 150), finish], { limits: { turns: 20, timeMs: 30_000, idleMs: 400 } });
    expect([session.outcome.kind, session.asked.length, session.events.map(({ type }) => type)]).toEqual([
      'finished',
      2,
      ['usage', 'turn', 'usage', 'tool'],
    ]);
  });

  const raw = (...events: readonly { readonly type: string; readonly [key: string]: unknown }[]): Answer =>
    sends(200, 'text/event-stream', events.map((it) => `event: ${it.type}\ndata: ${JSON.stringify(it)}\n\n`).join(''));
  const started = (used: unknown, content: unknown = []): { type: string; message: object } => ({
    type: 'message_start',
    message: { id: 'm', role: 'assistant', model: 'claude-opus-5-5', content, usage: used },
  });
  const begins = { ...usage, output_tokens: 1 };
  const ended = { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 5 } };
  const stop = { type: 'message_stop' };
  const call = { type: 'tool_use', id: 't', name: 'bash', input: {} };
  const bad: [string, Answer, string, Charge?][] = [
    [
      'null for what it used',
      raw(started(null), ended, stop),
      '"message.usage" of its message_start does not match the API',
    ],
    [
      'no end of what it used',
      raw(started(begins), { ...ended, usage: null }, stop),
      '"usage" of its message_delta',
      begun,
    ],
    ['content that is none', raw(started(usage, [null]), ended, stop), '"message.content.0" of its message_start'],
    [
      'less than nothing',
      raw(started({ ...usage, input_tokens: -1 })),
      '"message.usage.input_tokens" of its message_start',
    ],
    ['no end', raw(started(begins)), 'it ended within a message', begun],
    [
      'a word about a block that is not there',
      raw(
        started(begins),
        { type: 'content_block_delta', index: 7, delta: { type: 'text_delta', text: 'x' } },
        ended,
        stop,
      ),
      'it could not be parsed',
    ],
    [
      'a call whose input is broken',
      raw(
        started(begins),
        { type: 'content_block_start', index: 0, content_block: call },
        { type: 'content_block_delta', index: 0, delta: { type: 'input_json_delta', partial_json: '}{' } },
        { ...ended, delta: { stop_reason: 'tool_use' } },
        stop,
      ),
      '',
    ],
    ['only a sign that somebody is there', raw({ type: 'ping' }), 'request ended without sending any chunks'],
    [
      'a connection that is gone',
      (it) => {
        it.writeHead(200, { 'content-type': 'text/event-stream' }).write(': hi\n\n', () => it.destroy());
      },
      'it broke off: UND_ERR_SOCKET',
    ],
    [
      'half an event',
      sends(200, 'text/event-stream', 'event: message_start\ndata: {"type":"mess\n\n'),
      'an event is not JSON',
    ],
    [
      'no gzip',
      (it) =>
        void it.writeHead(200, { 'content-type': 'text/event-stream', 'content-encoding': 'gzip' }).end('not gzip'),
      '',
    ],
  ];
  test.each(bad)('an answer with %s: tried again, then told with its host', async (_name, answer, said, charge) => {
    const session = await converse([answer, finish]);
    const why = expect.stringMatching(/^http:\S+ gave no valid answer \(.+\)$/) as unknown;
    expect([session.outcome.kind, session.slept, session.events[0]]).toEqual([
      'finished',
      [1000],
      { type: 'retry', why, delayMs: 1000 },
    ]);
    expect(session.events[0]).toMatchObject({ why: expect.stringContaining(`(${said}`) as unknown });
    if (charge) expect(session.outcome.usage).toMatchObject({ possibleMicroUsd: charge.possibleMicroUsd, calls: 2 });
    // Where no call was ever answered otherwise, nobody asks again.
    const pool = new Pool('x', systemClock);
    const never = await converse(
      Array.from({ length: 5 }, () => answer),
      {},
      undefined,
      undefined,
      undefined,
      pool,
    );
    const detail = expect.stringContaining(
      `has answered no call of this run with a reply of "claude-opus-5-5" (${said}`,
    ) as unknown;
    expect(never.outcome).toMatchObject({
      kind: 'failed',
      failure: { reason: 'agent-unusable', kind: 'model', detail },
    });
    expect(never.asked.length).toBe(3);
  });

  test('an answer without end is cut at the size of any answer', async () => {
    const text = 'y'.repeat(1024 * 1024);
    const part = `event: content_block_delta\ndata: ${JSON.stringify({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } })}\n\n`;
    let sent = 0;
    const endless: Answer = (response) => {
      raw(started(usage), { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } })({
        writeHead: (...head: [number, Record<string, string>]) => ({
          end: (first: string) => response.writeHead(...head).write(first),
        }),
      } as unknown as Parameters<Answer>[0]);
      const more = (): void => void (response.destroyed || (sent++, response.write(part, more)));
      more();
    };
    const session = await converse([endless, finish]);
    expect([session.outcome.kind, session.events[0], sent < 100]).toMatchObject([
      'finished',
      { why: expect.stringContaining('(more than 64 MB, longer than any answer)') as unknown },
      true,
    ]);
  });

  test('what is held by calls that had no answer is no budget that is spent', async () => {
    const held: number[] = [];
    const budget = {
      isCapped: true,
      reserve: (most: number) =>
        held.length === 0 ? { settle: () => void held.push(most) } : { refused: 'run' as const, leftMicroUsd: 0 },
      isRunningOut: () => false,
    };
    const silent: Answer = (response) =>
      response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
    const limits = { turns: 20, timeMs: 30_000, idleMs: 200 };
    const counting = sends(200, 'application/json', '{"input_tokens":3000}');
    const { outcome } = await converse(
      [silent, counting],
      { budget, limits },
      undefined,
      undefined,
      undefined,
      new Pool('x', systemClock),
    );
    expect(outcome).toMatchObject({
      kind: 'failed',
      failure: {
        reason: 'agent-unusable',
        detail: expect.stringMatching(/^http:.* answered no call .* \(no data for 0.2 s\)$/) as unknown,
      },
    });
  });

  test('an order that takes too long ends by its time, though the stream would go on', async () => {
    const session = await converse([stalledStream], { limits: { turns: 20, timeMs: 300, idleMs: 10_000 } });
    expect(session.outcome).toMatchObject({
      kind: 'failed',
      failure: { reason: 'agent-failed', kind: 'time', detail: 'It took longer than 0 s.' },
    });
  });

  test('a wait of an hour parks the unit instead of sleeping', async () => {
    const session = await converse([fails(429, 'rate_limit_error', 'Slow down', { 'retry-after': '3600' })]);
    expect(session.outcome).toMatchObject({ kind: 'limited', until: 1_000_000 + 3_600_000 });
    expect(session.slept).toEqual([]);
  });

  test('a spend limit parks it until the month is over', async () => {
    const session = await converse([fails(429, 'rate_limit_error', 'spend', { 'x-should-retry': 'false' })]);
    expect(session.outcome).toMatchObject({
      kind: 'limited',
      why: expect.stringMatching(/\(a spend limit\)$/) as unknown,
    });
    expect([session.asked.length, session.slept]).toEqual([1, []]);
  });

  test('most of the money is spent: the agent is told so, once', async () => {
    const look = reply([{ type: 'tool_use', name: 'glob', input: { pattern: '**' } }]);
    const budget = { isCapped: true, reserve: () => ({ settle: () => {} }), isRunningOut: () => true };
    const { asked } = await converse([look, look, finish], { budget });
    const told = asked.map(({ body }) => JSON.stringify(body.messages).split('Most of the money').length - 1);
    expect(told).toEqual([0, 1, 1]);
  });

  test('overload without end parks it too', async () => {
    const session = await converse(Array.from({ length: 5 }, () => fails(529, 'overloaded_error', 'Overloaded')));
    expect([session.outcome.kind, session.asked.length, session.slept]).toEqual([
      'limited',
      5,
      [1000, 2000, 4000, 8000],
    ]);
  });

  test.each([
    ['a bad key', fails(401, 'authentication_error', 'invalid x-api-key'), 'agent-unusable', 'key'],
    ['no such model', fails(404, 'not_found_error', 'model: x'), 'agent-unusable', 'model'],
    ['a refusal', reply([], 'refusal'), 'agent-failed', 'refused'],
  ])('%s is not tried again', async (_name, answer, reason, kind) => {
    const session = await converse([answer]);
    expect(session.outcome).toMatchObject({ kind: 'failed', failure: { reason, kind } });
    expect([session.asked.length, session.slept]).toEqual([1, []]);
  });

  test.each<[string, Answer, string | null, 'tried again' | 'fails']>([
    ['a login page', sends(200, 'text/html', loginPage), '200: <!doctype html> <title>Sign in</title>', 'tried again'],
    ['JSON of another kind', sends(200, 'application/json', '{"status":"ok"}'), '200: {"status":"ok"}', 'tried again'],
    ['nothing', sends(204, 'text/plain', ''), '204', 'tried again'],
    ['another address', sends(302, 'text/html', 'Found'), '302: Found', 'fails'],
    ['an error within a stream', errorAtOnce('no_error'), 'no_error: no', 'fails'],
    ['a page that refuses', sends(400, 'text/html', loginPage), '400: <!doctype html> <title>Sign in</title>', 'fails'],
    ['JSON that refuses', sends(400, 'application/json', '{"detail":"no"}'), '400: {"detail":"no"}', 'fails'],
    ['a gateway without a provider', sends(502, 'text/html', loginPage), null, 'tried again'],
    ['an overload within a stream', errorAtOnce('overloaded_error'), null, 'tried again'],
  ])('%s, before and after a model has replied', async (_name, answer, said, becomes) => {
    const ask = async (answers: readonly Answer[]): Promise<Outcome> =>
      (await converse(answers, {}, undefined, undefined, undefined, new Pool('x', systemClock))).outcome;
    const detail = expect.stringContaining(`with a reply of "claude-opus-5-5" (${said})`) as unknown;
    const refused = {
      kind: 'failed',
      failure: { reason: 'agent-unusable', kind: 'request', detail },
      usage: { calls: 0 },
    };
    expect(await ask([answer, finish])).toMatchObject(said === null ? { kind: 'finished' } : refused);
    const failed = { kind: 'failed', failure: { reason: 'agent-failed', kind: 'provider' } };
    const replied = reply([{ type: 'tool_use', name: 'bash', input: { command: 'true' } }]);
    expect(await ask([replied, answer, finish])).toMatchObject(becomes === 'fails' ? failed : { kind: 'finished' });
  });

  test('a tool call that was cut by max_tokens is never executed, though it arrives looking whole', async () => {
    const cut = {
      type: 'tool_use',
      name: 'bash',
      input: {},
      rawInput: '{"command":"touch cut.txt","timeoutSe',
    } as const;
    const session = await converse([reply([cut], 'max_tokens'), finish]);
    expect([session.outcome.kind, existsSync(path.join(session.workspace, 'cut.txt'))]).toEqual(['finished', false]);
    expect(session.asked[1]?.body.messages.at(-1)?.content).toEqual([
      {
        type: 'tool_result',
        tool_use_id: 'toolu_0_bash',
        content: 'Your reply was cut off at the token limit; no tool call in it was executed. Go on in smaller steps.',
        is_error: true,
      },
    ]);
  });

  test('input of the wrong shape is answered, not executed', async () => {
    const session = await converse([reply([{ type: 'tool_use', name: 'write', input: { path: 'a.txt' } }]), finish]);
    expect([session.outcome.kind, existsSync(path.join(session.workspace, 'a.txt'))]).toEqual(['finished', false]);
  });

  test('a tool that is not there is told so, whatever it is called', async () => {
    const names = ['fly', 'constructor', '__proto__'];
    const calls = names.map((name) => ({ type: 'tool_use', name, input: {} }) as const);
    const session = await converse([reply(calls), finish]);
    expect(session.outcome.kind).toBe('finished');
    expect(session.asked[1]?.body.messages.at(-1)?.content).toMatchObject(
      names.map((name) => ({ content: `There is no tool "${name}".`, is_error: true })),
    );
  });

  test('a model that stops without an answer is asked for one, three times at most', async () => {
    const session = await converse(Array.from({ length: 3 }, () => reply([{ type: 'text', text: 'Done!' }])));
    expect(session.outcome).toMatchObject({
      kind: 'failed',
      failure: { kind: 'silent', detail: 'It stopped without calling finish or block.' },
    });
    expect(session.asked.length).toBe(3);
  });

  test('turns are counted', async () => {
    const again = reply([{ type: 'tool_use', name: 'glob', input: { pattern: '**' } }]);
    const session = await converse([again, again, again], { limits: { turns: 3, timeMs: 30_000, idleMs: 10_000 } });
    expect(session.outcome).toMatchObject({ kind: 'failed', failure: { kind: 'turn-limit' } });
  });

  test('a call that the budget does not allow is never made', async () => {
    const reserved: number[] = [];
    const budget = {
      isCapped: true,
      reserve: (most: number) => {
        reserved.push(most);
        return { refused: 'run' as const, leftMicroUsd: 0 };
      },
      isRunningOut: () => false,
    };
    const session = await converse([finish], { budget });
    expect(session.outcome).toMatchObject({ kind: 'failed', failure: { reason: 'budget-spent' } });
    expect(session.asked).toEqual([]);
    expect(reserved[0]).toBeGreaterThan(4096 * 20); // at least all output tokens
  });
});

test.each<[string, string, string, boolean]>([
  ['a count', 'application/json', '{"input_tokens":3000}', true],
  ['an error', 'application/json', '{"error":{"message":"no such endpoint"}}', false],
  ['nothing', 'application/json', '', false],
  ['null', 'application/json', 'null', false],
  ['a list', 'application/json', '[]', false],
  ['less than nothing', 'application/json', '{"input_tokens":-9000000}', false],
  ['a fraction', 'application/json', '{"input_tokens":0.5}', false],
  ['no JSON', 'application/json', '{"input_tokens":3000', false],
  ['a page', 'text/html', loginPage, false],
])('%s, said when a prompt is counted, makes room under a cap or none', async (_name, type, said, isCount) => {
  const reserved: number[] = [];
  const budget = {
    isCapped: true,
    reserve: (most: number) =>
      reserved.push(most) === 1 ? { refused: 'run' as const, leftMicroUsd: 10_000_000 } : { settle: () => {} },
    isRunningOut: () => false,
  };
  const counting = sends(200, type, said);
  const { outcome, asked } = await converse([counting, finish], { budget });
  expect(asked[0]?.path).toBe('/v1/messages/count_tokens');
  if (isCount) return expect([outcome.kind, reserved.length]).toEqual(['finished', 2]);
  expect([outcome, reserved.length]).toMatchObject([{ failure: { reason: 'budget-spent' } }, 1]);
});

test('aborting ends the work and what it started within five seconds', { timeout: 5000 }, async () => {
  const server = await modelServer([reply([{ type: 'tool_use', name: 'bash', input: { command: 'sleep 60' } }])]);
  const folder = temporaryFolder();
  const stop = new AbortController();
  const limiter = new Limiter(systemClock);
  const voice = anthropicVoice({
    apiKey: 'sk-dummy',
    keyVariable: 'ANTHROPIC_API_KEY',
    baseUrl: server.url,
    model: 'claude-opus-5-5',
    facts: factsOf('claude-opus-5-5'),
    maxTokens: 4096,
    cacheTtl: '5m',
    prices: new Prices(),
    limiter,
    warmth: new Warmth(systemClock),
  });
  const working = runLoop(
    {
      openVoice: () => Promise.resolve(voice),
      sessions: folder,
      clock: { now: () => 0, sleep: () => Promise.resolve() },
      random: () => 0,
    },
    order(folder),
    () => {},
    stop.signal,
  );
  await expect.poll(() => server.asked.length).toBe(1);
  stop.abort();
  expect((await working).kind).toBe('failed');
});

describe('what is said between turns', () => {
  const look = reply([{ type: 'tool_use', name: 'glob', input: { pattern: '**' } }]);
  const said = (model: string): Promise<Session> => {
    const words = ['Use tabs.'];
    return converse([look, finish], { takeWords: () => words.splice(0) }, temporaryFolder(), undefined, model);
  };
  const text = { type: 'text', text: 'Use tabs.' };

  test('is said by the system, where the model hears it', async () => {
    const { asked } = await said('claude-opus-5-5');
    expect(asked[1]?.body.messages.slice(-2)).toMatchObject([
      { role: 'user', content: [{ type: 'tool_result' }] },
      { role: 'system', content: [text] },
    ]);
  });

  test('stands beside the answers of tools, where it would be refused', async () => {
    const { asked } = await said('claude-sonnet-5');
    expect(asked[1]?.body.messages.at(-1)).toMatchObject({ role: 'user', content: [{ type: 'tool_result' }, text] });
  });
});

test('who has finished hears nothing more of the system: a repair goes on behind the answers of its tools', async () => {
  const budget = { isCapped: true, reserve: () => ({ settle: () => {} }), isRunningOut: () => true };
  const folder = temporaryFolder();
  await converse([finish], { budget }, folder);
  const session = 'u.1-builder.jsonl';
  const { asked } = await converse([finish], { session, brief: { shared: '', own: 'Repair it.' } }, folder);
  expect(asked[0]?.body.messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'user', 'user']);
});

test('an answer is held to its shape; what no grammar can hold is told in words, and looked at when it comes', async () => {
  const answerSchema = z.object({ lines: z.array(z.string().min(3)).max(2), note: z.string().optional() });
  const answers = [{ lines: ['ab'] }, { lines: ['abc'] }].map((input) =>
    reply([{ type: 'tool_use', name: 'finish', input }]),
  );
  const { outcome, asked } = await converse(answers, { answerSchema });
  expect(outcome).toMatchObject({ kind: 'finished', answer: { lines: ['abc'] } });
  expect(asked[0]?.body.tools.filter((tool) => 'strict' in tool)).toEqual([
    {
      name: 'finish',
      description: 'Ends your work with your answer. Call it once, when everything is done.',
      strict: true,
      input_schema: {
        type: 'object',
        properties: {
          lines: {
            type: 'array',
            items: { type: 'string', description: '{minLength: 3}' },
            description: '{maxItems: 2}',
          },
          note: { type: 'string' },
        },
        additionalProperties: false,
        required: ['lines'],
      },
    },
  ]);
});

describe('a context that is full', () => {
  const full = { input_tokens: 850_000, output_tokens: 10, cache_creation_input_tokens: 0, cache_read_input_tokens: 0 };
  const look = { type: 'tool_use', name: 'glob', input: { pattern: '**' } } as const;
  const begun = 'You have already started: the folder is as you left it. Your notes so far:';

  test('nearly: the agent writes notes, and goes on in a fresh one with them', async () => {
    const folder = temporaryFolder();
    const notes = reply([{ type: 'text', text: 'Half of it is done.' }]);
    const { outcome, asked } = await converse([reply([look], undefined, full), notes, finish], {}, folder);
    expect(outcome).toMatchObject({ kind: 'finished', session: 'u.1-builder+1.jsonl' });
    expect(asked[1]?.body.messages.slice(-2)).toMatchObject([
      { role: 'user', content: [{ type: 'tool_result' }] },
      {
        role: 'system',
        content: [{ type: 'text', text: expect.stringMatching(/^Your context is nearly full/) as unknown }],
      },
    ]);
    expect(asked[2]?.body.messages).toEqual([{ role: 'user', content: `Do it.\n\n${begun}\n\nHalf of it is done.` }]);
    expect(readFileSync(path.join(folder, 'sessions/u.1-builder.jsonl'), 'utf8').split('\n').length).toBe(6);
  });

  test.each([
    ['too long a prompt', fails(400, 'invalid_request_error', 'prompt is too long: 1 > 0')],
    ['no room for the reply', reply([{ type: 'text', text: 'x' }], 'model_context_window_exceeded')],
  ])('%s: it goes on with the last words that it said', async (_name, answer) => {
    const said = reply([{ type: 'text', text: 'I look first.' }, look]);
    const { outcome, asked } = await converse([said, answer, finish]);
    expect(outcome.kind).toBe('finished');
    expect(asked[2]?.body.messages).toMatchObject([{ role: 'user' }]);
    expect(asked[2]?.body.messages[0]?.content).toContain(`${begun}\n\nI look first.`);
  });

  test('again and again: it fails', async () => {
    const long = fails(400, 'invalid_request_error', 'prompt is too long: 1 > 0');
    const { outcome, asked } = await converse(Array.from({ length: 9 }, () => long));
    expect(outcome).toMatchObject({ kind: 'failed', failure: { kind: 'context-exceeded' } });
    expect(asked.length).toBe(6);
  });
});

test('neighbouring calls that only read go together, and all results come in the order of the calls', async () => {
  const names = ['glob', 'grep', 'bash', 'read'] as const;
  const inputs = [{ pattern: '*.txt' }, { pattern: 'o' }, { command: 'echo one > a.txt' }, { path: 'a.txt' }];
  const calls = names.map((name, index) => ({ type: 'tool_use', name, input: inputs[index] ?? {} }) as const);
  const { asked, events } = await converse([reply(calls), finish]);
  const results = asked[1]?.body.messages.at(-1)?.content as {
    readonly tool_use_id: string;
    readonly content: string;
  }[];
  expect(results.map(({ tool_use_id: id }) => id)).toEqual(names.map((name, index) => `toolu_${index}_${name}`));
  expect(results[3]?.content).toBe('1\tone');
  expect(events.filter(({ type }) => type === 'tool').length).toBe(5);
});

test('an output that is too long loses its middle, and says where all of it is', async () => {
  const command = 'seq 1 20000; echo';
  const { asked, workspace } = await converse([
    reply([{ type: 'tool_use', name: 'bash', input: { command } }]),
    reply([{ type: 'tool_use', name: 'bash', input: { command: 'wc -l ../scratch/output-*/all.txt' } }]),
    finish,
  ]);
  const [first = '', second = ''] = asked.slice(1).map(({ body }) => {
    const content = body.messages.at(-1)?.content as readonly { readonly content: string }[] | undefined;
    return content?.[0]?.content ?? '';
  });
  const file = /characters cut; full text in (\S+) …\]/.exec(first)?.[1] ?? '';
  expect([first.startsWith('1\n2\n'), first.endsWith('20000\n[exit 0]'), path.dirname(path.dirname(file))]).toEqual([
    true,
    true,
    path.join(path.dirname(workspace), 'scratch'),
  ]);
  expect(second).toMatch(/^20000 \.\.\/scratch\/output-\w+\/all\.txt\n\[exit 0\]$/);
});
