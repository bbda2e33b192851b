import type { RecordedEvent } from '../../model/event.ts';
import type { RunOutcome } from '../../model/exit-code.ts';
import type { RunId } from '../../model/ids.ts';
import type { Database } from '../../queue/database.ts';
import type { Repository } from '../../repo/git/repository.ts';
import type { Choice } from '../../sandbox/choose.ts';
import type { Egress } from '../../sandbox/egress.ts';
import type { Launcher } from '../../sandbox/launcher.ts';
import type { KnownGroups } from '../../specs/format/known.ts';
import type { SpecFolder } from '../../specs/units/read.ts';
import type { Redactor } from '../../util/text/redact.ts';
import type { RunEnd } from '../context/run-end.ts';
import type { RunSettings } from '../context/run-settings.ts';
import type { TickPlace } from '../context/tick-place.ts';
import type { Fleet } from '../crew/fleet.ts';
import type { Project } from '../project/project.ts';
import type { Estimates } from './estimates.ts';

/** A run that may start: locked, with its agents and sandbox. */
export interface Opened {
  readonly id: RunId;
  readonly project: Project;
  readonly repository: Repository;
  readonly ticks: TickPlace;
  readonly specs: SpecFolder;
  readonly database: Database;
  /** What is known of spec files by their text. */
  readonly known: KnownGroups;
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
