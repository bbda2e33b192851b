import { inputError } from '../model/diagnostic.ts';
import type { RecordedEvent } from '../model/event.ts';
import type { Report } from '../model/report.ts';
import { printableJson } from '../util/text/printable.ts';
import { reportMarkdown } from './markdown.ts';
import { type ProgressLine, progressLine } from './progress.ts';
import { reduce } from './reduce.ts';
import type { RunState } from './run-state.ts';

/** How much is told of what agents do step by step. */
export interface Telling {
  readonly isVerbose: boolean;
}

/** One output format. It takes the events of a run as they come, a finished report, or both. */
export interface Reporter {
  /** As it is asked for, and how files in it end. */
  readonly name: string;
  /** One event, with the state after it, as lines; what they quote is safe to print. */
  readonly event?: (recorded: RecordedEvent, state: RunState, telling: Telling) => readonly ProgressLine[];
  /** A whole document. */
  readonly report?: (report: Report) => string;
}

const progress: Reporter = {
  name: 'progress',
  event: ({ event }, state, { isVerbose }) => [progressLine(event, state, isVerbose) ?? []].flat(),
};

const json: Reporter = {
  name: 'json',
  event: ({ at, event }) => [{ text: printableJson({ at, event }, 0), tone: 'plain' }],
  report: (report) => `${printableJson(report)}\n`,
};

const markdown: Reporter = { name: 'md', report: reportMarkdown };

/** Output formats by their names. */
export class Reporters {
  readonly #known = new Map<string, Reporter>();

  constructor(reporters: readonly Reporter[]) {
    for (const reporter of reporters) this.add(reporter);
  }

  /** Makes one known; its name must be free. */
  add(reporter: Reporter): void {
    if (this.#known.has(reporter.name)) throw new Error(`Internal error: two reporters are called ${reporter.name}`);
    this.#known.set(reporter.name, reporter);
  }

  /** What writes a finished report in a format. Throws an `InputError` for a name of none. */
  ofReports(name: string): NonNullable<Reporter['report']> {
    return this.#find(name, 'report');
  }

  /** What tells events in a format. Throws an `InputError` for a name of none. */
  ofEvents(name: string): NonNullable<Reporter['event']> {
    return this.#find(name, 'event');
  }

  #find<K extends 'report' | 'event'>(name: string, kind: K): NonNullable<Reporter[K]> {
    const found = this.#known.get(name)?.[kind];
    if (found) return found;
    const names = [...this.#known.values()].filter((one) => one[kind] !== undefined).map((one) => `"${one.name}"`);
    throw inputError('unknown-format', `there is no format "${name}" for this`, `There are ${names.join(', ')}.`);
  }
}

/** The formats that there are. */
export const reporters = new Reporters([progress, json, markdown]);

/** Tells the events of a run one after the other, and keeps what they come to. */
export class Teller {
  readonly #tell: NonNullable<Reporter['event']>;
  readonly #telling: Telling;
  #state: RunState;

  constructor(tell: NonNullable<Reporter['event']>, before: RunState, telling: Telling) {
    [this.#tell, this.#state, this.#telling] = [tell, before, telling];
  }

  get state(): RunState {
    return this.#state;
  }

  /** The lines of the next event. */
  hear(recorded: RecordedEvent): readonly ProgressLine[] {
    this.#state = reduce(this.#state, recorded);
    return this.#tell(recorded, this.#state, this.#telling);
  }
}
