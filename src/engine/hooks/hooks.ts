import path from 'node:path';
import PQueue from 'p-queue';
import type { RecordedEvent } from '../../model/event.ts';
import { exitCodes } from '../../model/exit-code.ts';
import type { Message } from '../../model/hook-event.ts';
import { type HookEvent, hooksOf, type Webhook } from '../../model/hooks.ts';
import type { RunId, UnitId } from '../../model/ids.ts';
import type { Report } from '../../model/report.ts';
import type { Database } from '../../queue/database.ts';
import { appendEvent } from '../../queue/events.ts';
import { readUnit } from '../../queue/units.ts';
import type { Repository } from '../../repo/git/repository.ts';
import type { Said } from '../../report/account.ts';
import { headline } from '../../report/markdown.ts';
import { happeningOf } from '../../report/messages/happening.ts';
import { bodyOf } from '../../report/messages/formats.ts';
import { type Halt, haltMessage, itemsOf, messageOf } from '../../report/messages/message.ts';
import type { Env } from '../../util/files/home.ts';
import type { Redactor } from '../../util/text/redact.ts';
import { onAborted } from '../../util/time/aborted.ts';
import type { Clock } from '../../util/time/clock.ts';
import { changedHook } from '../consent/consent.ts';
import type { Project } from '../project/project.ts';
import { CommandLine } from './command-line.ts';
import { type Teller, toldEnd, toldOf } from './told.ts';
import { addressOf, deliver, nameOf } from './webhook.ts';

/** The most commands that run at the same time. */
const mostAtOnce = 4;
/** How long the end of a run waits for hooks, if none of them may take longer, and once the user wants it to stop at once. */
const endMs = 60_000;
const hurryMs = 5000;

/** What hooks need of a run. */
export interface HooksOf {
  readonly project: Project;
  readonly repository: Repository;
  readonly database: Database;
  readonly id: RunId;
  readonly branch: string;
  readonly redactor: Redactor;
  /** Names of variables that commands do not get: the keys of agents. */
  readonly withheld: readonly string[];
  readonly command: Said['command'];
  readonly clock: Clock;
  /** Aborts when the user wants the run to stop at once. */
  readonly hurry: AbortSignal;
}

/**
 * The hooks of a run. They hear its committed events, call commands beside it, and send their messages at its end. Nothing that
 * happens to them changes how the run ends: what goes wrong is a notice of the run.
 */
export class Hooks {
  readonly #of: HooksOf;
  readonly #lines: readonly { readonly line: CommandLine; readonly events: readonly HookEvent[] }[];
  readonly #webhooks: readonly Webhook[];
  readonly #happened = new Map<HookEvent, Set<string>>();
  readonly #stop = new AbortController();
  #teller: Teller;
  #warnings = 0;
  #isBegun = false;

  private constructor(of: HooksOf) {
    this.#of = of;
    const { project, database, id, branch, repository, command, redactor, clock } = of;
    const { commands, webhooks } = hooksOf(project.config.on);
    const around = {
      folder: project.configRoot,
      env: variables(project.asker.env, of.withheld),
      slots: new PQueue({ concurrency: mostAtOnce }),
      isChanged: (one: string) => changedHook(project, one),
      warn: (text: string): void => this.#warn(text),
      redactor,
      signal: this.#stop.signal,
    };
    this.#lines = commands.map((hook) => ({ line: new CommandLine(hook, around), events: hook.events }));
    this.#webhooks = webhooks;
    const root = { project: path.basename(repository.root), repository: repository.root, specs: project.folder };
    this.#teller = { database, id, branch, startedAt: clock.now(), command, ...root };
  }

  /** The hooks of a run; null if its configuration has none. */
  static open(of: HooksOf): Hooks | null {
    return Object.keys(of.project.config.on).length === 0 ? null : new Hooks(of);
  }

  /** Number of warnings so far. */
  get warnings(): number {
    return this.#warnings;
  }

