import type { AgentConfig } from '../../model/agent-config.ts';
import { own } from '../../util/own.ts';
import { presets } from '../programs/acp-presets.ts';

/** The model of an agent that names none. */
export const defaultModel = 'claude-opus-5-5';

/** Agents that need no configuration. */
export const builtIn: Readonly<Record<string, AgentConfig>> = {
  anthropic: { type: 'anthropic', cacheTtl: '5m' },
  claude: { type: 'claude', program: 'claude', models: [], login: 'key' },
  opencode: anthropicAcp('opencode'),
  'claude-agent-acp': anthropicAcp('claude-agent-acp'),
};

/**
 * An agent that needs no configuration; undefined for a name that is none. Claude Code works by the token of a
 * subscription where `env` has one, and no key.
 */
export function builtInAgent(name: string, env: Readonly<Record<string, string | undefined>>): AgentConfig | undefined {
  const found = own(builtIn, name);
  const hasKey = (env['ANTHROPIC_API_KEY'] ?? '') !== '';
  const hasToken = (env['CLAUDE_CODE_OAUTH_TOKEN'] ?? '') !== '';
  return found?.type === 'claude' && hasToken && !hasKey ? { ...found, login: 'subscription' } : found;
}

function anthropicAcp(preset: 'opencode' | 'claude-agent-acp'): AgentConfig {
  const rest = { env: {}, permissions: 'allow', subscription: false } as const;
  return { type: 'acp', preset, api: { models: [defaultModel] }, ...rest, exposes: [] };
}

/** How an agent is paid. */
export type Payment =
  | { readonly kind: 'free' }
  /** By the token, for these models. */
  | { readonly kind: 'tokens'; readonly models: readonly string[] }
  /** By the order; null when nobody knows its price. */
  | { readonly kind: 'order'; readonly costUsd: number | null }
  | { readonly kind: 'subscription' };

/** How an agent is paid, by its configuration. */
export function paymentOf(config: AgentConfig): Payment {
  switch (config.type) {
    case 'anthropic':
      return { kind: 'tokens', models: [config.model ?? defaultModel] };
    case 'claude':
      return config.login === 'key'
        ? { kind: 'tokens', models: [config.model ?? defaultModel, ...config.models] }
        : { kind: 'subscription' };
    case 'acp':
    case 'command':
      if (config.subscription) return { kind: 'subscription' };
      return config.api
        ? { kind: 'tokens', models: config.api.models }
        : { kind: 'order', costUsd: config.costUsd ?? null };
    case 'replay':
      return { kind: 'free' };
  }
}

/** The model that an agent works with where its role names none; null for one that picks its model by itself. */
export function modelOf(config: AgentConfig): string | null {
  switch (config.type) {
    case 'anthropic':
    case 'claude':
      return config.model ?? defaultModel;
    case 'acp':
      return config.api?.models[0] ?? null;
    case 'command':
    case 'replay':
      return null;
  }
}

/** The variable that holds the secret of an agent; null when it has none. */
export function secretVariable(config: AgentConfig): string | null {
  switch (config.type) {
    case 'anthropic':
      return config.apiKeyEnv ?? 'ANTHROPIC_API_KEY';
    case 'claude':
      return config.secretEnv ?? (config.login === 'key' ? 'ANTHROPIC_API_KEY' : 'CLAUDE_CODE_OAUTH_TOKEN');
    case 'acp':
    case 'command':
      return config.api ? (config.api.apiKeyEnv ?? 'ANTHROPIC_API_KEY') : null;
    case 'replay':
      return null;
  }
}

/** The program of an agent, as it is called: a name on PATH or a path; null for one that has none, or only a command. */
export function programOf(config: AgentConfig): string | null {
  switch (config.type) {
    case 'claude':
      return config.program;
    case 'acp':
      return config.command?.[0] ?? (config.preset === undefined ? null : (presets[config.preset].command[0] ?? null));
    case 'anthropic':
    case 'command':
    case 'replay':
      return null;
  }
}
