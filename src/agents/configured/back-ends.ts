import type { AgentConfig } from '../../model/agent-config.ts';
import { own } from '../../util/values/own.ts';
import { acp } from './acp.ts';
import { anthropic } from './anthropic.ts';
import type { BackEnd, Configured, Env, KnownProgram } from './back-end.ts';
import { claude } from './claude.ts';
import { command } from './command.ts';
import { replay } from './replay.ts';

interface Typed {
  readonly type: string;
}

/** The back ends by configuration type. */
export class BackEnds<C extends Typed> {
  readonly #byType: ReadonlyMap<string, BackEnd<C>>;

  constructor(byType: { readonly [Type in C['type']]: BackEnd<Extract<C, { readonly type: Type }>> }) {
    this.#byType = new Map(Object.entries<BackEnd<C>>(byType));
  }

  /** The interpreted configuration of an agent. */
  of(config: C): Configured<C> {
    const found = this.#byType.get(config.type);
    if (!found) throw new Error(`Internal error: no back end for ${config.type}`);
    return found.of(config);
  }

  /** Agents that need no configuration, by name; `env` decides between logins. */
  builtIn(env: Env): Readonly<Record<string, C>> {
    return Object.fromEntries([...this.#byType.values()].flatMap((one) => Object.entries(one.builtIn(env))));
  }

  /** True for an agent that needs no configuration and has its secret in `env`. */
  isReady(name: string, env: Env): boolean {
    const config = own(this.builtIn(env), name);
    const variable = config === undefined ? null : this.of(config).secretVariable;
    return variable !== null && (env[variable] ?? '') !== '';
  }

  /** Programs to look for on PATH. */
  get programs(): readonly KnownProgram[] {
    return [...this.#byType.values()].flatMap(({ programs }) => programs);
  }
}

export const backEnds = new BackEnds<AgentConfig>({ anthropic, claude, acp, command, replay });

/** Names of the agents that need no configuration. */
export const builtInNames: readonly string[] = Object.keys(backEnds.builtIn({}));
