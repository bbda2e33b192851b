import type { Env } from '../../../util/files/home.ts';
import { Prices } from '../../../agents/money/prices.ts';
import type { Config } from '../../../model/config.ts';
import { InputError } from '../../../model/diagnostic.ts';
import { type MicroUsd, toUsd } from '../../../model/money.ts';
import type { UnitId } from '../../../model/ids.ts';
import type { UnitSpec } from '../../../model/unit.ts';
import { keptApart } from '../../../plan/apart.ts';
import type { BetFigures } from '../../../plan/bets.ts';
import { Exclusive } from '../../../plan/exclusive.ts';
import { type Forecast, forecast } from '../../../plan/forecast.ts';
import type { PlanUnit } from '../../../plan/plan-unit.ts';
import { listTree } from '../../../repo/objects/tree.ts';
import { namedFiles } from '../../../specs/units/named-files.ts';
import { readBusyShare } from '../../../queue/attempts.ts';
import { readUnits } from '../../../queue/units.ts';
import { type AgentCost, type ExpectedCost, expectedCost } from '../../crew/agent-cost.ts';
import { countNotWork, type NotWorkCount } from '../../project/not-work.ts';
import { Casting, defaultAgent, requireAgent } from '../../crew/casting.ts';
import { Betting, describeCare } from '../../run/betting.ts';
import { readEstimates } from '../../run/estimates.ts';
import { describeConflict, describeWait, planUnits } from '../../run/planning.ts';
import { capsOf } from '../../context/run-settings.ts';
import { select } from '../../context/selection.ts';
import { keysOf, withQueue } from '../queue/queue.ts';
import { verb } from '../verb.ts';
import { waveInput } from './run-input.ts';
import { type Left, leftOf } from './run-result.ts';

/** A forecast with the names that people use. */
export interface Plan {
  readonly kind: 'plan';
  readonly waves: readonly {
    readonly startMs: number;
    readonly units: readonly {
      readonly key: string;
      readonly title: string;
      readonly waitedFor: string | null;
      /** Files that its text names, and that exist; at most 20. */
      readonly named: readonly string[];
    }[];
  }[];
  readonly stuck: readonly { readonly key: string; readonly why: string }[];
  /** Units that were asked for and would stay as they are: given up before, or waiting for a person. */
  readonly left: readonly Left[];
  /** Pairs that could run side by side by their dependencies, and must not; the first thousand that are found. */
  readonly apart: readonly { readonly keys: readonly [string, string]; readonly why: string }[];
  /** True when there may be more such pairs than were looked for. */
  readonly isApartCut: boolean;
  /** The last landings of all runs. `care` says why units run as with "careful" for now; null if they do not. */
  readonly bets: BetFigures & {
    readonly care: string | null;
    /** About how much longer `careful` would take, in milliseconds; null if this plan is careful. */
    readonly savesMs: number | null;
  };
  readonly totals: Pick<Forecast, 'totalMs' | 'sequentialMs' | 'peakParallel'> & {
    readonly units: number;
    /** What its agents cost; null when there is no agent. */
    readonly cost: AgentCost | null;
    /** What the run is expected to cost; null when unknown. */
    readonly costUsd: number | null;
  };
  /** Milliseconds that a unit is taken to need on average, and whether that comes from earlier units. */
  readonly estimateMs: number;
  readonly isEstimateFromHistory: boolean;
  /** What looks like work but is none. */
  readonly notWork: readonly NotWorkCount[];
}

