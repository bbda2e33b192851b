import type { Env } from '../../util/files/home.ts';
import type { Config } from '../../model/config.ts';
import type { UnitId } from '../../model/ids.ts';
import type { UnitSpec } from '../../model/unit.ts';
import type { RunSettings } from './run-settings.ts';

/** What a run was asked for. */
export interface Scope {
  /** The environment of who asked. */
  readonly env: Env;
  readonly settings: RunSettings;
  readonly config: Config;
  /** The specs, as they were read last. */
  readonly asked: { files: readonly string[]; units: readonly UnitSpec[] };
  /** True for a unit that this run may work on. */
  readonly isAskedFor: (unit: UnitId) => boolean;
  readonly projectChecks: readonly { readonly name: string; readonly command: string }[];
  /** The specs folder relative to the repository's root; null when it lies elsewhere. */
  readonly specsPath: string | null;
}

/** What follows from all units that are asked for: worked out once for a reading of the specs, not for each unit. */
export interface AskedFor {
  readonly byId: ReadonlyMap<UnitId, UnitSpec>;
  /** Contracts that any of them names, each once. */
  readonly contracts: readonly string[];
  readonly criteriaHashes: ReadonlySet<string>;
  /** True when any of them has a check. */
  readonly hasChecks: boolean;
}

const known = new WeakMap<readonly UnitSpec[], AskedFor>();

/** What follows from these units. */
export function askedFor(units: readonly UnitSpec[]): AskedFor {
  let facts = known.get(units);
  if (!facts) {
    facts = {
      byId: new Map(units.map((unit) => [unit.id, unit])),
      contracts: [...new Set(units.flatMap((unit) => unit.contracts))],
      criteriaHashes: new Set(units.map((unit) => unit.criteriaHash)),
      hasChecks: units.some(({ criteria }) => criteria.some(({ command }) => command !== null)),
    };
    known.set(units, facts);
  }
  return facts;
}
