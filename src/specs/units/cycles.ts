import type { SpecDiagnostic } from '../../model/spec-rule.ts';
import type { UnitId } from '../../model/ids.ts';
import type { UnitSpec } from '../../model/unit.ts';

/** The most keys of a circle that are named on the way from a unit, and back to it. */
const mostNamed = 5;

/** The units, of which those that wait for each other in a circle have an error. Done ones wait for nothing. Pure. */
export function withCycles(units: readonly UnitSpec[]): UnitSpec[] {
  const open = new Map(units.flatMap((unit) => (unit.isTicked ? [] : [[unit.id, unit] as const])));
  const dependsOf = (id: UnitId): readonly UnitId[] => (open.get(id)?.depends ?? []).filter((one) => open.has(one));
  const problems = new Map<UnitId, SpecDiagnostic>();
  for (const circle of circlesAmong([...open.keys()], dependsOf))
    for (const [id, path] of pathsAround(circle, dependsOf)) {
      const unit = open.get(id);
      if (unit === undefined) continue;
      const keys = path.map((one) => (one === null ? '…' : (open.get(one)?.key ?? one)));
      problems.set(id, {
        severity: 'error',
        code: 'dependency-cycle',
        message: `units depend on each other in a circle: ${keys.join(' → ')}`,
        hint: 'Remove one of these dependencies.',
        ...{ file: unit.file, line: unit.line, column: 1 },
      });
    }
  if (problems.size === 0) return [...units];
  return units.map((unit) => {
    const problem = unit.isTicked ? undefined : problems.get(unit.id);
    return problem === undefined ? unit : { ...unit, problems: [...unit.problems, problem] };
  });
}

type Depends = (id: UnitId) => readonly UnitId[];

/**
 * The largest sets of units that all wait for each other (Tarjan's strongly connected components). Depth first with an
 * explicit stack, since a chain of ten thousand units would overflow the call stack.
 */
function circlesAmong(ids: readonly UnitId[], dependsOf: Depends): UnitId[][] {
  const numbers = new Map<UnitId, number>();
  /** The smallest number that is known to be reached from a unit, among those on the stack. */
  const lows = new Map<UnitId, number>();
  const stack: UnitId[] = [];
  const onStack = new Set<UnitId>();
  const circles: UnitId[][] = [];
  const lower = (id: UnitId, to: number): void => void lows.set(id, Math.min(lows.get(id) ?? to, to));
  for (const root of ids) {
    const path: { readonly id: UnitId; readonly depends: readonly UnitId[]; next: number }[] = [];
    const enter = (id: UnitId): void => {
      lows.set(id, numbers.size);
      numbers.set(id, numbers.size);
      stack.push(id);
      onStack.add(id);
      path.push({ id, depends: dependsOf(id), next: 0 });
    };
    if (!numbers.has(root)) enter(root);
    for (let top = path.at(-1); top; top = path.at(-1)) {
      const dependency = top.depends[top.next++];
      if (dependency !== undefined) {
        const number = numbers.get(dependency);
        if (number === undefined) enter(dependency);
        else if (onStack.has(dependency)) lower(top.id, number);
        continue;
      }
      path.pop();
      const low = lows.get(top.id) ?? 0;
      const before = path.at(-1);
      if (before) lower(before.id, low);
      if (low !== numbers.get(top.id)) continue;
      const circle = stack.splice(stack.lastIndexOf(top.id));
      for (const id of circle) onStack.delete(id);
      if (circle.length > 1 || dependsOf(top.id).includes(top.id)) circles.push(circle);
    }
  }
  return circles;
}

/** For each unit of a circle, a way from it to the first one and back to it; null stands for more units than are named. */
function pathsAround(circle: readonly UnitId[], dependsOf: Depends): Map<UnitId, (UnitId | null)[]> {
  const members = new Set(circle);
  const [first] = circle;
  if (first === undefined) return new Map();
  const dependents = new Map<UnitId, UnitId[]>();
  for (const id of circle)
    for (const dependency of dependsOf(id)) {
      const known = dependents.get(dependency);
      if (known) known.push(id);
      else dependents.set(dependency, [id]);
    }
  const towards = steps(first, (id) => dependents.get(id) ?? []);
  const from = steps(first, (id) => dependsOf(id).filter((one) => members.has(one)));
  return new Map(
    circle.map((id) => {
      const there = follow(id, towards);
      const back = follow(id, from).toReversed();
      // The first unit is the end of the one and the beginning of the other.
      const isWhole = there.at(-1) === first && back[0] === first;
      if (id === first) return [id, around(first, from, dependents.get(first) ?? [])];
      return [id, isWhole ? [...there, ...back.slice(1)] : [...there, null, id]];
    }),
  );
}

/** A way from a unit around to itself. */
function around(first: UnitId, from: ReadonlyMap<UnitId, UnitId>, before: readonly UnitId[]): (UnitId | null)[] {
  if (before.includes(first)) return [first, first];
  const [last] = before.map((id) => follow(id, from)).toSorted((a, b) => a.length - b.length);
  const back = (last ?? []).toReversed();
  return back[0] === first ? [...back, first] : [first, null, ...back.slice(-1), first];
}

/** For each unit that can be reached from one, the unit before it on a shortest way. */
function steps(first: UnitId, next: Depends): Map<UnitId, UnitId> {
  const before = new Map<UnitId, UnitId>();
  const queue = [first];
  for (const id of queue)
    for (const one of next(id))
      if (one !== first && !before.has(one)) {
        before.set(one, id);
        queue.push(one);
      }
  return before;
}

/** A unit and those that follow it by a table, as many as are named. */
function follow(id: UnitId, table: ReadonlyMap<UnitId, UnitId>): UnitId[] {
  const found = [id];
  for (let at = table.get(id); at !== undefined && found.length <= mostNamed; at = table.get(at)) found.push(at);
  return found;
}
