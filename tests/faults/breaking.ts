import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import Sqlite from 'better-sqlite3';
import { expect } from 'vitest';
import { stragglers, TestProject } from '../support/project.ts';

/*
 * Runs of one project that break at points that they pass. The next ones go on, and the end must be the same as that of a
 * run which nothing happened to.
 */

/** What the agents of a case say that one of their orders costs. */
export const costUsd = 0.01;

export interface Case {
  /** The files of its project. Agents add a line to `counted` for each of their orders. */
  readonly files: (project: TestProject, counted: string) => Readonly<Record<string, string>>;
  /** What an undisturbed run ends with. */
  readonly whole: Pick<Settled, 'texts' | 'landings' | 'states'>;
}

interface Settled {
  /** The lines on the branch of each file that units write, sorted, since units may land in another order; null for no file. */
  readonly texts: Readonly<Record<string, readonly string[] | null>>;
  readonly landings: readonly string[];
  readonly states: readonly string[];
  readonly isPaidFor: boolean;
  readonly left: readonly string[];
}

/** The end that a case must come to. */
export function wholeOf({ whole }: Case): Settled {
  return { ...whole, isPaidFor: true, left: [] };
}

/** Everything that an undisturbed run and a disturbed one must agree on. */
export function settled(project: TestProject, { whole }: Case): Settled {
  const sqlite = new Sqlite(path.join(project.state, 'backlog.db'), { readonly: true });
  const units = sqlite.prepare('select id, state from units order by id').all() as { id: string; state: string }[];
  const { spent } = sqlite
    .prepare(
      'select sum(coalesce(settled_micro_usd + possible_micro_usd, reserved_micro_usd)) as spent from reservations',
    )
    .get() as { spent: number };
  sqlite.close();
  const worked = readFileSync(path.join(project.outside, 'count'), 'utf8').trim().split('\n').length;
  const textOf = (file: string): string[] | null => {
    const { status, stdout } = spawnSync('git', ['show', `backlog/next:${file}`], {
      cwd: project.root,
      encoding: 'utf8',
    });
    return status === 0 ? stdout.trimEnd().split('\n').toSorted() : null;
  };
  return {
    texts: Object.fromEntries(Object.keys(whole.texts).map((file) => [file, textOf(file)])),
    landings: project.landings().toSorted(),
    states: units.map(({ id, state }) => `${id} ${state}`),
    isPaidFor: spent >= worked * costUsd * 1_000_000,
    left: [...stragglers(project), ...workspaces(project)],
  };
}

function workspaces(project: TestProject): string[] {
  const cache = path.join(project.outside, 'cache');
  if (!existsSync(cache)) return [];
  return readdirSync(cache).flatMap((name) => readdirSync(path.join(cache, name)).map((box) => `${name}/${box}`));
}

/** Gives a project of a case to `action`, and takes it away again. */
export async function withProject<T>(of: Case, action: (project: TestProject) => Promise<T>): Promise<T> {
  const ends: (() => void)[] = [];
  try {
    const project = TestProject.makeKept({}, (end) => ends.push(end));
    project.write(of.files(project, path.join(project.outside, 'count')));
    project.commit('Specs');
    return await action(project);
  } finally {
    for (const end of ends) end();
  }
}

/** All points that an undisturbed run passes, in order: `land` the first time, `land#2` the second. */
export async function passesOf(of: Case): Promise<string[]> {
  return withProject(of, async (project) => {
    const log = path.join(project.outside, 'points');
    const env = { BACKLOG_FAILPOINT_LOG: log };
    const { code, stderr } = await project.start(['run', 'specs'], { env, isKept: true }).ended;
    if (code !== 0) throw new Error(stderr);
    expect(settled(project, of)).toEqual(wholeOf(of));
    const times = new Map<string, number>();
    return readFileSync(log, 'utf8')
      .trim()
      .split('\n')
      .map((point) => {
        const time = (times.get(point) ?? 0) + 1;
        times.set(point, time);
        return time === 1 ? point : `${point}#${time}`;
      });
  });
}

/**
 * Breaks runs at points, a few side by side, by an action of failpoints. What does not come to the end as it should comes
 * back, by its point.
 */
export async function breakAt(of: Case, points: readonly string[], action: string): Promise<Record<string, unknown>> {
  const wrong: Record<string, unknown> = {};
  const left = [...points];
  const work = async (): Promise<void> => {
    for (let point = left.shift(); point !== undefined; point = left.shift()) {
      const env = { BACKLOG_FAILPOINT: `${point}=${action}` };
      const found = await withProject(of, async (project) => {
        await project.start(['run', 'specs'], { env, isKept: true }).ended;
        return goesOn(project, of);
      });
      if (found !== null) wrong[point] = found;
    }
  };
  await Promise.all([work(), work(), work()]);
  return wrong;
}

/** Runs again until everything is through, three times at most; null when the end is as it should be. */
export async function goesOn(project: TestProject, of: Case): Promise<unknown> {
  for (let again = 0; again < 3; again++) {
    const ended = await project.start(['run', 'specs'], { isKept: true }).ended;
    const now = settled(project, of);
    if (ended.code === 0 && JSON.stringify(now) === JSON.stringify(wholeOf(of))) return null;
    if (again === 2) return { code: ended.code, stderr: ended.stderr.slice(-2000), now };
  }
  return null;
}
