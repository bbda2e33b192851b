import { backEnds, builtInNames } from '../../agents/configured/back-ends.ts';
import { otherModel } from '../../agents/money/prices.ts';
import { type Effort, type Role, roles, type ToolName, toolNames } from '../../model/agent.ts';
import { type Config, parseDuration, type RoleSettings } from '../../model/config.ts';
import type { AgentConfig } from '../../model/agent-config.ts';
import { inputError } from '../../model/diagnostic.ts';
import { patternsOverlap } from '../../model/path-pattern.ts';
import { builtInRecipes, type Choice, type Recipe, type Reviewers, type Scout, triage } from '../../model/recipe.ts';
import type { UnitSpec } from '../../model/unit.ts';
import { suggest } from '../../util/text/suggest.ts';
import { own } from '../../util/values/own.ts';

/** The assignment of a role by names, from configuration, rules and unit. */
export interface Part {
  readonly agent: string;
  readonly model: string | null;
  readonly effort: Effort;
  /** Name of the file that describes the role; null for the default. */
  readonly prompt: string | null;
  readonly tools: readonly ToolName[] | null;
  /** Overrides the run's limit; null for none. */
  readonly turns: number | null;
  readonly timeMs: number | null;
}

type Env = Readonly<Record<string, string | undefined>>;

/** The requested agent, and the requester's environment. */
interface Typed {
  readonly flag: string | null;
  readonly env: Env;
}

/** The fields of a unit that determine its agents. */
export type Asking = Pick<UnitSpec, 'agent' | 'labels' | 'touches'>;

/** The agent of roles that name none; null if there is none. */
export function defaultAgent(config: Pick<Config, 'agent'>, flag: string | null, env: Env): string | null {
  return flag ?? config.agent ?? (env['ANTHROPIC_API_KEY'] ? 'anthropic' : null);
}

/** Throws an `InputError` if the user requested an unknown agent, even if there is nothing to do. */
export function requireAgent(config: Config, flag: string | null, env: Env): void {
  if (flag !== null) new Casting(config, flag, { typed: { flag, env } }).configOf(flag);
}

/** Assigns agents to roles by the configuration. */
export class Casting {
  readonly config: Config;
  /** The agent of roles that name none. */
  readonly defaultName: string;
  readonly #typed: Typed | null;
  readonly #isCapped: boolean;

  /** `isCapped`: cost is limited, so only roles whose tools name it may see the web. */
  constructor(
    config: Config,
    defaultName: string,
    options: { readonly typed?: Typed; readonly isCapped?: boolean } = {},
  ) {
    this.config = config;
    this.defaultName = defaultName;
    this.#typed = options.typed ?? null;
    this.#isCapped = options.isCapped ?? false;
  }

  /** The assignment of a role for a unit: the unit's own, then matching rules, then the configuration. */
  part(role: Role, unit: Asking): Part {
    return this.#partAs(role, unit, {});
  }

  /** The assignment of a recipe's scout, which may name its agent and model. */
  scout(unit: Asking, scout: Scout): Part {
    return this.#partAs('scout', unit, scout);
  }

  #partAs(role: Role, unit: Asking, said: Pick<Scout, 'agent' | 'model'>): Part {
    const settings = { ...this.#settings(role, unit), ...defined(said) };
    const isUnits = role === 'builder' || role === 'debugger' || role === 'researcher' || role === 'synthesizer';
    const agent = (isUnits ? unit.agent : null) ?? settings.agent ?? this.defaultName;
    const usual = this.#modelOf(agent);
    const other = role === 'reviewer' && usual !== null ? otherModel(usual) : usual;
    return {
      agent,
      model: usual === null ? null : (settings.model ?? other),
      effort: settings.effort ?? (role === 'lead' ? 'high' : 'medium'),
      prompt: settings.prompt ?? null,
      tools: settings.tools ?? (looksAround(role) && !this.#isCapped ? toolNames : null),
      turns: settings.turns ?? null,
      timeMs: settings.timeout === undefined ? null : parseDuration(settings.timeout),
    };
  }

  #settings(role: Role, unit: Asking): RoleSettings {
    const fitting = this.config.rules.filter((rule) => fits(rule, unit));
    return Object.assign({}, this.config.roles[role], ...fitting.map((rule) => rule.roles[role] ?? {})) as RoleSettings;
  }

