import { backEnds, builtInNames } from '../../agents/configured/back-ends.ts';
import { otherModel } from '../../agents/money/prices.ts';
import { type Effort, type Role, roles, type ToolName, toolNames } from '../../model/agent.ts';
import { type Config, parseDuration, type RoleSettings } from '../../model/config.ts';
import type { AgentConfig } from '../../model/agent-config.ts';
import { inputError } from '../../model/diagnostic.ts';
import { patternsOverlap } from '../../model/path-pattern.ts';
import { builtInRecipes, type Choice, type Recipe, type Reviewers, type Scout, triage } from '../../model/recipe.ts';
import type { UnitSpec } from '../../model/unit.ts';
import { suggest } from '../../specs/text/suggest.ts';
import { own } from '../../util/values/own.ts';

/** How a role is played, by names: what the configuration, its rules and the unit say, with nothing looked up yet. */
export interface Part {
  readonly agent: string;
  readonly model: string | null;
  readonly effort: Effort;
  /** Name of the file that says what the role is; null for our words. */
  readonly prompt: string | null;
  readonly tools: readonly ToolName[] | null;
  /** In place of the run's; null for those. */
  readonly turns: number | null;
  readonly timeMs: number | null;
}

type Env = Readonly<Record<string, string | undefined>>;

/** The agent that the user typed, and their environment. */
interface Typed {
  readonly flag: string | null;
  readonly env: Env;
}

/** What of a unit decides who works on it. */
export type Asking = Pick<UnitSpec, 'agent' | 'labels' | 'touches'>;

/** Name of the agent for every role that does not name its own. Null when nothing says which. */
export function defaultAgent(config: Pick<Config, 'agent'>, flag: string | null, env: Env): string | null {
  return flag ?? config.agent ?? (env['ANTHROPIC_API_KEY'] ? 'anthropic' : null);
}

/** Throws an `InputError` where the user typed the name of an agent that is not known, whatever there is to do. */
export function requireAgent(config: Config, flag: string | null, env: Env): void {
  if (flag !== null) new Casting(config, flag, { typed: { flag, env } }).configOf(flag);
}

/** Who plays what, by the configuration alone. */
export class Casting {
  readonly config: Config;
  /** Name of the agent for every role that does not name its own. */
  readonly defaultName: string;
  readonly #typed: Typed | null;
  readonly #isCapped: boolean;

  /** `isCapped`: money is limited, so nobody sees the web whose tools do not name it. */
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

  /** Who plays a role for a unit: its own word first, then the rules that fit, then the configuration's. */
  part(role: Role, unit: Asking): Part {
    return this.#partAs(role, unit, {});
  }

  /** A scout of a recipe, which may have an agent and a model of its own. */
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
      effort: settings.effort ?? 'medium',
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

  /** How a unit is worked on: as it says itself, as a rule says, or as fits its size and history. */
  recipeOf(
    unit: UnitSpec,
    /** Attempts of this unit that failed before. */
    failedAttempts: number,
  ): { readonly recipe: Recipe; readonly choice: Choice; readonly reviewers: Reviewers } {
    const rule = this.config.rules.findLast((one) => one.recipe !== undefined && fits(one, unit))?.recipe;
    const asked = unit.recipe ?? rule ?? this.config.recipe;
    const why =
      unit.recipe === null ? (rule === undefined ? 'the configuration says so' : 'a rule says so') : 'it says so';
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

  /** True when a reviewer looks at each change for what was gamed. */
  get isGamingAsked(): boolean {
    const isCast = this.config.roles.reviewer !== undefined || this.#modelOf(this.defaultName) !== null;
    return this.config.review === 'auto' && isCast;
  }

  /** Names of all agents that these units and roles can need. */
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

  /** An agent's configuration. Throws an `InputError` for a name that is not known. */
  configOf(name: string): AgentConfig {
    // A configuration cannot choose who pays: only for an agent that the user typed is their login looked at.
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

  /** The model of an agent whose role names none; null for one that picks its model by itself. */
  #modelOf(name: string): string | null {
    return backEnds.of(this.configOf(name)).model;
  }

  /** The models that roles and scouts need of an agent beside its own. */
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
 * Roles that may see the web unless their tools say otherwise. Not under a cap: what a search brings into a prompt nobody
 * promises, so that its price cannot be set aside for certain.
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
