import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { acpAgent, type AcpOptions } from '../../../src/agents/programs/acp.ts';
import type { AgentEvent, Budget, Order, Outcome } from '../../../src/model/agent.ts';
import { systemClock } from '../../../src/util/time/clock.ts';
import { order } from '../../support/order.ts';
import { temporaryFolder } from '../../support/project.ts';

/**
 * An agent that answers each request by its method, as the table says; what it got is written to `asked.json`. The
 * conformance suite has agents that do real work: this one misbehaves, or reports what others do not.
 */
const program = `
const [table] = process.argv.slice(2).map((text) => JSON.parse(text));
const fs = require('node:fs');
const asked = [];
let prompted = null;
const say = (message) => process.stdout.write(JSON.stringify({ jsonrpc: '2.0', ...message }) + '\\n');
require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, method, params, result } = JSON.parse(line);
  asked.push({ method, params, result });
  fs.writeFileSync('asked.json', JSON.stringify(asked));
  if (method === 'session/prompt') for (const update of table.updates ?? []) say(update);
  if (method !== undefined && table.never === method) return;
  if (table.errors?.[method]) return say({ id, error: table.errors[method] });
  if (method === 'session/prompt') prompted = id;
  const results = { initialize: { protocolVersion: 1 }, 'session/new': { sessionId: 's' } };
  if (method !== undefined && id !== undefined && method !== 'session/prompt') say({ id, result: results[method] ?? {} });
  // A turn is over once all that it asked is answered.
  const asking = (table.updates ?? []).filter((one) => one.id !== undefined).length;
  if (prompted === null || asked.filter((one) => one.method === undefined).length < asking) return;
  say({ id: prompted, result: { stopReason: 'end_turn', ...table.prompt } });
  prompted = null;
});
`;

const update = (one: object): object => ({ method: 'session/update', params: { sessionId: 's', update: one } });
const words = (text: string): object =>
  update({ sessionUpdate: 'agent_message_chunk', content: { type: 'text', text } });

interface Asked {
  readonly method?: string;
  readonly params?: Record<string, unknown>;
  readonly result?: unknown;
}

async function work(
  table: object,
  more: Partial<Order> = {},
  options: Partial<AcpOptions> = {},
  signal = new AbortController().signal,
): Promise<{ readonly outcome: Outcome; readonly asked: () => Asked[]; readonly events: AgentEvent[] }> {
  const folder = temporaryFolder();
  const file = path.join(folder, 'agent.cjs');
  writeFileSync(file, program);
  const events: AgentEvent[] = [];
  const given = order(folder, more);
  const agent = acpAgent({
    name: 'acp',
    argv: [process.execPath, file, JSON.stringify(table)],
    env: {},
    mode: null,
    auth: null,
    reach: null,
    loads: [],
    permissions: 'allow',
    access: null,
    costUsd: null,
    isSubscription: false,
    exposed: [],
    clock: systemClock,
    ...options,
  });
  const outcome = await agent.work(given, (event) => events.push(event), signal);
  const at = path.join(given.workspace.path, 'asked.json');
  return { outcome, events, asked: () => JSON.parse(readFileSync(at, 'utf8')) as Asked[] };
}

