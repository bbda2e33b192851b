import { inputError } from '../../model/diagnostic.ts';
import type { UnitId } from '../../model/ids.ts';
import { patternMatches } from '../../model/path-pattern.ts';
import type { UnitSpec } from '../../model/unit.ts';
import { suggest } from '../../util/text/suggest.ts';

/** A selection of units. Empty lists do not restrict it; several restrictions must all hold. */
export interface Selection {
  /** Keys, ids, or patterns of them with `*`. */
  readonly only: readonly string[];
  readonly exclude: readonly string[];
  readonly phases: readonly string[];
  readonly labels: readonly string[];
}

export const everything: Selection = { only: [], exclude: [], phases: [], labels: [] };

/** The ids of the selected units; null for all. Throws an `InputError` for a name without a match. */
export function select(
  units: readonly UnitSpec[],
  phases: readonly string[],
  wanted: Selection,
): ReadonlySet<UnitId> | null {
  const { only, exclude, labels } = wanted;
  if ([only, exclude, labels, wanted.phases].every((list) => list.length === 0)) return null;
  const inOnly = named(units, only);
  const inExclude = named(units, exclude);
  for (const phase of wanted.phases) known('phase', phase, phases);
  for (const label of labels) known('label', label, [...new Set(units.flatMap((unit) => unit.labels))]);
  return new Set(
    units
      .filter(
        (unit) =>
          (only.length === 0 || inOnly.has(unit.id)) &&
          !inExclude.has(unit.id) &&
          (wanted.phases.length === 0 || (unit.phase !== null && wanted.phases.includes(unit.phase))) &&
          (labels.length === 0 || labels.some((label) => unit.labels.includes(label))),
      )
      .map((unit) => unit.id),
  );
}

function named(units: readonly UnitSpec[], names: readonly string[]): ReadonlySet<UnitId> {
  const found = new Set<UnitId>();
  for (const name of names) {
    const wanted = name.toLowerCase();
    const isPattern = /[*?]/.test(wanted);
    const fits = units.filter((unit) =>
      isPattern
        ? patternMatches(wanted, unit.id) || patternMatches(wanted, unit.key.toLowerCase())
        : unit.id === wanted || unit.key.toLowerCase() === wanted,
    );
    for (const unit of fits) found.add(unit.id);
    if (fits.length === 0)
      known(
        'unit',
        name,
        units.map((unit) => unit.key),
      );
  }
  return found;
}

function known(what: string, name: string, all: readonly string[]): void {
  if (all.includes(name)) return;
  const similar = suggest(name, all);
  const few = all.length > 0 && all.length <= 10 ? `There are: ${all.join(', ')}.` : `See "backlog list".`;
  throw inputError(
    `unknown-${what}`,
    `there is no ${what} "${name}"`,
    similar === null ? few : `Did you mean "${similar}"?`,
  );
}
