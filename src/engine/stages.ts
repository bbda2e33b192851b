import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { stageBrief } from '../agents/brief.ts';
import type { Order, Role } from '../model/agent.ts';
import { describeFailure } from '../model/failure.ts';
import type { Scout, StageNote } from '../model/recipe.ts';
import { readUnitEvents } from '../queue/events.ts';

import { orderTime } from './deadline.ts';
import type { Driving } from './driving.ts';
import type { Cast } from './fleet.ts';
import { handleOf } from './handle.ts';
import { Interrupted } from './interrupted.ts';
import { beginSession } from './sessions.ts';
import { sharedFor } from './shared-brief.ts';

const scoutSchema = z.object({
  findings: z.string().min(1).max(6000).describe('What whoever builds has to know, short and exact.'),
  files: z
    .array(z.object({ path: z.string().min(1), why: z.string().max(300) }))
    .max(30)
    .describe('The files that matter, and why.'),
});
const planSchema = z.object({
  steps: z.array(z.string().min(1).max(600)).min(1).max(20).describe('What to do, in its order.'),
  risks: z.array(z.string().min(1).max(300)).max(10).describe('What could go wrong, and how to notice.'),
});

/** A stage came to nothing: the attempt fails with it. */
export class StageFailed extends Error {
  readonly outcome: Exclude<Awaited<ReturnType<Cast['agent']['work']>>, { readonly kind: 'finished' | 'limited' }>;

  constructor(outcome: StageFailed['outcome']) {
    super(outcome.kind === 'blocked' ? outcome.why : describeFailure(outcome.failure));
    this.name = 'StageFailed';
    this.outcome = outcome;
  }
}

/**
 * Lets scouts and a planner look before anybody builds, as the unit's recipe says. What an earlier attempt's stage
 * handed on is taken over while the unit's text is the same, so a retry begins at the stage that failed. Throws
 * `Interrupted` when the provider, the budget or the run stands in the way, and `StageFailed`.
 */
export async function runStages(it: Driving): Promise<StageNote[]> {
  const { run } = it.driver;
  const unit = it.row.spec;
  const { recipe, choice } = run.fleet.recipeOf(unit, it.row.attempts);
  run.emit({ type: 'recipe-chosen', unit: unit.id, attempt: it.attempt.id, recipe: choice.recipe, why: choice.why });
  const known = new Map(
    readUnitEvents(run.database, unit.id).flatMap(({ event }) =>
      event.type === 'stage-done' && event.contentHash === unit.contentHash ? [[event.stage, event.note]] : [],
    ),
  );
  const take = async (stage: string, work: () => Promise<StageNote>): Promise<StageNote> => {
    const before = known.get(stage);
    if (before) return before;
    const note = await work();
    const { contentHash } = unit;
    run.emit({ type: 'stage-done', unit: unit.id, attempt: it.attempt.id, stage, contentHash, note });
    return note;
  };
  const scouts = await Promise.allSettled(
    recipe.scouts.map((scout, index) =>
      take(`${choice.recipe}/scout-${index + 1}`, async () => sendScout(it, scout, index + 1)),
    ),
  );
  const failed = scouts.find((one) => one.status === 'rejected');
  if (failed) throw failed.reason;
  const found = scouts.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  if (!recipe.plan) return found;
  return [...found, await take(`${choice.recipe}/planner`, async () => askPlanner(it, found))];
}

async function sendScout(it: Driving, scout: Scout, number: number): Promise<StageNote> {
  const cast = it.driver.run.fleet.castScout(it.row.spec, scout);
  const answer = scoutSchema.parse(await ask(it, 'scout', cast, number, scoutSchema, scout.question ?? null, []));
  const files = answer.files.map(({ path, why }) => `- ${path}: ${why}`).join('\n');
  const asked = scout.question === undefined ? '' : ` (asked: ${scout.question})`;
  return { title: `What a scout found${asked}`, text: [answer.findings, files].filter(Boolean).join('\n\n') };
}

async function askPlanner(it: Driving, found: readonly StageNote[]): Promise<StageNote> {
  const cast = it.driver.run.fleet.cast('planner', it.row.spec);
  const answer = planSchema.parse(await ask(it, 'planner', cast, 1, planSchema, null, found));
  const steps = answer.steps.map((step, index) => `${index + 1}. ${step}`).join('\n');
  const risks = answer.risks.map((risk) => `- ${risk}`).join('\n');
  return { title: 'The plan', text: risks === '' ? steps : `${steps}\n\nRisks:\n${risks}` };
}

async function ask(
  it: Driving,
  role: Extract<Role, 'scout' | 'planner'>,
  cast: Cast,
  number: number,
  answerSchema: z.ZodType,
  question: string | null,
  notes: readonly StageNote[],
): Promise<unknown> {
  const { driver, row, attempt } = it;
  const { run } = driver;
  const unit = row.spec;
  const of = { unit: unit.id, attempt: attempt.id, role } as const;
  const shared = await sharedFor(run, unit, cast.agent, attempt.baseTree);
  const session = beginSession(run, {
    ...{ ...of, agent: cast.agent.name, model: cast.model },
    ...{ round: 0, number, canHear: false },
  });
  const outcome = await driver.checkouts.with(attempt.baseTree, { cwd: unit.cwd }, async (box) => {
    const order: Order = {
      ...of,
      attemptNumber: attempt.number,
      brief: stageBrief({
        shared,
        role,
        prompt: cast.prompt,
        unit,
        question,
        notes,
        nonce: randomBytes(6).toString('hex'),
      }),
      workspace: handleOf(run, box, unit.id),
      access: 'read',
      answerSchema,
      model: cast.model,
      effort: cast.effort,
      limits: {
        turns: run.settings.turns,
        timeMs: orderTime(run.settings.attemptTimeoutMs, run.settings.deadline),
        idleMs: run.settings.idleTimeoutMs,
      },
      budget: run.budget(of),
      takeWords: () => [],
      lens: null,
      sessionNumber: number,
      session: null,
    };
    return cast.agent.work(order, (event) => session.hear(event), run.kill);
  });
  session.end(outcome.usage, outcome.kind);
  if (run.kill.aborted) throw new Interrupted({ kind: 'stopped' });
  if (outcome.kind === 'finished') return outcome.answer;
  if (outcome.kind === 'limited') throw new Interrupted({ kind: 'limited', until: outcome.until, why: outcome.why });
  if (outcome.kind === 'failed' && outcome.failure.reason === 'budget-spent' && outcome.failure.scope !== 'unit')
    throw new Interrupted({ kind: 'budget', why: outcome.failure.detail });
  throw new StageFailed(outcome);
}