  /** The recipe of a unit: its own, of a rule, or by size and history. */
  recipeOf(
    unit: UnitSpec,
    failedAttempts: number,
  ): { readonly recipe: Recipe; readonly choice: Choice; readonly reviewers: Reviewers } {
    const rule = this.config.rules.findLast((one) => one.recipe !== undefined && fits(one, unit))?.recipe;
    const asked = unit.recipe ?? rule ?? this.config.recipe;
    const why =
      unit.recipe === null ? (rule === undefined ? 'set in the configuration' : 'set by a rule') : 'set by the unit';
    const isModel = this.part('builder', unit).model !== null;
    const choice: Choice =
      asked !== 'auto'
        ? { recipe: asked, reviewers: null, why }
        : isModel
          ? triage(unit, failedAttempts)
          : { recipe: 'build', reviewers: null, why: 'a command agent' };
    const recipe = own(this.config.recipes, choice.recipe) ?? own(builtInRecipes, choice.recipe);
    if (!recipe) throw new Error(`Internal error: recipe ${choice.recipe} was not checked`);
    return { recipe, choice, reviewers: choice.reviewers ?? recipe.reviewers };
  }

  /** True if a reviewer checks each change for gaming. */
  get isGamingAsked(): boolean {
    const isCast = this.config.roles.reviewer !== undefined || this.#modelOf(this.defaultName) !== null;
    return this.config.review === 'auto' && isCast;
  }

  /** Names of all agents that these units may need. */
  namesFor(units: readonly UnitSpec[]): ReadonlySet<string> {
    return new Set([
      this.defaultName,
      ...allSettings(this.config).flatMap(([, settings]) => settings.agent ?? []),
      ...allScouts(this.config).flatMap((scout) => scout.agent ?? []),
      ...units.flatMap((unit) => unit.agent ?? []),
    ]);
  }

  /** Names of all prompt files. */
  get prompts(): ReadonlySet<string> {
    return new Set(allSettings(this.config).flatMap(([, { prompt }]) => prompt ?? []));
  }

  /** The configuration of an agent. Throws an `InputError` for an unknown name. */
  configOf(name: string): AgentConfig {
    // A configuration cannot choose the payment: only for an agent that the user requested, its login counts.
    const env = this.#typed?.flag === name ? this.#typed.env : {};
    const known = own(this.config.agents, name) ?? own(backEnds.builtIn(env), name);
    if (known) return known;
    const similar = suggest(name, [...Object.keys(this.config.agents), ...builtInNames]);
    throw inputError(
      'unknown-agent',
      `there is no agent "${name}"`,
      similar === null
        ? `Configured: ${Object.keys(this.config.agents).join(', ') || 'none'}; built in: ${builtInNames.join(', ')}.`
        : `Did you mean "${similar}"?`,
    );
  }

  /** The agent's default model; null for a program that chooses its own. */
  #modelOf(name: string): string | null {
    return backEnds.of(this.configOf(name)).model;
  }

  /** Models that roles and scouts use with an agent, beside its default. */
  modelsOf(name: string): string[] {
    const { config } = this;
    const model = this.#modelOf(name);
    if (model === null) return [];
    const isOwn = (agent: string | undefined): boolean => (agent ?? this.defaultName) === name;
    return [
      ...(isOwn(config.roles.reviewer?.agent) ? [otherModel(model)] : []),
      ...allSettings(config).flatMap(([role, settings]) =>
        isOwn(settings.agent ?? config.roles[role]?.agent) ? (settings.model ?? []) : [],
      ),
      ...allScouts(config).flatMap((scout) =>
        isOwn(scout.agent ?? config.roles.scout?.agent) ? (scout.model ?? []) : [],
      ),
    ];
  }
}

/**
 * Roles that may see the web by default. Not under a cap: the size of search results is unpredictable, so their price
 * cannot be reserved.
 */
function looksAround(role: Role): boolean {
  return role === 'scout' || role === 'researcher' || role === 'synthesizer';
}

function fits(rule: Config['rules'][number], unit: Asking): boolean {
  return (
    rule.labels.some((label) => unit.labels.includes(label)) ||
    rule.paths.some((path) => unit.touches.some((touched) => patternsOverlap(path, touched)))
  );
}

/** Omits undefined values, which would override defined ones. */
function defined({ agent, model }: Pick<Scout, 'agent' | 'model'>): Pick<RoleSettings, 'agent' | 'model'> {
  return { ...(agent === undefined ? {} : { agent }), ...(model === undefined ? {} : { model }) };
}

/** The role settings of the configuration and its rules. */
function allSettings(config: Config): (readonly [role: Role, settings: RoleSettings])[] {
  return [config.roles, ...config.rules.map((rule) => rule.roles)].flatMap((all) =>
    roles.flatMap((role) => (all[role] ? [[role, all[role]] as const] : [])),
  );
}

function allScouts(config: Config): readonly Scout[] {
  return Object.values(config.recipes).flatMap(({ scouts }) => scouts);
}