describe('an ACP agent', () => {
  test('tells what it did and used; what nobody knows is null', async () => {
    const { outcome, events } = await work({
      updates: [
        words('I look. '),
        update({ sessionUpdate: 'tool_call', toolCallId: 't', title: 'Read a.txt', kind: 'read', status: 'pending' }),
        update({ sessionUpdate: 'tool_call_update', toolCallId: 't', status: 'completed' }),
        words('All done.'),
      ],
      prompt: { usage: { inputTokens: 10, outputTokens: 2, thoughtTokens: 3, cachedReadTokens: 4 } },
    });
    expect(outcome).toEqual({
      kind: 'finished',
      answer: { summary: 'All done.' },
      followups: [],
      session: null,
      usage: {
        inputTokens: 10,
        outputTokens: 5,
        cacheReadTokens: 4,
        cacheWriteTokens: 0,
        calls: 1,
        toolCalls: 1,
        costMicroUsd: null,
        possibleMicroUsd: 0,
        notionalMicroUsd: 0,
      },
    });
    expect(events.filter(({ type }) => type !== 'usage')).toEqual([
      { type: 'turn', text: 'I look. ' },
      { type: 'tool', name: 'read', summary: 'Read a.txt', isError: false },
    ]);
  });

  test('that tells more than was assumed is believed, less is not; a subscription pays notionally', async () => {
    const updates = [
      words('Done.'),
      update({ sessionUpdate: 'usage_update', used: 100, size: 1000, cost: { amount: 0.25, currency: 'USD' } }),
    ];
    const settled: number[] = [];
    const reserved: number[] = [];
    const budget: Budget = {
      isCapped: true,
      reserve(most) {
        reserved.push(most);
        return { settle: ({ spentMicroUsd }) => void settled.push(spentMicroUsd) };
      },
      isRunningOut: () => false,
    };
    await work({ updates }, { budget }, { costUsd: 1 });
    const dearer = await work({ updates }, { budget }, { costUsd: 0.1 });
    expect([reserved, settled, dearer.outcome.usage.costMicroUsd]).toEqual([
      [1_000_000, 100_000],
      [1_000_000, 250_000],
      250_000,
    ]);
    const { outcome } = await work({ updates }, { budget }, { costUsd: 1, isSubscription: true });
    expect([reserved.at(-1), settled.at(-1), outcome.usage]).toMatchObject([
      0,
      0,
      { costMicroUsd: 0, notionalMicroUsd: 250_000 },
    ]);
  });

  test.each([-5, -0.001, 1e300])('that tells a cost which cannot be has failed: %d', async (amount) => {
    const cost = { amount, currency: 'USD' };
    const updates = [words('Done.'), update({ sessionUpdate: 'usage_update', used: 1, size: 9, cost })];
    const { outcome } = await work({ updates }, {}, { costUsd: 1 });
    expect(outcome).toMatchObject({
      kind: 'failed',
      failure: { reason: 'agent-failed', kind: 'crashed' },
      usage: { costMicroUsd: 1_000_000 },
    });
  });

  test('whose cost nobody knows does not start under a cap', async () => {
    const budget: Budget = { isCapped: true, reserve: () => ({ settle: () => {} }), isRunningOut: () => false };
    expect((await work({}, { budget })).outcome).toMatchObject({ kind: 'failed', failure: { reason: 'budget-spent' } });
  });

  test('is answered by the policy when it asks; who may only read is refused to write', async () => {
    const options = ['allow_once', 'reject_once'].map((kind) => ({ optionId: kind, name: kind, kind }));
    const ask = (id: number, kind: string): object => ({
      id,
      method: 'session/request_permission',
      params: { sessionId: 's', toolCall: { toolCallId: 't', kind, title: 'x' }, options },
    });
    const table = { updates: [ask(101, 'edit'), ask(102, 'read'), words('Done.')] };
    const answers = async (more: Partial<Order>, policy: Partial<AcpOptions>): Promise<unknown[]> =>
      (await work(table, more, policy)).asked().flatMap(({ result }) => {
        const { outcome } = (result ?? {}) as { readonly outcome?: { readonly optionId?: string } };
        return outcome ? [outcome.optionId] : [];
      });
    expect(await answers({}, {})).toEqual(['allow_once', 'allow_once']);
    expect(await answers({}, { permissions: 'reject' })).toEqual(['reject_once', 'reject_once']);
    expect(await answers({ access: 'read' }, {})).toEqual(['reject_once', 'allow_once']);
  });

  test('that wants a login, or breaks its promise, has failed with its words', async () => {
    const login = await work({ errors: { 'session/new': { code: -32000, message: 'Authentication required' } } });
    expect(login.outcome).toMatchObject({
      kind: 'failed',
      failure: {
        reason: 'agent-unusable',
        kind: 'login',
        detail: 'The agent "acp" requires a login: Authentication required',
      },
    });
    const broken = await work({ errors: { 'session/prompt': { code: -32603, message: 'Oops' } } });
    expect(broken.outcome).toMatchObject({ kind: 'failed', failure: { kind: 'provider', detail: 'Oops' } });
  });

  test.each<[string, number, object]>([
    ['initialize', -32600, { reason: 'agent-unusable', kind: 'program' }],
    ['session/new', -32601, { reason: 'agent-unusable', kind: 'program' }],
    [
      'session/new',
      -32602,
      { reason: 'agent-unusable', kind: 'program', detail: 'The agent "acp" does not start a session: Oops' },
    ],
    ['session/new', -32603, { reason: 'agent-failed', kind: 'provider' }],
    ['session/prompt', -32602, { reason: 'agent-failed', kind: 'provider' }],
  ])('that answers %s with %i: whether it is the agent, or the unit', async (method, code, failure) => {
    const { outcome } = await work({ errors: { [method]: { code, message: 'Oops' } } });
    expect(outcome).toMatchObject({ kind: 'failed', failure });
  });

  test('that ends its turn without a word has answered nothing, and is asked twice more', async () => {
    const { outcome, asked } = await work({});
    expect(outcome).toMatchObject({ kind: 'failed', failure: { kind: 'silent', detail: 'It ended without output.' } });
    expect(asked().filter(({ method }) => method === 'session/prompt').length).toBe(3);
  });

  test.each(['initialize', 'session/new', 'session/prompt'])(
    'that never answers %s ends within five seconds when it is told to',
    async (never) => {
      const aborts = new AbortController();
      setTimeout(() => aborts.abort(), 300);
      const started = performance.now();
      const { outcome } = await work({ never }, {}, {}, aborts.signal);
      expect(outcome).toMatchObject({ kind: 'failed', failure: { kind: 'crashed', detail: 'It was stopped.' } });
      expect(performance.now() - started).toBeLessThan(5000);
    },
  );

  test('starts its session where the commands of the unit start', async () => {
    const folder = temporaryFolder();
    const given = order(folder);
    mkdirSync(path.join(folder, 'ws/packages/a'), { recursive: true });
    const workspace = { ...given.workspace, cwd: path.join(given.workspace.path, 'packages/a') };
    const file = path.join(folder, 'agent.cjs');
    writeFileSync(file, program);
    const agent = acpAgent({
      ...{ name: 'acp', argv: [process.execPath, file, '{}'], env: {}, mode: null, auth: null, reach: null, loads: [] },
      ...{ permissions: 'allow', access: null, costUsd: null, isSubscription: false, exposed: [], clock: systemClock },
    });
    await agent.work({ ...given, workspace }, () => {}, new AbortController().signal);
    const asked = JSON.parse(readFileSync(path.join(folder, 'ws/asked.json'), 'utf8')) as Asked[];
    expect(asked.find(({ method }) => method === 'session/new')?.params?.['cwd']).toBe(workspace.cwd);
  });
});
