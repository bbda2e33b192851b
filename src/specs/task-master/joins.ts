import type { SpecDiagnostic } from '../../model/spec-rule.ts';
import { type Json, memberOf, textOf, valuesIn } from '../text/json-tree.ts';
import { errorAt, type Source } from '../text/source.ts';
import { stateOf } from './states.ts';

/** A task with the names that others know it by. */
export interface Task {
  readonly json: Json;
  /** As the author wrote it; empty without one. */
  readonly id: string;
  readonly key: string;
  readonly tag: string;
}

/** The key of a unit that a task waits for, and where it is written. */
interface Dependency {
  readonly name: string;
  readonly at: Json;
}

/** What the tasks of a tag wait for. */
export interface Joined {
  of(task: Task): { readonly depends: readonly Dependency[]; readonly problems: readonly SpecDiagnostic[] };
}

/** A task that another one waits for. */
interface Edge {
  readonly to: Task;
  readonly at: Json;
  /** True if only a subtask says so. */
  readonly isOfSubtask: boolean;
}

/**
 * Joins the tasks of a tag. A task waits for those that it or its subtasks name; `2.3` is a part of task 2. What subtasks
 * say is left out where tasks would wait for each other, since tasks are done as a whole.
 */
export function joinTasks(source: Source, tasks: readonly Task[], keyOf: (name: string) => string): Joined {
  const byId = new Map(tasks.toReversed().map((task) => [task.id.toLowerCase(), task]));
  const taskOf = (name: string): Task | undefined =>
    byId.get(name.toLowerCase()) ?? byId.get(name.toLowerCase().replace(/\..*$/, ''));
  const edges = new Map<Task, Edge[]>();
  const unknown = new Map<Task, Dependency[]>();
  for (const task of tasks) {
    const own: Edge[] = [];
    const missing: Dependency[] = [];
    for (const { name, at } of namesIn(task.json)) {
      const to = taskOf(name);
      if (to === undefined) missing.push({ name: keyOf(name), at });
      else if (to !== task) own.push({ to, at, isOfSubtask: false });
    }
    const subtasks = memberOf(task.json, 'subtasks')?.items ?? [];
    const siblings = new Set(subtasks.map((json) => textOf(memberOf(json, 'id'))));
    for (const { name, at } of subtasks.flatMap(namesIn)) {
      const to = siblings.has(name) ? task : taskOf(name);
      if (to !== undefined && to !== task) own.push({ to, at, isOfSubtask: true });
    }
    edges.set(task, own);
    unknown.set(task, missing);
  }
  const knotted = inKnots(edges);
  return {
    of(task) {
      const depends = new Map<string, Dependency>();
      const problems: SpecDiagnostic[] = [];
      for (const { to, at, isOfSubtask } of edges.get(task) ?? []) {
        if (stateOf(to.json).kind === 'cancelled') problems.push(cancelled(source, to, at));
        else if (!isOfSubtask || !knotted.has(task) || !knotted.has(to))
          depends.set(to.key, depends.get(to.key) ?? { name: to.key, at });
      }
      const missing = stateOf(task.json).kind === 'open' ? (unknown.get(task) ?? []) : [];
      return { depends: [...depends.values(), ...missing], problems };
    },
  };
}

/** The names in a task's dependencies. */
function namesIn(json: Json): Dependency[] {
  return valuesIn(json, 'dependencies', 'dependsOn', 'depends_on').flatMap((at) =>
    textOf(at)
      .split(',')
      .map((name) => ({ name: name.trim(), at }))
      .filter(({ name }) => name !== ''),
  );
}

function cancelled(source: Source, { id }: Task, at: Json): SpecDiagnostic {
  const problem = {
    code: 'cancelled-dependency' as const,
    message: `task ${id} is cancelled, so this task does not wait for it`,
    hint: 'Remove it from the dependencies.',
  };
  return { ...errorAt(source, { offset: at.start, length: at.end - at.start }, problem), severity: 'warning' };
}

/** The tasks that wait for themselves through others, and those between them. */
function inKnots(edges: ReadonlyMap<Task, readonly Edge[]>): ReadonlySet<Task> {
  const left = new Set(edges.keys());
  const [after, before] = [new Map<Task, Task[]>(), new Map<Task, Task[]>()];
  const add = (map: Map<Task, Task[]>, from: Task, to: Task): void => {
    const all = map.get(from);
    if (all) all.push(to);
    else map.set(from, [to]);
  };
  for (const [from, own] of edges) {
    for (const { to } of own) {
      add(after, from, to);
      add(before, to, from);
    }
  }
  // What waits for nothing, and what nothing waits for, is in no knot.
  for (const [mine, others] of [
    [after, before],
    [before, after],
  ] as const) {
    const count = new Map([...left].map((task) => [task, (mine.get(task) ?? []).filter((to) => left.has(to)).length]));
    const free = [...left].filter((task) => count.get(task) === 0);
    for (let task = free.pop(); task !== undefined; task = free.pop()) {
      left.delete(task);
      for (const other of others.get(task) ?? []) {
        const rest = (count.get(other) ?? 0) - 1;
        count.set(other, rest);
        if (rest === 0 && left.has(other)) free.push(other);
      }
    }
  }
  return left;
}
