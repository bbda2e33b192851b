import os from 'node:os';
import path from 'node:path';
import type { Agent } from '../model/agent.ts';
import type { AgentConfig } from '../model/config.ts';
import { inputError } from '../model/diagnostic.ts';
import { systemClock } from '../util/clock.ts';
import { commandAgent, type CommandApi } from './command.ts';
import type { Limiter, Limiters } from './limiter.ts';
import { runLoop } from './loop.ts';
import { recorded, replayVoice } from './recording.ts';
import type { OpenVoice } from './voice.ts';

/** The model of an `anthropic` agent that names none. */
export const defaultModel = 'claude-opus-5-5';
const defaultMaxTokens = 32_000;
const officialUrl = 'https://api.anthropic.com';

/** What an agent is made from. */
export interface CreateOptions {
  readonly name: string;
  readonly config: AgentConfig;
  /** Folder that relative paths of the configuration start from. */
  readonly base: string;
  /** Folder of the transcripts. */
  readonly sessions: string;
  /** Folder to record real calls into. */
  readonly recordInto: string | null;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Shared by all agents of a run. */
  readonly limiters: Limiters;
}

/** True when using this agent can cost money. */
export function canCostMoney(config: AgentConfig): boolean {
  return (
    config.type === 'anthropic' ||
    (config.type === 'command' && (config.api !== undefined || (config.costUsd !== undefined && config.costUsd > 0)))
  );
}

/** Makes an agent from its configuration. Throws an `InputError` when something that it needs is missing. */
export async function createAgent(options: CreateOptions): Promise<Agent> {
  const { name, config } = options;
  switch (config.type) {
    case 'command':
      return commandAgent({
        name,
        command: config.command,
        costUsd: config.costUsd ?? null,
        isSubscription: config.subscription,
        clock: systemClock,
        api: config.api ? openApi(name, config.api, options) : null,
        exposed: config.exposes.map((file) => ({
          from: path.join(options.env['HOME'] ?? os.homedir(), file.slice(2)),
          to: file.slice(2),
        })),
      });
    case 'replay':
      return loopAgent(options, replayVoice(path.resolve(options.base, config.recordings)), { reportsCost: true });
    case 'anthropic': {
      const apiKey = readKey(name, config.apiKeyEnv, options.env);
      const { anthropicVoice } = await import('./anthropic.ts'); // the SDK is only loaded where it is used
      const settings = {
        apiKey,
        baseUrl: config.baseUrl ?? options.env['ANTHROPIC_BASE_URL'] ?? null,
        maxTokens: config.maxTokens ?? defaultMaxTokens,
      };
      const { recordInto } = options;
      const modelOf = (model: string | null): string => model ?? config.model ?? defaultModel;
      const limiterOf = (model: string | null): Limiter =>
        options.limiters.of(settings.baseUrl ?? officialUrl, apiKey, modelOf(model));
      const openVoice: OpenVoice = (order) => {
        const voice = anthropicVoice({ ...settings, model: modelOf(order.model), limiter: limiterOf(order.model) });
        return Promise.resolve(recordInto === null ? voice : recorded(voice, recordInto, order));
      };
      const agent = loopAgent(options, openVoice, { reportsCost: true });
      return { ...agent, pausedUntil: (model) => limiterOf(model).pausedUntil };
    }
  }
}

/** The key of an agent. Throws an `InputError` when it is not set. */
function readKey(name: string, asked: string | undefined, env: CreateOptions['env']): string {
  const variable = asked ?? 'ANTHROPIC_API_KEY';
  const apiKey = env[variable];
  if (apiKey !== undefined && apiKey !== '') return apiKey;
  throw inputError(
    'no-key',
    `the agent "${name}" needs an API key in ${variable}`,
    `Set ${variable}, or pick another agent with --agent.`,
  );
}

function openApi(
  name: string,
  api: NonNullable<Extract<AgentConfig, { type: 'command' }>['api']>,
  { env, limiters }: Pick<CreateOptions, 'env' | 'limiters'>,
): CommandApi {
  const upstream = api.baseUrl ?? env['ANTHROPIC_BASE_URL'] ?? officialUrl;
  const apiKey = readKey(name, api.apiKeyEnv, env);
  return {
    upstream,
    apiKey,
    limiterOf: (model) => limiters.of(upstream, apiKey, model),
    models: api.models,
    maxTokens: api.maxTokens ?? defaultMaxTokens,
  };
}

function loopAgent(options: CreateOptions, openVoice: OpenVoice, abilities: { readonly reportsCost: boolean }): Agent {
  const loop = { openVoice, sessions: options.sessions, clock: systemClock, random: Math.random };
  return {
    name: options.name,
    abilities: { resume: true, structuredAnswers: true, ...abilities },
    work: (order, emit, signal) => runLoop(loop, order, emit, signal),
  };
}
