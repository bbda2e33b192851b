import type { AgentConfig } from '../../model/agent-config.ts';
import { systemClock } from '../../util/time/clock.ts';
import { apiVariable, openApi, programPayment } from './access.ts';
import type { BackEnd } from './back-end.ts';
import { needFiles } from './needs.ts';

/** Any shell command as an agent. */
export const command: BackEnd<Extract<AgentConfig, { type: 'command' }>> = {
  builtIn: () => ({}),
  programs: [],
  of: (config) => ({
    payment: programPayment(config),
    model: null,
    secretVariable: apiVariable(config.api),
    program: null,
    command: config.command,
    exposes: config.exposes,
    bringsPrompt: true,
    shortened: (maxTokens) => (config.api ? { ...config, api: { ...config.api, maxTokens } } : config),
    make: async (surroundings) => {
      const { commandAgent } = await import('../programs/command.ts');
      return commandAgent({
        name: surroundings.name,
        command: config.command,
        costUsd: config.costUsd ?? null,
        isSubscription: config.subscription,
        clock: systemClock,
        api: openApi(config.api, { program: null, web: false }, surroundings),
        exposed: needFiles(config.exposes, surroundings.env),
      });
    },
  }),
};
