import { randomBytes } from 'node:crypto';
import type { z } from 'zod';
import type { Brief, Lens, Role } from '../../model/agent.ts';
import type { AttemptId } from '../../model/ids.ts';
import { describeFailure } from '../../model/describe-failure.ts';
import { isInTheWay } from '../../model/failure.ts';
import type { UnitSpec } from '../../model/unit.ts';
import type { Cast } from './fleet.ts';
import { Interrupted } from '../context/interrupted.ts';
import { isCutShort, limitsOf } from './limits.ts';
import type { Books } from '../context/books.ts';
import type { Crew } from './crew.ts';
import type { Ends } from '../context/run-end.ts';
import type { Scope } from '../context/scope.ts';
import { type Target, tipOrHead } from '../context/target.ts';
import { toJsonSchema } from '../jobs/answer-schema.ts';
import { fromData } from '../jobs/error-data.ts';
import { type Executes, type Link, noOffers } from '../jobs/executor.ts';
import type { OrderJob, OrderOutcome } from '../jobs/job.ts';
import { beginSession, endWith, sessionName } from './sessions.ts';

export type ReaderRun = Scope & Books & Target & Crew & Ends & Executes;

/** The attempt that a reader works for, and the tree that it reads. */
export interface Place {
  readonly run: ReaderRun;
  readonly unit: UnitSpec;
  readonly attempt: { readonly id: AttemptId; readonly number: number };
  readonly tree: string;
}

/** The order for a reader. */
export interface Question {
  readonly role: Exclude<Role, 'builder' | 'debugger' | 'researcher' | 'synthesizer'>;
  readonly cast: Cast;
  /** Counts the role's sessions in the attempt, from 1. */
  readonly number: number;
  readonly lens: Lens | null;
  readonly answerSchema: z.ZodType;
  /** `nonce`: unpredictable, for the fences of the brief. */
  readonly brief: (nonce: string) => Brief;
  /** Ends it, beside the end of the run. */
  readonly stop: AbortSignal | null;
}

/** The result of a reader. */
export type Read =
  | {
      readonly kind: 'finished';
      readonly answer: unknown;
      /** Addresses of the web content that it saw. */
      readonly sources: ReadonlySet<string>;
    }
  | Extract<OrderOutcome, { readonly kind: 'blocked' | 'failed' }>;

/**
 * Runs a reader (scout, planner, reviewer or shipper) on a tree, in a new checkout and session, once a reader's slot is
 * free. Throws `Interrupted` for a limit of the provider, the run's budget, or the end of the run.
 */
export async function askReader(place: Place, question: Question): Promise<Read> {
  const { run, unit, attempt, tree } = place;
  const { role, cast, number } = question;
  const stopped = question.stop ? AbortSignal.any([run.end.signal, question.stop]) : run.end.signal;
  if (stopped.aborted) throw new Interrupted({ kind: 'stopped' });
  const of = { unit: unit.id, attempt: attempt.id, role } as const;
  const limits = limitsOf(run, cast);
  const budget = run.budget(of);
  const job: OrderJob = {
    ...of,
    name: sessionName(attempt.id, role, number),
    attemptNumber: attempt.number,
    lens: question.lens,
    sessionNumber: number,
    round: 0,
    agent: cast.agent.name,
    model: cast.model,
    effort: cast.effort,
    brief: question.brief(randomBytes(6).toString('hex')),
    access: 'read',
    tools: cast.tools,
    offers: [],
    answerSchema: toJsonSchema(question.answerSchema),
    limits,
    isCapped: budget.isCapped,
    session: null,
    cwd: unit.cwd,
    network: null,
    tree,
    tip: await tipOrHead(run),
    workspace: null,
  };
  const session = beginSession(run, { ...job, canHear: false });
  const link: Link = { budget, hear: (event) => session.hear(event), takeWords: () => [], call: noOffers };
  const { outcome } = await endWith(session, () => run.executor.order(job, link, stopped));
  const read = takenFrom(run, { limits, cast, stopped }, outcome);
  return read.kind === 'finished' ? { kind: 'finished', answer: read.answer, sources: session.sources } : read;
}

/** What an agent that only reads ended with. Throws like `askReader` for what is no answer of the agent. */
export function takenFrom(
  run: Pick<Scope, 'settings'> & Ends,
  of: {
    readonly limits: OrderJob['limits'];
    readonly cast: Pick<Cast, 'timeMs'>;
    /** What ends it. */
    readonly stopped: AbortSignal;
  },
  outcome: OrderOutcome,
): Extract<OrderOutcome, { readonly kind: 'finished' | 'blocked' | 'failed' }> {
  if (of.stopped.aborted || isCutShort(run, of, outcome)) throw new Interrupted({ kind: 'stopped' });
  switch (outcome.kind) {
    case 'finished':
      return outcome;
    case 'stopped':
      throw new Interrupted({ kind: 'stopped' });
    case 'broken':
      throw fromData(outcome.error);
    case 'limited':
      throw new Interrupted({ kind: 'limited', until: outcome.until, why: outcome.why });
    case 'lost':
      throw new Interrupted({ kind: 'lost', why: outcome.why });
    case 'refused':
      throw new Error('Internal error: work was taken of a reader');
    case 'blocked':
      return outcome;
    case 'failed':
  }
  const { failure } = outcome;
  if (failure.reason === 'budget-spent' && failure.scope !== 'unit')
    throw new Interrupted({ kind: 'budget', why: failure.detail });
  if (isInTheWay(failure)) throw new Interrupted({ kind: 'refused', failure, why: describeFailure(failure) });
  return outcome;
}
