import type PQueue from 'p-queue';
import type { Config } from '../model/config.ts';
import type { Emit } from '../model/event.ts';
import type { AttemptId, RunId, UnitId } from '../model/ids.ts';
import type { Budget, Role } from '../model/agent.ts';
import type { UnitSpec } from '../model/unit.ts';
import type { Database } from '../queue/database.ts';
import type { Repository } from '../repo/repository.ts';
import type { Launcher } from '../sandbox/launcher.ts';
import type { Cores } from '../util/cores.ts';
import type { Clock } from '../util/clock.ts';
import type { Redactor } from '../util/redact.ts';
import type { Board } from './board.ts';
import type { Boxes } from './boxes.ts';
import type { Fleet } from './fleet.ts';
import type { Outputs } from './outputs.ts';
import type { RunEnd } from './run-end.ts';
import type { Session } from './sessions.ts';
import type { SetUp } from './set-up.ts';
import type { RunSettings } from './run-settings.ts';
import type { SpecsPlace } from './merge.ts';
import type { Train } from './train.ts';

/** Everything that the parts of a run share. */
export interface Run {
  readonly id: RunId;
  readonly settings: RunSettings;
  readonly config: Config;
  readonly database: Database;
  readonly repository: Repository;
  readonly launcher: Launcher;
  /** Shared by the commands of agents and the checks. */
  readonly cores: Cores;
  readonly fleet: Fleet;
  readonly train: Train;
  /** Of the attempts that agents work on now. */
  readonly sessions: Map<AttemptId, Session>;
  /** Who reads beside those who work (scouts, planners, reviewers, shippers) takes turns: as many at once as may work. */
  readonly readers: PQueue;
  /** Ends those who look before the agent of an attempt works; the agent itself is ended by the executor. */
  readonly stops: Map<AttemptId, AbortController>;
  /** What all who work on a phase are told, by phase and by what their agents load themselves. */
  readonly pinned: Map<string, Promise<string>>;
  /** Maps of the repository, by phase (null for units without one); null where none is made. */
  readonly maps: Map<string | null, Promise<string | null>>;
  /** What its agents know of each other. */
  readonly board: Board;
  readonly clock: Clock;
  /** Records an event and passes it on to whoever watches. */
  readonly emit: Emit;
  /** The specs folder relative to the repository's root; null when it lies elsewhere. */
  readonly specsPath: string | null;
  /** What was asked for when it was last read. */
  readonly asked: { files: readonly string[]; units: readonly UnitSpec[] };
  /** True for a unit that this run may work on. */
  readonly isAskedFor: (unit: UnitId) => boolean;
  readonly projectChecks: readonly { readonly name: string; readonly command: string }[];
  /** Absolute path of the folder for checkouts and workspaces. */
  readonly cache: string;
  readonly mark: string;
  /** Whole outputs of what failed. */
  readonly outputs: Outputs;
  readonly boxes: Boxes;
  /** Null when nothing has to be set up. */
  readonly setUp: SetUp | null;
  readonly redactor: Redactor;
  /** Money for what is done for an attempt. */
  readonly budget: (of: { readonly unit: UnitId; readonly attempt: AttemptId; readonly role: Role }) => Budget;
  /** How it ends before it is through: whoever starts something for the run has its signal. */
  readonly end: RunEnd;
}

/** Where the specs of a run are in its repository. */
export function specsPlaceOf({ specsPath, config }: Pick<Run, 'specsPath' | 'config'>): SpecsPlace {
  return { path: specsPath, ignore: config.ignore };
}
