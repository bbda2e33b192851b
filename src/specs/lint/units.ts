import { compilePattern, compiledOverlap, patternSet, plainBeginnings } from '../../model/path-pattern.ts';
import type { UnitId } from '../../model/ids.ts';
import { listSome } from '../../model/list-some.ts';
import type { UnitSpec } from '../../model/unit.ts';
import { alikePairs, wordsOf } from '../text/similar.ts';
import type { Finding, Rule } from './rule.ts';

/** The most steps of all comparisons of a rule; what is left then is not compared. */
const mostSteps = 10_000_000;

/** Sizes above which one attempt at a unit seldom succeeds. */
const most = { criteria: 25, characters: 30_000 };

export const tooLarge: Rule = {
  name: 'too-large',
  severity: 'warning',
  about: `units with more than ${most.criteria} criteria, or more than ${most.characters} characters of text`,
  find: ({ open }) =>
    open.flatMap((unit): Finding[] => {
      const { criteria, body } = unit;
      const what =
        criteria.length > most.criteria
          ? `${criteria.length} criteria`
          : body.length > most.characters
            ? `${body.length} characters of text`
            : null;
      if (what === null) return [];
      const hint = 'Split it into units that depend on each other; each is verified and landed on its own.';
      return [{ unit, message: `this unit is large for one attempt: it has ${what}`, hint }];
    }),
};

/** Marks of a unit that contradict those of its criteria. */
export const halfDone: Rule = {
  name: 'half-done',
  severity: 'warning',
  about: 'units that are marked as done in one place and as open in another',
  find: ({ units }) =>
    units.flatMap((unit): Finding[] => {
      const boxes = unit.criteria.filter(({ isTicked }) => isTicked !== null);
      const open = boxes.filter(({ isTicked }) => isTicked === false);
      const [first] = open;
      if (unit.isTicked && first !== undefined) {
        const message = `this criterion is open, but its unit "${unit.key}" is marked as done`;
        return [
          { unit, criterion: first, message, hint: 'Tick it, or reopen the unit. A done unit is not worked on.' },
        ];
      }
      const isAll = boxes.length > 0 && boxes.length === unit.criteria.length;
      if (!unit.isTicked && isAll && open.length === 0 && unit.hold === null) {
        const message = 'all criteria are ticked, but the unit is not marked as done';
        return [{ unit, message, hint: 'Mark it as done, or untick what is left to do. It will be worked on.' }];
      }
      return [];
    }),
};

export const nearDuplicate: Rule = {
  name: 'near-duplicate',
  severity: 'warning',
  about: 'units that ask for the same as another',
  find: ({ open }) =>
    alikePairs(
      open.map(({ title, criteria }) => wordsOf({ title, criteria: criteria.map(({ text }) => text) })),
    ).flatMap(([earlier, later]): Finding[] => {
      const [one, unit] = [open[earlier], open[later]];
      if (!one || !unit || one.forEachFile !== null || unit.forEachFile !== null) return [];
      const message = `this unit asks for the same as "${one.key}"`;
      return [{ unit, message, hint: 'Remove one of them, or say in the titles how they differ.' }];
    }),
};

export const missingContract: Rule = {
  name: 'missing-contract',
  severity: 'warning',
  about: 'files under "contracts" that do not exist, and that no unit before it creates',
  find({ open, files }) {
    if (files === null) return [];
    const byId = new Map(open.map((unit) => [unit.id, unit]));
    let left = mostSteps;
    return open.flatMap((unit) => {
      const missing = unit.contracts.filter((file) => !isThere(file, files));
      const before = missing.length === 0 ? [] : unit.depends.flatMap((id) => byId.get(id) ?? []);
      const patterns = before.flatMap(({ touches }) => touches);
      left -= missing.length * patterns.length;
      if (left < 0 || before.some(({ touches }) => touches.length === 0)) return [];
      const made = patternSet(patterns);
      return missing
        .filter((file) => !made.matches(file))
        .map((file): Finding => {
          const message = `the contract ${file} does not exist`;
          const hint = 'Correct the path, or let a unit that it depends on create it.';
          return { unit, phrase: file, message, hint };
        });
    });
  },
};

