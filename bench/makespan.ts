// How close the planner comes to the shortest time that is possible: simulated runs of random graphs with lognormal
// durations, width 8; the engine's own scheduler with true and with wrong estimates, beside strict waves and first come,
// first served. The bound is the longest chain, or all work shared by eight, whichever is longer.
// node bench/makespan.ts [graphs] [units]
import { forecast } from '../src/plan/forecast.ts';
import { idFromKey, type UnitId } from '../src/model/ids.ts';
import type { PlanUnit } from '../src/plan/plan-unit.ts';
import { remainingPaths } from '../src/plan/graph.ts';
import { median } from './support/measure.ts';
import { numbers } from './support/units.ts';

const graphs = Number(process.argv[2] ?? 200);
const size = Number(process.argv[3] ?? 300);
const width = 8;

/** Standard normal numbers. */
function normals(random: () => number): () => number {
  return () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** Three shapes in turn: sparse, in layers, and chains that join. */
function shape(kind: number, index: number, random: () => number): number[] {
  const pick = (from: number, to: number): number => from + Math.floor(random() * (to - from));
  if (kind === 0) return Array.from({ length: index }, (_, other) => other).filter(() => random() < 3 / size);
  if (kind === 1) {
    const layer = Math.floor(index / 30) * 30;
    return layer === 0 ? [] : [...new Set([pick(layer - 30, layer), pick(layer - 30, layer)])];
  }
  if (index < 12) return [];
  return random() < 0.15
    ? [index - 12, pick(0, index)].filter((other, i, all) => all.indexOf(other) === i)
    : [index - 12];
}

interface Case {
  readonly units: PlanUnit[];
  readonly takes: ReadonlyMap<UnitId, number>;
}

function make(seed: number, sigma: number, error: number): Case {
  const random = numbers(seed * 7919 + 13);
  const normal = normals(random);
  const takes = new Map<UnitId, number>();
  const units = Array.from({ length: size }, (_, index): PlanUnit => {
    const id = idFromKey(`u${index}`);
    const ms = 60_000 * Math.exp(sigma * normal());
    takes.set(id, ms);
    return {
      id,
      state: 'ready',
      kind: 'change',
      depends: shape(seed % 3, index, random).map((other) => idFromKey(`u${other}`)),
      touches: [`u${index}.ts`],
      contracts: [],
      exclusive: [],
      phase: null,
      priority: 0,
      position: index,
      runsAlone: false,
      isPaused: false,
      estimateMs: ms * Math.exp(error * normal()),
    };
  });
  return { units, takes };
}

const takesOf = (it: Case) => (unit: PlanUnit) => it.takes.get(unit.id) ?? 0;

function bound(it: Case): number {
  const exact = it.units.map((unit) => ({ ...unit, estimateMs: takesOf(it)(unit) }));
  const longest = Math.max(...remainingPaths(exact).values());
  const all = exact.reduce((sum, unit) => sum + unit.estimateMs, 0);
  return Math.max(longest, all / width);
}

/** Plays a case; `change` makes another scheduler of ours. */
function play(it: Case, change: (unit: PlanUnit) => PlanUnit, barrier: boolean): number {
  const limits = { maxAgents: width, phases: [], barrier, parallelism: 'balanced' as const };
  return forecast(it.units.map(change), limits, { takes: takesOf(it), isExplained: false }).totalMs / bound(it);
}

const ours = (unit: PlanUnit): PlanUnit => unit;
/** Without estimates every path is as long as any: what is left is the order of the specs. */
const fifo = (unit: PlanUnit): PlanUnit => ({ ...unit, estimateMs: 0 });

process.stdout.write(
  `${graphs} graphs of ${size} units, width ${width}: makespan / lower bound, median (90th percentile)\n`,
);
for (const sigma of [0.5, 0.8, 1.2]) {
  const seen = { exact: [] as number[], wrong: [] as number[], waves: [] as number[], fifo: [] as number[] };
  for (let seed = 0; seed < graphs; seed++) {
    const exact = make(seed, sigma, 0);
    seen.exact.push(play(exact, ours, false));
    seen.wrong.push(play(make(seed, sigma, 0.6), ours, false));
    seen.waves.push(play(exact, ours, true));
    seen.fifo.push(play(exact, fifo, false));
  }
  const told = (values: readonly number[]): string =>
    `${median(values).toFixed(3)} (${(values.toSorted((a, b) => a - b)[Math.floor(values.length * 0.9)] ?? 0).toFixed(3)})`;
  process.stdout.write(
    `sigma ${sigma}: backlog ${told(seen.exact)}, with estimates off by 0.6 ${told(seen.wrong)}, strict waves ${told(seen.waves)}, FIFO ${told(seen.fifo)}\n`,
  );
}
