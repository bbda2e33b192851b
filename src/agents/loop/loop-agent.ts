import type { Agent } from '../../model/agent.ts';
import { systemClock } from '../../util/time/clock.ts';
import type { OpenVoice } from '../provider/voice.ts';
import { runLoop } from './loop.ts';

/** Our own agent; `openVoice` answers its calls. */
export function loopAgent(
  { name, sessions }: { readonly name: string; readonly sessions: string },
  openVoice: OpenVoice,
  { web }: Pick<Agent['abilities'], 'web'>,
): Agent {
  const loop = { openVoice, sessions, clock: systemClock, random: Math.random };
  return {
    name,
    abilities: { resume: true, structuredAnswers: true, inbox: true, loads: [], offers: true, reportsCost: true, web },
    work: (order, emit, signal) => runLoop(loop, order, emit, signal),
  };
}
