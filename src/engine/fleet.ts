import { createAgent, canCostMoney, defaultModel } from '../agents/create.ts';
import type { Agent, Effort, Role } from '../model/agent.ts';
import type { AgentConfig, Config } from '../model/config.ts';
import { inputError } from '../model/diagnostic.ts';
import { toUsd } from '../model/money.ts';
import { otherModel, typicalUnitCost } from '../agents/prices.ts';
import type { UnitSpec } from '../model/unit.ts';
import { suggest } from '../specs/suggest.ts';

/** What a role is played by. */
export interface Cast {
  readonly agent: Agent;
  readonly model: string | null;
  readonly effort: Effort;
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
  readonly #agents: ReadonlyMap<string, Member>;

  private constructor(config: Config, defaultName: string, agents: ReadonlyMap<string, Member>) {
    this.#config = config;
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
      ...Object.values(config.roles).flatMap((role) => role?.agent ?? []),
      ...options.units.flatMap((unit) => unit.agent ?? []),
    ]);
    const agents = new Map<string, Member>();
    for (const one of names) {
      const known: AgentConfig | undefined =
        config.agents[one] ?? (one === 'anthropic' ? { type: 'anthropic' } : undefined);
      if (!known) {
        const similar = suggest(one, [...Object.keys(config.agents), 'anthropic']);
        throw inputError(
          'unknown-agent',
          `there is no agent "${one}"`,
          similar === null
            ? `Configured: ${Object.keys(config.agents).join(', ') || 'none'}; built in: anthropic.`
            : `Did you mean "${similar}"?`,
        );
      }
      const agent = await createAgent({
        name: one,
        config: known,
        base: options.configBase,
        sessions: options.sessions,
        recordInto: options.recordInto,
        env,
      });
      agents.set(one, { agent, config: known });
    }
    return new Fleet(config, name, agents);
  }

  cast(role: Role, unit: Pick<UnitSpec, 'agent'>): Cast {
    const settings = this.#config.roles[role];
    const name = (role === 'reviewer' ? null : unit.agent) ?? settings?.agent ?? this.defaultName;
    const found = this.#member(name);
    const own = found.config.type === 'anthropic' ? (found.config.model ?? defaultModel) : null;
    const usual = role === 'reviewer' && own !== null ? otherModel(own) : own;
    const model = own === null ? null : (settings?.model ?? usual);
    return { agent: found.agent, model, effort: settings?.effort ?? 'medium' };
  }

  /** True when reviewers were asked for: the role is configured, or who plays it is a model. */
  get isReviewerCast(): boolean {
    const settings = this.#config.roles.reviewer;
    return settings !== undefined || this.#member(this.defaultName).config.type === 'anthropic';
  }

  /** What agents of this run can read of the user's own: said once in every report. */
  get exposed(): readonly string[] {
    return [...this.#agents].flatMap(([name, { config }]) =>
      config.type === 'command' && config.exposes.length > 0
        ? [`Credential exposed: ${name}, and whatever it runs, can read ${config.exposes.join(', ')}.`]
        : [],
    );
  }

  /** What a unit may cost with the agent that builds, in dollars, going by nothing but prices; null when unknown. */
  get guessedUnitUsd(): number | null {
    const { config } = this.#member(this.#config.roles.builder?.agent ?? this.defaultName);
    if (config.type === 'command' && !config.api) return config.costUsd ?? null;
    const model =
      config.type === 'command' ? config.api?.models[0] : config.type === 'anthropic' ? config.model : undefined;
    const micro =
      config.type === 'replay' ? 0 : typicalUnitCost(this.#config.roles.builder?.model ?? model ?? defaultModel);
    return micro === null ? null : toUsd(micro);
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
    return [...this.#agents.values()].some(({ config }) => canCostMoney(config));
  }
}
