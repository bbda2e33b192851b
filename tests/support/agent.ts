import path from 'node:path';
import type { z } from 'zod';
import { backEnds } from '../../src/agents/configured/back-ends.ts';
import { Limiters } from '../../src/agents/provider/limiter.ts';
import { Prices } from '../../src/agents/money/prices.ts';
import { Warmth } from '../../src/agents/provider/warmth.ts';
import type { Agent } from '../../src/model/agent.ts';
import { agentConfigSchema } from '../../src/model/agent-config.ts';
import { systemClock } from '../../src/util/time/clock.ts';

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
  return backEnds.of(agentConfigSchema.parse(config)).make({
    name: config.type,
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
