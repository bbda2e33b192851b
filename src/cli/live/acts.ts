import { nothingKnown } from '../../report/live/known.ts';
import { answer } from '../answer.ts';
import type { SpecsChoice } from '../folder.ts';
import { requestSays } from '../request-says.ts';
import type { Acts } from './live.ts';

/** What can be done with the active run of a folder: the requests of the commands of the same names. */
export function actsOn(folder: SpecsChoice, { quit, drain }: Pick<Acts, 'quit' | 'drain'>): Acts {
  const said = (answers: readonly Parameters<typeof requestSays>[0][]): string => answers.map(requestSays).join(' ');
  return {
    help: `up/down or j/k: choose a unit; esc: none; ${drain === null ? 'q: leave; the run goes on' : 'd: start nothing new; q: stop as Ctrl-C does'}`,
    quit,
    drain,
    pause: async (unit, isPaused) =>
      said((await answer(isPaused ? 'pause' : 'resume', { folder, units: [unit] })).answers),
    tell: async (agent, message) => said((await answer('tell', { folder, agent, message })).answers),
    look: async () => (await answer('live', { folder, run: null, after: null, isKnown: true })).known ?? nothingKnown,
  };
}