  /** Hears a committed event. Never throws. */
  hear({ event, at, run }: RecordedEvent): void {
    if (run !== this.#of.id) return;
    try {
      const happening = happeningOf(event, (unit) => this.#isGate(unit));
      if (event.type === 'run-started') {
        this.#isBegun = true;
        this.#teller = { ...this.#teller, startedAt: at };
        this.#tellUnset();
      }
      if (happening === null) return;
      const { name, unit, once } = happening;
      const known = this.#happened.get(name) ?? new Set();
      if (once !== null && known.has(once)) return;
      this.#happened.set(name, known.add(once ?? unit ?? ''));
      const lines = this.#lines.filter(({ events }) => events.includes(name));
      if (lines.length === 0) return;
      const told = toldOf(this.#teller, happening, event, at);
      for (const { line } of lines) line.call(told);
    } catch (error) {
      this.#warn(`Hooks were not called for ${event.type}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  /** Tells the end of a run, and waits for all hooks, within limits. Never rejects. */
  async end({
    report,
    file,
    merge,
  }: {
    readonly report: Report;
    readonly file: string;
    readonly merge: Said['merge'];
  }): Promise<void> {
    const said = { command: this.#of.command, merge };
    const { run, totals } = report;
    const telling = { project: this.#teller.project, said, happened: this.#happened };
    await this.#finish(
      () =>
        toldEnd(this.#teller, {
          ...{ outcome: run.outcome, exitCode: run.exitCode, endedAt: run.endedAt },
          ...{ what: headline(report), durationMs: totals.durationMs, costUsd: totals.costUsd },
          ...{ report: file, items: itemsOf(report, said) },
        }),
      (events) => messageOf(report, events, telling),
    );
  }

  /** The same for a run that could not go on, unless its end was told already. */
  async halt(why: string, isBug: boolean): Promise<void> {
    if (!this.#isBegun) return;
    const { id, branch, startedAt } = this.#teller;
    const { command, clock, redactor } = this.#of;
    const halt: Halt = {
      run: { id, branch, startedAt: new Date(startedAt).toISOString() },
      endedAt: new Date(clock.now()).toISOString(),
      ...(isBug
        ? { outcome: 'bug', exitCode: exitCodes.bug }
        : { outcome: 'halted', exitCode: exitCodes['bad-input'] }),
      why: redactor.text(why),
    };
    const telling = { project: this.#teller.project, said: { command, merge: null }, happened: this.#happened };
    const durationMs = clock.now() - startedAt;
    await this.#finish(
      () => toldEnd(this.#teller, { ...halt, what: halt.why, durationMs, costUsd: null, report: null, items: [] }),
      (events) => haltMessage(halt, events, telling),
    );
  }

  async #finish(
    told: () => ReturnType<typeof toldEnd>,
    message: (events: readonly HookEvent[]) => Message | null,
  ): Promise<void> {
    this.#isBegun = false;
    const { hurry, clock } = this.#of;
    const limit = Math.max(endMs, ...this.#lines.map(({ line }) => line.timeoutMs + 1000));
    // What still waits gives way to the end of the run, which is what people wait for.
    const skip = (): void => this.#lines.forEach(({ line }) => line.skip());
    const timers = [setTimeout(skip, limit / 2), setTimeout(() => this.#stop.abort(), limit)];
    const calm = onAborted(hurry, () => {
      skip();
      timers.push(setTimeout(() => this.#stop.abort(), hurryMs));
    });
    try {
      const lines = this.#lines.filter(({ events }) => events.includes('run.ended'));
      if (lines.length > 0) for (const { line } of lines) line.call(told());
      const endsAt = clock.now() + endMs;
      await Promise.all([
        ...this.#webhooks.map(async (webhook) => this.#send(webhook, message, endsAt)),
        ...this.#lines.map(async ({ line }) => line.ended()),
      ]);
    } catch (error) {
      this.#warn(`Hooks were not called: ${error instanceof Error ? error.message : String(error)}`);
    } finally {
      calm();
      for (const timer of timers) clearTimeout(timer);
    }
  }

  async #send(
    { address, format, events }: Webhook,
    message: (events: readonly HookEvent[]) => Message | null,
    endsAt: number,
  ): Promise<void> {
    const { project, clock } = this.#of;
    const made = message(events);
    const to = addressOf(address, format, project.asker.env);
    if (made === null || typeof to === 'string') return; // what is not set was told when the run began
    const why = await deliver(to, bodyOf(format, made, to.topic), { clock, signal: this.#stop.signal, endsAt });
    if (why !== null) this.#warn(`The ${format} message to ${nameOf(address)} was not delivered: ${why}.`);
  }

  /** Tells which webhooks cannot be reached at all. */
  #tellUnset(): void {
    for (const { address, format } of this.#webhooks) {
      const to = addressOf(address, format, this.#of.project.asker.env);
      if (typeof to === 'string') this.#warn(`No ${format} message will be sent: ${to}.`);
    }
  }

  #isGate(unit: UnitId): boolean {
    const row = readUnit(this.#of.database, unit);
    return row !== null && row.spec.gate !== null;
  }

  #warn(text: string): void {
    const { database, clock, id, redactor } = this.#of;
    this.#warnings++;
    try {
      const notice = { type: 'notice', text: redactor.text(text) } as const;
      database.write(() => appendEvent(database, clock.now(), id, notice));
    } catch {
      // A queue that takes nothing more ends the run, which says so.
    }
  }
}

/** The user's environment without the keys of agents. */
function variables(env: Env, withheld: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) =>
      value === undefined || withheld.includes(name) ? [] : [[name, value] as const],
    ),
  );
}
