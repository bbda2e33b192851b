import { type Config, parseDuration } from '../model/config.ts';
import type { RecordedEvent } from '../model/event.ts';
import { span } from '../report/line.ts';
import { nothingKnown } from '../report/live/known.ts';
import { clockTime } from '../report/live/outlook.ts';
import { summaryOf } from '../report/live/summary.ts';
import { reporters, Teller } from '../report/reporters.ts';
import { emptyRunState } from '../report/run-state.ts';
import { type Acts, Live } from './live/live.ts';
import { printAsideLine } from './output.ts';

/** The longest time that a timer of Node takes; it would run at once with more. */
const mostMs = 2 ** 31 - 1;

/** True for a terminal on which lines can change in place, and that a person looks at. */
export function canShowLive(): boolean {
  return process.stderr.isTTY && !process.env['CI'] && process.env['TERM'] !== 'dumb';
}

/**
 * Shows a run on standard error as its configuration says: the live view on a terminal (not in CI), a line with its time for
 * each event, or a line now and then.
 */
export class ProgressDisplay {
  readonly #isVerbose: boolean;
  readonly #acts: Acts;
  readonly #teller: Teller;
  #progress: Config['progress'];
  /** Null before the run begins, since questions are asked before, and without a terminal. */
  #live: Live | null = null;
  #timer: NodeJS.Timeout | null = null;

  constructor(acts: Acts, { isVerbose, isQuiet }: { readonly isVerbose: boolean; readonly isQuiet: boolean }) {
    [this.#acts, this.#isVerbose, this.#progress] = [acts, isVerbose, isQuiet ? 'quiet' : 'live'];
    this.#teller = new Teller(reporters.ofEvents('progress'), emptyRunState(), { isVerbose });
  }

  /** What the configuration says; to be quiet was asked for by the person. */
  configure(progress: Config['progress']): void {
    if (this.#progress !== 'quiet') this.#progress = progress;
  }

  show(recorded: RecordedEvent): void {
    const progress = this.#progress;
    if (progress === 'quiet') return;
    const isFirst = recorded.event.type === 'run-started';
    if (isFirst) this.#begin(progress);
    if (this.#live !== null) return this.#live.hear(recorded);
    const lines = this.#teller.hear(recorded);
    for (const line of this.#timer === null ? lines : lines.filter(({ tone }) => tone === 'bad' || isFirst))
      printAsideLine([span(`${clockTime(recorded.at)}  `, 'dim'), line]);
  }

  #begin(progress: Config['progress']): void {
    if (progress === 'live' && canShowLive()) this.#live ??= new Live(this.#acts, { isVerbose: this.#isVerbose });
    const everyMs = parseDuration(progress);
    if (everyMs === null) return;
    this.#timer ??= setInterval(() => void this.#sum(), Math.min(mostMs, Math.max(1000, everyMs)));
    this.#timer.unref();
  }

  async #sum(): Promise<void> {
    // What cannot be read now is left out.
    const known = await this.#acts.look().catch(() => nothingKnown);
    if (this.#timer === null) return;
    printAsideLine([span(`${clockTime(Date.now())}  `, 'dim'), span(summaryOf(this.#teller.state, known))]);
  }

  /** Removes the live view. */
  close(): void {
    this.#live?.close();
    this.#live = null;
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }
}
