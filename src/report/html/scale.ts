import type { ReportUnit } from '../../model/report.ts';

/*
 * Where times stand on an axis, and which units share a lane.
 */

const steps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 43_200, 86_400];

/** Times in ms at which an axis has a line: about a dozen, at round distances. */
export function ticks(durationMs: number): number[] {
  const step = 1000 * (steps.find((one) => durationMs / (1000 * one) <= 13) ?? Math.ceil(durationMs / 12_000));
  return Array.from({ length: Math.floor(durationMs / step) + 1 }, (_, index) => index * step);
}

/** A time in which a unit was worked on without a break. */
export interface Block {
  readonly unit: ReportUnit;
  readonly stages: ReportUnit['stages'];
  readonly startMs: number;
  readonly endMs: number;
}

/** Breaks up to this part of a run do not divide a block. */
const shortBreak = 0.004;

/** The times in which each unit was worked on, by their start. */
export function blocksOf(units: readonly ReportUnit[], durationMs: number): Block[] {
  const blocks = units.flatMap((unit) => {
    const found: { unit: ReportUnit; stages: ReportUnit['stages']; startMs: number; endMs: number }[] = [];
    for (const stage of unit.stages.toSorted((a, b) => a.startMs - b.startMs)) {
      const last = found.at(-1);
      if (last !== undefined && stage.startMs - last.endMs <= durationMs * shortBreak) {
        last.stages.push(stage);
        last.endMs = Math.max(last.endMs, stage.endMs);
      } else if (stage.stage !== 'limit')
        found.push({ unit, stages: [stage], startMs: stage.startMs, endMs: stage.endMs });
    }
    return found;
  });
  return blocks.toSorted((a, b) => a.startMs - b.startMs);
}

/** Gives each block, by their start, the lowest lane that is free; a unit goes on in its own lane if that is. */
export function lanesOf(blocks: readonly Block[]): Block[][] {
  const lanes: Block[][] = [];
  const home = new Map<ReportUnit, number>();
  for (const block of blocks) {
    const isFree = (lane: number): boolean => (lanes[lane]?.at(-1)?.endMs ?? 0) <= block.startMs;
    const own = home.get(block.unit);
    const free = lanes.findIndex((_, lane) => isFree(lane));
    const lane = own !== undefined && isFree(own) ? own : free >= 0 ? free : lanes.length;
    home.set(block.unit, lane);
    (lanes[lane] ??= []).push(block);
  }
  return lanes;
}

/** A count or a sum that changes at some times, as a line of steps within a box. */
export function stepLine(
  changes: readonly { readonly atMs: number; readonly by: number }[],
  box: {
    readonly x: (ms: number) => number;
    readonly endMs: number;
    readonly top: number;
    readonly height: number;
    readonly most: number;
  },
): string {
  const y = (value: number): string =>
    (box.top + box.height * (1 - Math.min(1, value / Math.max(box.most, 1e-9)))).toFixed(1);
  const sums = new Map<number, number>();
  for (const { atMs, by } of changes) sums.set(atMs, (sums.get(atMs) ?? 0) + by);
  let value = 0;
  let line = `M${box.x(0).toFixed(1)} ${y(0)}`;
  for (const [atMs, by] of [...sums].toSorted(([a], [b]) => a - b)) {
    value += by;
    line += `H${box.x(atMs).toFixed(1)}V${y(value)}`;
  }
  return `${line}H${box.x(box.endMs).toFixed(1)}`;
}
