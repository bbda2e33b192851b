import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { Limiters } from '../agents/limiter.ts';
import { Warmth } from '../agents/warmth.ts';
import { systemClock } from '../util/clock.ts';
import { createAgent } from '../agents/create.ts';
import { builtIn, modelOf, paymentOf } from '../agents/payment.ts';
import { type Agent, type Effort, type Order, type Role, roles, type ToolName, toolNames } from '../model/agent.ts';
import { type AgentConfig, type Config, parseDuration, type RoleSettings } from '../model/config.ts';
import { inputError } from '../model/diagnostic.ts';
import { fromUsd, type MicroUsd, toUsd } from '../model/money.ts';
import { otherModel, Prices } from '../agents/prices.ts';
import { type Caps, isCapped } from '../queue/budget.ts';
import { patternsOverlap } from '../model/path-pattern.ts';
import { builtInRecipes, type Choice, type Recipe, type Reviewers, type Scout, triage } from '../model/recipe.ts';
import type { UnitSpec } from '../model/unit.ts';
import { suggest } from '../specs/suggest.ts';
import { orderTime } from './deadline.ts';
import type { RunSettings } from './run-settings.ts';

/** What a role is played by. */
export interface Cast {
  readonly agent: Agent;
  readonly model: string | null;
  readonly effort: Effort;
  /** What the role is, in words of the project; null for ours. */
  readonly prompt: string | null;
  readonly tools: readonly ToolName[] | null;
  /** True when its agent can see the web, and its role may. */
  readonly web: boolean;
  /** In place of the run's; null for those. */
  readonly turns: number | null;
  readonly timeMs: number | null;
}

interface Member {
  readonly agent: Agent;
  readonly config: AgentConfig;
}

/** The agents of a run, made once each. */
export class Fleet {
  /** Name of the agent for every role that does not name its own. */
  readonly defaultName: string;
  readonly #config: Config;
  readonly #prices: Prices;
  /** Texts of the prompt files, by their names. */
  readonly #prompts: ReadonlyMap<string, string>;
  readonly #agents: ReadonlyMap<string, Member>;

  private constructor(
    config: Config,
    prices: Prices,
    prompts: ReadonlyMap<string, string>,
    defaultName: string,
    agents: ReadonlyMap<string, Member>,
  ) {
    this.#config = config;
    this.#prices = prices;
    this.#prompts = prompts;
    this.defaultName = defaultName;
    this.#agents = agents;
  }

  /** Makes all agents that these units and roles can need. Throws an `InputError` when one cannot be had. */
  static async gather(options: {
    readonly config: Config;
    readonly configBase: string;
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
  }): Promise<Fleet> {
    const { config, env } = options;
    const name = options.flag ?? config.agent ?? (env['ANTHROPIC_API_KEY'] ? 'anthropic' : null);
    if (name === null) {
      throw inputError(
        'no-agent',
        'there is no agent to work with: no API key is set, and the configuration names none',
        'Set ANTHROPIC_API_KEY, or name an agent with --agent or under "agent" in backlog.config.json.',
      );
    }
    const names = new Set([
      name,
      ...allSettings(config).flatMap(([, settings]) => settings.agent ?? []),
      ...allScouts(config).flatMap((scout) => scout.agent ?? []),
      ...options.units.flatMap((unit) => unit.agent ?? []),
    ]);
    const prompts = await readPrompts(config, options.configBase);
    const agents = new Map<string, Member>();
    const limiters = new Limiters(systemClock);
    const warmth = new Warmth(systemClock);
    const prices = new Prices(config.prices);
    for (const one of names) {
      const known = config.agents[one] ?? builtIn[one];
      if (!known) {
        const similar = suggest(one, [...Object.keys(config.agents), ...Object.keys(builtIn)]);
        throw inputError(
          'unknown-agent',
          `there is no agent "${one}"`,
          similar === null
            ? `Configured: ${Object.keys(config.agents).join(', ') || 'none'}; built in: ${Object.keys(builtIn).join(', ')}.`
            : `Did you mean "${similar}"?`,
        );
      }
      const agent = await createAgent({
        name: one,
        config: known,
        models: roleModels(config, one, name),
        base: options.configBase,
        sessions: options.sessions,
        recordInto: options.recordInto,
        env,
        limiters,
        warmth,
        prices,
        isOffline: options.isOffline,
      });
      agents.set(one, { agent, config: known });
    }
    const fleet = new Fleet(config, prices, prompts, name, agents);
    if (isCapped(options.caps) && !options.isUnmetered) fleet.#refuseUnknownPrices();
    return fleet;
  }

