import { writeFileSync } from 'node:fs';
import { z } from 'zod';
import { main } from '../../src/cli/main.ts';
import { RunAgents } from '../../src/engine/crew/run-agents.ts';
import { executeWith, inThisProcess } from '../../src/engine/run/executors.ts';
import type { Opened } from '../../src/engine/run/opened.ts';
import type { Executor } from '../../src/engine/jobs/executor.ts';
import { openBudget } from '../../src/queue/budget.ts';
import { appendEvent } from '../../src/queue/events.ts';
import { treeOf } from '../../src/repo/objects/tree.ts';
import { systemClock } from '../../src/util/time/clock.ts';

/* The command line, with runs that have agents of their own; what becomes of them is written to `BACKLOG_TEST_OUT`. */

executeWith((opened, outputs) => {
  const executor = inThisProcess(opened, outputs);
  void converse(opened, executor).then((told) =>
    writeFileSync(process.env['BACKLOG_TEST_OUT'] ?? '', JSON.stringify(told)),
  );
  return executor;
});
process.exitCode = await main(process.argv.slice(2));

async function converse(opened: Opened, executor: Executor): Promise<object> {
  const { id, database, repository, settings, fleet, end } = opened;
  const clock = systemClock;
  const agents = new RunAgents({
    ...{ id, database, clock, repository, settings, fleet, end, executor },
    emit: (event) => database.write(() => appendEvent(database, clock.now(), id, event)),
    budget: (of) =>
      openBudget(database, { ...of, run: id, caps: settings.caps, isUnmetered: true, now: () => clock.now() }),
  });
  const task = {
    ...({ agent: 'anthropic', role: 'planner', model: null, effort: 'low', tools: [], answerSchema: null } as const),
    brief: { shared: 'You count.', own: 'Count on from 41.' },
    tree: await treeOf(repository, repository.head),
    limits: { turns: 9, timeMs: 60_000, idleMs: 60_000 },
    offers: [
      {
        name: 'count',
        description: 'Counts on.',
        access: 'read',
        schema: z.object({ from: z.int() }),
        run: (input) => Promise.resolve({ text: `It is ${(input as { from: number }).from + 1}.`, isError: false }),
      } satisfies Parameters<RunAgents['create']>[0]['offers'][number],
    ],
  };
  const first = await agents.create(task);
  const isTold = agents.message(first, 'Hurry.');
  const outcome = await agents.ended(first);
  const second = await agents.create({ ...task, brief: { shared: 'You count.', own: 'Wait.' } });
  const before = agents.read(second);
  const isEnded = agents.end(second);
  await agents.ended(second);
  const after = [agents.message(second, 'Too late.'), agents.end(second), agents.read(second), agents.read('nobody')];
  const refused = await agents.create({ ...task, agent: 'script' }).catch((error: unknown) => String(error));
  return { first, isTold, outcome, lastWord: agents.read(first)?.lastWord, second, before, isEnded, after, refused };
}
