import type { Role } from '../model/agent.ts';
import { describeFailure } from '../model/describe-failure.ts';
import type { CriterionVerdict } from '../model/evidence.ts';
import type { Event, RecordedEvent } from '../model/event.ts';
import type { AttemptId, UnitId } from '../model/ids.ts';
import { type MicroUsd, toUsd } from '../model/money.ts';
import type { ReportUnit } from '../model/report.ts';

/*
 * What was tried for each unit of a run, in order, and the stage that it was in at any time, from the run's events. A try is
 * one build or repair, up to its verdict; an attempt has several. Times are in ms since the start of the run.
 */

type Try = ReportUnit['tries'][number];
type Stage = ReportUnit['stages'][number];

/** What a unit went through. */
export interface UnitTries extends Pick<ReportUnit, 'tries' | 'stages' | 'tools' | 'gate' | 'landedMs'> {
  /** What agents of each kind reported to have spent, in dollars. */
  readonly spent: Readonly<Record<Spender, number>>;
}

/** What money is spent on. */
export type Spender = 'building' | 'repairs' | 'reviews';

/** Before anything happened. */
export const untried: UnitTries = {
  ...{ tries: [], stages: [], tools: [], gate: null, landedMs: null },
  spent: { building: 0, repairs: 0, reviews: 0 },
};

/** Maximum number of tries and stages of a unit, and of tools that are told by name. */
const most = { tries: 50, stages: 400, tools: 20 } as const;

/** The tries of each unit of a run. What had not ended when the events end, ends with them. */
export function triesOf(events: Iterable<RecordedEvent>): ReadonlyMap<UnitId, UnitTries> {
  const units = new Map<UnitId, UnitLife>();
  let start: number | null = null;
  let at = 0;
  for (const { at: toldAt, event } of events) {
    start ??= toldAt;
    at = Math.max(at, toldAt - start); // a clock that was set back adds no time
    if (!('unit' in event) || event.unit === null) continue;
    const life = units.get(event.unit) ?? new UnitLife();
    units.set(event.unit, life);
    life.hear(at, event);
  }
  return new Map([...units].map(([unit, life]) => [unit, life.end(at)]));
}

/** Roles that judge, and do not build. */
const judges: ReadonlySet<Role> = new Set(['reviewer']);

/** Collects what the events of one unit tell. */
class UnitLife {
  readonly #tries: Try[] = [];
  readonly #stages: Stage[] = [];
  readonly #tools = new Map<string, { calls: number; errors: number }>();
  readonly #spent: Record<Spender, MicroUsd> = { building: 0, repairs: 0, reviews: 0 };
  readonly #attempts = new Map<AttemptId, number>();
  #open: { -readonly [K in keyof Try]: Try[K] } | null = null;
  /** Of the open try; null if unknown. */
  #cost: MicroUsd | null = 0;
  #judged: CriterionVerdict[] = [];
  #stage: { readonly stage: Stage['stage']; readonly from: number } | null = null;
  #attempt = 0;
  #isQueued = false;
  #isJudging = false;
  #gate: ReportUnit['gate'] = null;
  #landedMs: number | null = null;

