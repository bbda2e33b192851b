import path from 'node:path';
import type { Event } from '../../model/event.ts';
import { type RunOutcome } from '../../model/exit-code.ts';
import type { RunId, UnitId } from '../../model/ids.ts';
import type { RecordedEvent } from '../../model/event.ts';
import { openBudget } from '../../queue/budget.ts';
import type { Database } from '../../queue/database.ts';
import { appendEvent } from '../../queue/events.ts';
import type { Repository } from '../../repo/git/repository.ts';
import type { Choice } from '../../sandbox/choose.ts';
import type { Egress } from '../../sandbox/egress.ts';
import type { Launcher } from '../../sandbox/launcher.ts';
import type { SpecFolder } from '../../specs/units/read.ts';
import { systemClock } from '../../util/time/clock.ts';
import type { Redactor } from '../../util/text/redact.ts';
import { Board } from '../crew/board.ts';
import type { Executes } from '../jobs/executor.ts';
import { openExecutor } from './executors.ts';
import type { Estimates } from './estimates.ts';
import type { Fleet } from '../crew/fleet.ts';
import { Outputs } from '../boxes/outputs.ts';
import { type Project, specsPath } from '../project/project.ts';
import type { RunSettings } from '../context/run-settings.ts';
import type { Ends, RunEnd } from '../context/run-end.ts';
import type { Books } from '../context/books.ts';
import type { Crew } from '../crew/crew.ts';
import { askedFor, type Scope } from '../context/scope.ts';
import type { Target } from '../context/target.ts';
import { Train } from '../judging/train.ts';

/** A run that may begin: under its locks, with its agents and its sandbox. */
export interface Opened {
  readonly id: RunId;
  readonly project: Project;
  readonly repository: Repository;
  readonly specs: SpecFolder;
  readonly database: Database;
  readonly settings: RunSettings;
  readonly fleet: Fleet;
  readonly launcher: Launcher;
  readonly refused: Choice['refused'];
  readonly redactor: Redactor;
  readonly egress: Egress;
  readonly estimates: Estimates;
  readonly end: RunEnd;
  readonly request: {
    readonly onEvent: (event: RecordedEvent) => void;
    readonly stop: AbortSignal;
    readonly stopOutcome: () => Extract<RunOutcome, 'interrupted' | 'terminated'>;
  };
}

/** All that a run is made of. Its parts take what they need of it. */
export interface Run extends Scope, Target, Books, Crew, Ends, Executes {
  readonly train: Train;
  readonly redactor: Redactor;
  /** Whole outputs of what failed. */
  readonly outputs: Outputs;
  /** The sandbox tier. */
  readonly tier: string;
  readonly touchesOf: (unit: UnitId) => readonly string[];
}

/** Puts together what a run is made of. Nothing is started, and nothing is written. */
export function openRun(opened: Opened, isAskedFor: Run['isAskedFor'], board: Board): Run {
  const { id, project, repository, specs, database, settings, launcher, fleet, redactor, end } = opened;
  const { config } = project;
  const clock = systemClock;
  const asked = { files: specs.files.map((file) => file.file), units: specs.units };
  const outputs = new Outputs(path.join(project.state, 'runs', id, 'output'));
  return {
    id,
    settings,
    config,
    database,
    repository,
    fleet,
    train: new Train(),
    sessions: new Map(),
    pinned: new Map(),
    maps: new Map(),
    stops: new Map(),
    board,
    clock,
    emit: (event: Event): void => database.write(() => appendEvent(database, clock.now(), id, event)),
    specsPath: specsPath(project, repository),
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
  };
}
