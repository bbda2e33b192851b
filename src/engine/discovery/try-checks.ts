import { setImmediate as nextTurn } from 'node:timers/promises';
import { InputError } from '../../model/diagnostic.ts';
import type { CommandEvidence } from '../../model/evidence.ts';
import type { Repository } from '../../repo/git/repository.ts';
import { listTree, readFiles, treeOf } from '../../repo/objects/tree.ts';
import { plural } from '../../util/text/plural.ts';
import { findProgram } from '../../util/files/programs.ts';
import { readOutcome } from '../../verify/outcome.ts';
import { apart } from '../checks/apart.ts';
import { CheckRunner } from '../jobs/check-runner.ts';
import { Interrupted } from '../context/interrupted.ts';
import { takeForWork } from '../project/locks.ts';
import type { Project } from '../project/project.ts';
import type { ProjectFiles, Runner, Way } from './test-runner.ts';

/** A test runner, and what came of it on HEAD. */
export interface Tried extends Way {
  readonly name: string;
  readonly seen: string;
  readonly outcome: 'green' | 'red' | 'not-tried';
  /** Why it is not green, in a line; empty when it is. */
  readonly why: string;
  /** What it said of the first thing that went wrong. */
  readonly shows: readonly string[];
}

/** The files of a commit, as the search for test runners reads them. */
export async function filesOf(repository: Repository, commit: string): Promise<ProjectFiles> {
  const tree = await treeOf(repository, commit);
  const paths = (await listTree(repository, tree)).map((entry) => entry.path);
  return { paths, read: together(async (asked) => readFiles(repository, tree, asked)) };
}

/** Asks for what is wanted at about the same time in one question. */
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

/** A runner that nobody ran. */
export function notTried({ name, seen, ways: [way] }: Runner, why: string): Tried {
  return { name, seen, setup: way?.setup ?? null, command: way?.command ?? '', outcome: 'not-tried', why, shows: [] };
}

/** The longest that a check may take before it counts as not green: this is a first look. */
const patience = { checkTimeout: '5m', attemptTimeout: '10m' };

/**
 * Runs each of a project's test runners on HEAD, in the sandbox as a run would, each in its ways until one is green.
 * Nothing is kept.
 */
export async function tryRunners(options: {
  readonly project: Project;
  readonly repository: Repository;
  readonly runners: readonly Runner[];
  readonly allowUnsandboxed: boolean;
  readonly onTry: (way: Way) => void;
  /** Once it aborts, what runs is ended, and nothing more is tried. */
  readonly signal: AbortSignal;
}): Promise<Tried[]> {
  const { project, runners } = options;
  const lock = await takeForWork(project, 'a run is at work here', options.signal);
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
      // A set-up that fails says less than the tests that ran without it.
      if (last.outcome === 'not-tried' || evidence.setUpFailed !== true)
        last = { name, seen, ...way, outcome: 'red', why: whyNot(evidence), shows: shownOf(evidence) };
    } catch (error) {
      if (error instanceof InputError) return notTried(runner, error.message);
      if (!(error instanceof Interrupted) || error.reason.kind === 'stopped') throw error;
      return notTried(runner, error.message);
    }
  }
  return last;
}

async function runWay(
  way: Way,
  { project, repository, allowUnsandboxed, onTry, signal }: TryOptions,
): Promise<CommandEvidence> {
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
    return (await new CheckRunner(means).run({ ...job, isTraced: false })).evidence;
  });
}

function whyNot(evidence: CommandEvidence): string {
  const outcome = readOutcome(evidence);
  if (outcome.kind === 'unclear') return outcome.why;
  const ran = evidence.testsRun === null ? '' : ` (${plural(evidence.testsRun, 'test')} ran)`;
  return `exit ${evidence.exitCode ?? '?'}${ran}`;
}

/** What went wrong first; where nothing tells, the last lines. */
function shownOf({ shows, excerpt }: CommandEvidence): readonly string[] {
  return shows ?? excerpt.trimEnd().split('\n').slice(-8);
}
