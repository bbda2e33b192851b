import path from 'node:path';
import type { z } from 'zod';
import { createAgent } from '../../src/agents/configured/create.ts';
import { Limiters } from '../../src/agents/provider/limiter.ts';
import { Prices } from '../../src/agents/money/prices.ts';
import { Warmth } from '../../src/agents/provider/warmth.ts';
import type { Agent } from '../../src/model/agent.ts';
import { type AgentConfig, agentConfigSchema } from '../../src/model/agent-config.ts';
import { systemClock } from '../../src/util/clock.ts';

/** An agent as a run makes it; its transcripts go below `folder`. */
export async function agentOf(
  config: z.input<typeof agentConfigSchema>,
  options: {
    readonly folder: string;
    readonly env?: Readonly<Record<string, string>>;
    /** True: nobody is asked what models can do. @default false */
    readonly isOffline?: boolean;
  },
): Promise<Agent> {
  return createAgent({
    name: config.type,
    config: agentConfigSchema.parse(config) as AgentConfig,
    models: [],
    root: '/',
    base: '/',
    sessions: path.join(options.folder, 'sessions'),
    recordInto: null,
    env: options.env ?? {},
    limiters: new Limiters(systemClock),
    warmth: new Warmth(systemClock),
    prices: new Prices(),
    isOffline: options.isOffline ?? false,
    isReachable: () => true,
    askProgram: null,
  });
}
