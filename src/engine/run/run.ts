import path from 'node:path';
import type { Event } from '../../model/event.ts';
import type { UnitId } from '../../model/ids.ts';
import { openBudget } from '../../queue/budget.ts';
import { appendEvent } from '../../queue/events.ts';
import { systemClock } from '../../util/time/clock.ts';
import type { Redactor } from '../../util/text/redact.ts';
import { Board } from '../crew/board.ts';
import { RunAgents } from '../crew/run-agents.ts';
import type { Executes } from '../jobs/executor.ts';
import { openExecutor } from './executors.ts';
import type { Opened } from './opened.ts';
import { Outputs } from '../boxes/outputs.ts';
import { pathIn, specsPath } from '../project/project.ts';
import type { Ends } from '../context/run-end.ts';
import type { Books } from '../context/books.ts';
import type { Crew } from '../crew/crew.ts';
import { askedFor, type Scope } from '../context/scope.ts';
import type { Target } from '../context/target.ts';
import { MergeQueue } from '../judging/merge-queue.ts';
import { Overlaps } from '../judging/overlaps.ts';

/** All parts of a run; its functions take the parts that they need. */
export interface Run extends Scope, Target, Books, Crew, Ends, Executes {
  readonly mergeQueue: MergeQueue;
  readonly overlaps: Overlaps;
  readonly redactor: Redactor;
  /** Outputs of failures. */
  readonly outputs: Outputs;
  /** The sandbox tier. */
  readonly tier: string;
  readonly touchesOf: (unit: UnitId) => readonly string[];
  /** Agents of the run itself. */
  readonly agents: RunAgents;
}

/** What a run does that has no units: the work of its lead. */
export type LeadWork = (run: Run) => Promise<void>;

const companions: ((run: Run) => void)[] = [];

/** Calls `companion` with every further run of this process once it has begun, for example to create agents of it. */
export function accompany(companion: (run: Run) => void): void {
  companions.push(companion);
}

/** Calls the companions with a run that has begun. */
export function tellCompanions(run: Run): void {
  for (const companion of companions) companion(run);
}

/** Assembles a run. Starts and writes nothing. */
export function openRun(opened: Opened, isAskedFor: Run['isAskedFor'], board: Board): Run {
  const { id, project, repository, specs, database, settings, launcher, fleet, redactor, end } = opened;
  const { config } = project;
  const clock = systemClock;
  const asked = { files: specs.files.map((file) => file.file), units: specs.units };
  const outputs = new Outputs(path.join(project.state, 'runs', id, 'output'));
  const parts = {
    id,
    env: project.asker.env,
    settings,
    config,
    database,
    repository,
    fleet,
    mergeQueue: new MergeQueue(),
    sessions: new Map(),
    pinned: new Map(),
    maps: new Map(),
    stops: new Map(),
    board,
    clock,
    emit: (event: Event): void => database.write(() => appendEvent(database, clock.now(), id, event)),
    specsPath: specsPath(project, repository),
    promptFiles: [...fleet.casting.prompts].map((name) => pathIn(repository, path.resolve(project.configBase, name))),
    ticks: opened.ticks,
    asked,
    isAskedFor,
    touchesOf: (unit) => askedFor(asked.units).byId.get(unit)?.touches ?? [],
    projectChecks: Object.entries(config.checks).map(([name, command]) => ({ name, command })),
    outputs,
    redactor,
    tier: launcher.tier,
    budget: (of) => {
      const { caps, isUnmetered } = settings;
      return openBudget(database, { ...of, run: id, caps, isUnmetered, now: () => clock.now() });
    },
    end,
    executor: openExecutor(opened, outputs),
  } satisfies Omit<Run, 'agents' | 'overlaps'>;
  return { ...parts, agents: new RunAgents(parts), overlaps: new Overlaps(parts) };
}
