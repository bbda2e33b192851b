import path from 'node:path';
import type { AgentConfig } from '../../model/agent-config.ts';
import type { BackEnd } from './back-end.ts';

/** Our own loop with recorded replies. */
export const replay: BackEnd<Extract<AgentConfig, { type: 'replay' }>> = {
  builtIn: () => ({}),
  programs: [],
  of: (config) => ({
    payment: { kind: 'free' },
    model: null,
    secretVariable: null,
    program: null,
    command: null,
    exposes: [],
    bringsPrompt: true,
    shortened: () => config,
    make: async (surroundings) => {
      const [{ loopAgent }, { replayVoice }] = await Promise.all([
        import('../loop/loop-agent.ts'),
        import('../voices/recording.ts'),
      ]);
      const { base, root } = surroundings;
      return loopAgent(surroundings, replayVoice(path.resolve(base, config.recordings), root), { web: false });
    },
  }),
};
