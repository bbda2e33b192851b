import { z } from 'zod';

/*
 * The part of the configuration that says which agents there are, and what their models cost.
 */

/** A shell command. */
export const commandSchema = z.string().min(1).describe('A shell command, run in the root of the repository.');

const anthropicAgent = z.strictObject({
  type: z.literal('anthropic'),
  model: z.string().min(1).optional().describe('@default claude-opus-5-5'),
  baseUrl: z.url().optional().describe('Where the API is; default: the official one, or ANTHROPIC_BASE_URL.'),
  apiKeyEnv: z
    .string()
    .min(1)
    .optional()
    .describe('The environment variable that holds the key. @default ANTHROPIC_API_KEY'),
  maxTokens: z.int().min(1024).max(128_000).optional().describe('Output tokens per call. @default 32000'),
  cacheTtl: z
    .enum(['5m', '1h'])
    .default('5m')
    .describe(
      'How long the provider keeps the part of a prompt that all units share; `1h` costs more to write, and pays where checks or people let units pause for longer than five minutes.',
    ),
});
const replayAgent = z.strictObject({
  type: z.literal('replay'),
  recordings: z.string().min(1).describe('Folder of the recordings, relative to the configuration file.'),
});
const exposes = z
  .array(z.string().regex(/^~\/(?!.*(?:^|\/)\.\.(?:\/|$)).+/, 'a file of your home folder, "~/…"'))
  .default([])
  .describe('Files of your home folder that are copied into its own, e.g. a login: whatever it runs can read them.');
const subscription = z
  .boolean()
  .default(false)
  .describe('A subscription pays: what it would cost is told as notional, and no money is counted.');
const allow = z
  .strictObject({
    fields: z
      .array(z.string().min(1))
      .default([])
      .describe('Fields of requests by their path, as "thread" or "messages.content.title"; blocks as "….type=name".'),
    betas: z.array(z.string().min(1)).default([]).describe('Betas of the API.'),
  })
  .optional()
  .describe('What its requests may have beside what is known: how dear that makes them, no cap knows.');
const api = z
  .strictObject({
    models: z.array(z.string().min(1)).min(1).describe('The models that it may use.'),
    maxTokens: z.int().min(1).max(128_000).optional().describe('Output tokens per request at most. @default 32000'),
    baseUrl: z.url().optional().describe('Where the API is; default: the official one, or ANTHROPIC_BASE_URL.'),
    apiKeyEnv: z.string().min(1).optional().describe('The variable that holds the key. @default ANTHROPIC_API_KEY'),
    allow,
  })
  .describe('A model that it may use: through a proxy that adds the key, filters requests and counts the cost.');
const commandAgent = z.strictObject({
  type: z.literal('command'),
  command: commandSchema,
  costUsd: z.number().min(0).optional().describe('Assumed price of one attempt; without it the cost is unknown.'),
  subscription,
  api: api.optional(),
  exposes,
});
const claudeAgent = z.strictObject({
  type: z.literal('claude'),
  program: z.string().min(1).default('claude').describe('Claude Code: its name on PATH, or where it is.'),
  model: z.string().min(1).optional().describe('@default claude-opus-5-5'),
  models: z.array(z.string().min(1)).default([]).describe('More models that it may call, e.g. for side tasks.'),
  login: z
    .enum(['key', 'subscription'])
    .default('key')
    .describe(
      'Who pays. `key`: an API key, by the token. `subscription`: the login that "claude setup-token" made, in CLAUDE_CODE_OAUTH_TOKEN. Neither is ever in its box.',
    ),
  secretEnv: z
    .string()
    .min(1)
    .optional()
    .describe('The variable that holds the key or the token. @default ANTHROPIC_API_KEY or CLAUDE_CODE_OAUTH_TOKEN'),
  baseUrl: z.url().optional().describe('Where the API is; default: the official one, or ANTHROPIC_BASE_URL.'),
  maxTokens: z.int().min(1024).max(128_000).optional().describe('Output tokens per request at most. @default 32000'),
  allow,
});
/** Names of the ACP agents that are known by how they are started and reached. */
export const acpPresets = ['claude-agent-acp', 'codex', 'copilot', 'gemini', 'opencode', 'qwen'] as const;
const acpAgent = z.strictObject({
  type: z.literal('acp'),
  preset: z.enum(acpPresets).optional().describe('An agent whose ways are known.'),
  command: z.array(z.string().min(1)).min(1).optional().describe('What starts it, e.g. ["opencode", "acp"].'),
  env: z
    .record(z.string().regex(/^[A-Za-z_]\w*$/, 'a variable has letters, digits and underscores'), z.string())
    .default({})
    .describe('Added to its environment.'),
  mode: z.string().min(1).optional().describe('The session mode that it is put into.'),
  permissions: z
    .enum(['allow', 'reject'])
    .default('allow')
    .describe(
      'What it is answered when it asks: the sandbox holds it, so `allow`. Readers are always refused to write.',
    ),
  costUsd: z
    .number()
    .min(0)
    .optional()
    .describe('Assumed price of one attempt; what it tells of its cost counts only where that is more.'),
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
/** What one model costs, as a configuration says it. */
export const modelPrice = rates.extend({
  webSearch: z.number().min(0).optional().describe('USD per thousand web searches. @default 10'),
  fast: z.number().min(1).optional().describe('By how much fast mode is dearer; without it, its price is not known.'),
  above: rates
    .extend({ promptTokens: z.int().min(1) })
    .optional()
    .describe('What a whole request costs whose prompt is longer than this.'),
});
/** USD per million tokens, by how they are priced. */
export type Rates = z.infer<typeof rates>;
/** What a model costs. */
export type ModelPrice = z.infer<typeof modelPrice>;
