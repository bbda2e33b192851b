import path from 'node:path';
import type { Agent, ExecResult } from '../../model/agent.ts';
import type { AgentConfig } from '../../model/agent-config.ts';
import { inputError } from '../../model/diagnostic.ts';
import { systemClock } from '../../util/clock.ts';
import { homeFolder } from '../../util/home.ts';
import { findProgram } from '../../util/programs.ts';
import { printableLine } from '../../util/terminal.ts';
import { presets } from '../programs/acp-presets.ts';
import { claudeAgent } from '../programs/claude.ts';
import { commandAgent } from '../programs/command.ts';
import type { Limiter, Limiters } from '../provider/limiter.ts';
import { runLoop } from '../loop/loop.ts';
import { defaultModel, programOf, secretVariable } from './payment.ts';
import { recorded, replayVoice } from '../voices/recording.ts';
import type { ModelAccess } from '../proxy/model-access.ts';
import type { Exposed } from '../programs/order-files.ts';
import { factsOf, type ModelFacts, officialUrl } from '../money/models.ts';
import type { OpenVoice } from '../provider/voice.ts';
import type { Prices } from '../money/prices.ts';
import type { Warmth } from '../provider/warmth.ts';

const defaultMaxTokens = 32_000;

/** What an agent is made from. */
export interface CreateOptions {
  readonly name: string;
  readonly config: AgentConfig;
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
  readonly env: Readonly<Record<string, string | undefined>>;
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

/** Runs a program with arguments in a box, and gives what it said. Throws when the box does not come up. */
export type AskProgram = (argv: readonly string[]) => Promise<ExecResult>;

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
        api: config.api ? openApi(name, config, config.api, false, options) : null,
        exposed: exposedFiles(config.exposes, options.env),
      });
    case 'claude': {
      const { model = defaultModel } = config;
      const isKey = config.login === 'key';
      const secret = readSecret(name, config, options.env);
      const called = calledInside(config.program, needProgram(name, config.program, options));
      const version = await versionOf(name, called, options.askProgram);
      return claudeAgent({
        name,
        program: called,
        about: `Claude Code ${version}, ${isKey ? 'by the token' : 'subscription'}`,
        model,
        access: openAccess(
          { ...config, models: [...new Set([model, ...config.models, ...options.models])] },
          { kind: isKey ? 'key' : 'token', secret, variable: secretVariable(config) ?? '' },
          { isSubscription: !isKey, web: true, program: `Claude Code ${version}` },
          `agents.${name}`,
          options,
        ),
        sessions: options.sessions,
        recordInto: options.recordInto,
        clock: systemClock,
      });
    }
    case 'acp': {
      const { acpAgent } = await import('../programs/acp.ts'); // nor the other
      const preset = config.preset === undefined ? null : presets[config.preset];
      const [program = '', ...args] = config.command ?? preset?.command ?? [];
      if (program === '')
        throw inputError(
          'no-program',
          `the agent "${name}" has neither a "preset" nor a "command"`,
          'Give one of them.',
        );
      return acpAgent({
        name,
        argv: [calledInside(program, needProgram(name, program, options)), ...args],
        env: { ...preset?.env, ...config.env },
        mode: config.mode ?? preset?.mode ?? null,
        auth: preset?.auth ?? null,
        reach: preset?.reach ?? null,
        loads: preset?.loads ?? [],
        permissions: config.permissions,
        access: config.api ? openApi(name, config, config.api, preset?.web ?? false, options) : null,
        costUsd: config.costUsd ?? null,
        isSubscription: config.subscription,
        exposed: exposedFiles(config.exposes, options.env),
        clock: systemClock,
      });
    }
    case 'replay':
      return loopAgent(options, replayVoice(path.resolve(options.base, config.recordings), options.root), {
        reportsCost: true,
        web: false,
      });
    case 'anthropic': {
      const apiKey = readSecret(name, config, options.env);
      // The SDK is only loaded where it is used.
      const { anthropicVoice } = await import('../voices/anthropic.ts');
      const { askModel } = await import('../voices/ask-model.ts');
      const settings = {
        apiKey,
        keyVariable: secretVariable(config) ?? '',
        baseUrl: config.baseUrl ?? options.env['ANTHROPIC_BASE_URL'] ?? null,
        maxTokens: config.maxTokens ?? defaultMaxTokens,
        cacheTtl: config.cacheTtl,
        warmth: options.warmth,
        prices: options.prices,
      };
      const { recordInto } = options;
      const modelOf = (model: string | null): string => model ?? config.model ?? defaultModel;
      const limiterOf = (model: string | null): Limiter =>
        options.limiters.of(settings.baseUrl ?? officialUrl, apiKey, modelOf(model));
      const facts = new Map<string, ModelFacts>();
      if (!options.isOffline)
        for (const model of new Set([modelOf(null), ...options.models]))
          facts.set(model, await askModel(name, model, settings));
      const factsAt = (model: string): ModelFacts => facts.get(model) ?? factsOf(model, settings.baseUrl);
      const web = [modelOf(null), ...options.models].every((model) => factsAt(model).canSearch);
      const openVoice: OpenVoice = (order) => {
        const model = modelOf(order.model);
        const voice = anthropicVoice({ ...settings, model, facts: factsAt(model), limiter: limiterOf(order.model) });
        return Promise.resolve(recordInto === null ? voice : recorded(voice, recordInto, order));
      };
      const agent = loopAgent(options, openVoice, { reportsCost: true, web });
      return { ...agent, pausedUntil: (model) => limiterOf(model).pausedUntil };
    }
  }
}

