import type { UnitSpec } from '../../../model/unit.ts';
import { hasErrors } from '../../../model/diagnostic.ts';

/** How much of a backlog could run, and how much of it could be judged by commands. */
export interface Counts {
  readonly units: number;
  readonly done: number;
  /** Units that nobody may work on now, such as drafts. */
  readonly held: number;
  /** Units that can run; all others are done, held, or have an error. */
  readonly runnable: number;
  /** Criteria of units that are neither done nor held. */
  readonly criteria: number;
  readonly withCommand: number;
  /** References to criteria in other places, and how many of them lead to one. */
  readonly joins: number;
  readonly resolvedJoins: number;
}

/** The counts of a folder, and of each format in it. */
export interface Score extends Counts {
  readonly formats: readonly (Counts & { readonly format: string })[];
}

/** Counts units; gates are not counted. */
export function scoreOf(units: readonly UnitSpec[]): Score {
  const counted = units.filter(({ gate }) => gate === null);
  const byFormat = Map.groupBy(counted, ({ format }) => format ?? '');
  return {
    ...countsOf(counted),
    formats: [...byFormat].map(([format, some]) => ({ format, ...countsOf(some) })),
  };
}

function countsOf(units: readonly UnitSpec[]): Counts {
  const done = units.filter(({ isTicked }) => isTicked);
  const open = units.filter(({ isTicked, hold }) => !isTicked && hold === null);
  const criteria = open.flatMap((unit) => unit.criteria);
  const sum = (values: readonly number[]): number => values.reduce((all, one) => all + one, 0);
  const resolvedJoins = sum(units.map(({ joins }) => joins.resolved));
  return {
    units: units.length,
    done: done.length,
    held: units.length - done.length - open.length,
    runnable: open.filter(({ problems }) => !hasErrors(problems)).length,
    criteria: criteria.length,
    withCommand: criteria.filter(({ command }) => command !== null).length,
    joins: resolvedJoins + sum(units.map(({ joins }) => joins.dangling)),
    resolvedJoins,
  };
}
