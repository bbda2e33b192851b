import { describe, expect, test } from 'vitest';
import type { Report } from '../../src/model/report.ts';
import { type Answer, modelServer, reply } from '../support/model-server.ts';
import { spec, statesOf, stragglers, TestProject } from '../support/project.ts';

/*
 * What a program of somebody else's spends of the user's money: nothing by a request that nobody knows, never above the
 * cap, told as it was, and given back when nothing runs.
 */

/** Asks once with more fields and headers, writes what was said; fails when it was not served. */
const program = (more: object, headers: object): string => `
const messages = [{ role: 'user', content: 'hi' }];
const headers = { 'content-type': 'application/json', 'x-api-key': process.env.ANTHROPIC_API_KEY, 'anthropic-version': '2023-06-01', ...${JSON.stringify(headers)} };
const body = JSON.stringify({ model: 'claude-opus-5-5', max_tokens: 1000, stream: true, messages, ...${JSON.stringify(more)} });
(async () => {
  const r = await fetch(process.env.ANTHROPIC_BASE_URL + '/v1/messages', { method: 'POST', headers, body });
  const said = await r.text();
  if (!r.ok) process.exit(1);
  require('fs').writeFileSync('said.txt', said);
})().catch(() => process.exit(1));`;

function project(
  url: string,
  asked: { more?: object; headers?: object; allow?: object },
  limits: object = {},
): TestProject {
  return TestProject.make({
    'specs/backlog.config.json': JSON.stringify({
      agent: 'program',
      agents: {
        program: {
          type: 'command',
          command: `cat > "$TMPDIR/p.cjs" <<'X'\n${program(asked.more ?? {}, asked.headers ?? {})}\nX\nnode "$TMPDIR/p.cjs"`,
          api: {
            ...{ models: ['claude-opus-5-5'], maxTokens: 1000, baseUrl: url, apiKeyEnv: 'PROXIED_KEY' },
            ...(asked.allow ? { allow: asked.allow } : {}),
          },
        },
      },
      sandbox: { tier: 'none' },
      limits: { attempts: 1, repairs: 0, ...limits },
    }),
    'specs/u.md': spec('U', ['touches: [said.txt]'], ['x — check: `test -s said.txt`']),
  });
}

const env = { PROXIED_KEY: 'sk-dummy-proxied-02' };

interface Costs {
  readonly usd: number;
  readonly possibleUsd: number;
  readonly heldUsd: number;
}

async function costsOf(it: TestProject): Promise<Costs> {
  const { usd, possibleUsd, heldUsd } = JSON.parse((await it.backlog('costs', 'specs', '--json')).stdout) as Costs;
  return { usd, possibleUsd, heldUsd };
}

const hello = reply([{ type: 'text', text: 'hello' }]);
/** What `hello` costs: see the stand-in's usage, and the price list. */
const price = (400 + 200 + 5000 + 400) / 1_000_000;