  /** Under a cap nobody starts whose price is not known: the cap could not be kept. */
  #refuseUnknownPrices(): void {
    for (const [name, { config }] of this.#agents) {
      const payment = paymentOf(config);
      if (payment.kind === 'order' && payment.costUsd === null)
        throw inputError(
          'unknown-cost',
          `there is a cap, and what the agent "${name}" costs is not known`,
          `Give "costUsd" (an assumed price of one attempt) for it, or pass --unmetered to let it work uncounted.`,
        );
      if (payment.kind !== 'tokens') continue;
      const named = roleModels(this.#config, name, this.defaultName);
      for (const model of [...payment.models, ...named]) {
        if (this.#prices.has(model)) continue;
        throw inputError(
          'unknown-price',
          `there is a cap, and the price of the model "${model}" of agent "${name}" is not known`,
          'Use a model with a known price, give its price under "prices", or pass --unmetered to let it work uncounted.',
        );
      }
    }
  }

  /** Who plays a role for a unit: its own word first, then the rules that fit, then the configuration's. */
  cast(role: Role, unit: Asking): Cast {
    return this.#castAs(role, unit, {});
  }

  /** A scout of a recipe, which may have an agent and a model of its own. */
  castScout(unit: Asking, scout: Scout): Cast {
    return this.#castAs('scout', unit, scout);
  }

  #castAs(role: Role, unit: Asking, own: Pick<Scout, 'agent' | 'model'>): Cast {
    const settings = { ...this.#settings(role, unit), ...defined(own) };
    const isUnits = role === 'builder' || role === 'debugger' || role === 'researcher' || role === 'synthesizer';
    const found = this.#member((isUnits ? unit.agent : null) ?? settings.agent ?? this.defaultName);
    const usual = modelOf(found.config);
    const other = role === 'reviewer' && usual !== null ? otherModel(usual) : usual;
    const model = usual === null ? null : (settings.model ?? other);
    const prompt = settings.prompt === undefined ? null : (this.#prompts.get(settings.prompt) ?? null);
    const timeMs = settings.timeout === undefined ? null : parseDuration(settings.timeout);
    const limits = {
      tools: settings.tools ?? (looksAround(role) ? toolNames : null),
      turns: settings.turns ?? null,
      timeMs,
    };
    const web = found.agent.abilities.web && (limits.tools?.includes('web') ?? false);
    return { agent: found.agent, web, model, effort: settings.effort ?? 'medium', prompt, ...limits };
  }

  #settings(role: Role, unit: Asking): RoleSettings {
    const fitting = this.#config.rules.filter((rule) => fits(rule, unit));
    return Object.assign(
      {},
      this.#config.roles[role],
      ...fitting.map((rule) => rule.roles[role] ?? {}),
    ) as RoleSettings;
  }

  /** How a unit is worked on: as it says itself, as a rule says, or as fits its size and history. */
  recipeOf(
    unit: UnitSpec,
    /** Attempts of this unit that failed before. */
    failed: number,
  ): { readonly recipe: Recipe; readonly choice: Choice; readonly reviewers: Reviewers } {
    const rule = this.#config.rules.findLast((one) => one.recipe !== undefined && fits(one, unit))?.recipe;
    const asked = unit.recipe ?? rule ?? this.#config.recipe;
    const why =
      unit.recipe === null ? (rule === undefined ? 'the configuration says so' : 'a rule says so') : 'it says so';
    const isModel = this.cast('builder', unit).model !== null;
    const choice: Choice =
      asked !== 'auto'
        ? { recipe: asked, reviewers: null, why }
        : isModel
          ? triage(unit, failed)
          : { recipe: 'build', reviewers: null, why: 'its agent is no model' };
    const recipe = this.#config.recipes[choice.recipe] ?? builtInRecipes[choice.recipe];
    if (!recipe) throw new Error(`Internal error: recipe ${choice.recipe} was not checked`);
    return { recipe, choice, reviewers: choice.reviewers ?? recipe.reviewers };
  }

  /** What judging a unit's work may take, in micro-dollars: kept before anybody builds. Nothing where only commands judge. */
  judgingCost(unit: UnitSpec, failed: number): MicroUsd {
    const { agent, model } = this.cast('reviewer', unit);
    const hasClaims = unit.criteria.some((criterion) => criterion.kind === 'claim');
    const isAsked = this.#config.review === 'auto' && this.isReviewerCast;
    const { reviewers } = this.recipeOf(unit, failed);
    // The one who is asked whether anything was gamed is asked the claims too.
    const sessions = hasClaims ? Math.max(reviewers, isAsked ? 1 : 0) : isAsked ? 1 : 0;
    const { config } = this.#member(agent.name);
    const payment = paymentOf(config);
    if (payment.kind === 'order') return sessions * fromUsd(payment.costUsd ?? 0);
    return payment.kind === 'tokens'
      ? sessions * (this.#prices.typicalReview(model ?? payment.models[0] ?? '') ?? 0)
      : 0;
  }

  /** Until when the provider of who would play this role lets nobody work (ms since the epoch); null for no such thing. */
  pausedUntil(role: Role, unit: Asking): number | null {
    const { agent, model } = this.cast(role, unit);
    return agent.pausedUntil?.(model) ?? null;
  }

  /** True when reviewers were asked for: the role is configured, or who plays it is a model. */
  get isReviewerCast(): boolean {
    const settings = this.#config.roles.reviewer;
    return settings !== undefined || modelOf(this.#member(this.defaultName).config) !== null;
  }

  /** What agents of this run can read of the user's own: said once in every report. */
  get exposed(): readonly string[] {
    return [...this.#agents].flatMap(([name, { config }]) =>
      'exposes' in config && config.exposes.length > 0
        ? [`Credential exposed: ${name}, and whatever it runs, can read ${config.exposes.join(', ')}.`]
        : [],
    );
  }

  /** What a unit may cost with the agent that builds, in dollars, going by nothing but prices; null when unknown. */
  get guessedUnitUsd(): number | null {
    const { config } = this.#member(this.#config.roles.builder?.agent ?? this.defaultName);
    const payment = paymentOf(config);
    if (payment.kind === 'order') return payment.costUsd;
    if (payment.kind !== 'tokens') return 0;
    const micro = this.#prices.typicalUnit(this.#config.roles.builder?.model ?? payment.models[0] ?? '');
    return micro === null ? null : toUsd(micro);
  }

  /** The agent of every role that does not name its own, and what stands behind it. */
  get title(): string {
    const { about } = this.named(this.defaultName);
    return about === undefined ? this.defaultName : `${this.defaultName} (${about})`;
  }

  named(name: string): Agent {
    return this.#member(name).agent;
  }

  #member(name: string): Member {
    const found = this.#agents.get(name);
    if (!found) throw new Error(`Internal error: agent ${name} was not gathered`);
    return found;
  }

  /** True when a run with these agents can cost money. */
  get canCostMoney(): boolean {
    return [...this.#agents.values()].some(({ config }) => {
      const payment = paymentOf(config);
      return payment.kind === 'tokens' || (payment.kind === 'order' && (payment.costUsd ?? 0) > 0);
    });
  }
}

/** Roles that may see the web unless their tools say otherwise. */
function looksAround(role: Role): boolean {
  return role === 'scout' || role === 'researcher' || role === 'synthesizer';
}

/** What of a unit decides who works on it. */
type Asking = Pick<UnitSpec, 'agent' | 'labels' | 'touches'>;

function fits(rule: Config['rules'][number], unit: Asking): boolean {
  return (
    rule.labels.some((label) => unit.labels.includes(label)) ||
    rule.paths.some((path) => unit.touches.some((touched) => patternsOverlap(path, touched)))
  );
}

/** Without what is undefined, which would stand before what is not. */
function defined({ agent, model }: Pick<Scout, 'agent' | 'model'>): Pick<RoleSettings, 'agent' | 'model'> {
  return { ...(agent === undefined ? {} : { agent }), ...(model === undefined ? {} : { model }) };
}

/** What the configuration says of roles, for all units or for some. */
function allSettings(config: Config): (readonly [role: Role, settings: RoleSettings])[] {
  return [config.roles, ...config.rules.map((rule) => rule.roles)].flatMap((all) =>
    roles.flatMap((role) => (all[role] ? [[role, all[role]] as const] : [])),
  );
}

function allScouts(config: Config): readonly Scout[] {
  return Object.values(config.recipes).flatMap(({ scouts }) => scouts);
}

/** Reads the prompt files. Throws an `InputError` for one that cannot be read. */
async function readPrompts(config: Config, base: string): Promise<Map<string, string>> {
  const names = new Set(allSettings(config).flatMap(([, { prompt }]) => prompt ?? []));
  const texts = [...names].map(async (name) => {
    try {
      return [name, (await readFile(path.resolve(base, name), 'utf8')).trim()] as const;
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? String(error);
      throw inputError(
        'no-prompt',
        `the prompt ${name} cannot be read (${code})`,
        'Prompts are Markdown files beside the configuration.',
      );
    }
  });
  return new Map(await Promise.all(texts));
}

/** The models that roles and scouts need of this agent beside its own. */
function roleModels(config: Config, name: string, defaultName: string): string[] {
  const own = modelOf(config.agents[name] ?? builtIn[name] ?? { type: 'replay', recordings: '' });
  if (own === null) return [];
  const isOwn = (agent: string | undefined): boolean => (agent ?? defaultName) === name;
  return [
    ...(isOwn(config.roles.reviewer?.agent) ? [otherModel(own)] : []),
    ...allSettings(config).flatMap(([role, { agent, model }]) =>
      isOwn(agent ?? config.roles[role]?.agent) ? (model ?? []) : [],
    ),
    ...allScouts(config).flatMap(({ agent, model }) =>
      isOwn(agent ?? config.roles.scout?.agent) ? (model ?? []) : [],
    ),
  ];
}

/** What an order of this cast may take; of the run's time, what is left. */
export function limitsOf(
  { settings }: { readonly settings: Pick<RunSettings, 'turns' | 'idleTimeoutMs' | 'attemptTimeoutMs' | 'deadline'> },
  cast: Pick<Cast, 'turns' | 'timeMs'>,
): Order['limits'] {
  const { turns, idleTimeoutMs, attemptTimeoutMs, deadline } = settings;
  return {
    turns: cast.turns ?? turns,
    timeMs: orderTime(cast.timeMs ?? attemptTimeoutMs, deadline),
    idleMs: idleTimeoutMs,
  };
}
