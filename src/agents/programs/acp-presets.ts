import type { Effort } from '../../model/agent.ts';
import type { acpPresets } from '../../model/agent-config.ts';
import { claudeEnv } from './claude-env.ts';

/** How to start and configure an ACP agent. */
export interface AcpPreset {
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** The session mode without permission requests; the sandbox confines the agent. */
  readonly mode: string | null;
  /** The authentication method; null if the agent chooses one. */
  readonly auth: string | null;
  /** Instruction files of the project that it loads by itself. */
  readonly loads: readonly string[];
  /** Variables, and files of the home folder, that show a login. */
  readonly login: { readonly variables: readonly string[]; readonly files: readonly string[] };
  /** For an adapter: the adapted program, and the package to install. */
  readonly adapts?: { readonly program: string; readonly by: string };
  /** True: it uses the Anthropic API, so it can use the proxy's model without a key or configuration. */
  readonly speaksAnthropic: boolean;
  /** True: it can request searches from its model's provider. */
  readonly web?: boolean;
  /** The environment and the files of its home that direct it to a model. */
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
 * The known agents, in display order. Tested versions: claude-agent-acp 0.101, codex-acp 2.6, gemini-cli 0.61, opencode
 * 1.18; copilot 1.0 and qwen-code 0.24 up to their login.
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
    env: { INITIAL_AGENT_MODE: 'agent-full-access' }, // its own sandbox does not work inside ours
    mode: null,
    auth: null,
    login: { variables: ['OPENAI_API_KEY', 'CODEX_API_KEY'], files: ['.codex/auth.json'] },
    adapts: { program: 'codex', by: '@agentclientprotocol/codex-acp' },
    speaksAnthropic: false,
  },
  gemini: {
    loads: ['GEMINI.md'],
    command: ['gemini', '--acp'],
    env: { GEMINI_CLI_TRUST_WORKSPACE: 'true' }, // required for its mode
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
