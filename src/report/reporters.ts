import { inputError } from '../model/diagnostic.ts';
import type { RecordedEvent } from '../model/event.ts';
import { jsonForm } from '../model/json-form.ts';
import type { Report } from '../model/report.ts';
import { didYouMean } from '../util/text/suggest.ts';
import { printableJson } from '../util/text/printable.ts';
import { githubAnnotations, githubSummary } from './github.ts';
import { reportGitlab } from './gitlab.ts';
import { reportHtml } from './html/page.ts';
import { reportJunit } from './junit.ts';
import type { Span } from './line.ts';
import { reportMarkdown } from './markdown.ts';
import { progressLine, type Telling } from './progress.ts';
import { reduce } from './reduce.ts';
import type { RunState } from './run-state.ts';

/** An output format for a run's events, for a finished report, or both. */
export interface Reporter {
  /** Its name in `--format`, and the extension of its files. */
  readonly name: string;
  /** Another name in `--format`. */
  readonly also?: string;
  /** Formats an event, given the state after it; quoted text is safe to print. */
  readonly event?: (recorded: RecordedEvent, state: RunState, telling: Telling) => readonly Span[];
  /** Formats a report; `folder` is where the text will stand as a file, null if it is only printed. */
  readonly report?: (report: Report, folder?: string | null) => string;
  /** Lines for the log of the host that reads the report, as its commands; not made safe for it again. */
  readonly commands?: (report: Report) => readonly string[];
}

const progress: Reporter = {
  name: 'progress',
  event: ({ event }, state, telling) => [progressLine(event, state, telling) ?? []].flat(),
};

const json: Reporter = {
  name: 'json',
  event: ({ at, event }) => [{ text: printableJson(jsonForm({ at, event }), 0), tone: 'plain' }],
  report: (report) => `${printableJson(report)}\n`,
};

const markdown: Reporter = { name: 'md', also: 'markdown', report: reportMarkdown };

const junit: Reporter = { name: 'junit', report: reportJunit };

const github: Reporter = { name: 'github', report: githubSummary, commands: githubAnnotations };

const gitlab: Reporter = { name: 'gitlab', report: reportGitlab };

const html: Reporter = { name: 'html', report: reportHtml };

/** Output formats by name. */
export class Reporters {
  readonly #known = new Map<string, Reporter>();

  constructor(reporters: readonly Reporter[]) {
    for (const reporter of reporters) this.add(reporter);
  }

  /** Adds a format; its name must be unused. */
  add(reporter: Reporter): void {
    for (const name of [reporter.name, ...(reporter.also === undefined ? [] : [reporter.also])]) {
      if (this.#known.has(name)) throw new Error(`Internal error: two reporters are called ${name}`);
      this.#known.set(name, reporter);
    }
  }

  /** The formats of a report. */
  get ofAReport(): string[] {
    return this.#namesOf('report');
  }

  /** The report formatter of a format. Throws an `InputError` for an unknown name. */
  ofReports(name: string): NonNullable<Reporter['report']> {
    return this.#find(name, 'report');
  }

  /** The commands of a report format for the log of its host; none for most formats. */
  commandsOf(name: string): NonNullable<Reporter['commands']> {
    return this.#known.get(name)?.commands ?? (() => []);
  }

  /** The event formatter of a format. Throws an `InputError` for an unknown name. */
  ofEvents(name: string): NonNullable<Reporter['event']> {
    return this.#find(name, 'event');
  }

  #find<K extends 'report' | 'event'>(name: string, kind: K): NonNullable<Reporter[K]> {
    const found = this.#known.get(name)?.[kind];
    if (found) return found;
    const names = this.#namesOf(kind);
    const all = `There are ${names.map((known) => `"${known}"`).join(', ')}.`;
    throw inputError('unknown-format', `there is no format "${name}" for this`, didYouMean(name, names, all));
  }

  #namesOf(kind: 'report' | 'event'): string[] {
    return [...this.#known].filter(([, one]) => one[kind] !== undefined).map(([name]) => name);
  }
}

/** The available formats. */
export const reporters = new Reporters([progress, json, markdown, junit, github, gitlab, html]);

/** Formats the events of a run in order, and keeps its state. */
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
  hear(recorded: RecordedEvent): readonly Span[] {
    this.#state = reduce(this.#state, recorded);
    return this.#tell(recorded, this.#state, this.#telling);
  }
}
