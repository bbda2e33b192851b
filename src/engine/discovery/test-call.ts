import type { Env } from '../../util/files/home.ts';
import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { mkdir } from 'node:fs/promises';
import { backEnds } from '../../agents/configured/back-ends.ts';
import { type Budget, noUsage, type Usage } from '../../model/agent.ts';
import type { Config } from '../../model/config.ts';
import { describeFailure } from '../../model/describe-failure.ts';
import { attemptId, idFromKey } from '../../model/ids.ts';
import { formatUsd, fromUsd, type MicroUsd } from '../../model/money.ts';
import type { Repository } from '../../repo/git/repository.ts';
import { treeOf } from '../../repo/objects/tree.ts';
import { uncapped } from '../../queue/budget.ts';
import { printableLine } from '../../util/text/printable.ts';
import { removeTree } from '../../util/folders/remove.ts';
import { costOfAgent } from '../crew/agent-cost.ts';
import { apart } from '../checks/apart.ts';
import { Casting, defaultAgent } from '../crew/casting.ts';
import { changedProgram } from '../consent/consent.ts';
import { Fleet } from '../crew/fleet.ts';
import { handleOf } from '../boxes/handle.ts';
import { takeForWork } from '../project/locks.ts';
import type { Project } from '../project/project.ts';

export interface TestCall {
  readonly agent: string;
  readonly model: string | null;
  /** `refused`: it could cost more than the cap of a test call. */
  readonly end: 'answered' | 'failed' | 'refused';
  /** The answer, or why there was none. */
  readonly says: string;
  readonly usage: Usage;
  readonly durationMs: number;
}

/** The cap; other programs bring long prompts of their own. */
const testCaps = { api: fromUsd(0.05), program: fromUsd(0.5) } as const;
const timeMs = 120_000;
/** Output tokens of a reply: one word, and the model's thinking. */
const maxTokens = 1024;

/** Asks an agent for one small answer, in a sandbox with an empty folder, under a cap of cents. */
export async function testCall(options: {
  readonly project: Project;
  readonly repository: Repository;
  /** Null for the agent that a run would use. */
  readonly agent: string | null;
  readonly signal: AbortSignal;
}): Promise<TestCall> {
  const { project, repository, agent: flag, signal } = options;
  const { env } = project.asker;
  const lock = await takeForWork(project, 'a run is active here', signal);
  try {
    const tree = await treeOf(repository, repository.head);
    const it = { project, repository, branch: project.config.into, tree, allowUnsandboxed: false, signal };
    return await apart(it, async (means) => {
      const { launcher, cores, cache, mark, isReachable, askProgram } = means;
      const config = briefly(project.config, flag, env);
      const fleet = await Fleet.gather({
        ...{ config, configBase: project.configBase, configRoot: project.configRoot, flag, units: [], env },
        ...{ sessions: path.join(cache, 'sessions'), recordInto: null, caps: uncapped, isUnmetered: true },
        ...{ isOffline: false, isReachable, askProgram },
        isChanged: (name) => changedProgram(project, name),
      });
      const name = fleet.casting.defaultName;
      const unit = { agent: null, labels: [], touches: [] };
      const { agent, model } = fleet.cast('researcher', unit);
      const cap = backEnds.of(fleet.casting.configOf(name)).bringsPrompt ? testCaps.program : testCaps.api;
      const at = path.join(cache, `call-${randomBytes(4).toString('hex')}`);
      const box = { workspace: path.join(at, 'ws'), scratch: path.join(at, 'scratch'), mark };
      const id = idFromKey('doctor');
      const broken = new AbortController();
      const began = performance.now();
      try {
        await mkdir(box.workspace, { recursive: true });
        await launcher.prepare(box);
        const outcome = await agent.work(
          {
            ...{ name: id, unit: id, attempt: attemptId(id, 1), attemptNumber: 1 },
            ...{ role: 'researcher', access: 'read', tools: [], offers: [] },
            brief: {
              shared: 'You are being tried out.',
              own: 'Answer with the one word "ready", and do nothing else.',
            },
            workspace: handleOf({ launcher, cores }, box, id, (why) => broken.abort(why)),
            ...{ answerSchema: null, model, effort: 'low', lens: null, sessionNumber: 1, session: null },
            limits: { turns: 2, timeMs, idleMs: timeMs },
            budget: {
              ...capped(cap),
              // Without a known price it runs unmetered, since the user asked for this one call.
              isCapped: costOfAgent(fleet.casting, fleet.prices, name) !== 'unknown',
            },
            takeWords: () => [],
            onHeld: () => {},
          },
          () => {},
          AbortSignal.any([signal, broken.signal]),
        );
        signal.throwIfAborted();
        const common = { agent: name, model, durationMs: performance.now() - began };
        if (broken.signal.aborted)
          return { ...common, end: 'failed', says: String(broken.signal.reason), usage: noUsage };
        const { usage } = outcome;
        switch (outcome.kind) {
          case 'finished':
            return { ...common, usage, end: 'answered', says: wordsOf(outcome.answer) };
          case 'failed':
            if (outcome.failure.reason === 'budget-spent')
              return { ...common, usage, end: 'refused', says: `it could cost more than ${formatUsd(cap)}` };
            return { ...common, usage, end: 'failed', says: describeFailure(outcome.failure) };
          case 'blocked':
          case 'limited':
            return { ...common, usage, end: 'failed', says: outcome.why };
        }
      } finally {
        await removeTree(at);
      }
    });
  } finally {
    lock.release();
  }
}

/** The text of an answer, plain or as the only value passed to `finish`. */
function wordsOf(answer: unknown): string {
  const parts: unknown[] = typeof answer === 'object' && answer !== null ? Object.values(answer) : [answer];
  const text = parts.find((part) => typeof part === 'string');
  return printableLine(typeof text === 'string' ? text.trim() : '', 100);
}

/** The cost of a call, in words. */
export function spentOn({ costMicroUsd, notionalMicroUsd }: Usage): string {
  if (costMicroUsd === null) return 'cost unknown';
  if (notionalMicroUsd > 0) return `${formatUsd(notionalMicroUsd)} notional, covered by a subscription`;
  return `cost ${formatUsd(costMicroUsd)}`;
}

/** The configuration with only the called agent, and short replies. */
function briefly(config: Config, flag: string | null, env: Env): Config {
  const name = defaultAgent(config, flag, env);
  const { agents } = config;
  const own = { ...config, roles: {}, rules: [], recipes: {}, review: 'off' as const };
  if (name === null) return own;
  const found = backEnds.of(new Casting(config, name, { typed: { flag, env } }).configOf(name));
  return { ...own, agents: { ...agents, [name]: found.shortened(maxTokens) } };
}

/** A budget for calls that together stay under a cap. */
function capped(cap: MicroUsd): Omit<Budget, 'isCapped'> {
  let left: MicroUsd = cap;
  return {
    isRunningOut: () => false,
    reserve(worstCase) {
      if (worstCase > left) return { refused: 'run', leftMicroUsd: left };
      left -= worstCase;
      return { settle: () => {} };
    },
  };
}
