import type { Agent, ExecResult } from '../../model/agent.ts';
import type { Prices } from '../money/prices.ts';
import type { Limiters } from '../provider/limiter.ts';
import type { Warmth } from '../provider/warmth.ts';

/*
 * What each back end says of itself. The one list of them is in `back-ends.ts`; nobody else asks for the type of a
 * configuration.
 */

/** Variables by their names. */
export type Env = Readonly<Record<string, string | undefined>>;

/** The model of an agent that names none. */
export const defaultModel = 'claude-opus-5-5';
/** Output tokens of a reply where the configuration says nothing. */
export const defaultMaxTokens = 32_000;

/** How an agent is paid. */
export type Payment =
  | { readonly kind: 'free' }
  /** By the token, for these models. */
  | { readonly kind: 'tokens'; readonly models: readonly string[] }
  /** By the order; null when nobody knows its price. */
  | { readonly kind: 'order'; readonly costUsd: number | null }
  | { readonly kind: 'subscription' };

/** Runs a program with arguments in a box, and gives what it said. Throws when the box does not come up. */
export type AskProgram = (argv: readonly string[]) => Promise<ExecResult>;

/** What an agent is made with, beside its configuration. */
export interface Surroundings {
  /** The name under which it is configured. */
  readonly name: string;
  /** Models that its roles name. */
  readonly models: readonly string[];
  /** Folder that relative paths of the configuration start from. */
  readonly base: string;
  /** Absolute path of the folder that files which it names must lie in. */
  readonly root: string;
  /** Folder of the transcripts. */
  readonly sessions: string;
  /** Folder to record real calls into. */
  readonly recordInto: string | null;
  readonly env: Env;
  /** Shared by all agents of a run. */
  readonly limiters: Limiters;
  readonly warmth: Warmth;
  readonly prices: Prices;
  /** True: nobody is asked what models can do. */
  readonly isOffline: boolean;
  /** True for a program that the sandbox has. */
  readonly isReachable: (file: string) => boolean;
  /** Runs a program for a moment where agents run; null where none may be run. */
  readonly askProgram: AskProgram | null;
}

/** An agent by its configuration, before it is made. */
export interface Configured<C> {
  readonly payment: Payment;
  /** The model that it works with where its role names none; null for one that picks its model by itself. */
  readonly model: string | null;
  /** The variable that holds its key or token; null when it has none. */
  readonly secretVariable: string | null;
  /** Its program as it is called, a name on PATH or a path; null for one that has none, or only a shell command. */
  readonly program: string | null;
  /** The command that the configuration has it run, as a shell would read it; null for none. */
  readonly command: string | null;
  /** Files of the user's home folder that it is given, as "~/…". */
  readonly exposes: readonly string[];
  /** True: its prompts are its own, and long, whatever it is asked. */
  readonly bringsPrompt: boolean;
  /** The configuration with replies of at most so many output tokens, as far as that can be said. */
  shortened(maxTokens: number): C;
  /** Throws an `InputError` when something that it needs is missing. What makes it is loaded here, and not before. */
  make(surroundings: Surroundings): Promise<Agent>;
}

/** A program by which agents of a back end may be installed. */
export interface KnownProgram {
  readonly program: string;
  /** Variables that hold a key or a token. */
  readonly variables: readonly string[];
  /** Files of the home folder that are there when somebody is logged in. */
  readonly files: readonly string[];
  /** What to do to work with it, when no agent of its name is ready. */
  readonly otherwise: string;
  /** Told only where this program is not there. */
  readonly unless?: string;
}

/** One kind of agents; `C` is its entry under `agents`. */
export interface BackEnd<C> {
  /** Agents that need no configuration, by name, as fits the logins in `env`. */
  builtIn(env: Env): Readonly<Record<string, C>>;
  /** Programs that are looked for on PATH. */
  readonly programs: readonly KnownProgram[];
  of(config: C): Configured<C>;
}
