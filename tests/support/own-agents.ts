import { writeFileSync } from 'node:fs';
import { z } from 'zod';
import { main } from '../../src/cli/main.ts';
import type { OfferedTool } from '../../src/engine/crew/offers.ts';
import type { RunAgents } from '../../src/engine/crew/run-agents.ts';
import { accompany, type Run } from '../../src/engine/run/run.ts';
import { treeOf } from '../../src/repo/objects/tree.ts';

/* The command line, with runs that have agents of their own; what becomes of them is written to `BACKLOG_TEST_OUT`. */

const act = process.env['BACKLOG_TEST_ACT'] === 'slip' ? slip : converse;
accompany((run) => {
  void act(run).then((told) => writeFileSync(process.env['BACKLOG_TEST_OUT'] ?? '', JSON.stringify(told)));
});
process.exitCode = await main(process.argv.slice(2));

/** Agents that finish, that are ended, and that the run leaves behind. */
async function converse(run: Run): Promise<object> {
  const { agents } = run;
  const count: OfferedTool = {
    ...({ name: 'count', description: 'Counts on.', access: 'read' } as const),
    schema: z.object({ from: z.int() }),
    run: (input) => Promise.resolve({ text: `It is ${(input as { from: number }).from + 1}.`, isError: false }),
  };
  const task = { ...(await taskOf(run, 'Count on from 41.')), offers: [count] };
  const first = await agents.create(task);
  const isTold = agents.message(first, 'Hurry.');
  const outcome = await agents.ended(first);
  const second = await agents.create({ ...task, brief: { shared: 'You count.', own: 'Wait.' } });
  const before = agents.read(second);
  const isEnded = agents.end(second);
  await agents.ended(second);
  const after = [agents.message(second, 'Too late.'), agents.end(second), agents.read(second), agents.read('nobody')];
  const refused = await agents.create({ ...task, agent: 'script' }).catch((error: unknown) => String(error));
  await leave(run);
  return { first, isTold, outcome, lastWord: agents.read(first)?.lastWord, second, before, isEnded, after, refused };
}

/** A bug in a tool, while another agent waits in one. */
async function slip(run: Run): Promise<object> {
  await leave(run);
  const tool = toolOf('slip', () => Promise.reject(new TypeError('a slip')));
  const name = await run.agents.create({ ...(await taskOf(run, 'Call slip.')), offers: [tool] });
  return { name, outcome: await run.agents.ended(name) };
}

/** Creates an agent, and waits until it waits in a tool. */
async function leave(run: Run): Promise<void> {
  const called = Promise.withResolvers<void>();
  const wait = toolOf('wait', async (_, signal) => {
    called.resolve();
    await new Promise((resolve) => {
      signal.addEventListener('abort', resolve);
    });
    return { text: 'Enough.', isError: false };
  });
  await run.agents.create({ ...(await taskOf(run, 'Call wait.')), offers: [wait] });
  await called.promise;
}

function toolOf(name: string, run: OfferedTool['run']): OfferedTool {
  return { name, description: 'Does it.', access: 'read', schema: z.object({}), run };
}

async function taskOf({ repository }: Run, own: string): Promise<Parameters<RunAgents['create']>[0]> {
  return {
    ...({ agent: 'anthropic', role: 'planner', model: null, effort: 'low', tools: [], answerSchema: null } as const),
    ...{ brief: { shared: 'You count.', own }, tree: await treeOf(repository, repository.head), offers: [] },
    limits: { turns: 9, timeMs: 60_000, idleMs: 60_000 },
  };
}