/** The waves of a run, without running: played forward with the engine's own scheduler. */
export const plan = verb(
  (z) => z.strictObject({ folder: z.string(), ...waveInput(z) }),
  async (asker, request) =>
    withQueue(asker, request.folder, async ({ database, project, specs, repository }): Promise<Plan> => {
      const { config } = project;
      requireAgent(config, request.agent, asker.env);
      const rows = readUnits(database);
      const key = keysOf(rows);
      const titles = new Map(rows.map((row) => [row.spec.id, row.spec.title]));
      const estimates = readEstimates(database);
      const selected = select(specs.units, config.phases, request.selection);
      const units = [...planUnits(database, estimates, new Exclusive(config.exclusive))].map((unit): PlanUnit => {
        if (selected !== null && !selected.has(unit.id) && unit.state !== 'done')
          return { ...unit, state: 'cancelled' };
        return unit.state === 'parked' ? { ...unit, state: 'ready' } : unit;
      });
      const parallelism = request.parallelism ?? config.parallelism;
      const betting = new Betting(database, { parallelism, run: null, caps: capsOf(config, null) });
      const care = betting.careAt(Date.now());
      const limits = {
        maxAgents: request.maxAgents ?? config.limits.maxAgents,
        phases: config.phases,
        barrier: request.barrier,
        parallelism: betting.with(care),
      };
      const files = new Set(
        repository === null ? [] : (await listTree(repository, repository.head)).map(({ path }) => path),
      );
      const specOf = new Map(rows.map(({ spec }) => [spec.id, spec]));
      const namedIn = (spec: UnitSpec | undefined): string[] => (spec === undefined ? [] : namedFiles(spec, files));
      const withHold = (unit: UnitId): string => {
        const hold = specOf.get(unit)?.isTicked === true ? null : (specOf.get(unit)?.hold ?? null);
        return hold === null ? key(unit) : `${key(unit)} (it ${hold})`;
      };
      const apart = keptApart(units, limits.parallelism);
      const played = forecast(units, limits, { maxUnits: request.maxUnits });
      const started = played.waves.reduce((sum, wave) => sum + wave.units.length, 0);
      const { totalMs, sequentialMs, peakParallel } = played;
      const carefully = { ...limits, parallelism: 'careful' } as const;
      const savesMs =
        limits.parallelism === 'careful'
          ? null
          : Math.max(
              0,
              forecast(units, carefully, { maxUnits: request.maxUnits, isExplained: false }).totalMs - totalMs,
            );
      const coming = new Set(played.waves.flatMap((wave) => wave.units.map(({ unit }) => unit)));
      const ahead = rows.filter(({ spec }) => coming.has(spec.id)).map(({ spec }) => spec);
      const cost = expected(config, { flag: request.agent, env: asker.env }, ahead, estimates.usualCost);
      return {
        kind: 'plan',
        waves: played.waves.map((wave) => ({
          startMs: wave.startMs,
          units: wave.units.map(({ unit, waitedFor }) => ({
            key: key(unit),
            title: titles.get(unit) ?? '',
            waitedFor: waitedFor ? describeWait(waitedFor, key) : null,
            named: namedIn(specOf.get(unit)),
          })),
        })),
        stuck: played.stuck.map(({ unit, wait }) => ({ key: key(unit), why: describeWait(wait, withHold) })),
        left: leftOf(
          rows.filter((row) => row.state !== 'retired'),
          (unit) => selected === null || selected.has(unit),
        ),
        apart: apart.pairs.map(({ pair: [a, b], why }) => ({
          keys: [key(a), key(b)],
          why: describeConflict(why),
        })),
        isApartCut: apart.isCut,
        bets: { ...betting.figures, care: care && describeCare(care), savesMs },
        totals: {
          units: started,
          totalMs,
          sequentialMs: sequentialMs * (readBusyShare(database, 100) ?? 1),
          peakParallel,
          cost: cost?.kind ?? null,
          costUsd: cost === null || cost.microUsd === null ? null : toUsd(cost.microUsd),
        },
        estimateMs: started === 0 ? 0 : sequentialMs / started,
        isEstimateFromHistory: estimates.isFromHistory,
        notWork: countNotWork(specs.notWork),
      };
    }),
);

/** What units are expected to cost with the agent that would work now; null when there is none that is known. */
function expected(
  config: Config,
  typed: { readonly flag: string | null; readonly env: Env },
  units: readonly UnitSpec[],
  usual: MicroUsd | null,
): ExpectedCost | null {
  const agent = defaultAgent(config, typed.flag, typed.env);
  if (agent === null) return null;
  try {
    const casting = new Casting(config, agent, { typed });
    return expectedCost(casting, new Prices(config.prices), units, usual);
  } catch (error) {
    if (error instanceof InputError) return null; // an agent that is not known: a run says so
    throw error;
  }
}
