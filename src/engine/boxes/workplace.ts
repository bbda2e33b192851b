import type { Launcher } from '../../sandbox/launcher.ts';
import type { Cores } from '../../util/process/cores.ts';
import type { Redactor } from '../../util/text/redact.ts';
import type { Boxes } from './boxes.ts';
import type { Outputs } from './outputs.ts';
import type { SetUp } from './set-up.ts';

/** Where commands run, and with what. */
export interface Workplace {
  readonly launcher: Launcher;
  /** Shared by the commands of agents and the checks. */
  readonly cores: Cores;
  /** Absolute path of the folder for checkouts and workspaces. */
  readonly cache: string;
  readonly mark: string;
  /** Whole outputs of what failed. */
  readonly outputs: Outputs;
  readonly boxes: Boxes;
  /** Null when nothing has to be set up. */
  readonly setUp: SetUp | null;
  readonly redactor: Redactor;
}
