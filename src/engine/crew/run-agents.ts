import type { z } from 'zod';
import type { Brief, Effort, Order, Role, Tool, ToolName, ToolResult } from '../../model/agent.ts';
import { inputError } from '../../model/diagnostic.ts';
import type { Books } from '../context/books.ts';
import type { Ends } from '../context/run-end.ts';
import { type Target, tipOrHead } from '../context/target.ts';
import { toJsonSchema } from '../jobs/answer-schema.ts';
import type { Executes, Link } from '../jobs/executor.ts';
import type { OrderJob, OrderOutcome } from '../jobs/job.ts';
import type { Crew } from './crew.ts';
import { beginSession, type Session } from './sessions.ts';

type AgentsRun = Books &
  Target &
  Ends &
  Executes &
  Pick<Crew, 'budget'> & {
    readonly fleet: Pick<Crew['fleet'], 'open'>;
    readonly settings: { readonly branch: string };
  };

/** A tool that runs in this process, for an agent that may run elsewhere. */
export interface OfferedTool extends Omit<Tool, 'run' | 'summary'> {
  /** Never rejects. `input` matches the schema; `signal` aborts when the agent ends. */
  run(input: unknown, signal: AbortSignal): Promise<ToolResult>;
}

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

  constructor(run: AgentsRun) {
    this.#run = run;
  }

  /**
   * Starts an agent with a recorded session, in a reader's slot. Returns its name. Throws an `InputError` if the agent
   * is not available or does not support offered tools.
   */
  async create(task: Task): Promise<string> {
    const run = this.#run;
    const agent = await run.fleet.open(task.agent);
    const { abilities } = agent;
    if (task.offers.length > 0 && !abilities.offers)
      throw inputError('no-offers', `the agent "${task.agent}" takes no tools that are offered with an order`);
    const tip = await tipOrHead(run);
    run.end.closing.throwIfAborted();
    const { role, model, effort, brief, tree, tools, offers, answerSchema, limits } = task;
    const of = { unit: null, attempt: null, role } as const;
    const canHear = abilities.inbox;
    const number = ++this.#count;
    const session = beginSession(run, { ...of, agent: agent.name, model, round: 0, number, canHear });
    const { name } = session;
    const budget = run.budget(of);
    const job: OrderJob = {
      ...{ ...of, name, attemptNumber: 1, lens: null, sessionNumber: number, round: 0, session: null },
      ...{ agent: agent.name, model, effort, brief, access: 'read', tools, limits, isCapped: budget.isCapped },
      offers: offers.map((offer) => ({
        ...{ name: offer.name, description: offer.description, access: offer.access },
        schema: toJsonSchema(offer.schema),
      })),
      answerSchema: answerSchema === null ? null : toJsonSchema(answerSchema),
      ...{ cwd: '', network: null, tree, tip, workspace: null },
    };
    const stop = new AbortController();
    const link: Link = {
      budget,
      hear: (event) => {
        session.hear(event);
        if (event.type === 'turn') running.seen = { ...running.seen, lastWord: event.text };
      },
      takeWords: () => session.takeWords(),
      call: (called, input) => this.#call(offers, called, input, stop.signal),
    };
    const ended = run.executor.order(job, link, stop.signal).then(({ outcome, usage }) => {
      session.end(usage, outcome.kind);
      running.seen = { ...running.seen, outcome };
      return outcome;
    });
    const running: Running = { session, stop, ended, seen: { lastWord: null, outcome: null } };
    this.#agents.set(name, running);
    return name;
  }

  /** Sends a message that the agent gets at its next turn; false if it has ended, or cannot receive messages. */
  message(name: string, words: string): boolean {
    const running = this.#agents.get(name);
    return running !== undefined && running.seen.outcome === null && running.session.say(words);
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

  /** Waits for the outcome of an agent; null for an unknown name. */
  async ended(name: string): Promise<OrderOutcome | null> {
    return (await this.#agents.get(name)?.ended) ?? null;
  }

  /** Ends all agents, and waits for them. */
  async close(): Promise<void> {
    for (const name of this.#agents.keys()) this.end(name);
    await Promise.all([...this.#agents.values()].map(({ ended }) => ended));
  }

  async #call(
    offers: readonly OfferedTool[],
    name: string,
    input: unknown,
    signal: AbortSignal,
  ): ReturnType<Link['call']> {
    const tool = offers.find((offer) => offer.name === name);
    const asked = tool?.schema.safeParse(input);
    if (tool === undefined || asked?.success !== true) return { text: `${name} cannot be called so.`, isError: true };
    return tool.run(asked.data, signal);
  }
}
