import type { Launcher } from '../../sandbox/launcher.ts';
import type { Cores } from '../../util/process/cores.ts';
import type { Redactor } from '../../util/text/redact.ts';
import type { Boxes, CopiedBoxes } from './boxes.ts';
import type { Outputs } from './outputs.ts';
import type { SetUp } from './set-up.ts';

/** The means to run commands. */
export interface Workplace {
  readonly launcher: Launcher;
  /** Shared by agents' commands and checks. */
  readonly cores: Cores;
  /** Absolute path of the folder for checkouts and workspaces. */
  readonly cache: string;
  readonly mark: string;
  /** Whole outputs of failed commands. */
  readonly outputs: Outputs;
  readonly boxes: CopiedBoxes;
  /** For single commands: layers if available, else copies. */
  readonly commandBoxes: Boxes;
  /** Null without a set-up. */
  readonly setUp: SetUp | null;
  readonly redactor: Redactor;
}
