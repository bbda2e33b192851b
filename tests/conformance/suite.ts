import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { Agent, AgentEvent, Budget, Order, Outcome } from '../../src/model/agent.ts';
import type { agentConfigSchema } from '../../src/model/agent-config.ts';
import { agentOf } from '../support/agent.ts';
import { openBox, type TestBox } from '../support/box.ts';
import { type Answer, cutStream, fails, found, stalledStream, usage } from '../support/model-server.ts';
import { order } from '../support/order.ts';
import { isServerSearch, type ScriptedModel, scriptedModel, type Step } from '../support/scripted-model.ts';

/** A back end as the suite is told about it. What it declares of its abilities is what the suite holds it to. */
export interface Backend {
  readonly name: string;
  readonly config: z.input<typeof agentConfigSchema>;
  /** Programs are looked up here. */
  readonly searchPath: string;
  readonly tier: 'strict' | 'none';
  /** What makes it crash; null for one without a process of its own, whose connection breaks off instead. */
  readonly crash: Step | null;
  /** Milliseconds that it needs to start. */
  readonly startMs: number;
}

/** Micro-dollars of one call to the stand-in, by list prices of the model that is used. */
const callCost = Math.ceil(
  usage.input_tokens * 4 +
    usage.output_tokens * 20 +
    usage.cache_creation_input_tokens * 5 +
    usage.cache_read_input_tokens * 0.2,
);

interface Worked {
  readonly outcome: Outcome;
  readonly events: readonly AgentEvent[];
  readonly box: TestBox;
  readonly model: ScriptedModel;
  readonly agent: Agent;
  readonly tookMs: number;
  /** Lets it work once more, in the same workspace. */
  again(steps: readonly Step[], more: Partial<Order>): Promise<Worked>;
}

async function work(backend: Backend, steps: readonly Step[], more: Partial<Order> = {}, stop?: Stop): Promise<Worked> {
  const box = await openBox(backend.tier, backend.searchPath);
  const model = await scriptedModel(steps);
  const agent = await agentOf(backend.config, {
    folder: box.folder,
    env: { PATH: backend.searchPath, ANTHROPIC_API_KEY: 'sk-dummy', ANTHROPIC_BASE_URL: model.url, HOME: box.folder },
  });
  const once = async (changes: Partial<Order>): Promise<Worked> => {
    const events: AgentEvent[] = [];
    const given = order(box.folder, { workspace: box.handle, limits: limitsOf(backend), ...changes });
    const aborts = new AbortController();
    const started = performance.now();
    const working = agent.work(given, (event) => events.push(event), aborts.signal);
    if (stop) {
      await stop.when(box, model);
      stop.at = performance.now();
      aborts.abort();
    }
    const outcome = await working;
    return {
      outcome,
      events,
      box,
      model,
      agent,
      tookMs: performance.now() - (stop?.at ?? started),
      again: (further, changed) => {
        model.play(further);
        return once(changed);
      },
    };
  };
  return once(more);
}

interface Stop {
  readonly when: (box: TestBox, model: ScriptedModel) => Promise<void>;
  at?: number;
}

/** Limits that no back end reaches, on a slow machine and where its program starts again for each answer. */
const limitsOf = (backend: Backend): Order['limits'] => ({
  turns: 30,
  timeMs: 60_000 + 10 * backend.startMs,
  idleMs: 20_000 + 2 * backend.startMs,
});
const bye: Step = { say: 'That is all.' };