  hear(at: number, event: Event): void {
    switch (event.type) {
      case 'claimed':
        this.#attempt = this.#numberOf(event.attempt);
        this.#begin(at, 0);
        this.#enter(at, 'agent');
        break;
      case 'agent-started':
        if (!judges.has(event.role) && this.#open === null) this.#begin(at, event.round);
        break;
      case 'agent-ended':
        this.#count(event);
        break;
      case 'agent-tool': {
        const known = this.#tools.get(event.tool) ?? { calls: 0, errors: 0 };
        this.#tools.set(event.tool, { calls: known.calls + 1, errors: known.errors + (event.isError ? 1 : 0) });
        if (this.#open) this.#open.toolCalls += 1;
        break;
      }
      case 'agent-retry':
        this.#push({ stage: 'limit', startMs: at, endMs: at + event.delayMs, attempt: this.#attempt });
        break;
      case 'harvested':
        if (this.#open) this.#open.files = event.files.length;
        this.#enter(at, 'checks');
        break;
      case 'candidate':
        this.#judged = [];
        this.#isJudging = true;
        this.#enter(at, 'checks');
        break;
      case 'criterion-judged':
        this.#judged.push(event.verdict);
        if (this.#open) this.#open.tests = testsIn(this.#judged);
        break;
      case 'judged':
        this.#isJudging = false;
        if (this.#isQueued) this.#enter(at, 'merge-queue');
        if (this.#open) this.#open.tree = event.tree;
        break;
      case 'merge-queue':
        this.#isQueued = event.step !== 'left';
        // A unit may be judged while it waits for its turn.
        if (this.#isQueued && !this.#isJudging) this.#enter(at, 'merge-queue');
        break;
      case 'not-done': {
        const { failure, next } = event;
        const told = { reason: failure.reason, sentence: describeFailure(failure) };
        this.#close(at, 'not-done', told, next);
        [this.#isQueued, this.#isJudging] = [false, false];
        const goesOn = next === 'repair' || next === 'merge';
        this.#leave(at);
        if (goesOn) {
          this.#begin(at, (this.#tries.at(-1)?.repair ?? 0) + 1);
          this.#enter(at, 'repair');
        }
        break;
      }
      case 'landed':
        this.#landedMs = at;
        this.#close(at, 'landed', null, null);
        this.#leave(at);
        break;
      case 'gate-judged':
        this.#gate = { phase: event.phase, outcome: event.outcome, met: event.met, of: event.of, atMs: at };
        break;
      case 'unit-changed': {
        const { to } = event;
        if (to === 'working' || to === 'judging') break;
        this.#close(at, to === 'awaiting' || to === 'done' ? 'held' : 'ended', null, null);
        this.#leave(at);
        if (to === 'parked') this.#enter(at, 'limit');
        break;
      }
      default:
    }
  }

  /** What it came to, when the events end. */
  end(at: number): UnitTries {
    this.#close(at, 'ended', null, null);
    this.#leave(at);
    const tools = [...this.#tools].map(([tool, counts]) => ({ tool: tool.slice(0, 100), ...counts }));
    return {
      tries: this.#tries.slice(-most.tries),
      stages: this.#stages.slice(0, most.stages).map((one) => ({ ...one, endMs: Math.min(one.endMs, at) })),
      tools: tools.toSorted((a, b) => b.calls - a.calls).slice(0, most.tools),
      ...{ gate: this.#gate, landedMs: this.#landedMs },
      spent: {
        building: toUsd(this.#spent.building),
        repairs: toUsd(this.#spent.repairs),
        reviews: toUsd(this.#spent.reviews),
      },
    };
  }

  #numberOf(attempt: AttemptId): number {
    const number = this.#attempts.get(attempt) ?? this.#attempts.size + 1;
    this.#attempts.set(attempt, number);
    return number;
  }

  #begin(at: number, repair: number): void {
    this.#judged = [];
    this.#cost = 0;
    this.#open = {
      ...{ attempt: this.#attempt, repair, startMs: at, endMs: at, outcome: 'ended', failure: null, next: null },
      ...{ tree: null, tests: null, files: null, costUsd: 0, toolCalls: 0 },
    };
  }

  #close(at: number, outcome: Try['outcome'], failure: Try['failure'], next: Try['next']): void {
    const open = this.#open;
    this.#open = null;
    if (open === null) return;
    // Claimed and given back at once, or waiting since a failure that was told: nothing was tried.
    const isEmpty = open.tree === null && open.toolCalls === 0 && open.files === null && this.#cost === 0;
    if (outcome === 'ended' && isEmpty) return;
    const costUsd = this.#cost === null ? null : toUsd(this.#cost);
    this.#tries.push({ ...open, endMs: at, outcome, failure, next, costUsd });
  }

  #count({ role, round, usage }: Extract<Event, { type: 'agent-ended' }>): void {
    const { costMicroUsd } = usage;
    const spender = judges.has(role) ? 'reviews' : round > 0 ? 'repairs' : 'building';
    this.#spent[spender] += costMicroUsd ?? 0;
    this.#cost = costMicroUsd === null || this.#cost === null ? null : this.#cost + costMicroUsd;
  }

  #enter(at: number, stage: Stage['stage']): void {
    if (this.#stage?.stage === stage) return;
    this.#leave(at);
    this.#stage = { stage, from: at };
  }

  #leave(at: number): void {
    if (this.#stage !== null && at > this.#stage.from)
      this.#push({ stage: this.#stage.stage, startMs: this.#stage.from, endMs: at, attempt: this.#attempt });
    this.#stage = null;
  }

  #push(stage: Stage): void {
    if (this.#stages.length < most.stages) this.#stages.push(stage);
  }
}

/** The tests that a verdict's checks ran on the candidate, and how many of them failed; null without a known runner. */
function testsIn(verdicts: readonly CriterionVerdict[]): Try['tests'] {
  const runs = verdicts.flatMap(({ evidence }) => {
    const last = evidence.findLast((one) => one.kind === 'command' && one.on === 'candidate');
    return last?.kind === 'command' && last.testsRun !== null ? [last] : [];
  });
  if (runs.length === 0) return null;
  const ran = runs.reduce((sum, { testsRun }) => sum + (testsRun ?? 0), 0);
  const failed = runs.reduce(
    (sum, { assertions, testsRun }) => sum + Math.min(assertions?.length ?? 0, testsRun ?? 0),
    0,
  );
  return { ran, failed };
}
