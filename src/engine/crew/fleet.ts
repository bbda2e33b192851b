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

/** What a role is played by. */
export interface Cast extends Omit<Part, 'agent' | 'prompt'> {
  readonly agent: Agent;
  /** What the role is, in words of the project; null for ours. */
  readonly prompt: string | null;
  /** True when its agent can see the web, and its role may. */
  readonly web: boolean;
}

/** The agents of a run, made once each. */
export class Fleet {
  readonly casting: Casting;
  readonly prices: Prices;
  /** Texts of the prompt files, by their names. */
  readonly #prompts: ReadonlyMap<string, string>;
  readonly #agents = new Map<string, Agent>();
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

  /** Makes all agents that these units and roles need now. Throws an `InputError` when one cannot be had. */
  static async gather(options: {
    readonly config: Config;
    readonly configBase: string;
    /** Folder that files which the configuration names must lie in. */
    readonly configRoot: string;
    readonly flag: string | null;
    readonly units: readonly UnitSpec[];
    readonly sessions: string;
    readonly recordInto: string | null;
    readonly env: Readonly<Record<string, string | undefined>>;
    readonly caps: Caps;
    /** True: what has no known price may work all the same. */
    readonly isUnmetered: boolean;
    /** True: nobody is asked what models can do. */
    readonly isOffline: boolean;
    /** True for a program that the sandbox has. */
    readonly isReachable: (file: string) => boolean;
    readonly askProgram: AskProgram | null;
    /** Why the program of an agent must not be started now; null when it may be. */
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
      if (changed !== null) throw inputError('program-changed', `the agent "${name}" is not started: ${changed}`);
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

  /** True when there is whoever may be needed for a unit: it may have joined the run with an agent of its own. */
  has({ agent }: Pick<Asking, 'agent'>): boolean {
    return agent === null || this.#agents.has(agent);
  }

  /** Makes the agent that a unit names, where nobody needed it before. Returns why it cannot be had, else null. */
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
    const agent = await this.#make(name);
    if (this.#mustHold) this.#refuseUnknownPrice(name);
    this.#agents.set(name, agent);
  }

  /** Under a cap nobody starts whose price is not known: the cap could not be kept. */
  #refuseUnknownPrice(name: string): void {
    const { payment } = backEnds.of(this.casting.configOf(name));
    if (payment.kind === 'order' && payment.costUsd === null)
      throw inputError(
        'unknown-cost',
        `there is a cap, and what the agent "${name}" costs is not known`,
        `Give "costUsd" (an assumed price of one attempt) for it, or pass --unmetered to let it work uncounted.`,
      );
    if (payment.kind !== 'tokens') return;
    for (const model of [...payment.models, ...this.casting.modelsOf(name)]) {
      if (this.prices.has(model)) continue;
      throw inputError(
        'unknown-price',
        `there is a cap, and the price of the model "${model}" of agent "${name}" is not known`,
        'Use a model with a known price, give its price under "prices", or pass --unmetered to let it work uncounted.',
      );
    }
  }

  /** Who plays a role for a unit. */
  cast(role: Role, unit: Asking): Cast {
    return this.#casts(this.casting.part(role, unit));
  }

  /** A scout of a recipe, which may have an agent and a model of its own. */
  castScout(unit: Asking, scout: Scout): Cast {
    return this.#casts(this.casting.scout(unit, scout));
  }

  #casts(part: Part): Cast {
    const agent = this.named(part.agent);
    const web = agent.abilities.web && (part.tools?.includes('web') ?? false);
    const prompt = part.prompt === null ? null : (this.#prompts.get(part.prompt) ?? null);
    return { ...part, agent, prompt, web };
  }

  /** Until when the provider of who would play this role lets nobody work (ms since the epoch); null for no such thing. */
  pausedUntil(role: Role, unit: Asking): number | null {
    const { agent, model } = this.cast(role, unit);
    return agent.pausedUntil?.(model) ?? null;
  }

  /** Why nobody of those whom the unit needs can work with it in this run; null when all of them can. */
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

  /** What agents of this run can read of the user's own: said once in every report. */
  get exposed(): readonly string[] {
    return [...this.#agents.keys()].flatMap((name) => {
      const { exposes } = backEnds.of(this.casting.configOf(name));
      return exposes.length > 0
        ? [`Credential exposed: ${name}, and whatever it runs, can read ${exposes.join(', ')}.`]
        : [];
    });
  }

  /** The agent of every role that does not name its own, and what stands behind it. */
  get title(): string {
    const { defaultName } = this.casting;
    const { about } = this.named(defaultName);
    return about === undefined ? defaultName : `${defaultName} (${about})`;
  }

  /** The agent of this name, made when it is asked for first. Throws an `InputError` when it cannot be had. */
  async open(name: string): Promise<Agent> {
    if (!this.#agents.has(name)) await this.#add(name);
    return this.named(name);
  }

  named(name: string): Agent {
    const found = this.#agents.get(name);
    if (!found) throw new Error(`Internal error: agent ${name} was not gathered`);
    return found;
  }

  /** True when what a run with these agents spends is counted in money. */
  get canCostMoney(): boolean {
    return [...this.#agents.keys()].some((name) => costOfAgent(this.casting, this.prices, name) === 'priced');
  }
}

/** What a run says that has nobody to work with: who is here, and how to choose. */
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

/** Reads the prompt files. Throws an `InputError` for one that cannot be read. */
function readPrompts(
  names: ReadonlySet<string>,
  { configBase, configRoot }: { readonly configBase: string; readonly configRoot: string },
): Map<string, string> {
  const texts = [...names].map((name) => {
    const refused = (why: string): Error =>
      inputError('no-prompt', `the prompt ${name} ${why}`, 'Prompts are Markdown files beside the configuration.');
    try {
      const bytes = readConfined(configRoot, path.relative(configRoot, path.resolve(configBase, name)), maxPromptBytes);
      if (bytes === null) throw refused('is not there');
      return [name, bytes.toString('utf8').trim()] as const;
    } catch (error) {
      if (error instanceof InputError) throw error;
      if (error instanceof PathRefused) throw refused(`is not read: ${error.message}`);
      throw refused(`cannot be read (${(error as NodeJS.ErrnoException).code ?? String(error)})`);
    }
  });
  return new Map(texts);
}

/** The most that a prompt may have. */
const maxPromptBytes = 1024 * 1024;