function isThere(file: string, files: ReadonlySet<string>): boolean {
  return files.has(file.replace(/^\.\//, ''));
}

/** The most patterns that are compared in pairs; above that, only equal patterns are found. */
const mostCompared = 300;

export const overlap: Rule = {
  name: 'overlap',
  severity: 'warning',
  about: 'units that touch the same paths, of which none depends on the other',
  find({ open }) {
    const order = new Order(open);
    const found: Finding[] = [];
    for (const { pattern, units } of meetings(open)) {
      const [first, ...others] = units;
      const apart = first === undefined ? [] : order.unordered(first, others);
      if (first === undefined || apart.length === 0) continue;
      const names = listSome(
        apart.map(({ key }) => `"${key}"`),
        3,
      );
      found.push({
        unit: first,
        phrase: pattern,
        message: `"${first.key}" and ${names} touch ${pattern}, and none depends on the other: their order is open, and their changes may conflict`,
        hint: 'Let one depend on the other, or divide the paths.',
      });
    }
    return found;
  },
};

interface Meeting {
  readonly pattern: string;
  readonly units: readonly UnitSpec[];
}

function meetings(open: readonly UnitSpec[]): Meeting[] {
  const byPattern = new Map<string, Set<UnitSpec>>();
  for (const unit of open) {
    for (const pattern of unit.forEachFile === null ? unit.touches : []) {
      const having = byPattern.get(pattern);
      if (having) having.add(unit);
      else byPattern.set(pattern, new Set([unit]));
    }
  }
  const same = [...byPattern].map(([pattern, units]): Meeting => ({ pattern, units: [...units] }));
  const seen = new Set<string>();
  return [...same, ...overlapping(same)].filter(({ units }) => {
    if (units.length < 2) return false;
    const key = units.map(({ id }) => id).join(' ');
    return !seen.has(key) && seen.add(key);
  });
}

/** The units of each pair of patterns that overlap. */
function overlapping(all: readonly Meeting[]): Meeting[] {
  if (all.length > mostCompared) return [];
  const found: Meeting[] = [];
  const compiled = all.map((meeting) => {
    const pattern = compilePattern(meeting.pattern);
    return { ...meeting, compiled: pattern, beginnings: plainBeginnings(pattern) };
  });
  let left = mostSteps;
  for (const [index, one] of compiled.entries())
    for (const other of compiled.slice(index + 1)) {
      left -= one.beginnings.length * other.beginnings.length;
      const canMeet = one.beginnings.some((a) => other.beginnings.some((b) => isBeginning(a, b)));
      if (canMeet) left -= one.pattern.length * other.pattern.length + one.units.length + other.units.length;
      if (left < 0) return found;
      if (canMeet && compiledOverlap(one.compiled, other.compiled))
        found.push({ pattern: one.pattern, units: [...new Set([...one.units, ...other.units])] });
    }
  return found;
}

/** True if one list begins with the other. */
function isBeginning(one: readonly string[], other: readonly string[]): boolean {
  const length = Math.min(one.length, other.length);
  return one.slice(0, length).every((segment, index) => segment === other[index]);
}

/** Which unit comes before which. */
class Order {
  readonly #after = new Map<UnitId, UnitId[]>();
  readonly #before: ReadonlyMap<UnitId, readonly UnitId[]>;
  #left = mostSteps;

  constructor(units: readonly UnitSpec[]) {
    this.#before = new Map(units.map(({ id, depends }) => [id, depends]));
    for (const { id, depends } of units)
      for (const earlier of depends) {
        const later = this.#after.get(earlier);
        if (later) later.push(id);
        else this.#after.set(earlier, [id]);
      }
  }

  /** The units that neither wait for one, nor the other way round; none once that has taken too long. */
  unordered({ id }: UnitSpec, others: readonly UnitSpec[]): UnitSpec[] {
    const [before, after] = [this.#reached(id, this.#before), this.#reached(id, this.#after)];
    return this.#left < 0 ? [] : others.filter((other) => !before.has(other.id) && !after.has(other.id));
  }

  #reached(from: UnitId, edges: ReadonlyMap<UnitId, readonly UnitId[]>): ReadonlySet<UnitId> {
    const reached = new Set<UnitId>();
    const next = [...(edges.get(from) ?? [])];
    for (let at = next.pop(); at !== undefined && this.#left >= 0; at = next.pop()) {
      this.#left--;
      if (reached.has(at)) continue;
      reached.add(at);
      for (const one of edges.get(at) ?? []) next.push(one);
    }
    return reached;
  }
}
