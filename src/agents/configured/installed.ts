import { existsSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { findProgram } from '../../util/programs.ts';
import { printableLine } from '../../util/terminal.ts';
import type { AskProgram } from './create.ts';

/*
 * The agents' programs that are installed here. They are looked for by name on PATH; nothing of them is started outside
 * of a box. Of a login only its presence is looked at, by the name of a variable or of a file, never what is in it.
 */

/** A program of an agent that was found. */
export interface InstalledAgent {
  readonly program: string;
  /** Absolute path. */
  readonly file: string;
  /** What it says of itself, in a box; null where nobody asked it, or it does not say. */
  readonly version: string | null;
  /** Variables and files by which somebody is logged in. */
  readonly logins: readonly string[];
  /** What `--agent` takes for it, when that is enough to work with it now; else null. */
  readonly agent: string | null;
  /** What to do to work with it. */
  readonly use: string;
}

interface Known {
  readonly program: string;
  /** Variables that hold a key or a token. */
  readonly variables: readonly string[];
  /** Files of the home folder that are there when somebody is logged in. */
  readonly files: readonly string[];
  /** The agent of that name needs no configuration, with one of these variables. */
  readonly builtIn?: readonly string[];
  readonly otherwise: string;
}

const configured = (preset: string): string =>
  `give it an entry in "agents": { "type": "acp", "preset": "${preset}" }, with its login (docs/configuration.md, "Agents")`;
const viaAnthropic = (name: string): string => `set ANTHROPIC_API_KEY, then run with --agent ${name}`;

const known: readonly Known[] = [
  {
    program: 'claude',
    variables: ['ANTHROPIC_API_KEY', 'CLAUDE_CODE_OAUTH_TOKEN'],
    files: ['.claude/.credentials.json'],
    builtIn: ['ANTHROPIC_API_KEY', 'CLAUDE_CODE_OAUTH_TOKEN'],
    otherwise:
      'set ANTHROPIC_API_KEY, or for a subscription CLAUDE_CODE_OAUTH_TOKEN to what "claude setup-token" prints; then run with --agent claude',
  },
  {
    program: 'opencode',
    variables: ['ANTHROPIC_API_KEY'],
    files: ['.local/share/opencode/auth.json'],
    builtIn: ['ANTHROPIC_API_KEY'],
    otherwise: viaAnthropic('opencode'),
  },
  {
    program: 'claude-agent-acp',
    variables: ['ANTHROPIC_API_KEY'],
    files: ['.claude/.credentials.json'],
    builtIn: ['ANTHROPIC_API_KEY'],
    otherwise: viaAnthropic('claude-agent-acp'),
  },
  {
    program: 'codex-acp',
    variables: ['OPENAI_API_KEY', 'CODEX_API_KEY'],
    files: ['.codex/auth.json'],
    otherwise: configured('codex'),
  },
  {
    program: 'codex',
    variables: ['OPENAI_API_KEY', 'CODEX_API_KEY'],
    files: ['.codex/auth.json'],
    otherwise: `install its adapter (npm install --global @agentclientprotocol/codex-acp); then ${configured('codex')}`,
  },
  {
    program: 'gemini',
    variables: ['GEMINI_API_KEY', 'GOOGLE_API_KEY'],
    files: ['.gemini/oauth_creds.json'],
    otherwise: configured('gemini'),
  },
  {
    program: 'copilot',
    variables: ['COPILOT_GITHUB_TOKEN', 'GH_TOKEN', 'GITHUB_TOKEN'],
    files: ['.copilot/config.json'],
    otherwise: configured('copilot'),
  },
  {
    program: 'qwen',
    variables: ['DASHSCOPE_API_KEY', 'OPENAI_API_KEY'],
    files: ['.qwen/oauth_creds.json'],
    otherwise: configured('qwen'),
  },
];

type Env = Readonly<Record<string, string | undefined>>;

/** The known programs on PATH. `ask` runs a program in a box; without it no versions are known. */
export async function installedAgents(env: Env, ask: AskProgram | null): Promise<InstalledAgent[]> {
  const home = env['HOME'] ?? os.homedir();
  const isSet = (name: string): boolean => (env[name] ?? '') !== '';
  const found = known.flatMap((one) => {
    const file = findProgram(one.program, '/', env['PATH'] ?? '');
    return file === null ? [] : [{ ...one, file }];
  });
  const names = found.map(({ program }) => program);
  return Promise.all(
    found
      .filter(({ program }) => program !== 'codex' || !names.includes('codex-acp'))
      .map(async ({ program, file, variables, files, builtIn, otherwise }) => {
        const agent = builtIn?.some(isSet) === true ? program : null;
        return {
          ...{ program, file, agent },
          version: ask === null ? null : await versionIn(ask, program),
          logins: [
            ...variables.filter(isSet),
            ...files.filter((name) => existsSync(path.join(home, name))).map((name) => `~/${name}`),
          ],
          use: agent === null ? otherwise : `run with --agent ${agent}`,
        };
      }),
  );
}

/** The first number that looks like a version. Null for a program that does not start, or says none. */
async function versionIn(ask: AskProgram, program: string): Promise<string | null> {
  try {
    const ended = await ask([program, '--version']);
    return /\b\d+\.\d+(?:\.\d+)?\b/.exec(printableLine(ended.output, 2000))?.[0] ?? null;
  } catch {
    return null; // it is there all the same
  }
}

/** A program that was found, in a line. */
export function describeInstalled({ program, version, file, logins, use }: InstalledAgent): string {
  const name = version === null ? program : `${program} ${version}`;
  return `${name} on PATH (${file}; ${logins.length === 0 ? 'no login found' : `login: ${logins.join(', ')}`}): ${use}`;
}
