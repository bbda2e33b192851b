import { personSays } from '../../agents/words/brief.ts';
import { type AgentEvent, noUsage, type Role, type Usage } from '../../model/agent.ts';
import type { Emit } from '../../model/event.ts';
import type { AttemptId, RunId, UnitId } from '../../model/ids.ts';
import { spentWithin } from '../../model/spent.ts';
import type { Database } from '../../queue/database.ts';
import { endSession, type LiveSession, openSession, updateSession } from '../../queue/sessions.ts';
import type { Clock } from '../../util/time/clock.ts';
import { printableLine } from '../../util/text/printable.ts';
import type { OrderResult } from '../jobs/job.ts';
import { fromAgent } from './agent-events.ts';

/** Maximum of recorded files per kind and session. */
const maxFiles = 200;

/** Names of tools that read or write one file, in our loop and in other agents. */
const reads = /^read(?:_file)?$/i;
const writes = /^(?:write|edit|multiedit|delete|move|write_file)$/i;

/** The identity of a session. */
export interface SessionOf {
  readonly name: string;
  /** Null for an agent of the run itself, as is `attempt`. */
  readonly unit: UnitId | null;
  readonly attempt: AttemptId | null;
  readonly role: Role;
  readonly agent: string;
  readonly model: string | null;
  readonly round: number;
  /** Offered tools: what they are called says nothing about files. */
  readonly offers: readonly { readonly name: string }[];
  /** True if its agent accepts messages while it works. */
  readonly canHear: boolean;
}

/** A message for an agent: of a person, or of the run. */
export interface Word {
  readonly from: 'person' | 'run';
  readonly text: string;
}

/** A message as its agent gets it. */
export function asHeard({ from, text }: Word): string {
  return from === 'person' ? personSays(text) : text;
}

/** An order in progress: records its agent's events and state. */
export interface Session {
  readonly name: string;
  /** Queues a message; false if the agent cannot receive messages. */
  say(word: Word): boolean;
  /** Takes the queued messages. */
  takeWords(): Word[];
  hear(event: AgentEvent): void;
  /** Addresses of the web content that it saw. */
  readonly sources: ReadonlySet<string>;
  /** Records the end; null for a result that was not seen. */
  end(result: OrderResult | null): void;
}

/** Executes an order, and ends its session with the result, or with the error. */
export async function endWith(session: Session, order: () => Promise<OrderResult>): Promise<OrderResult> {
  let result: OrderResult | null = null;
  try {
    result = await order();
    return result;
  } finally {
    session.end(result);
  }
}

/** The unique name of a session of an attempt, or of the run itself: `<attempt>-<role>`, from the second on with a number. */
export function sessionName(of: AttemptId | RunId, role: Role, number: number): string {
  return `${of}-${role}${number > 1 ? `-${number}` : ''}`;
}

/** Records the start of a session. */
export function beginSession(
  run: { readonly id: RunId; readonly database: Database; readonly clock: Clock; readonly emit: Emit },
  of: SessionOf,
): Session {
  const { database, clock } = run;
  const { name, unit, attempt, role, agent, model, round } = of;
  const told = { unit, attempt, role, name, agent, model, round };
  const startedAt = clock.now();
  const id = database.write(() => {
    run.emit({ type: 'agent-started', ...told });
    return openSession(database, { ...told, run: run.id, startedAt });
  });
  let live: LiveSession = {
    usage: noUsage,
    contextTokens: null,
    contextWindow: null,
    filesRead: [],
    filesWritten: [],
    lastWord: null,
    orientationMicroUsd: null,
  };
  let words: Word[] = [];
  const sources = new Set<string>();
  return {
    name,
    sources,
    say(word) {
      if (of.canHear) words.push(word);
      return of.canHear;
    },
    takeWords() {
      const taken = words;
      words = [];
      return taken;
    },
    hear(event) {
      if (event.type !== 'tool' || !of.offers.some(({ name }) => name === event.name)) live = changed(live, event);
      if (event.type === 'source') sources.add(event.url);
      if (event.type === 'usage') return; // recorded with the next event, since each commit waits for the disk
      database.write(() => {
        const told = fromAgent(of, event);
        if (told !== null) run.emit(told);
        if (event.type !== 'retry' && event.type !== 'source') updateSession(database, id, live);
      });
    },
    end(result) {
      live = { ...live, usage: result?.usage ?? heardOf(live.usage) };
      const outcome = result?.outcome.kind ?? 'broken';
      const endedAt = clock.now();
      const spent = result?.spent && spentWithin(result.spent, endedAt - startedAt);
      database.write(() => {
        updateSession(database, id, live);
        endSession(database, id, endedAt, outcome);
        run.emit({ type: 'agent-ended', ...told, outcome, usage: live.usage, ...(spent ? { spent } : {}) });
      });
    },
  };
}

/** What is known of an order whose end was not seen: what was heard; if that is nothing, its cost is unknown. */
function heardOf(heard: Usage): Usage {
  return heard === noUsage ? { ...noUsage, costMicroUsd: null } : heard;
}

function changed(live: LiveSession, event: AgentEvent): LiveSession {
  switch (event.type) {
    case 'usage':
      return { ...live, usage: event.usage, contextTokens: event.contextTokens, contextWindow: event.contextWindow };
    case 'turn':
      return { ...live, lastWord: printableLine(event.text, 200) };
    case 'tool': {
      if (event.isError) return live;
      if (reads.test(event.name)) return { ...live, filesRead: withFile(live.filesRead, event.summary) };
      if (!writes.test(event.name)) return live;
      const orientationMicroUsd = live.filesWritten.length === 0 ? live.usage.costMicroUsd : live.orientationMicroUsd;
      return { ...live, orientationMicroUsd, filesWritten: withFile(live.filesWritten, event.summary) };
    }
    case 'note':
    case 'source':
    case 'retry':
      return live;
  }
}

function withFile(files: readonly string[], file: string): readonly string[] {
  return file === '' || files.includes(file) || files.length >= maxFiles ? files : [...files, file];
}
