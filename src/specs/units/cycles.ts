import type { Diagnostic } from '../../model/diagnostic.ts';
import type { UnitId } from '../../model/ids.ts';
import type { UnitSpec } from '../../model/unit.ts';

/** A diagnostic for every dependency cycle, with its path. */
export function cycles(units: readonly UnitSpec[]): Diagnostic[] {
  const byId = new Map(units.map((unit) => [unit.id, unit]));
  const state = new Map<UnitId, 'open' | 'closed'>();
  const diagnostics: Diagnostic[] = [];
  // Depth first with an explicit stack, since a chain of ten thousand units would overflow the call stack.
  for (const root of units) {
    const path: { unit: UnitSpec; next: number }[] = [];
    if (!state.has(root.id)) {
      path.push({ unit: root, next: 0 });
      state.set(root.id, 'open');
    }
    for (let top = path.at(-1); top; top = path.at(-1)) {
      const dependency = top.unit.depends[top.next++];
      if (dependency === undefined) {
        state.set(top.unit.id, 'closed');
        path.pop();
        continue;
      }
      const seen = state.get(dependency);
      const other = byId.get(dependency);
      if (seen === 'open') {
        const from = path.findIndex((step) => step.unit.id === dependency);
        const loop = [...path.slice(from).map((step) => step.unit.key), byId.get(dependency)?.key ?? dependency];
        diagnostics.push({
          severity: 'error',
          code: 'dependency-cycle',
          message: `units depend on each other in a circle: ${loop.join(' → ')}`,
          hint: 'Remove one of these dependencies.',
          file: top.unit.file,
          line: top.unit.line,
          column: 1,
        });
      } else if (seen === undefined && other) {
        state.set(dependency, 'open');
        path.push({ unit: other, next: 0 });
      }
    }
  }
  return diagnostics;
}
