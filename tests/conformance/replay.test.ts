import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { Agent, AgentEvent, Order, Outcome } from '../../src/model/agent.ts';
import { agentOf } from '../support/agent.ts';
import { openBox, type TestBox } from '../support/box.ts';
import { order } from '../support/order.ts';

/*
 * The part of the contract that recordings can break: there is no model behind them that could hang, refuse or cost.
 */

type Call = readonly [name: string, input: object];

interface Replayed {
  readonly box: TestBox;
  readonly events: AgentEvent[];
  readonly work: (more?: Partial<Order>, signal?: AbortSignal) => Promise<Outcome>;
}

/** Lets each of these be a reply with one call. */
async function replaying(calls: readonly Call[]): Promise<Replayed> {
  const box = await openBox('none', `${path.dirname(process.execPath)}:/usr/bin:/bin`);
  const recordings = path.join(box.folder, 'recordings');
  mkdirSync(path.join(recordings, 'u'), { recursive: true });
  const lines = calls.map(([name, input], index) => {
    const content = [{ type: 'tool_use', id: `toolu_${index}`, name, input }];
    return `${JSON.stringify({ content, stop_reason: 'tool_use' })}\n`;
  });
  writeFileSync(path.join(recordings, 'u/builder-1.1.jsonl'), lines.join(''));
  const agent: Agent = await agentOf({ type: 'replay', recordings }, { folder: box.folder });
  const events: AgentEvent[] = [];
  return {
    box,
    events,
    work: (more = {}, signal = new AbortController().signal) =>
      agent.work(order(box.folder, { workspace: box.handle, ...more }), (event) => events.push(event), signal),
  };
}

describe('replay', () => {
  test('does what was recorded, in the workspace, and costs nothing', async () => {
    const { box, events, work } = await replaying([
      ['write', { path: 'a.txt', content: 'hello' }],
      ['note', { text: 'Mind the gap.' }],
      ['followup', { title: 'More of it', criteria: [] }],
      ['finish', { summary: 'Done.' }],
    ]);
    expect(await work()).toMatchObject({
      kind: 'finished',
      answer: { summary: 'Done.' },
      followups: [{ title: 'More of it', criteria: [] }],
      usage: { costMicroUsd: 0, calls: 4 },
    });
    expect(readdirSync(box.workspace)).toEqual(['a.txt']);
    expect(events.filter(({ type }) => type === 'note')).toEqual([{ type: 'note', text: 'Mind the gap.' }]);
  });

  test('changes nothing when it may only read, and answers in the shape that is asked for', async () => {
    const answerSchema = z.object({ verdict: z.enum(['yes', 'no']) });
    const { box, work } = await replaying([
      ['write', { path: 'a.txt', content: 'hello' }],
      ['finish', { verdict: 'perhaps' }],
      ['finish', { verdict: 'no' }],
    ]);
    expect(await work({ access: 'read', answerSchema })).toMatchObject({ kind: 'finished', answer: { verdict: 'no' } });
    expect(readdirSync(box.workspace)).toEqual([]);
  });

  test('says what is in the way', async () => {
    const { work } = await replaying([['block', { reason: 'There is no such API.' }]]);
    expect(await work()).toMatchObject({ kind: 'blocked', why: 'There is no such API.' });
  });

  test('goes on in the same session', async () => {
    const { work } = await replaying([
      ['finish', { summary: 'One.' }],
      ['finish', { summary: 'Two.' }],
    ]);
    const first = await work();
    const session = first.kind === 'finished' ? first.session : null;
    expect(await work({ session })).toMatchObject({ kind: 'finished', answer: { summary: 'Two.' } });
  });

  test('has failed where the recording ends', async () => {
    const { work } = await replaying([['bash', { command: 'true' }]]);
    expect(await work()).toMatchObject({ kind: 'failed', failure: { kind: 'silent' } });
  });

  test('ends within five seconds when it is told to, and leaves nothing behind', async () => {
    const { box, work } = await replaying([['bash', { command: 'touch begun; sleep 1000 & sleep 1000' }]]);
    const aborts = new AbortController();
    const working = work({}, aborts.signal);
    await expect.poll(() => readdirSync(box.workspace)).toEqual(['begun']);
    const stopped = performance.now();
    aborts.abort();
    expect(await working).toMatchObject({ kind: 'failed', failure: { kind: 'crashed', detail: 'It was stopped.' } });
    expect(performance.now() - stopped).toBeLessThan(5000);
    expect(box.left()).toEqual([]);
  });
});
