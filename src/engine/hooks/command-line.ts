import type PQueue from 'p-queue';
import { type CommandHook } from '../../model/hooks.ts';
import { parseDuration } from '../../model/config.ts';
import type { ToldHook } from '../../model/hook-event.ts';
import { runProcess } from '../../util/process/run-process.ts';
import { plural } from '../../util/text/plural.ts';
import { printableJson, printableLine } from '../../util/text/printable.ts';
import type { Redactor } from '../../util/text/redact.ts';

/** Time limit of a command that has none of its own. */
export const usualMs = 30_000;
/** The most events that wait for a command; more are not told to it. */
const mostWaiting = 1000;
/** Time-outs in a row after which it is not called again, and failures that are told one by one. */
const mostHung = 3;
const mostTold = 3;

/** What the commands of a run share. */
export interface Around {
  /** Absolute path of the folder in which they run. */
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  /** Bounds how many run at the same time. */
  readonly slots: PQueue;
  /** Why it must not start; null if it may. Asked before each start. */
  readonly isChanged: (command: string) => string | null;
  readonly warn: (text: string) => void;
  readonly redactor: Redactor;
  /** Ends them. */
  readonly signal: AbortSignal;
}

/** A command that is called for one event after another, in their order. */
export class CommandLine {
  readonly #hook: CommandHook;
  readonly #around: Around;
  #last: Promise<void> = Promise.resolve();
  #waiting = 0;
  #hung = 0;
  #failed = 0;
  #untold = 0;
  #isShort = false;

  constructor(hook: CommandHook, around: Around) {
    this.#hook = hook;
    this.#around = around;
  }

  get timeoutMs(): number {
    const { timeout } = this.#hook;
    return (timeout === null ? null : parseDuration(timeout)) ?? usualMs;
  }

  /** From now on, events that still wait are not told, except the end of the run. */
  skip(): void {
    this.#isShort = true;
  }

  /** Calls it for an event, after those before. */
  call(told: ToldHook): void {
    const isLast = told.event === 'run.ended';
    if (this.#waiting >= mostWaiting && !isLast) {
      this.#untold++;
      return;
    }
    this.#waiting++;
    this.#last = this.#last.then(async () => {
      const { slots, signal } = this.#around;
      const work = async (): Promise<void> => {
        const isSkipped = signal.aborted || this.#hung >= mostHung || (this.#isShort && !isLast);
        if (isSkipped) this.#untold++;
        else this.#hear(told, await this.#run(told));
      };
      await slots.add(work);
      this.#waiting--;
    });
  }

  /** Resolves when it was called for all events so far; it never rejects. */
  async ended(): Promise<void> {
    await this.#last;
    const { warn } = this.#around;
    const rest = this.#failed - mostTold;
    if (rest > 0) warn(`The hook ${this.#name} failed ${plural(rest, 'more time')}.`);
    if (this.#untold > 0) warn(`The hook ${this.#name} was not called for ${plural(this.#untold, 'event')}.`);
    this.#failed = 0;
    this.#untold = 0;
  }

  get #name(): string {
    return `"${printableLine(this.#hook.command, 80)}"`;
  }

  #hear(told: ToldHook, why: string | null): void {
    if (why === null || ++this.#failed > mostTold) return;
    const about = told.unit === null ? told.event : `${told.event} of ${told.unit.key}`;
    this.#around.warn(`The hook ${this.#name} for ${printableLine(about, 100)}: ${why}.`);
  }

  /** Runs it; returns what went wrong, null for nothing. */
  async #run(told: ToldHook): Promise<string | null> {
    try {
      return await this.#start(told);
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }

  async #start(told: ToldHook): Promise<string | null> {
    const { folder, env, isChanged, redactor, signal } = this.#around;
    const { command } = this.#hook;
    const changed = isChanged(command);
    if (changed !== null) return changed;
    const ended = await runProcess({
      file: '/bin/sh',
      args: ['-c', command],
      cwd: folder,
      env: { ...env, PWD: folder, BACKLOG_EVENT: told.event, BACKLOG_RUN: told.run.id },
      input: `${printableJson(told, 0)}\n`,
      timeoutMs: this.timeoutMs,
      maxOutputBytes: 16_384,
      signal,
    });
    this.#hung = ended.timedOut ? this.#hung + 1 : 0;
    if (ended.exitCode === 0 && !ended.timedOut) return null;
    const output = [ended.stderr, ended.stdout].map((bytes) => redactor.text(bytes.toString('utf8')).trim());
    const last =
      output
        .find((text) => text !== '')
        ?.split('\n')
        .at(-1) ?? '';
    const tail = last === '' ? '' : `: ${printableLine(last, 200)}`;
    if (ended.timedOut) {
      const given = this.#hung >= mostHung ? '; it is not called again in this run' : '';
      return `it took longer than ${this.timeoutMs / 1000} s, and was ended${given}${tail}`;
    }
    if (ended.aborted) return `the run could not wait for it any longer${tail}`;
    if (ended.startError !== null) return `it cannot be started (${ended.startError})`;
    return `${ended.exitCode === null ? `it was ended by ${ended.signal ?? 'a signal'}` : `exit code ${ended.exitCode}`}${tail}`;
  }
}
