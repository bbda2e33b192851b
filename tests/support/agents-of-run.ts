import type Anthropic from '@anthropic-ai/sdk';
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import { loopAgent } from '../../src/agents/loop/loop-agent.ts';
import { tookNothing } from '../../src/agents/money/bill.ts';
import { Outputs } from '../../src/engine/boxes/outputs.ts';
import { RunEnd } from '../../src/engine/context/run-end.ts';
import type { OfferedTool } from '../../src/engine/crew/offers.ts';
import { RunAgents, type Task } from '../../src/engine/crew/run-agents.ts';
import { watched, Unusable } from '../../src/engine/crew/unusable.ts';
import { LocalExecutor } from '../../src/engine/jobs/local-executor.ts';
import { openSlots } from '../../src/engine/jobs/slots.ts';
import { openWorker } from '../../src/engine/jobs/worker.ts';
import { configSchema } from '../../src/model/config.ts';
import { type RunId, runId } from '../../src/model/ids.ts';
import { openBudget, uncapped } from '../../src/queue/budget.ts';
import { type Database, openDatabase } from '../../src/queue/database.ts';
import { appendEvent } from '../../src/queue/events.ts';
import { insertRun } from '../../src/queue/runs.ts';
import { openRepository, type Repository } from '../../src/repo/git/repository.ts';
import { treeOf } from '../../src/repo/objects/tree.ts';
import { createLauncher } from '../../src/sandbox/launcher.ts';
import { noTier } from '../../src/sandbox/none.ts';
import { systemClock as clock } from '../../src/util/time/clock.ts';
import { temporaryFolder } from './project.ts';

/** What a model says next to these messages; null: nothing, until it is stopped. */
export type Model = (messages: readonly Anthropic.MessageParam[]) => readonly object[] | null;

/** The agents of a run, with the parts that they use. */
export interface AgentsOfRun {
  readonly agents: RunAgents;
  readonly task: Task;
  readonly executor: LocalExecutor;
  readonly database: Database;
  readonly repository: Repository;
  readonly end: RunEnd;
  readonly run: RunId;
  readonly unusable: Unusable;
}

/** Opens the agents of a run with one place for agents; our own loop asks `model`. */
export async function openAgentsOfRun(model: Model): Promise<AgentsOfRun> {
  const folder = temporaryFolder();
  const at = (name: string): string => {
    mkdirSync(path.join(folder, name), { mode: 0o711 });
    return path.join(folder, name);
  };
  const [target, state, cache] = [at('target'), at('state'), at('cache')];
  const git = (...args: readonly string[]): void =>
    void execFileSync('git', ['-c', 'user.name=A', '-c', 'user.email=a@b.example', ...args], { cwd: target });
  git('init', '--quiet');
  git('commit', '--quiet', '--allow-empty', '--message', 'None');
  const identity = { name: 'A', email: 'a@b.example' };
  const repository = await openRepository({ folder: target, stateFolder: state, env: process.env, identity });
  const database = openDatabase(state);
  const run = runId(new Date(0), 'abcd');
  const row = { id: run, startedAt: 1, endedAt: null, branch: 'next', tip: repository.head, agent: 'ours' };
  insertRun(database, { ...row, tier: 'none', outcome: null, exitCode: null }, {});
  const end = new RunEnd();
  const unusable = new Unusable();
  const voice = {
    ...({ model: 'm', contextWindow: null, canSearch: false, hearsSystem: false, worstCase: () => 0 } as const),
    ask: async ({ messages }: { readonly messages: readonly Anthropic.MessageParam[] }, signal: AbortSignal) => {
      const content = model(messages);
      if (content === null && !signal.aborted)
        await new Promise((resolve) => {
          signal.addEventListener('abort', resolve, { once: true });
        });
      signal.throwIfAborted();
      const said = (content ?? []).map((block) => ({ id: 'toolu_1', ...block })) as unknown as Anthropic.ContentBlock[];
      return { content: said, stopReason: 'tool_use' as const, ...tookNothing };
    },
  };
  const ours = watched(
    loopAgent({ name: 'ours', sessions: at('sessions') }, () => Promise.resolve(voice), { web: false }),
    () => null,
    unusable,
  );
  const launcher = createLauncher({ tier: noTier, maxCommandMs: 60_000, searchPath: process.env['PATH'] ?? '' });
  const worker = openWorker({
    ...{ config: configSchema.parse({}), repository, launcher, cache, mark: path.basename(folder), end },
    ...{ outputs: new Outputs(path.join(folder, 'output')), branch: 'next', timeoutMs: 60_000 },
    redactor: { text: (text) => text, isIn: () => false },
    agent: () => Promise.resolve(ours),
  });
  const executor = new LocalExecutor(openSlots(1), worker, end.signal);
  const agents = new RunAgents({
    ...{ id: run, database, clock, repository, settings: { branch: 'next' }, end, executor },
    emit: (event) => database.write(() => appendEvent(database, clock.now(), run, event)),
    fleet: { open: () => Promise.resolve(ours) },
    budget: (of) => openBudget(database, { ...of, run, caps: uncapped, isUnmetered: false, now: () => clock.now() }),
  });
  onTestFinished(async () => {
    await agents.close();
    await executor.close();
    database.close();
  });
  const task: Task = {
    ...({ agent: 'ours', role: 'planner', model: null, effort: 'low', tools: [], offers: [] } as const),
    ...{ brief: { shared: '', own: 'Go.' }, tree: await treeOf(repository, repository.head), answerSchema: null },
    limits: { turns: 9, timeMs: 60_000, idleMs: 60_000 },
  };
  return { agents, task, executor, database, repository, end, run, unusable };
}

/** A reply that calls a tool. */
export function calls(name: string, input: object = {}): readonly object[] {
  return [{ type: 'tool_use', name, input }];
}

/** A model that calls these tools, one a turn, and finishes. */
export function callsInTurn(...names: readonly (readonly object[])[]): Model {
  return (messages) =>
    names[messages.filter(({ role }) => role === 'assistant').length] ?? calls('finish', { summary: 'Done.' });
}

/** A tool to offer. */
export function offer(name: string, more: Partial<OfferedTool> & Pick<OfferedTool, 'run' | 'schema'>): OfferedTool {
  return { name, description: 'Does it.', access: 'read', ...more };
}
