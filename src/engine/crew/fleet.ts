import { Unusable, watched } from './unusable.ts';
import path from 'node:path';
import type { AskProgram } from '../../agents/configured/back-end.ts';
import { backEnds } from '../../agents/configured/back-ends.ts';
import { describeInstalled, installedAgents } from '../../agents/configured/installed.ts';
import { Limiters } from '../../agents/provider/limiter.ts';
import { Prices } from '../../agents/money/prices.ts';
import { Warmth } from '../../agents/provider/warmth.ts';
import { type Agent, type Role } from '../../model/agent.ts';
import type { Config } from '../../model/config.ts';
import type { AgentUnusable } from '../../model/failure.ts';
import { InputError, inputError } from '../../model/diagnostic.ts';
import { PathRefused, readConfined } from '../../util/files/confined-file.ts';
import type { Scout } from '../../model/recipe.ts';
import type { UnitSpec } from '../../model/unit.ts';
import { type Caps, isCapped } from '../../queue/budget.ts';
import { systemClock } from '../../util/time/clock.ts';
import { costOfAgent } from './agent-cost.ts';
import { type Asking, Casting, defaultAgent, type Part } from './casting.ts';
import { reviewersAsked } from './guess.ts';

/** An assigned role with its agent. */
export interface Cast extends Omit<Part, 'agent' | 'prompt'> {
  readonly agent: Agent;
  /** The project's description of the role; null for the default. */
  readonly prompt: string | null;
  /** True if both agent and role may see the web. */
  readonly web: boolean;
}

/** The agents of a run, each made once. */
export class Fleet {
  readonly casting: Casting;
  readonly prices: Prices;
  /** Texts of the prompt files by name. */
  readonly #prompts: ReadonlyMap<string, string>;
  readonly #agents = new Map<string, Agent>();
  /** Agents in the making: several may ask for one at once. */
  readonly #making = new Map<string, Promise<Agent>>();
  readonly #make: (name: string) => Promise<Agent>;
  readonly #mustHold: boolean;
  readonly #unusable: Unusable;

  private constructor(
    casting: Casting,
    prices: Prices,
    prompts: ReadonlyMap<string, string>,
    of: { readonly make: (name: string) => Promise<Agent>; readonly mustHold: boolean; readonly unusable: Unusable },
  ) {
    this.casting = casting;
    this.prices = prices;
    this.#prompts = prompts;
    this.#make = of.make;
    this.#mustHold = of.mustHold;
    this.#unusable = of.unusable;
  }

  /** Makes all agents that these units and roles need now. Throws an `InputError` if one is not available. */
  static async gather(options: {
    readonly config: Config;
    readonly configBase: string;
    /** Folder that must contain the files that the configuration names. */
    readonly configRoot: string;
    readonly flag: string | null;
    readonly units: readonly UnitSpec[];
    readonly sessions: string;
    readonly recordInto: string | null;
    readonly env: Readonly<Record<string, string | undefined>>;
    readonly caps: Caps;
    /** True: agents with an unknown price may work. */
    readonly isUnmetered: boolean;
    /** True: the provider is not asked about models. */
    readonly isOffline: boolean;
    /** True for a program that is accessible in the sandbox. */
    readonly isReachable: (file: string) => boolean;
    readonly askProgram: AskProgram | null;
    /** Why an agent's program must not start now; null if it may. */
    readonly isChanged: (agent: string) => string | null;
  }): Promise<Fleet> {
    const { config, env } = options;
    const defaultName = defaultAgent(config, options.flag, env);
    if (defaultName === null) throw await noAgent(env, options.askProgram);
    const mustHold = isCapped(options.caps) && !options.isUnmetered;
    const casting = new Casting(config, defaultName, {
      typed: { flag: options.flag, env },
      isCapped: mustHold,
    });
    const prompts = readPrompts(casting.prompts, options);
    const prices = new Prices(config.prices);
    const shared = { limiters: new Limiters(systemClock), warmth: new Warmth(systemClock), prices };
    const unusable = new Unusable();
    const make = async (name: string): Promise<Agent> => {
      const changed = options.isChanged(name);
      if (changed !== null) throw inputError('program-changed', `the agent "${name}" was not started: ${changed}`);
      const agent = await backEnds.of(casting.configOf(name)).make({
        name,
        models: casting.modelsOf(name),
        base: options.configBase,
        root: options.configRoot,
        sessions: options.sessions,
        recordInto: options.recordInto,
        env,
        ...shared,
        isOffline: options.isOffline,
        isReachable: options.isReachable,
        askProgram: options.askProgram,
      });
      return watched(agent, () => options.isChanged(name), unusable);
    };
    const fleet = new Fleet(casting, prices, prompts, { make, mustHold, unusable });
    for (const name of casting.namesFor(options.units)) await fleet.#add(name);
    return fleet;
  }

  /** True if the unit's agent is made; it may name one that joined later. */
  has({ agent }: Pick<Asking, 'agent'>): boolean {
    return agent === null || this.#agents.has(agent);
  }

  /** Makes the unit's agent if needed. Returns why it is not available, else null. */
  async join(unit: Pick<Asking, 'agent'>): Promise<string | null> {
    if (unit.agent === null || this.has(unit)) return null;
    try {
      await this.#add(unit.agent);
      return null;
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      return error.diagnostics.map(({ message, hint }) => [message, hint ?? []].flat().join('. ')).join('. ');
    }
  }

