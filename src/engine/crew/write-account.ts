import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { accountBrief } from '../../agents/words/brief.ts';
import type { Config } from '../../model/config.ts';
import { describeFailure } from '../../model/describe-failure.ts';
import { ToldError } from '../../model/diagnostic.ts';
import { readSince } from '../../queue/events.ts';
import { readUnits } from '../../queue/units.ts';
import { reduce } from '../../report/reduce.ts';
import { emptyRunState, type RunState } from '../../report/run-state.ts';
import { treeOf } from '../../repo/objects/tree.ts';
import { printable } from '../../util/text/printable.ts';
import type { Books } from '../context/books.ts';
import { Interrupted } from '../context/interrupted.ts';
import type { Scope } from '../context/scope.ts';
import { type Target, tipOrHead } from '../context/target.ts';
import type { Crew } from './crew.ts';
import { limitsOf } from './limits.ts';
import type { RunAgents } from './run-agents.ts';

type AccountRun = Books &
  Target &
  Pick<Scope, 'settings'> &
  Pick<Crew, 'fleet'> & {
    readonly config: Pick<Config, 'synthesis'>;
    readonly agents: Pick<RunAgents, 'create' | 'ended'>;
  };

const schema = z.object({ answer: z.string() });

/** Characters of an account that are kept, and of the facts that it is written from. */
const [longest, longestFacts] = [6000, 40_000];
/** An account is short work. */
const [mostTurns, mostMs] = [6, 300_000];

/**
 * Has an agent of the role `synthesizer` write the account of a run, if the configuration says so and the run did anything.
 * It costs within the caps of the run. Nothing depends on it: where it fails, a notice says why.
 */
export async function writeAccount(run: AccountRun): Promise<void> {
  if (run.config.synthesis !== 'model') return;
  const state = stateOf(run);
  if (state.wave === null) return;
  const part = run.fleet.casting.part('synthesizer', { agent: null, labels: [], touches: [] });
  const plain = (why: string): void =>
    run.emit({ type: 'notice', text: `The account is the plain one: ${part.agent} did not write one (${why}).` });
  try {
    const limits = limitsOf(run, { turns: part.turns ?? mostTurns, timeMs: part.timeMs ?? mostMs });
    const name = await run.agents.create({
      ...{ agent: part.agent, role: 'synthesizer', model: part.model, effort: part.effort, tools: [], offers: [] },
      brief: accountBrief(factsOf(run, state), run.fleet.promptOf(part), randomBytes(6).toString('hex')),
      ...{ tree: await treeOf(run.repository, await tipOrHead(run)), answerSchema: schema, limits },
    });
    const outcome = await run.agents.ended(name);
    if (outcome?.kind !== 'finished') return plain(outcome === null ? 'it is gone' : whyOf(outcome));
    const text = printable(schema.parse(outcome.answer).answer).trim().slice(0, longest);
    if (text === '') return plain('its answer is empty');
    run.emit({ type: 'account-written', agent: part.agent, text });
  } catch (error) {
    if (!(error instanceof ToldError) && !(error instanceof Interrupted)) throw error;
    plain(error.message);
  }
}

function whyOf(outcome: { readonly kind: string }): string {
  if ('failure' in outcome) return describeFailure(outcome.failure as Parameters<typeof describeFailure>[0]);
  return 'why' in outcome ? String(outcome.why) : outcome.kind;
}

function stateOf({ database, id }: Books): RunState {
  let state = emptyRunState();
  for (const event of readSince(database, id, 0)) state = reduce(state, event);
  return state;
}

/** What the account is written from, as JSON; of a long list as much as fits. */
function factsOf({ database, settings }: AccountRun, state: RunState): string {
  const units = readUnits(database)
    .filter((row) => row.state !== 'retired' && row.state !== 'proposed')
    .map((row) => {
      const { landed, conflicts } = state.units.get(row.spec.id) ?? { landed: null, conflicts: 0 };
      return {
        ...{ unit: row.spec.key, title: row.spec.title, state: row.state, why: row.why, attempts: row.attempts },
        ...(landed === null
          ? {}
          : { landed: { linesAdded: landed.linesAdded, linesRemoved: landed.linesRemoved, files: landed.files } }),
        ...(conflicts > 0 ? { conflicts } : {}),
      };
    });
  const facts = {
    branch: settings.branch,
    counts: state.counts,
    notices: [...state.notices.keys()].slice(0, 20),
    units,
  };
  return JSON.stringify(facts, null, 1).slice(0, longestFacts);
}
