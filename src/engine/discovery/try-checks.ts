import { setImmediate as nextTurn } from 'node:timers/promises';
import { ToldError } from '../../model/diagnostic.ts';
import type { Observed } from '../../model/evidence.ts';
import type { Repository } from '../../repo/git/repository.ts';
import { listTree, readFiles, treeOf } from '../../repo/objects/tree.ts';
import { plural } from '../../util/text/plural.ts';
import { findProgram } from '../../util/files/programs.ts';
import { readOutcome } from '../../verify/runs/outcome.ts';
import { apart } from '../checks/apart.ts';
import { CheckRunner } from '../jobs/check-runner.ts';
import { Interrupted } from '../context/interrupted.ts';
import { takeForWork } from '../project/locks.ts';
import type { Project } from '../project/project.ts';
import type { ProjectFiles, Runner, Way } from './test-runner.ts';

/** A test runner and its result on HEAD. */
export interface Tried extends Way {
  readonly name: string;
  readonly seen: string;
  readonly outcome: 'green' | 'red' | 'not-tried';
  /** Why it did not pass, in one line; empty if it did. */
  readonly why: string;
  /** The first error in its output. */
  readonly shows: readonly string[];
}

/** The files of a commit. */
export async function filesOf(repository: Repository, commit: string): Promise<ProjectFiles> {
  const tree = await treeOf(repository, commit);
  const paths = (await listTree(repository, tree)).map((entry) => entry.path);
  return { paths, read: together(async (asked) => readFiles(repository, tree, asked)) };
}

/** Combines requests made at about the same time into one. */
function together(
  ask: (paths: readonly string[]) => Promise<ReadonlyMap<string, Buffer | null>>,
): (path: string) => Promise<string | null> {
  let wanted: Set<string> | null = null;
  let answer: ReturnType<typeof ask>;
  return async (path) => {
    if (wanted === null) {
      const paths = new Set<string>();
      wanted = paths;
      answer = nextTurn().then(async () => {
        wanted = null;
        return ask([...paths]);
      });
    }
    wanted.add(path);
    return (await answer).get(path)?.toString('utf8') ?? null;
  };
}

/** A runner that was not run. */
export function notTried({ name, seen, ways: [way] }: Runner, why: string): Tried {
  return { name, seen, setup: way?.setup ?? null, command: way?.command ?? '', outcome: 'not-tried', why, shows: [] };
}

/** Time limits of a first try. */
const patience = { checkTimeout: '5m', attemptTimeout: '10m' };

/** Runs a project's test runners on HEAD, in the sandbox as a run would, trying ways until one passes. Records nothing. */
export async function tryRunners(options: {
  readonly project: Project;
  readonly repository: Repository;
  readonly runners: readonly Runner[];
  readonly allowUnsandboxed: boolean;
  readonly onTry: (way: Way) => void;
  /** Ends running commands when it aborts; nothing more is tried. */
  readonly signal: AbortSignal;
}): Promise<Tried[]> {
  const { project, runners } = options;
  const lock = await takeForWork(project, 'a run is active here', options.signal);
  const tried: Tried[] = [];
  try {
    for (const runner of runners) tried.push(await tryRunner(runner, options));
    return tried;
  } finally {
    lock.release();
  }
}

type TryOptions = Parameters<typeof tryRunners>[0];

async function tryRunner(runner: Runner, options: TryOptions): Promise<Tried> {
  const { name, seen, program, ways } = runner;
  if (findProgram(program, '/', options.project.asker.env['PATH'] ?? '') === null)
    return notTried(runner, `${program} is not on PATH`);
  let last = notTried(runner, 'there is no way to run it');
  for (const way of ways) {
    try {
      const evidence = await runWay(way, options);
      if (readOutcome(evidence).kind === 'green') return { name, seen, ...way, outcome: 'green', why: '', shows: [] };
      // A failed set-up says less than tests that ran without it.
      if (last.outcome === 'not-tried' || evidence.setUpFailed !== true)
        last = { name, seen, ...way, outcome: 'red', why: whyNot(evidence), shows: shownOf(evidence) };
    } catch (error) {
      if (error instanceof ToldError) return notTried(runner, error.message);
      if (!(error instanceof Interrupted) || error.reason.kind === 'stopped') throw error;
      return notTried(runner, error.message);
    }
  }
  return last;
}

async function runWay(
  way: Way,
  { project, repository, allowUnsandboxed, onTry, signal }: TryOptions,
): Promise<Observed> {
  onTry(way);
  const { setup: _, ...config } = project.config;
  const tried = { ...config, ...(way.setup === null ? {} : { setup: way.setup }) };
  const limits = { ...config.limits, ...patience };
  const tree = await treeOf(repository, repository.head);
  const it = {
    project: { ...project, config: { ...tried, limits } },
    repository,
    branch: config.into,
    tree,
    allowUnsandboxed,
    signal,
  };
  return apart(it, async (means) => {
    const check = { command: way.command, cwd: '' };
    const { checkTimeoutMs: timeoutMs } = means.settings;
    const job = { tree, tip: repository.head, check, on: 'base', unit: null, touches: [], timeoutMs } as const;
    return (await new CheckRunner(means).run({ ...job, isTraced: false })).end;
  });
}

function whyNot(evidence: Observed): string {
  const outcome = readOutcome(evidence);
  if (outcome.kind === 'unclear') return outcome.why;
  const ran = evidence.testsRun === null ? '' : ` (${plural(evidence.testsRun, 'test')} ran)`;
  return `exit ${evidence.exitCode ?? '?'}${ran}`;
}

/** The first error or, without one, the last lines. */
function shownOf({ shows, excerpt }: Observed): readonly string[] {
  return shows ?? excerpt.trimEnd().split('\n').slice(-8);
}
