import type { RecordedEvent } from '../model/event.ts';
import { span } from '../report/line.ts';
import { clockTime } from '../report/live/outlook.ts';
import { reporters, Teller } from '../report/reporters.ts';
import { emptyRunState } from '../report/run-state.ts';
import { type Acts, Live } from './live/live.ts';
import { printAsideLine } from './output.ts';

/** True for a terminal on which lines can change in place, and that a person looks at. */
export function canShowLive(): boolean {
  return process.stderr.isTTY && !process.env['CI'] && process.env['TERM'] !== 'dumb';
}

/** Shows a run on standard error: the live view on a terminal (not in CI), otherwise a line with its time for each event. */
export class ProgressDisplay {
  readonly #isQuiet: boolean;
  readonly #isVerbose: boolean;
  readonly #acts: Acts;
  readonly #teller: Teller;
  /** Null before the run begins, since questions are asked before, and without a terminal. */
  #live: Live | null = null;

  constructor(acts: Acts, { isVerbose, isQuiet }: { readonly isVerbose: boolean; readonly isQuiet: boolean }) {
    [this.#acts, this.#isVerbose, this.#isQuiet] = [acts, isVerbose, isQuiet];
    this.#teller = new Teller(reporters.ofEvents('progress'), emptyRunState(), { isVerbose });
  }

  show(recorded: RecordedEvent): void {
    if (this.#isQuiet) return;
    if (recorded.event.type === 'run-started' && canShowLive())
      this.#live ??= new Live(this.#acts, { isVerbose: this.#isVerbose });
    if (this.#live !== null) return this.#live.hear(recorded);
    for (const line of this.#teller.hear(recorded)) printAsideLine([span(`${clockTime(recorded.at)}  `, 'dim'), line]);
  }

  /** Removes the live view. */
  close(): void {
    this.#live?.close();
    this.#live = null;
  }
}
