import { z } from 'zod';
import { stageBrief } from '../../agents/words/brief.ts';
import type { Role } from '../../model/agent.ts';
import { unseenIn } from '../../agents/words/web.ts';
import { describeFailure } from '../../model/describe-failure.ts';
import type { Scout, StageNote } from '../../model/recipe.ts';
import { hashesOf } from '../../model/unit.ts';
import { readUnitEvents } from '../../queue/events.ts';
import type { Cast } from './fleet.ts';
import { askReader, type Place, type Read } from './reader.ts';
import { mapFor } from './repository-map.ts';
import { sharedFor } from './shared-brief.ts';

const scoutSchema = z.object({
  findings: z.string().min(1).max(6000).describe('What the builder needs to know, short and exact.'),
  files: z
    .array(z.object({ path: z.string().min(1), why: z.string().max(300) }))
    .max(30)
    .describe('The files that matter, and why.'),
  sources: z
    .array(z.object({ url: z.string().min(1).max(2000), what: z.string().max(300) }))
    .max(30)
    .default([])
    .describe('URLs that you used, and their content.'),
});
const refuteSchema = z.object({
  refuted: z
    .array(z.object({ finding: z.string().min(1).max(500), why: z.string().min(1).max(1000) }))
    .max(20)
    .describe('Findings that do not hold, with the evidence.'),
  holds: z.string().max(3000).describe('Findings that you could not refute.'),
});
const shipSchema = z.object({ description: z.string().min(1).max(2000).describe('Plain text, a few sentences.') });
const planSchema = z.object({
  steps: z.array(z.string().min(1).max(600)).min(1).max(20).describe('The steps, in order.'),
  risks: z.array(z.string().min(1).max(300)).max(10).describe('What could go wrong, and how to notice.'),
});

/** A stage failed, and with it the attempt. */
export class StageFailed extends Error {
  readonly outcome: Exclude<Read, { readonly kind: 'finished' }>;

  constructor(outcome: StageFailed['outcome']) {
    super(outcome.kind === 'blocked' ? outcome.why : describeFailure(outcome.failure));
    this.name = 'StageFailed';
    this.outcome = outcome;
  }
}

/**
 * Runs the scouts and the planner of the unit's recipe before it is built. Results of earlier attempts are reused while
 * the unit's text is the same, so a retry starts at the failed stage. Throws `StageFailed`, and `Interrupted` for a
 * limit of the provider, the budget, or the end of the run.
 */
export async function runStages(place: Place, failedAttempts: number): Promise<StageNote[]> {
  const { run, unit, attempt } = place;
  const { recipe, choice, reviewers } = run.fleet.casting.recipeOf(unit, failedAttempts);
  const { why } = choice;
  run.emit({ type: 'recipe-chosen', unit: unit.id, attempt: attempt.id, recipe: choice.recipe, reviewers, why });
  await mapFor(place, 2 * recipe.scouts.length + 1);
  const known = new Map(
    readUnitEvents(run.database, unit.id).flatMap(({ event }) =>
      event.type === 'stage-done' && hashesOf(unit, 'contentHash').includes(event.contentHash)
        ? [[event.stage, event.note]]
        : [],
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
        // By the next scout, possibly with another agent or model.
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

/** All values, or throws the first rejection. */
function fulfilled<T>(settled: readonly PromiseSettledResult<T>[]): T[] {
  const rejected = settled.find((one) => one.status === 'rejected');
  if (rejected) throw rejected.reason;
  return settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
}

/** The description of a judged change; null if the recipe has no shipper. Throws like `runStages`. */
export async function describeChange(place: Place, failedAttempts: number, diff: string): Promise<string | null> {
  const { run } = place;
  if (!run.fleet.casting.recipeOf(place.unit, failedAttempts).recipe.ship) return null;
  const cast = run.fleet.cast('shipper', place.unit);
  const change = { title: 'The change, as a diff', text: diff };
  const { answer } = await ask(place, 'shipper', cast, 1, shipSchema, null, [change]);
  return shipSchema.parse(answer).description;
}

async function sendScout(place: Place, scout: Scout, number: number): Promise<StageNote> {
  const cast = place.run.fleet.castScout(place.unit, scout);
  const read = await ask(place, 'scout', cast, number, scoutSchema, scout.question ?? null, []);
  const answer = scoutSchema.parse(read.answer);
  const files = answer.files.map(({ path, why }) => `- ${path}: ${why}`).join('\n');
  // Only agents with web events have known sources.
  const isSeen = (url: string): boolean => !cast.web || unseenIn(url, read.sources).length === 0;
  const sources = answer.sources
    .map(
      ({ url, what }) => `- ${url}: ${what}${isSeen(url) ? '' : ' (not among its search results: do not rely on it)'}`,
    )
    .join('\n');
  const asked = scout.question === undefined ? '' : ` (asked: ${scout.question})`;
  const text = [answer.findings, files, sources === '' ? '' : `From the web:\n${sources}`].filter(Boolean).join('\n\n');
  return { title: `Findings of a scout${asked}`, text, sources: [...read.sources] };
}

async function askPlanner(place: Place, found: readonly StageNote[]): Promise<StageNote> {
  const cast = place.run.fleet.cast('planner', place.unit);
  const asked = await ask(place, 'planner', cast, 1, planSchema, null, found);
  const answer = planSchema.parse(asked.answer);
  const steps = answer.steps.map((step, index) => `${index + 1}. ${step}`).join('\n');
  const risks = answer.risks.map((risk) => `- ${risk}`).join('\n');
  return { title: 'The plan', text: risks === '' ? steps : `${steps}\n\nRisks:\n${risks}` };
}

async function refute(place: Place, scout: Scout, note: StageNote, number: number): Promise<StageNote> {
  const cast = place.run.fleet.castScout(place.unit, scout);
  const question = 'Which of these findings do not hold? Try to refute each; do not repeat what is right.';
  const asked = await ask(place, 'scout', cast, number, refuteSchema, question, [note]);
  const { refuted, holds } = refuteSchema.parse(asked.answer);
  const lines = refuted.map(({ finding, why }) => `- "${finding}" does not hold: ${why}`);
  const text = [lines.length === 0 ? 'Nothing of it was refuted.' : lines.join('\n'), holds]
    .filter(Boolean)
    .join('\n\n');
  const title = `Attempted refutation (${note.title})`;
  return { title, text, sources: [...asked.sources] };
}

async function ask(
  place: Place,
  role: Extract<Role, 'scout' | 'planner' | 'shipper'>,
  cast: Cast,
  number: number,
  answerSchema: z.ZodType,
  question: string | null,
  notes: readonly StageNote[],
): Promise<Extract<Read, { readonly kind: 'finished' }>> {
  const { run, unit, attempt, tree } = place;
  const shared = await sharedFor(run, unit, cast.agent, tree);
  const { prompt, web } = cast;
  const outcome = await askReader(place, {
    ...{ role, cast, number, answerSchema },
    lens: null,
    brief: (nonce) => stageBrief({ shared, role, prompt, web, unit, question, notes, nonce }),
    stop: run.stops.get(attempt.id)?.signal ?? null,
  });
  if (outcome.kind === 'finished') return outcome;
  throw new StageFailed(outcome);
}
