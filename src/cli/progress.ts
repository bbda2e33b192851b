import type { RecordedEvent } from '../model/event.ts';
import type { UnitId } from '../model/ids.ts';
import { formatDuration } from '../report/duration.ts';
import { progressLine, type Tone } from '../report/progress.ts';
import { printAsideStyled } from './output.ts';
import { printableLine } from '../util/terminal.ts';

const formats = { plain: 'reset', good: 'green', bad: 'red', dim: 'dim', strong: 'bold' } as const satisfies Record<
  Tone,
  string
>;
const frames = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];

/**
 * Shows a run on standard error: one line for each event, and on a terminal a last line that tells who is at work.
 * In a log (no terminal, or CI) there are only the lines.
 */
export class Progress {
  readonly #isLive = process.stderr.isTTY === true && !process.env['CI'];
  readonly #isVerbose: boolean;
  readonly #isQuiet: boolean;
  readonly #startedAt = Date.now();
  readonly #atWork = new Map<UnitId, 'working' | 'judging'>();
  readonly #timer: NodeJS.Timeout | null;
  #done = 0;
  #frame = 0;

  constructor(options: { readonly isVerbose: boolean; readonly isQuiet: boolean }) {
    this.#isVerbose = options.isVerbose;
    this.#isQuiet = options.isQuiet;
    this.#timer = this.#isLive && !this.#isQuiet ? setInterval(() => this.#drawFooter(), 120) : null;
    this.#timer?.unref();
  }

  show(recorded: RecordedEvent): void {
    const { event } = recorded;
    if (event.type === 'unit-changed') {
      if (event.to === 'working' || event.to === 'judging') this.#atWork.set(event.unit, event.to);
      else this.#atWork.delete(event.unit);
      if (event.to === 'done') this.#done++;
    }
    if (this.#isQuiet) return;
    const line = progressLine(event, (unit) => unit, this.#isVerbose);
    if (!line) return;
    this.#clearFooter();
    printAsideStyled(formats[line.tone], line.text);
  }

  /** Clears the last line; whatever is printed after it stays. */
  close(): void {
    if (this.#timer) clearInterval(this.#timer);
    this.#clearFooter();
  }

  #clearFooter(): void {
    if (this.#timer) process.stderr.write('\r\u001b[2K');
  }

  #drawFooter(): void {
    if (this.#atWork.size === 0) return;
    const names = [...this.#atWork]
      .map(([unit, state]) => (state === 'judging' ? `${unit} (judging)` : unit))
      .join(', ');
    const text = printableLine(
      `${frames[this.#frame++ % frames.length] ?? ''} ${formatDuration(Date.now() - this.#startedAt)} · ${this.#done} done · ${this.#atWork.size} at work: ${names}`,
      1000,
    );
    const width = (process.stderr.columns ?? 80) - 1;
    process.stderr.write(`\r\u001b[2K${text.length > width ? `${text.slice(0, width - 1)}…` : text}`);
  }
}
