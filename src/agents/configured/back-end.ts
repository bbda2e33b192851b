import type { Agent, ExecResult } from '../../model/agent.ts';
import type { Prices } from '../money/prices.ts';
import type { Limiters } from '../provider/limiter.ts';
import type { Warmth } from '../provider/warmth.ts';

/*
 * The contract of a back end. `back-ends.ts` lists all of them; only that list branches on the type of a configuration.
 */

/** Environment variables by name. */
export type Env = Readonly<Record<string, string | undefined>>;

/** The default model of an agent. */
export const defaultModel = 'claude-opus-5-5';
/** Default output tokens of a reply. */
export const defaultMaxTokens = 32_000;

export type Payment =
  | { readonly kind: 'free' }
  /** By the token, for these models. */
  | { readonly kind: 'tokens'; readonly models: readonly string[] }
  /** By the order, in dollars; null if its price is unknown. */
  | { readonly kind: 'order'; readonly costUsd: number | null }
  | { readonly kind: 'subscription' };

/** Runs a program with arguments in a box and returns its result. Throws if the box does not start. */
export type AskProgram = (argv: readonly string[]) => Promise<ExecResult>;

/** The parameters of making an agent, beside its configuration. */
export interface Surroundings {
  /** Name of the agent in the configuration. */
  readonly name: string;
  /** Models that its roles name. */
  readonly models: readonly string[];
  /** Folder that relative paths of the configuration start from. */
  readonly base: string;
  /** Absolute path of the folder that must contain the files it names. */
  readonly root: string;
  /** Folder of the transcripts. */
  readonly sessions: string;
  /** Folder for recordings of model calls; null for none. */
  readonly recordInto: string | null;
  readonly env: Env;
  /** Shared by all agents of a run. */
  readonly limiters: Limiters;
  readonly warmth: Warmth;
  readonly prices: Prices;
  /** True: the provider is not asked about models. */
  readonly isOffline: boolean;
  /** True for a program that is accessible in the sandbox. */
  readonly isReachable: (file: string) => boolean;
  /** Runs a program in the sandbox of agents; null if none may run. */
  readonly askProgram: AskProgram | null;
}

/** An agent's configuration, interpreted by its back end. */
export interface Configured<C> {
  readonly payment: Payment;
  /** The default model; null for a program that chooses its own. */
  readonly model: string | null;
  /** The variable with its key or token; null for none. */
  readonly secretVariable: string | null;
  /** Its program, a name on PATH or a path; null for none, or for a shell command. */
  readonly program: string | null;
  /** The configured shell command; null for none. */
  readonly command: string | null;
  /** Files of the user's home that are copied into its box, as "~/…". */
  readonly exposes: readonly string[];
  /** True: it adds long prompts of its own to every call. */
  readonly bringsPrompt: boolean;
  /** The configuration with at most `maxTokens` output tokens per reply, if it has such a setting. */
  shortened(maxTokens: number): C;
  /** Throws an `InputError` if something is missing. Loads the agent's code on demand. */
  make(surroundings: Surroundings): Promise<Agent>;
}

/** A program that indicates an installed agent. */
export interface KnownProgram {
  readonly program: string;
  /** Variables with a key or token. */
  readonly variables: readonly string[];
  /** Files of the home folder that exist after a login. */
  readonly files: readonly string[];
  /** The next step if no agent of its name is ready. */
  readonly otherwise: string;
  /** Skipped if this program is installed. */
  readonly unless?: string;
}

/** A type of agents; `C` is the type of its entries under `agents`. */
export interface BackEnd<C> {
  /** Agents that need no configuration, by name; `env` decides between logins. */
  builtIn(env: Env): Readonly<Record<string, C>>;
  /** Programs to look for on PATH. */
  readonly programs: readonly KnownProgram[];
  of(config: C): Configured<C>;
}