describe('a request that nobody knows', { timeout: 300_000 }, () => {
  const rows: readonly (readonly [what: string, asked: Parameters<typeof project>[1], said: RegExp | null])[] = [
    ['a field', { more: { priority_lane: 'fast' } }, /priority_lane[^]*"agents\.program\.api.allow.fields"/],
    ['a value of a field', { more: { service_tier: 'turbo' } }, /service_tier/],
    [
      'a beta',
      { headers: { 'anthropic-beta': 'dearer-2027-01-01' } },
      /dearer-2027-01-01[^]*"agents\.program\.api\.allow\.betas"/,
    ],
    ['a field that the user allows', { more: { priority_lane: 'fast' }, allow: { fields: ['priority_lane'] } }, null],
    [
      'a beta that the user allows',
      { headers: { 'anthropic-beta': 'dearer-2027-01-01' }, allow: { betas: ['dearer-2027-01-01'] } },
      null,
    ],
    ['nothing but what is known', { more: { metadata: { user_id: 'x' }, service_tier: 'standard_only' } }, null],
  ];
  test.each(rows)('%s', async (_, asked, said) => {
    const server = await modelServer([hello]);
    const it = project(server.url, asked);
    const ended = await it.start(['run', 'specs', '--json', '--budget', '1'], { env }).ended;
    const report = JSON.parse(ended.stdout) as Report;
    if (said === null) {
      expect([ended.code, statesOf(report), server.asked.length]).toEqual([0, { u: 'done' }, 1]);
      expect(await costsOf(it)).toEqual({ usd: price, possibleUsd: 0, heldUsd: 0 });
    } else {
      // The night does not go by in silence: what is not known, of which program, and what would allow it.
      expect([ended.code, server.asked.length, statesOf(report)]).toEqual([2, 0, { u: 'ready' }]); // of one attempt, none is burnt
      expect(ended.stderr).toMatch(said);
      expect(await costsOf(it)).toEqual({ usd: 0, possibleUsd: 0, heldUsd: 0 });
    }
  });
});

describe('what is spent', { timeout: 300_000 }, () => {
  const drop: Answer = (response) => void response.destroy();
  const begins: Answer = (response) => {
    const message = { id: 'm', type: 'message', role: 'assistant', model: 'claude-opus-5-5', content: [] };
    const usage = {
      input_tokens: 100,
      output_tokens: 1,
      cache_creation_input_tokens: 1000,
      cache_read_input_tokens: 2000,
    };
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(
      `event: message_start\ndata: ${JSON.stringify({ type: 'message_start', message: { ...message, stop_reason: null, stop_sequence: null, usage } })}\n\n`,
    );
    setTimeout(() => response.destroy(), 50);
  };

  test('nothing, where no call arrived', async () => {
    const it = project('http://127.0.0.1:9', {});
    await it.start(['run', 'specs', '--json', '--budget', '1', '--max-time', '20s'], { env }).ended;
    expect(await costsOf(it)).toEqual({ usd: 0, possibleUsd: 0, heldUsd: 0 });
  });

  test('what a broken stream told, and apart from that what it may have cost beyond', async () => {
    const server = await modelServer([begins, drop, drop, drop]);
    const it = project(server.url, {});
    await it.start(['run', 'specs', '--json', '--budget', '1', '--max-time', '20s'], { env }).ended;
    const costs = await costsOf(it);
    // The input was told, with one token of output; at most a thousand of output more.
    expect(costs.usd).toBeGreaterThan(price - 0.001);
    expect(costs.usd).toBeLessThan(price);
    expect(costs.possibleUsd).toBeGreaterThan(0);
    expect(costs.heldUsd).toBe(0);
  });

  test('a run that is killed in a call leaves what the call may have cost, and holds nothing for judging', async () => {
    let isAsked = (): void => {};
    const asked = new Promise<void>((resolve) => (isAsked = resolve));
    const server = await modelServer([() => isAsked(), hello, hello]);
    const it = project(server.url, {}, { dayBudgetUsd: 1 });
    const running = it.start(['run', 'specs', '--budget', '1'], { env });
    await asked;
    running.kill('SIGKILL');
    await running.ended;
    await expect.poll(() => stragglers(it)).toEqual([]);
    const ended = await it.start(['run', 'specs', '--json', '--budget', '1'], { env }).ended;
    expect([ended.code, statesOf(JSON.parse(ended.stdout) as Report)]).toEqual([0, { u: 'done' }]);
    const day = JSON.parse(
      (await it.backlog('costs', 'specs', '--json', '--month', new Date().toISOString().slice(0, 7))).stdout,
    ) as Costs;
    expect(day.usd).toBe(price);
    expect(day.heldUsd).toBe(0);
    expect(day.possibleUsd).toBeGreaterThan(0);
    expect(day.usd + day.possibleUsd).toBeLessThan(1);
  });
});
