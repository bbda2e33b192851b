import { z } from 'zod';
import type { Brief, Effort, Order, Role, ToolName, ToolResult } from '../../model/agent.ts';
import { InputError, inputError } from '../../model/diagnostic.ts';
import type { Books } from '../context/books.ts';
import { Interrupted } from '../context/interrupted.ts';
import { fatalError } from '../context/machine.ts';
import type { Ends } from '../context/run-end.ts';
import { type Target, tipOrHead } from '../context/target.ts';
import { fromData, toData } from '../jobs/error-data.ts';
import type { Executes, Link } from '../jobs/executor.ts';
import type { OrderJob, OrderOutcome } from '../jobs/job.ts';
import type { Crew } from './crew.ts';
import { type OfferedTool, offersOf, schemaOf } from './offers.ts';
import { asHeard, beginSession, endWith, type Session, sessionName } from './sessions.ts';

type AgentsRun = Books &
  Target &
  Ends &
  Executes &
  Pick<Crew, 'budget'> & {
    readonly fleet: Pick<Crew['fleet'], 'open'>;
    readonly settings: { readonly branch: string };
  };

/** A task for an agent of the run itself. The agent only reads; effects are up to its offered tools. */
export interface Task {
  /** Its name in the configuration. */
  readonly agent: string;
  readonly role: Role;
  readonly model: string | null;
  readonly effort: Effort;
  readonly brief: Brief;
  /** The tree in its box. */
  readonly tree: string;
  /** Its standard tools; null for all that read, without the web. */
  readonly tools: readonly ToolName[] | null;
  readonly offers: readonly OfferedTool[];
  /** Schema of its answer; null for a short text. */
  readonly answerSchema: z.ZodType | null;
  readonly limits: Order['limits'];
}

/** The state of an agent. */
export interface AgentSeen {
  readonly lastWord: string | null;
  /** Null while it works. */
  readonly outcome: OrderOutcome | null;
}

interface Running {
  readonly session: Session;
  readonly stop: AbortController;
  readonly ended: Promise<OrderOutcome>;
  seen: AgentSeen;
}

/** Agents that belong to a run instead of a unit, addressed by name. */
export class RunAgents {
  readonly #run: AgentsRun;
  readonly #agents = new Map<string, Running>();
  #count = 0;
  #isClosed = false;

  constructor(run: AgentsRun) {
    this.#run = run;
  }

