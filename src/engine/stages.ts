import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { stageBrief } from '../agents/brief.ts';
import type { Order, Role } from '../model/agent.ts';
import { describeFailure } from '../model/failure.ts';
import type { Scout, StageNote } from '../model/recipe.ts';
import type { AttemptId } from '../model/ids.ts';
import type { UnitSpec } from '../model/unit.ts';
import { readUnitEvents } from '../queue/events.ts';
import type { Checkouts } from './court.ts';

import { type Cast, limitsOf } from './fleet.ts';
import { handleOf } from './handle.ts';
import { Interrupted } from './interrupted.ts';
import type { Run } from './run.ts';
import { beginSession } from './sessions.ts';
import { sharedFor } from './shared-brief.ts';

const scoutSchema = z.object({
  findings: z.string().min(1).max(6000).describe('What whoever builds has to know, short and exact.'),
  files: z
    .array(z.object({ path: z.string().min(1), why: z.string().max(300) }))
    .max(30)
    .describe('The files that matter, and why.'),
});
const refuteSchema = z.object({
  refuted: z
    .array(z.object({ finding: z.string().min(1).max(500), why: z.string().min(1).max(1000) }))
    .max(20)
    .describe('What does not hold, and what shows that.'),
  holds: z.string().max(3000).describe('What you tried to refute, and could not.'),
});
const shipSchema = z.object({ description: z.string().min(1).max(2000).describe('Plain text, a few sentences.') });
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
export async function runStages(place: Place, failed: number): Promise<StageNote[]> {
  const { run, unit, attempt } = place;
  const { recipe, choice } = run.fleet.recipeOf(unit, failed);
  run.emit({ type: 'recipe-chosen', unit: unit.id, attempt: attempt.id, recipe: choice.recipe, why: choice.why });
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
    run.emit({ type: 'stage-done', unit: unit.id, attempt: attempt.id, stage, contentHash, note });
    return note;
  };
  const scouts = await Promise.allSettled(
    recipe.scouts.map((scout, index) =>
      take(`${choice.recipe}/scout-${index + 1}`, async () => sendScout(place, scout, index + 1)),
    ),
  );
  const found = fulfilled(scouts);
  if (recipe.refute) {
    const refuted = await Promise.allSettled(
      found.map((note, index) => {
        // By the next scout, which may be another agent or model.
        const other = recipe.scouts[(index + 1) % recipe.scouts.length] ?? {};
        return take(`${choice.recipe}/refuter-${index + 1}`, async () =>
          refute(place, other, note, recipe.scouts.length + index + 1),
        );
      }),
    );
    found.push(...fulfilled(refuted));
  }
  if (!recipe.plan) return found;
  return [...found, await take(`${choice.recipe}/planner`, async () => askPlanner(place, found))];
}

/** All of them, or the reason of the first that came to nothing. */
function fulfilled<T>(settled: readonly PromiseSettledResult<T>[]): T[] {
  const failed = settled.find((one) => one.status === 'rejected');
  if (failed) throw failed.reason;
  return settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
}

/** Describes the change of a unit, once it is judged; null where its recipe has no shipper. Throws what `runStages` throws. */
export async function describeChange(place: Place, failed: number, diff: string): Promise<string | null> {
  const { run } = place;
  if (!run.fleet.recipeOf(place.unit, failed).recipe.ship) return null;
  const cast = run.fleet.cast('shipper', place.unit);
  const change = { title: 'The change, as a diff', text: diff };
  const answer = shipSchema.parse(await ask(place, 'shipper', cast, 1, shipSchema, null, [change]));
  return answer.description;
}

async function sendScout(place: Place, scout: Scout, number: number): Promise<StageNote> {
  const cast = place.run.fleet.castScout(place.unit, scout);
  const answer = scoutSchema.parse(await ask(place, 'scout', cast, number, scoutSchema, scout.question ?? null, []));
  const files = answer.files.map(({ path, why }) => `- ${path}: ${why}`).join('\n');
  const asked = scout.question === undefined ? '' : ` (asked: ${scout.question})`;
  return { title: `What a scout found${asked}`, text: [answer.findings, files].filter(Boolean).join('\n\n') };
}

async function askPlanner(place: Place, found: readonly StageNote[]): Promise<StageNote> {
  const cast = place.run.fleet.cast('planner', place.unit);
  const answer = planSchema.parse(await ask(place, 'planner', cast, 1, planSchema, null, found));
  const steps = answer.steps.map((step, index) => `${index + 1}. ${step}`).join('\n');
  const risks = answer.risks.map((risk) => `- ${risk}`).join('\n');
  return { title: 'The plan', text: risks === '' ? steps : `${steps}\n\nRisks:\n${risks}` };
}

async function refute(place: Place, scout: Scout, note: StageNote, number: number): Promise<StageNote> {
  const cast = place.run.fleet.castScout(place.unit, scout);
  const question = 'Which of these findings do not hold? Try to refute each; do not repeat what is right.';
  const asked = await ask(place, 'scout', cast, number, refuteSchema, question, [note]);
  const { refuted, holds } = refuteSchema.parse(asked);
  const lines = refuted.map(({ finding, why }) => `- "${finding}" does not hold: ${why}`);
  const text = [lines.length === 0 ? 'Nothing of it was refuted.' : lines.join('\n'), holds]
    .filter(Boolean)
    .join('\n\n');
  return { title: `What another one could refute of it, and what not (${note.title})`, text };
}

/** Where a stage looks. */
export interface Place {
  readonly run: Run;
  readonly checkouts: Checkouts;
  readonly unit: UnitSpec;
  readonly attempt: { readonly id: AttemptId; readonly number: number };
  readonly tree: string;
}

async function ask(
  place: Place,
  role: Extract<Role, 'scout' | 'planner' | 'shipper'>,
  cast: Cast,
  number: number,
  answerSchema: z.ZodType,
  question: string | null,
  notes: readonly StageNote[],
): Promise<unknown> {
  const { run, checkouts, unit, attempt, tree } = place;
  const stop = run.stops.get(attempt.id)?.signal;
  const stopped = stop ? AbortSignal.any([run.kill, stop]) : run.kill;
  const of = { unit: unit.id, attempt: attempt.id, role } as const;
  const shared = await sharedFor(run, unit, cast.agent, tree);
  const session = beginSession(run, {
    ...{ ...of, agent: cast.agent.name, model: cast.model },
    ...{ round: 0, number, canHear: false },
  });
  const outcome = await checkouts.with(tree, { cwd: unit.cwd }, async (box) => {
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
      limits: limitsOf(run, cast),
      tools: cast.tools,
      budget: run.budget(of),
      takeWords: () => [],
      lens: null,
      sessionNumber: number,
      session: null,
    };
    return run.readers.add(async () => cast.agent.work(order, (event) => session.hear(event), stopped));
  });
  session.end(outcome.usage, outcome.kind);
  if (stopped.aborted) throw new Interrupted({ kind: 'stopped' });
  if (outcome.kind === 'finished') return outcome.answer;
  if (outcome.kind === 'limited') throw new Interrupted({ kind: 'limited', until: outcome.until, why: outcome.why });
  if (outcome.kind === 'failed' && outcome.failure.reason === 'budget-spent' && outcome.failure.scope !== 'unit')
    throw new Interrupted({ kind: 'budget', why: outcome.failure.detail });
  throw new StageFailed(outcome);
}
