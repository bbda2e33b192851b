import type { AgentConfig } from '../../model/agent-config.ts';
import { inputError } from '../../model/diagnostic.ts';
import { systemClock } from '../../util/time/clock.ts';
import { shellWord } from '../../util/text/shell-word.ts';
import { presets } from '../programs/acp-presets.ts';
import { apiVariable, openApi, programPayment } from './access.ts';
import { type BackEnd, defaultModel, type KnownProgram } from './back-end.ts';
import { needFiles, needProgram } from './needs.ts';

type AcpConfig = Extract<AgentConfig, { type: 'acp' }>;
type PresetName = keyof typeof presets;

const names = Object.keys(presets) as PresetName[];

/** Programs that speak the Agent Client Protocol. */
export const acp: BackEnd<AcpConfig> = {
  builtIn: () =>
    Object.fromEntries(
      names.filter((name) => presets[name].speaksAnthropic).map((name) => [name, withModelOfOurs(name)]),
    ),
  programs: names.flatMap(programsOf),
  of: (config) => {
    const preset = config.preset === undefined ? null : presets[config.preset];
    const argv = config.command ?? preset?.command ?? [];
    const [program = null, ...args] = argv;
    return {
      payment: programPayment(config),
      model: config.api?.models[0] ?? null,
      secretVariable: apiVariable(config.api),
      program,
      command: config.command?.map(shellWord).join(' ') ?? null,
      exposes: config.exposes,
      bringsPrompt: true,
      shortened: (maxTokens) => (config.api ? { ...config, api: { ...config.api, maxTokens } } : config),
      make: async (surroundings) => {
        const { name, env } = surroundings;
        if (program === null)
          throw inputError(
            'no-program',
            `the agent "${name}" has neither a "preset" nor a "command"`,
            'Set one of them.',
          );
        const { acpAgent } = await import('../programs/acp.ts');
        return acpAgent({
          name,
          argv: [needProgram(surroundings, program), ...args],
          env: { ...preset?.env, ...config.env },
          mode: config.mode ?? preset?.mode ?? null,
          auth: preset?.auth ?? null,
          reach: preset?.reach ?? null,
          loads: preset?.loads ?? [],
          permissions: config.permissions,
          access: openApi(config.api, { program, web: preset?.web ?? false }, surroundings),
          costUsd: config.costUsd ?? null,
          isSubscription: config.subscription,
          exposed: needFiles(config.exposes, env),
          clock: systemClock,
        });
      },
    };
  },
};

function withModelOfOurs(preset: PresetName): AcpConfig {
  const rest = { env: {}, permissions: 'allow', subscription: false } as const;
  return { type: 'acp', preset, api: { models: [defaultModel] }, ...rest, exposes: [] };
}

/** The programs to look for on PATH for a preset: its command, and the program that it adapts. */
function programsOf(name: PresetName): KnownProgram[] {
  const { command, login, speaksAnthropic, adapts } = presets[name];
  const program = command[0] ?? name;
  const entry = `give it an entry in "agents": { "type": "acp", "preset": "${name}" }, with its login (docs/configuration.md, "Agents")`;
  const otherwise = speaksAnthropic ? `set ANTHROPIC_API_KEY, then run with --agent ${name}` : entry;
  const own = { program, ...login, otherwise };
  if (adapts === undefined) return [own];
  const toInstall = `install its adapter (npm install --global ${adapts.by}); then ${entry}`;
  return [own, { program: adapts.program, ...login, otherwise: toInstall, unless: program }];
}