/** The secret of an agent. Throws an `InputError` when it is not set. */
function readSecret(name: string, config: AgentConfig, env: CreateOptions['env']): string {
  const variable = secretVariable(config) ?? '';
  const secret = env[variable];
  if (secret !== undefined && secret !== '') return secret;
  const isToken = config.type === 'claude' && config.login === 'subscription';
  throw inputError(
    'no-key',
    `the agent "${name}" needs ${isToken ? 'the token of a subscription' : 'an API key'} in ${variable}`,
    config.type === 'claude' && config.login === 'key' && variable === 'ANTHROPIC_API_KEY'
      ? `Set ${variable}; for a subscription set CLAUDE_CODE_OAUTH_TOKEN to what "claude setup-token" prints${name === 'claude' ? '' : ' and "login": "subscription"'}, or pick another agent with --agent.`
      : `${isToken ? 'Run "claude setup-token" and set' : 'Set'} ${variable}, or pick another agent with --agent.`,
  );
}

function exposedFiles(files: readonly string[], env: CreateOptions['env']): Exposed[] {
  const home = homeFolder(env);
  if (home === null && files.length > 0)
    throw inputError(
      'no-home',
      `an agent is to be given ${files.join(', ')}, and there is no home folder: HOME is not set`,
      'Set HOME.',
    );
  return files.map((file) => ({ from: path.join(home ?? '/', file.slice(2)), to: file.slice(2) }));
}

/** Where a program is. Throws an `InputError` when it is nowhere. */
function needProgram(
  name: string,
  program: string,
  { base, env, isReachable }: Pick<CreateOptions, 'base' | 'env' | 'isReachable'>,
): string {
  const found = findProgram(program, base, env['PATH'] ?? '');
  if (found !== null && isReachable(found)) return found;
  if (found !== null)
    throw inputError(
      'program-closed',
      `the agent "${name}" needs ${found}, which stays out of the sandbox: other users cannot reach it, and commands run as one`,
      'Install it where everybody may read it, e.g. below /usr/local.',
    );
  throw inputError(
    'no-program',
    `the agent "${name}" needs the program ${program}, which is ${program.includes('/') ? 'not there' : 'not on PATH'}`,
    'Install it, or pick another agent with --agent.',
  );
}

/** How a box calls a program: by its name where it was found on PATH, which may lead elsewhere for whom commands run as. */
function calledInside(program: string, found: string): string {
  return program.includes('/') ? found : program;
}

/** What Claude Code says of itself. Throws an `InputError` when it is too old to be worked with. */
async function versionOf(name: string, program: string, ask: AskProgram | null): Promise<string> {
  if (ask === null) return '(its version is asked in a box only)';
  const ended = await ask([program, '--version']);
  const said = ended.output;
  const [version, major, minor] = /^(\d+)\.(\d+)\.\d+/.exec(said.trim()) ?? [];
  if (version !== undefined && Number(major) * 1000 + Number(minor) >= 2001) return version;
  if (version === undefined) {
    const end = ended.timedOut ? 'time limit' : (ended.signal ?? `exit ${ended.exitCode ?? '?'}`);
    const words = printableLine(said.trim(), 200);
    throw inputError(
      'agent-broken',
      `the agent "${name}" cannot be used: "${program} --version" tells no version (${[end, words].filter(Boolean).join(': ')})`,
      'Run it by hand to see what is wrong.',
    );
  }
  throw inputError(
    'agent-too-old',
    `the agent "${name}" needs Claude Code 2.1 or newer, and ${program} is ${version}`,
    'Update it: on a Node older than 22, npm takes an old version by itself.',
  );
}

type ApiConfig = NonNullable<Extract<AgentConfig, { type: 'command' }>['api']>;

function openApi(
  name: string,
  config: AgentConfig,
  api: ApiConfig,
  web: boolean,
  options: Pick<CreateOptions, 'env' | 'limiters' | 'models' | 'prices'>,
): ModelAccess {
  const secret = readSecret(name, config, options.env);
  const models = [...new Set([...api.models, ...options.models])];
  const about = { isSubscription: false, web, program: programOf(config) ?? `The agent "${name}"` };
  return openAccess(
    { ...api, models },
    { kind: 'key', secret, variable: secretVariable(config) ?? '' },
    about,
    `agents.${name}.api`,
    options,
  );
}

function openAccess(
  api: Pick<ApiConfig, 'models' | 'baseUrl' | 'maxTokens' | 'allow'>,
  credential: ModelAccess['credential'],
  about: Pick<ModelAccess, 'isSubscription' | 'web' | 'program'>,
  key: string,
  { env, limiters, prices }: Pick<CreateOptions, 'env' | 'limiters' | 'prices'>,
): ModelAccess {
  const upstream = api.baseUrl ?? env['ANTHROPIC_BASE_URL'] ?? officialUrl;
  return {
    upstream,
    credential,
    ...about,
    allowed: { fields: [], betas: [], ...api.allow },
    keys: { fields: `${key}.allow.fields`, betas: `${key}.allow.betas`, models: `${key}.models` },
    prices,
    limiterOf: (model) => limiters.of(upstream, credential.secret, model),
    models: api.models,
    maxTokens: api.maxTokens ?? defaultMaxTokens,
  };
}

function loopAgent(
  options: CreateOptions,
  openVoice: OpenVoice,
  abilities: { readonly reportsCost: boolean; readonly web: boolean },
): Agent {
  const loop = { openVoice, sessions: options.sessions, clock: systemClock, random: Math.random };
  return {
    name: options.name,
    abilities: { resume: true, structuredAnswers: true, inbox: true, loads: [], ...abilities },
    work: (order, emit, signal) => runLoop(loop, order, emit, signal),
  };
}
