import type { Effort } from '../../model/agent.ts';
import type { acpPresets } from '../../model/agent-config.ts';
import { claudeEnv } from './claude-env.ts';

/** What is known about how an ACP agent is started and reached. */
export interface AcpPreset {
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** The session mode in which it does not ask; the sandbox holds it. */
  readonly mode: string | null;
  /** How it is told which login to use; null when it finds out by itself. */
  readonly auth: string | null;
  /** The project's instruction files that it loads by itself. */
  readonly loads: readonly string[];
  /** By what one sees that somebody is logged in: variables, and files of the home folder. */
  readonly login: { readonly variables: readonly string[]; readonly files: readonly string[] };
  /** The program that it makes speak ACP, and the package that it comes from, where it is an adapter. */
  readonly adapts?: { readonly program: string; readonly by: string };
  /** True: it talks to the Anthropic API, so it can be given a model without its key, and needs no configuration. */
  readonly speaksAnthropic: boolean;
  /** True: it can have its model's provider search the web. */
  readonly web?: boolean;
  /** Leads it to a model: what is added to its environment, and files of its home by their relative paths. */
  readonly reach?: (model: {
    readonly url: string;
    readonly key: string;
    readonly name: string;
    readonly maxTokens: number;
    readonly effort: Effort;
  }) => {
    readonly env: Readonly<Record<string, string>>;
    readonly files: Readonly<Record<string, string>>;
  };
}

/**
 * The known agents, in the order in which they are told. Versions tried: claude-agent-acp 0.101, codex-acp 2.6, gemini-cli 0.61, opencode 1.18; copilot 1.0 and
 * qwen-code 0.24 as far as their login.
 */
export const presets: Readonly<Record<(typeof acpPresets)[number], AcpPreset>> = {
  opencode: {
    loads: ['AGENTS.md'],
    command: ['opencode', 'acp'],
    env: {
      OPENCODE_DISABLE_AUTOUPDATE: '1',
      OPENCODE_DISABLE_LSP_DOWNLOAD: '1',
      OPENCODE_DISABLE_MODELS_FETCH: '1',
    },
    mode: null,
    auth: null,
    login: { variables: ['ANTHROPIC_API_KEY'], files: ['.local/share/opencode/auth.json'] },
    speaksAnthropic: true,
    reach: ({ url, key, name, maxTokens }) => ({
      env: {},
      files: {
        '.config/opencode/opencode.json': JSON.stringify({
          autoupdate: false,
          share: 'disabled',
          model: `anthropic/${name}`,
          small_model: `anthropic/${name}`,
          permission: { bash: 'allow', edit: 'allow', webfetch: 'deny' },
          provider: {
            anthropic: {
              options: { baseURL: `${url}/v1`, apiKey: key },
              models: { [name]: { name, limit: { context: 200_000, output: maxTokens } } },
            },
          },
        }),
      },
    }),
  },
  'claude-agent-acp': {
    loads: ['CLAUDE.md'],
    command: ['claude-agent-acp'],
    env: claudeEnv,
    mode: 'bypassPermissions',
    auth: null,
    login: { variables: ['ANTHROPIC_API_KEY'], files: ['.claude/.credentials.json'] },
    speaksAnthropic: true,
    web: true,
    reach: ({ url, key, name, maxTokens, effort }) => ({
      env: {
        CLAUDE_CODE_EFFORT_LEVEL: effort,
        ANTHROPIC_BASE_URL: url,
        ANTHROPIC_API_KEY: key,
        ANTHROPIC_MODEL: name,
        ANTHROPIC_SMALL_FAST_MODEL: name,
        CLAUDE_CODE_MAX_OUTPUT_TOKENS: String(maxTokens),
      },
      files: {},
    }),
  },
  codex: {
    loads: ['AGENTS.md'],
    command: ['codex-acp'],
    env: { INITIAL_AGENT_MODE: 'agent-full-access' }, // its own sandbox cannot be made inside of ours
    mode: null,
    auth: null,
    login: { variables: ['OPENAI_API_KEY', 'CODEX_API_KEY'], files: ['.codex/auth.json'] },
    adapts: { program: 'codex', by: '@agentclientprotocol/codex-acp' },
    speaksAnthropic: false,
  },
  gemini: {
    loads: ['GEMINI.md'],
    command: ['gemini', '--acp'],
    env: { GEMINI_CLI_TRUST_WORKSPACE: 'true' }, // without it, its mode has no effect
    mode: 'yolo',
    auth: 'gemini-api-key',
    login: { variables: ['GEMINI_API_KEY', 'GOOGLE_API_KEY'], files: ['.gemini/oauth_creds.json'] },
    speaksAnthropic: false,
  },
  copilot: {
    loads: ['AGENTS.md'],
    command: ['copilot', '--acp', '--stdio'],
    env: {},
    mode: null,
    auth: null,
    login: { variables: ['COPILOT_GITHUB_TOKEN', 'GH_TOKEN', 'GITHUB_TOKEN'], files: ['.copilot/config.json'] },
    speaksAnthropic: false,
  },
  qwen: {
    loads: ['QWEN.md', 'AGENTS.md'],
    command: ['qwen', '--acp'],
    env: {},
    mode: 'yolo',
    auth: null,
    login: { variables: ['DASHSCOPE_API_KEY', 'OPENAI_API_KEY'], files: ['.qwen/oauth_creds.json'] },
    speaksAnthropic: false,
  },
};
