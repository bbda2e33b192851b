import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { leadBrief, type LeadInput } from '../../agents/words/brief.ts';
import { describeFailure } from '../../model/describe-failure.ts';
import { treeOf } from '../../repo/objects/tree.ts';
import { printable } from '../../util/text/printable.ts';
import type { Books } from '../context/books.ts';
import type { Ends } from '../context/run-end.ts';
import type { Scope } from '../context/scope.ts';
import { type Target, tipOrHead } from '../context/target.ts';
import type { Crew } from '../crew/crew.ts';
import { limitsOf } from '../crew/limits.ts';
import { takenFrom } from '../crew/reader.ts';
import type { RunAgents } from '../crew/run-agents.ts';

/** The most units of a list. */
export const mostUnits = 20;
/** Times that a list goes back to the lead. */
const mostReturns = 2;

const text = (most: number) => z.string().trim().min(1).max(most);

const unitSchema = z.object({
  name: text(60)
    .regex(/^[a-z][a-z0-9-]*$/, 'lower-case letters, digits and dashes')
    .describe('A short name in lower case, such as "parse-dates".'),
  title: text(120),
  body: text(6000).describe('What is wanted and why, as Markdown without headings.'),
  criteria: z
    .array(
      z.object({
        text: text(500).describe('What must hold, as a sentence.'),
        check: z.string().max(2000).default('').describe('A shell command that decides it; empty where none can.'),
      }),
    )
    .max(20),
  depends: z.array(text(60)).max(20).default([]).describe('Names of units of this list that must be done first.'),
  touches: z.array(text(200)).max(30).default([]).describe('Paths or patterns that it may change.'),
});
/** A unit as a lead asks for it. */
export type LedUnit = z.infer<typeof unitSchema>;

const answerSchema = z.object({
  decision: z.enum(['answer', 'unclear', 'units']),
  why: text(1000).describe('Why, in a sentence or two.'),
  answer: z.string().max(30_000).default('').describe('For "answer": the whole answer, as Markdown.'),
  questions: z.array(text(500)).max(3).default([]).describe('For "unclear".'),
  units: z.array(unitSchema).max(200).default([]).describe('For "units": each after those that it depends on.'),
  dropped: z.array(text(500)).max(50).default([]).describe('What is left out, each in a sentence.'),
});

/** A list of units as it is kept until it is written. */
export const listSchema = z.object({ why: z.string(), units: z.array(unitSchema), dropped: z.array(z.string()) });

/** What a lead decided about a task. */
export type Division =
  | { readonly kind: 'answer'; readonly why: string; readonly answer: string }
  | { readonly kind: 'unclear'; readonly why: string; readonly questions: readonly string[] }
  | {
      readonly kind: 'units';
      readonly why: string;
      readonly units: readonly LedUnit[];
      readonly dropped: readonly string[];
    }
  /** Its lists had problems to the end. */
  | { readonly kind: 'rejected'; readonly problems: readonly string[] }
  /** It ended without an answer. */
  | { readonly kind: 'failed'; readonly why: string };

type LeadRun = Books &
  Target &
  Ends &
  Pick<Scope, 'settings'> &
  Pick<Crew, 'fleet'> & { readonly agents: Pick<RunAgents, 'create' | 'ended'> };

/** A task, and how its units are checked. */
export interface Task extends Pick<LeadInput, 'goal' | 'given' | 'open'> {
  /** What is wrong with a list of units, a sentence each; none if it can be taken. */
  readonly problemsOf: (units: readonly LedUnit[]) => Promise<readonly string[]>;
}

/**
 * Has the lead look at the repository and divide a task. A list with problems goes back to it at most twice. Throws an
 * `InputError` if its agent is not available, and `Interrupted` for a limit of the provider, the budget, or the end of the run.
 */
export async function divide(run: LeadRun, task: Task): Promise<Division> {
  const part = run.fleet.casting.part('lead', { agent: null, labels: [], touches: [] });
  const prompt = run.fleet.promptOf(part);
  let rejected: LeadInput['rejected'] = null;
  for (let round = 0; ; round++) {
    const limits = limitsOf(run, part);
    const { goal, given, open } = task;
    const name = await run.agents.create({
      ...{ agent: part.agent, role: 'lead', model: part.model, effort: part.effort, tools: part.tools, offers: [] },
      brief: leadBrief({ prompt, goal, given, open, mostUnits, rejected, nonce: randomBytes(6).toString('hex') }),
      ...{ tree: await treeOf(run.repository, await tipOrHead(run)), answerSchema, limits },
    });
    const ended = await run.agents.ended(name);
    if (ended === null) throw new Error(`Internal error: the agent ${name} is gone`);
    const outcome = takenFrom(run, { limits, cast: part, stopped: run.end.signal }, ended);
    if (outcome.kind !== 'finished')
      return { kind: 'failed', why: outcome.kind === 'blocked' ? outcome.why : describeFailure(outcome.failure) };
    const { decision, why, answer, questions, units, dropped } = answerSchema.parse(outcome.answer);
    if (decision === 'answer' && answer.trim() !== '') return { kind: 'answer', why, answer: printable(answer).trim() };
    if (decision === 'unclear' && questions.length > 0) return { kind: 'unclear', why, questions };
    const problems =
      decision === 'units'
        ? await task.problemsOf(units)
        : [`the decision is "${decision}", and what belongs to it is empty`];
    if (problems.length === 0) return { kind: 'units', why, units, dropped };
    if (round >= mostReturns) return { kind: 'rejected', problems };
    rejected = { units: JSON.stringify(units, null, 1), problems };
  }
}
