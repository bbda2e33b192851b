import type { Env } from '../../util/files/home.ts';
import type { Config } from '../../model/config.ts';
import type { UnitId } from '../../model/ids.ts';
import type { UnitSpec } from '../../model/unit.ts';
import type { RunSettings } from './run-settings.ts';
import type { TickPlace } from './tick-place.ts';

/** The scope of a run. */
export interface Scope {
  /** The requester's environment. */
  readonly env: Env;
  readonly settings: RunSettings;
  readonly config: Config;
  /** The specs as last read. */
  readonly asked: { files: readonly string[]; units: readonly UnitSpec[] };
  /** True for a unit that this run may work on. */
  readonly isAskedFor: (unit: UnitId) => boolean;
  readonly projectChecks: readonly { readonly name: string; readonly command: string }[];
  /** The specs folder relative to the repository's root; null if it lies elsewhere. */
  readonly specsPath: string | null;
  /** The prompt files of roles, as paths in the repository. They instruct agents and reviewers of later runs. */
  readonly promptFiles: readonly string[];
  /** Where units are ticked. */
  readonly ticks: TickPlace;
}

/** Facts about all units of a run, computed once per reading of the specs. */
export interface AskedFor {
  readonly byId: ReadonlyMap<UnitId, UnitSpec>;
  /** The distinct contracts that they name. */
  readonly contracts: readonly string[];
  /** What each of them demands, under its title and under its key; see `demandsOf`. */
  readonly demands: ReadonlySet<string>;
  /** True if any of them has a check. */
  readonly hasChecks: boolean;
}

const known = new WeakMap<readonly UnitSpec[], AskedFor>();

/** The facts about these units; cached by the array's identity. */
export function askedFor(units: readonly UnitSpec[]): AskedFor {
  let facts = known.get(units);
  if (!facts) {
    facts = {
      byId: new Map(units.map((unit) => [unit.id, unit])),
      contracts: [...new Set(units.flatMap((unit) => unit.contracts))],
      demands: new Set(units.flatMap((unit) => Object.values(demandsOf(unit)))),
      hasChecks: units.some(({ criteria }) => criteria.some(({ command }) => command !== null)),
    };
    known.set(units, facts);
  }
  return facts;
}

/** Criteria with the name of their unit: other work may have the same. */
export function demandsOf({ id, title, criteriaHash }: Pick<UnitSpec, 'id' | 'title' | 'criteriaHash'>): {
  readonly titled: string;
  readonly keyed: string;
} {
  return { titled: `${criteriaHash} title ${title}`, keyed: `${criteriaHash} key ${id}` };
}
