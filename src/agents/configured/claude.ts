import type { AgentConfig } from '../../model/agent-config.ts';
import { inputError } from '../../model/diagnostic.ts';
import { systemClock } from '../../util/time/clock.ts';
import { printableLine } from '../../util/text/printable.ts';
import { openAccess } from './access.ts';
import { type AskProgram, type BackEnd, defaultModel } from './back-end.ts';
import { needProgram, needSecret } from './needs.ts';

const keyVariable = 'ANTHROPIC_API_KEY';
const tokenVariable = 'CLAUDE_CODE_OAUTH_TOKEN';
const theToken = `${tokenVariable} to what "claude setup-token" prints`;

/** The user's Claude Code, with an API key or a subscription token. */
export const claude: BackEnd<Extract<AgentConfig, { type: 'claude' }>> = {
  builtIn: (env) => {
    const isSet = (name: string): boolean => (env[name] ?? '') !== '';
    const login = isSet(tokenVariable) && !isSet(keyVariable) ? 'subscription' : 'key';
    return { claude: { type: 'claude', program: 'claude', models: [], login } };
  },
  programs: [
    {
      program: 'claude',
      variables: [keyVariable, tokenVariable],
      files: ['.claude/.credentials.json'],
      otherwise: `set ${keyVariable}, or for a subscription ${theToken}; then run with --agent claude`,
    },
  ],
  of: (config) => {
    const model = config.model ?? defaultModel;
    const isKey = config.login === 'key';
    const variable = config.secretEnv ?? (isKey ? keyVariable : tokenVariable);
    return {
      payment: isKey ? { kind: 'tokens', models: [model, ...config.models] } : { kind: 'subscription' },
      model,
      secretVariable: variable,
      program: config.program,
      command: null,
      exposes: [],
      bringsPrompt: true,
      shortened: (maxTokens) => ({ ...config, maxTokens }),
      make: async (surroundings) => {
        const { name, models, sessions, recordInto, askProgram } = surroundings;
        const secret = needSecret(surroundings, variable, secretWords(name, variable, isKey));
        const program = needProgram(surroundings, config.program);
        const version = await versionOf(name, program, askProgram);
        const { claudeAgent } = await import('../programs/claude.ts');
        return claudeAgent({
          ...{ name, program, model, sessions, recordInto, clock: systemClock },
          about: `Claude Code ${version}, ${isKey ? 'API key' : 'subscription'}`,
          access: openAccess(
            { ...config, models: [...new Set([model, ...config.models, ...models])] },
            { kind: isKey ? 'key' : 'token', secret, variable },
            { isSubscription: !isKey, web: true, program: `Claude Code ${version}` },
            `agents.${name}`,
            surroundings,
          ),
        });
      },
    };
  },
};

function secretWords(name: string, variable: string, isKey: boolean): { what: string; how: string } {
  if (!isKey) return { what: 'the token of a subscription', how: `Run "claude setup-token" and set ${variable}` };
  const login = name === 'claude' ? '' : ' and "login": "subscription"';
  const orToken = variable === keyVariable ? `; for a subscription set ${theToken}${login}` : '';
  return { what: 'an API key', how: `Set ${variable}${orToken}` };
}

/** The version of Claude Code. Throws an `InputError` if it is too old, or prints none. */
async function versionOf(name: string, program: string, ask: AskProgram | null): Promise<string> {
  if (ask === null) return '(version unknown outside a sandbox)';
  const ended = await ask([program, '--version']);
  const said = ended.output;
  const [version, major, minor] = /^(\d+)\.(\d+)\.\d+/.exec(said.trim()) ?? [];
  if (version !== undefined && Number(major) * 1000 + Number(minor) >= 2001) return version;
  if (version === undefined) {
    const end = ended.timedOut ? 'time limit' : (ended.signal ?? `exit ${ended.exitCode ?? '?'}`);
    const words = printableLine(said.trim(), 200);
    throw inputError(
      'agent-broken',
      `the agent "${name}" cannot be used: "${program} --version" prints no version (${[end, words].filter(Boolean).join(': ')})`,
      'Run it manually to see the error.',
    );
  }
  throw inputError(
    'agent-too-old',
    `the agent "${name}" needs Claude Code 2.1 or newer, and ${program} is ${version}`,
    'Update it; on a Node older than 22, npm installs an old version.',
  );
}
