import { z } from 'zod';

/*
 * The configuration of agents and of their models' prices.
 */

/** A shell command. */
export const commandSchema = z.string().min(1).describe('A shell command. It runs in the root of the repository.');
const baseUrl = z
  .url()
  .optional()
  .describe('Base URL of the API. Default: ANTHROPIC_BASE_URL, otherwise the official API.');
const apiKeyEnv = z
  .string()
  .min(1)
  .optional()
  .describe('The environment variable that holds the API key. @default ANTHROPIC_API_KEY');

const anthropicAgent = z.strictObject({
  type: z.literal('anthropic').describe('The type of the agent.'),
  model: z.string().min(1).optional().describe('The model. @default claude-opus-5-5'),
  baseUrl,
  apiKeyEnv,
  maxTokens: z.int().min(1024).max(128_000).optional().describe('Maximum output tokens per call. @default 32000'),
  cacheTtl: z
    .enum(['5m', '1h'])
    .default('5m')
    .describe(
      'How long the provider caches the part of a prompt that all units share. Writing `1h` entries costs more; it pays off if units pause for more than five minutes, for checks or people.',
    ),
});
const replayAgent = z.strictObject({
  type: z.literal('replay').describe('The type of the agent.'),
  recordings: z
    .string()
    .min(1)
    .describe('The folder of the recordings. The path is relative to the configuration file.'),
});
const exposes = z
  .array(z.string().regex(/^~\/(?!.*(?:^|\/)\.\.(?:\/|$)).+/, 'a file of your home folder, "~/…"'))
  .default([])
  .describe(
    'Files of your home folder, such as a login, that are copied into the home folder of the agent. Every program that it runs can read them.',
  );
const subscription = z
  .boolean()
  .default(false)
  .describe('True if a subscription pays: costs are reported as notional, and do not count towards budgets.');
const allow = z
  .strictObject({
    fields: z
      .array(z.string().min(1))
      .default([])
      .describe(
        'Paths of request fields, such as "thread" or "messages.content.title". A content block is written "….type=name".',
      ),
    betas: z.array(z.string().min(1)).default([]).describe('Names of API betas.'),
  })
  .optional()
  .describe('Fields and betas of requests that are allowed although they are unknown. No budget knows their cost.');
const api = z
  .strictObject({
    models: z.array(z.string().min(1)).min(1).describe('The models that the agent may use.'),
    maxTokens: z.int().min(1).max(128_000).optional().describe('Maximum output tokens per request. @default 32000'),
    baseUrl,
    apiKeyEnv,
    allow,
  })
  .describe('Access to models through a proxy that adds the key, filters requests and counts the cost.');
const commandAgent = z.strictObject({
  type: z.literal('command').describe('The type of the agent.'),
  command: commandSchema,
  costUsd: z
    .number()
    .min(0)
    .optional()
    .describe('Assumed cost of one attempt in USD. Without it, the cost is unknown.'),
  subscription,
  api: api.optional(),
  exposes,
});
const claudeAgent = z.strictObject({
  type: z.literal('claude').describe('The type of the agent.'),
  program: z.string().min(1).default('claude').describe('The Claude Code program: a name on PATH, or a path.'),
  model: z.string().min(1).optional().describe('The model. @default claude-opus-5-5'),
  models: z.array(z.string().min(1)).default([]).describe('Additional models that it may call, for side tasks.'),
  login: z
    .enum(['key', 'subscription'])
    .default('key')
    .describe(
      'How the agent is paid. `key`: by the token, with an API key. `subscription`: with the login from "claude setup-token" in CLAUDE_CODE_OAUTH_TOKEN. Neither secret is ever in the sandbox.',
    ),
  secretEnv: z
    .string()
    .min(1)
    .optional()
    .describe(
      'The environment variable that holds the key or the token. @default ANTHROPIC_API_KEY or CLAUDE_CODE_OAUTH_TOKEN',
    ),
  baseUrl,
  maxTokens: z.int().min(1024).max(128_000).optional().describe('Maximum output tokens per request. @default 32000'),
  allow,
});
/** ACP agents with a built-in command and settings. */
export const acpPresets = ['claude-agent-acp', 'codex', 'copilot', 'gemini', 'opencode', 'qwen'] as const;
const acpAgent = z.strictObject({
  type: z.literal('acp').describe('The type of the agent.'),
  preset: z.enum(acpPresets).optional().describe('A known agent, with its command and settings.'),
  command: z
    .array(z.string().min(1))
    .min(1)
    .optional()
    .describe('The program and its arguments, such as ["opencode", "acp"].'),
  env: z
    .record(z.string().regex(/^[A-Za-z_]\w*$/, 'a variable has letters, digits and underscores'), z.string())
    .default({})
    .describe('Additional environment variables.'),
  mode: z.string().min(1).optional().describe('The session mode to select.'),
  permissions: z
    .enum(['allow', 'reject'])
    .default('allow')
    .describe(
      'The answer to its permission requests. `allow` is safe, since the sandbox confines the agent. Agents with read access are never allowed to write.',
    ),
  costUsd: z
    .number()
    .min(0)
    .optional()
    .describe('Assumed cost of one attempt in USD. A cost that the agent reports counts only if it is higher.'),
  subscription,
  api: api.optional(),
  exposes,
});
/** One entry of `agents`. */
export const agentConfigSchema = z.discriminatedUnion('type', [
  anthropicAgent,
  claudeAgent,
  acpAgent,
  commandAgent,
  replayAgent,
]);
/** A validated entry of `agents`. */
export type AgentConfig = z.infer<typeof agentConfigSchema>;

const perMillion = z.number().min(0).describe('USD per million tokens.');
const rates = z.strictObject({
  input: perMillion,
  output: perMillion,
  cacheWrite5m: perMillion,
  cacheWrite1h: perMillion,
  cacheRead: perMillion,
});
export const modelPrice = rates.extend({
  webSearch: z.number().min(0).optional().describe('USD per thousand web searches. @default 10'),
  fast: z
    .number()
    .min(1)
    .optional()
    .describe('Price factor of fast mode. Without it, the price of fast mode is unknown.'),
  above: rates
    .extend({ promptTokens: z.int().min(1).describe('Size of the prompt in tokens.') })
    .optional()
    .describe('Prices of a whole request whose prompt has more than `promptTokens` tokens.'),
});
/** USD per million tokens of each kind. */
export type Rates = z.infer<typeof rates>;
/** The prices of a model. */
export type ModelPrice = z.infer<typeof modelPrice>;