  /**
   * Starts an agent with a recorded session. Returns its name. Throws an `InputError` if the agent is not available, or
   * for a tool that cannot be offered to it; throws `Interrupted` if nothing new may start.
   */
  async create(task: Task): Promise<string> {
    const run = this.#run;
    const offers = offersOf(task.offers);
    const answerSchema = task.answerSchema && schemaOf(task.answerSchema, badAnswer);
    const agent = await run.fleet.open(task.agent);
    if (offers.length > 0 && !agent.abilities.offers)
      throw inputError('no-offers', `the agent "${task.agent}" does not support tools offered with an order`);
    const tip = await tipOrHead(run);
    // Without an `await` from here on, so that `close` knows every agent that starts.
    run.end.closing.throwIfAborted();
    if (this.#isClosed) throw new Interrupted({ kind: 'stopped' });
    const { role, model, effort, brief, tree, tools, limits } = task;
    const of = { unit: null, attempt: null, role } as const;
    const number = ++this.#count;
    const name = sessionName(run.id, role, number);
    const budget = run.budget(of);
    const job: OrderJob = {
      ...{ ...of, name, attemptNumber: 1, lens: null, sessionNumber: number, round: 0, session: null },
      ...{ agent: agent.name, model, effort, brief, access: 'read', tools, limits, isCapped: budget.isCapped },
      ...{ offers, answerSchema, cwd: '', network: null, tree, tip, workspace: null },
    };
    const session = beginSession(run, { ...job, canHear: agent.abilities.inbox });
    const stop = new AbortController();
    const { promise: ended, resolve } = Promise.withResolvers<OrderOutcome>();
    const running: Running = { session, stop, ended, seen: { lastWord: null, outcome: null } };
    this.#agents.set(name, running);
    void this.#execute(job, running, task.offers, budget).then(resolve);
    return name;
  }

  /** Sends a message that the agent gets at its next turn; false if it has ended, or cannot receive messages. */
  message(name: string, words: string): boolean {
    const running = this.#agents.get(name);
    return (
      running !== undefined && running.seen.outcome === null && running.session.say({ from: 'person', text: words })
    );
  }

  /** The state of an agent; null for an unknown name. */
  read(name: string): AgentSeen | null {
    return this.#agents.get(name)?.seen ?? null;
  }

  /** Ends an agent, which still has an outcome. False if it has ended, and for an unknown name. */
  end(name: string): boolean {
    const running = this.#agents.get(name);
    if (running === undefined || running.seen.outcome !== null) return false;
    running.stop.abort();
    return true;
  }

  /** Waits for the outcome of an agent; null for an unknown name. Never rejects. */
  async ended(name: string): Promise<OrderOutcome | null> {
    return (await this.#agents.get(name)?.ended) ?? null;
  }

  /** Ends all agents, and waits for them. No other one starts. Never rejects. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const name of this.#agents.keys()) this.end(name);
    await Promise.all([...this.#agents.values()].map(({ ended }) => ended));
  }

  /** Executes the order of an agent. Never rejects: a failure of the machine, or a bug, ends the run. */
  async #execute(
    job: OrderJob,
    running: Running,
    offers: readonly OfferedTool[],
    budget: Link['budget'],
  ): Promise<OrderOutcome> {
    const { executor, end } = this.#run;
    const { session, stop } = running;
    const stopped = AbortSignal.any([stop.signal, end.signal]);
    const link: Link = {
      budget,
      hear: (event) => {
        session.hear(event);
        if (event.type === 'turn') running.seen = { ...running.seen, lastWord: event.text };
      },
      takeWords: () => session.takeWords().map(asHeard),
      call: (name, input) => this.#call(offers, name, input, stopped),
    };
    let outcome: OrderOutcome;
    try {
      ({ outcome } = await endWith(session, () => executor.order(job, link, stopped)));
    } catch (error) {
      outcome = { kind: 'broken', error: toData(error) };
    }
    running.seen = { ...running.seen, outcome };
    stop.abort(); // ends calls of tools that the order did not wait for
    if (outcome.kind === 'broken') end.come({ kind: 'fatal', error: fatalError(fromData(outcome.error)) });
    return outcome;
  }

  /** Calls an offered tool. Never rejects: a failure of the machine, or a bug, ends the run. */
  async #call(offers: readonly OfferedTool[], name: string, input: unknown, signal: AbortSignal): Promise<ToolResult> {
    const wrong = (text: string): ToolResult => ({ text, isError: true });
    const tool = offers.find((offer) => offer.name === name);
    if (tool === undefined) return wrong(`There is no tool "${name}".`);
    try {
      const asked = await tool.schema.safeParseAsync(input);
      if (!asked.success) return wrong(`The input of ${name} does not fit:\n${z.prettifyError(asked.error)}`);
      return await tool.run(asked.data, signal);
    } catch (error) {
      if (isExpected(error)) return wrong(`${name} failed: ${error.message}`);
      if (!signal.aborted) this.#run.end.come({ kind: 'fatal', error: fatalError(error) });
      return wrong(`${name} failed.`);
    }
  }
}

/** True for errors that `create` throws. */
function isExpected(error: unknown): error is InputError | Interrupted {
  return error instanceof InputError || (error instanceof Interrupted && error.reason.kind !== 'broken');
}

function badAnswer(why: string): Error {
  return inputError('bad-answer-schema', `the answer of an agent ${why}`);
}