/** What every back end is held to. */
export function conformance(backend: Backend): void {
  const costOf = (calls: number): number => calls * callCost;
  /** Milliseconds within which it has started, also on a machine that is slower than expected. */
  let { startMs } = backend;
  const short = (): Order['limits'] => ({ ...limitsOf(backend), timeMs: 3000 + startMs });

  describe(backend.name, () => {
    test('does what it is asked, in the workspace, and tells what it did and cost', async () => {
      const { outcome, events, box, model, agent, tookMs } = await work(backend, [
        { write: 'a.txt', content: 'hello\n' },
        { bash: 'cat a.txt > b.txt' },
        { note: 'Mind the gap.' },
        { followup: 'More of it' },
        { finish: { summary: 'All done.' } },
        bye,
      ]);
      if (backend.crash !== null) startMs = Math.max(startMs, tookMs);
      expect(outcome).toMatchObject({
        kind: 'finished',
        answer: { summary: 'All done.' },
        followups: [{ title: 'More of it', criteria: ['It holds.'] }],
      });
      expect(readdirSync(box.workspace).toSorted()).toEqual(['a.txt', 'b.txt']);
      expect(readFileSync(path.join(box.workspace, 'b.txt'), 'utf8')).toBe('hello\n');
      expect(events.filter((event) => event.type === 'note')).toEqual([{ type: 'note', text: 'Mind the gap.' }]);
      // Side calls (a title) count as well: what was paid is a whole number of calls, and no fewer than the script has.
      expect(outcome.usage.costMicroUsd).toBe(agent.abilities.reportsCost ? costOf(outcome.usage.calls) : null);
      expect(outcome.usage.calls).toBeGreaterThanOrEqual(model.asked.length);
      expect(model.asked[0]?.headers['x-api-key'] ?? model.asked[0]?.headers.authorization).toMatch(/sk-dummy$/);
      expect(box.left()).toEqual([]);
    });

    // Without a sandbox nobody can hold a program; what it changed is thrown away all the same.
    const isHeld = backend.tier === 'strict' || backend.crash === null;
    test.skipIf(!isHeld)('changes nothing when it may only read', async () => {
      const answerSchema = z.object({ verdict: z.enum(['yes', 'no']) });
      const steps: Step[] = [
        { write: 'a.txt', content: 'hello\n' },
        { bash: 'echo hello > b.txt' },
        { finish: { verdict: 'yes' } },
        bye,
      ];
      const { outcome, box } = await work(backend, steps, { access: 'read', answerSchema });
      expect(outcome).toMatchObject({ kind: 'finished', answer: { verdict: 'yes' } });
      expect(readdirSync(box.workspace)).toEqual([]);
    });

    test('says what is in the way, when something is', async () => {
      const { outcome } = await work(backend, [{ block: 'There is no such API.' }, bye]);
      expect(outcome).toMatchObject({ kind: 'blocked', why: 'There is no such API.' });
    });

    test('answers in the shape that is asked for, and never in another', async () => {
      const answerSchema = z.object({ verdict: z.enum(['yes', 'no']) });
      const steps: Step[] = [{ finish: { verdict: 'perhaps' } }, bye, { finish: { verdict: 'no' } }, bye];
      const { outcome, agent } = await work(backend, steps, { answerSchema });
      if (outcome.kind === 'failed') expect(outcome.failure).toMatchObject({ kind: 'silent' });
      else expect(outcome).toMatchObject({ kind: 'finished', answer: { verdict: 'no' } });
      const fitting = await work(backend, [{ finish: { verdict: 'no' } }, bye], { answerSchema });
      expect(fitting.outcome.kind === 'finished').toBe(agent.abilities.structuredAnswers);
    });

    test('goes on in the same session when its work is not accepted, or says that it cannot', async () => {
      const first = await work(backend, [{ write: 'a.txt', content: 'one\n' }, { finish: { summary: 'One.' } }, bye]);
      expect(first.outcome).toMatchObject({ kind: 'finished' });
      const session = first.outcome.kind === 'finished' ? first.outcome.session : null;
      const again: Step[] = [{ write: 'a.txt', content: 'two\n' }, { finish: { summary: 'Two.' } }, bye];
      const brief = { shared: 'How to work.', own: 'It is not accepted: say two.' };
      const asked = first.model.asked.length;
      expect(session !== null).toBe(first.agent.abilities.resume);
      const second = await first.again(again, { session, brief });
      expect(second.outcome).toMatchObject({ kind: 'finished', answer: { summary: 'Two.' } });
      expect(readFileSync(path.join(first.box.workspace, 'a.txt'), 'utf8')).toBe('two\n');
      const said = JSON.stringify(second.model.asked[asked]?.body.messages);
      expect([said.includes('say two'), said.includes('Do it.')]).toEqual([true, session !== null]);
    });

    test('hears what a person says while it works, or declares that it does not', async () => {
      const words = ['Use tabs.'];
      const finish: Step = { finish: { summary: 'Done.' } };
      const steps: Step[] = [{ bash: 'true' }, finish, bye, finish, bye];
      const { outcome, model, agent } = await work(backend, steps, { takeWords: () => words.splice(0) });
      expect(outcome).toMatchObject({ kind: 'finished', answer: { summary: 'Done.' } });
      const said = model.asked.some(({ body }) => JSON.stringify(body.messages).includes('Use tabs.'));
      expect(said).toBe(agent.abilities.inbox);
    });

    test('searches the web where its role may, or declares that it does not; what it was shown is told', async () => {
      const steps: Step[] = [{ search: 'how it is done' }, { finish: { summary: 'Found.' } }, bye];
      const { outcome, events, model, agent } = await work(backend, steps, { access: 'read', tools: ['read', 'web'] });
      expect(outcome).toMatchObject({ kind: 'finished', answer: { summary: 'Found.' } });
      const sources = agent.abilities.web ? [{ type: 'source', ...found }] : [];
      expect(events.filter((event) => event.type === 'source')).toEqual(sources);
      // Searches are paid for by the piece.
      expect(outcome.usage.costMicroUsd).toBe(costOf(outcome.usage.calls) + sources.length * 10_000);
      const without = await work(backend, steps, { access: 'read', tools: ['read'] });
      expect(without.outcome).toMatchObject({ kind: 'finished', answer: { summary: 'Found.' } });
      expect([without.events.filter((event) => event.type === 'source'), without.model.searches]).toEqual([[], []]);
      const offered = without.model.asked.flatMap(({ body }) => body.tools).some(isServerSearch);
      expect([offered, model.asked.length > 0]).toEqual([false, true]);
    });

    test('ends when the model says nothing', async () => {
      const hang = { ...short(), idleMs: 1000 + startMs / 4 };
      const { outcome, box, model, tookMs } = await work(backend, [{ answer: stalledStream }], { limits: hang });
      expect(model.asked.length).toBeGreaterThan(0);
      expect(['failed', 'limited']).toContain(outcome.kind);
      expect(tookMs).toBeLessThan(hang.timeMs + 5000);
      expect(box.left()).toEqual([]);
    });

    test('is told to have failed when it crashes', async () => {
      const { outcome, box, model } = await work(backend, [backend.crash ?? { answer: cutStream }], {
        limits: short(),
      });
      expect(model.asked.length).toBeGreaterThan(0);
      // A connection that breaks off again and again is tried again until the time is over, or the tries are.
      if (backend.crash === null) expect(['failed', 'limited']).toContain(outcome.kind);
      else expect(outcome).toMatchObject({ kind: 'failed', failure: { reason: 'agent-failed' } });
      expect(box.left()).toEqual([]);
    });

    test('never takes garbage for an answer', async () => {
      const garbage: Answer = (response) => {
        response.writeHead(200, { 'content-type': 'text/html' });
        response.end('<html>not what you wanted</html>');
      };
      const { outcome, model } = await work(backend, [{ answer: garbage }], { limits: short() });
      expect(model.asked.length).toBeGreaterThan(0);
      expect(['failed', 'limited']).toContain(outcome.kind);
    });

    test('stands a flood of output', async () => {
      const { outcome, model } = await work(backend, [
        { bash: "head -c 50000000 /dev/zero | tr '\\0' x" },
        { finish: { summary: 'Done.' } },
        bye,
      ]);
      expect(outcome).toMatchObject({ kind: 'finished', answer: { summary: 'Done.' } });
      expect(Math.max(...model.asked.map(({ body }) => JSON.stringify(body).length))).toBeLessThan(500_000);
    });

    test('stays away when the provider says so', async () => {
      const refusal = fails(429, 'rate_limit_error', 'Too many', { 'retry-after': '3600' });
      const { outcome } = await work(backend, [{ answer: refusal }]);
      expect(outcome).toMatchObject({ kind: 'limited' });
      const until = outcome.kind === 'limited' ? outcome.until : 0;
      expect(Math.abs(until - Date.now() - 3_600_000)).toBeLessThan(60_000);
    });

    test('stays away until a used-up window opens again', async () => {
      const reset = Math.floor(Date.now() / 1000) + 7200;
      const refusal = fails(429, 'rate_limit_error', 'Used up', {
        'anthropic-ratelimit-unified-status': 'rejected',
        'anthropic-ratelimit-unified-5h-status': 'rejected',
        'anthropic-ratelimit-unified-5h-reset': String(reset),
      });
      const { outcome } = await work(backend, [{ answer: refusal }]);
      expect(outcome).toMatchObject({ kind: 'limited' });
      const until = outcome.kind === 'limited' ? outcome.until : 0;
      expect(Math.abs(until - reset * 1000)).toBeLessThan(1000);
    });

    test('makes no call that the budget does not allow', async () => {
      let left = 2;
      const budget: Budget = {
        isCapped: true,
        reserve: () => (left-- > 0 ? { settle: () => {} } : { refused: 'unit', leftMicroUsd: 0 }),
        isRunningOut: () => false,
      };
      const steps: Step[] = Array.from({ length: 9 }, (_, n) => ({ bash: `echo ${n} >> a.txt` }));
      const { outcome, model } = await work(backend, steps, { budget });
      expect(outcome).toMatchObject({ kind: 'failed', failure: { reason: 'budget-spent', scope: 'unit' } });
      expect(model.asked.length).toBeLessThanOrEqual(2);
    });

    test('ends within five seconds when it is told to, and leaves nothing behind', async () => {
      const sleeping: Step = { bash: 'touch begun; sleep 1000 & sleep 1000' };
      const when = async (box: TestBox): Promise<void> => {
        await expect.poll(() => existsSync(path.join(box.workspace, 'begun'))).toBe(true);
      };
      const { outcome, box, tookMs } = await work(backend, [sleeping], {}, { when });
      expect(outcome).toMatchObject({ kind: 'failed', failure: { kind: 'crashed', detail: 'It was stopped.' } });
      expect(tookMs).toBeLessThan(5000);
      expect(box.left()).toEqual([]);
    });
  });
}