  async #add(name: string): Promise<void> {
    let making = this.#making.get(name);
    if (!making) {
      making = this.#make(name).finally(() => this.#making.delete(name));
      this.#making.set(name, making);
    }
    const agent = await making;
    if (this.#mustHold) this.#refuseUnknownPrice(name);
    this.#agents.set(name, agent);
  }

  /** A cap cannot be kept with an unknown price. */
  #refuseUnknownPrice(name: string): void {
    const { payment } = backEnds.of(this.casting.configOf(name));
    if (payment.kind === 'order' && payment.costUsd === null)
      throw inputError(
        'unknown-cost',
        `a cap is set, but the cost of the agent "${name}" is unknown`,
        `Set "costUsd" for it (an assumed price per attempt), or pass --unmetered to run it uncounted.`,
      );
    if (payment.kind !== 'tokens') return;
    for (const model of [...payment.models, ...this.casting.modelsOf(name)]) {
      if (this.prices.has(model)) continue;
      throw inputError(
        'unknown-price',
        `a cap is set, but the price of the model "${model}" of agent "${name}" is unknown`,
        'Use a model with a known price, set its price under "prices", or pass --unmetered to run it uncounted.',
      );
    }
  }

  /** The agent for a unit's role. */
  cast(role: Role, unit: Asking): Cast {
    return this.#casts(this.casting.part(role, unit));
  }

  /** The agent of a recipe's scout. */
  castScout(unit: Asking, scout: Scout): Cast {
    return this.#casts(this.casting.scout(unit, scout));
  }

  #casts(part: Part): Cast {
    const agent = this.named(part.agent);
    const web = agent.abilities.web && (part.tools?.includes('web') ?? false);
    return { ...part, agent, prompt: this.promptOf(part), web };
  }

  /** The project's description of a role; null for the default. */
  promptOf({ prompt }: Pick<Part, 'prompt'>): string | null {
    return prompt === null ? null : (this.#prompts.get(prompt) ?? null);
  }

  /** End of the provider's pause for this role (ms since the epoch); null for none. */
  pausedUntil(role: Role, unit: Asking): number | null {
    const { agent, model } = this.cast(role, unit);
    return agent.pausedUntil?.(model) ?? null;
  }

  /** Why an agent that the unit needs is unusable in this run; null if all are usable. */
  unusable(role: Role | null, unit: UnitSpec, failedAttempts: number): AgentUnusable | null {
    if (this.#unusable.isNone) return null;
    const needed: Role[] = [
      ...(role === null ? [] : [role]),
      ...(reviewersAsked(this.casting, unit, failedAttempts) > 0 ? (['reviewer'] as const) : []),
    ];
    for (const one of needed) {
      const { agent, model } = this.cast(one, unit);
      const why = this.#unusable.of(agent.name, model, unit.id);
      if (why !== null) return why;
    }
    return null;
  }

  /** Notices on the user's files that agents can read, for the report. */
  get exposed(): readonly string[] {
    return [...this.#agents.keys()].flatMap((name) => {
      const { exposes } = backEnds.of(this.casting.configOf(name));
      return exposes.length > 0 ? [`Credential exposed: ${name} and its commands can read ${exposes.join(', ')}.`] : [];
    });
  }

  /** The default agent, with its description. */
  get title(): string {
    const { defaultName } = this.casting;
    const { about } = this.named(defaultName);
    return about === undefined ? defaultName : `${defaultName} (${about})`;
  }

  /** The agent of this name, made on demand. Throws an `InputError` if it is not available. */
  async open(name: string): Promise<Agent> {
    if (!this.#agents.has(name)) await this.#add(name);
    return this.named(name);
  }

  named(name: string): Agent {
    const found = this.#agents.get(name);
    if (!found) throw new Error(`Internal error: agent ${name} was not gathered`);
    return found;
  }

  /** True if an agent has a known price. */
  get canCostMoney(): boolean {
    return [...this.#agents.keys()].some((name) => costOfAgent(this.casting, this.prices, name) === 'priced');
  }
}

/** The error without a configured agent: names the installed ones. */
async function noAgent(env: Parameters<typeof installedAgents>[0], ask: AskProgram | null): Promise<InputError> {
  const found = await installedAgents(env, ask);
  return inputError(
    'no-agent',
    'no agent is configured, and ANTHROPIC_API_KEY is not set',
    [
      ...found.map((one) => `Found ${describeInstalled(one)}.`),
      `${found.length === 0 ? 'Set' : 'Or set'} ANTHROPIC_API_KEY, or name an agent with --agent or under "agent" in backlog.config.json.`,
    ].join('\n  '),
  );
}

/** Reads the prompt files. Throws an `InputError` if one cannot be read. */
function readPrompts(
  names: ReadonlySet<string>,
  { configBase, configRoot }: { readonly configBase: string; readonly configRoot: string },
): Map<string, string> {
  const texts = [...names].map((name) => {
    const refused = (why: string): Error =>
      inputError('no-prompt', `the prompt ${name} ${why}`, 'Prompts are Markdown files beside the configuration.');
    try {
      const bytes = readConfined(configRoot, path.relative(configRoot, path.resolve(configBase, name)), maxPromptBytes);
      if (bytes === null) throw refused('does not exist');
      return [name, bytes.toString('utf8').trim()] as const;
    } catch (error) {
      if (error instanceof InputError) throw error;
      if (error instanceof PathRefused) throw refused(`is not read: ${error.message}`);
      throw refused(`cannot be read (${(error as NodeJS.ErrnoException).code ?? String(error)})`);
    }
  });
  return new Map(texts);
}

/** Maximum bytes of a prompt. */
const maxPromptBytes = 1024 * 1024;
