import type { RecordedEvent } from '../model/event.ts';
import { formatDuration } from '../report/duration.ts';
import { reporters, Teller } from '../report/reporters.ts';
import { emptyRunState, keyOf } from '../report/run-state.ts';
import { printAsideLine } from './output.ts';
import { printableLine } from '../util/text/printable.ts';

const frames = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];

/** Shows a run on standard error: a line for each event, and on a terminal (not in CI) a live line with the active units. */
export class ProgressDisplay {
  readonly #isLive = process.stderr.isTTY === true && !process.env['CI'];
  readonly #isQuiet: boolean;
  readonly #teller: Teller;
  readonly #startedAt = Date.now();
  readonly #timer: NodeJS.Timeout | null;
  #frame = 0;

  constructor(options: { readonly isVerbose: boolean; readonly isQuiet: boolean }) {
    this.#teller = new Teller(reporters.ofEvents('progress'), emptyRunState(), options);
    this.#isQuiet = options.isQuiet;
    this.#timer = this.#isLive && !this.#isQuiet ? setInterval(() => this.#drawFooter(), 120) : null;
    this.#timer?.unref();
  }

  show(recorded: RecordedEvent): void {
    const lines = this.#teller.hear(recorded);
    if (this.#isQuiet || lines.length === 0) return;
    this.#clearFooter();
    for (const line of lines) printAsideLine([line]);
  }

  /** Removes the live line. */
  close(): void {
    if (this.#timer) clearInterval(this.#timer);
    this.#clearFooter();
  }

  #clearFooter(): void {
    if (this.#timer) process.stderr.write('\r\u001b[2K');
  }

  #drawFooter(): void {
    const { state } = this.#teller;
    const { busy, counts, units } = state;
    if (busy.length === 0) return;
    const names = busy
      .map((unit) => keyOf(state, unit) + (units.get(unit)?.state === 'judging' ? ' (judging)' : ''))
      .join(', ');
    const text = printableLine(
      `${frames[this.#frame++ % frames.length] ?? ''} ${formatDuration(Date.now() - this.#startedAt)} · ${counts.done ?? 0} done · ${busy.length} active: ${names}`,
      1000,
    );
    const width = (process.stderr.columns ?? 80) - 1;
    process.stderr.write(`\r\u001b[2K${text.length > width ? `${text.slice(0, width - 1)}…` : text}`);
  }
}
