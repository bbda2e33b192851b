import { randomBytes } from 'node:crypto';
import type { z } from 'zod';
import type { Brief, Lens, Order, Outcome, Role } from '../../model/agent.ts';
import type { AttemptId } from '../../model/ids.ts';
import { describeFailure } from '../../model/describe-failure.ts';
import { isInTheWay } from '../../model/failure.ts';
import type { UnitSpec } from '../../model/unit.ts';
import type { Checkouts } from '../checks/checkouts.ts';
import type { Cast } from './fleet.ts';
import { handleOf } from '../boxes/handle.ts';
import { Interrupted } from '../context/interrupted.ts';
import { isCutShort, limitsOf } from './limits.ts';
import type { Books } from '../context/books.ts';
import type { Crew } from './crew.ts';
import type { Ends } from '../context/run-end.ts';
import type { Scope } from '../context/scope.ts';
import type { Target } from '../context/target.ts';
import type { Workplace } from '../boxes/workplace.ts';
import { beginSession, sessionName } from './sessions.ts';

/** What asking readers needs of a run. */
export type ReaderRun = Scope & Books & Target & Crew & Ends & Pick<Workplace, 'launcher' | 'cores' | 'outputs'>;

/** The attempt for which somebody reads, and what. */
export interface Place {
  readonly run: ReaderRun;
  readonly checkouts: Checkouts;
  readonly unit: UnitSpec;
  readonly attempt: { readonly id: AttemptId; readonly number: number };
  readonly tree: string;
}

/** What a reader is asked. */
export interface Question {
  readonly role: Exclude<Role, 'builder' | 'debugger' | 'researcher' | 'synthesizer'>;
  readonly cast: Cast;
  /** Of this role within the attempt, from 1. */
  readonly number: number;
  readonly lens: Lens | null;
  readonly answerSchema: z.ZodType;
  /** `nonce` is unpredictable, for the fences of the brief. */
  readonly brief: (nonce: string) => Brief;
  /** Ends it, beside the end of the run. */
  readonly stop: AbortSignal | null;
}

/** What came of it; whoever has to wait is told by `Interrupted`. */
export type Read = Exclude<Outcome, { readonly kind: 'limited' }> & {
  /** Addresses of what it was shown of the web. */
  readonly sources: ReadonlySet<string>;
};

/**
 * Lets somebody look at a tree who only reads (a scout, planner, reviewer or shipper), in a fresh checkout and a fresh
 * session, as soon as there is a place among those who do. Throws `Interrupted` when the provider, the run's budget or
 * the run stands in the way.
 */
export async function askReader(place: Place, question: Question): Promise<Read> {
  const { run, checkouts, unit, attempt, tree } = place;
  const { role, cast, number } = question;
  const stopped = question.stop ? AbortSignal.any([run.end.signal, question.stop]) : run.end.signal;
  if (stopped.aborted) throw new Interrupted({ kind: 'stopped' });
  const of = { unit: unit.id, attempt: attempt.id, role } as const;
  const session = beginSession(run, {
    ...{ ...of, agent: cast.agent.name, model: cast.model },
    ...{ round: 0, number, canHear: false },
  });
  const broken = new AbortController();
  const limits = limitsOf(run, cast);
  const spill = run.outputs.place();
  let output = '';
  const ended = AbortSignal.any([stopped, broken.signal]);
  const worked = await checkouts.with(tree, { cwd: unit.cwd }, async (box) => {
    const order: Order = {
      ...of,
      attemptNumber: attempt.number,
      brief: question.brief(randomBytes(6).toString('hex')),
      workspace: handleOf(run, box, unit.id, (why) => broken.abort(why), {
        spillTo: spill,
        onEnd: (text) => void (output = text),
      }),
      access: 'read',
      answerSchema: question.answerSchema,
      model: cast.model,
      effort: cast.effort,
      limits,
      tools: cast.tools,
      budget: run.budget(of),
      takeWords: () => [],
      lens: question.lens,
      sessionNumber: number,
      session: null,
    };
    return run.slots.readers.add(async () => {
      stopped.throwIfAborted(); // it may have waited for its turn
      return cast.agent.work(order, (event) => session.hear(event), ended);
    });
  });
  const outcome = run.outputs.told(sessionName({ ...of, number }), worked, { output, spill });
  session.end(outcome.usage, outcome.kind);
  if (stopped.aborted || isCutShort(run, { limits, cast }, outcome)) throw new Interrupted({ kind: 'stopped' });
  if (broken.signal.aborted) throw new Interrupted({ kind: 'broken', why: String(broken.signal.reason) });
  if (outcome.kind === 'limited') throw new Interrupted({ kind: 'limited', until: outcome.until, why: outcome.why });
  if (outcome.kind === 'failed' && outcome.failure.reason === 'budget-spent' && outcome.failure.scope !== 'unit')
    throw new Interrupted({ kind: 'budget', why: outcome.failure.detail });
  if (outcome.kind === 'failed' && isInTheWay(outcome.failure)) {
    const { failure } = outcome;
    throw new Interrupted({ kind: 'refused', failure, why: describeFailure(failure) });
  }
  return { ...outcome, sources: session.sources };
}
