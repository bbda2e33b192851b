import { expect, onTestFinished, test } from 'vitest';
import { applyPersonsWord } from '../../src/engine/run/people.ts';
import { attemptId, idFromKey } from '../../src/model/ids.ts';
import { unasked, type UnitSpec, type UnitState } from '../../src/model/unit.ts';
import { openDatabase } from '../../src/queue/database.ts';
import { addRequest, openRequests } from '../../src/queue/requests.ts';
import { syncUnits } from '../../src/queue/sync.ts';
import { type KeptWork, readUnit } from '../../src/queue/units.ts';
import { transition } from '../../src/queue/transitions.ts';
import { temporaryFolder } from '../support/project.ts';

const id = idFromKey('a');
const spec: UnitSpec = {
  ...unasked,
  id,
  key: 'a',
  title: 'A',
  kind: 'change',
  file: 'a.md',
  line: 1,
  body: '',
  criteria: [],
  contentHash: 'h',
  criteriaHash: 'h',
};
const purposes: KeptWork['purpose'][] = ['land', 'repair', 'debug', 'rebase', 'fresh', 'answered'];

/** What `retry` answers for a unit in a state with kept work, and what is then kept of it. */
function retried(state: UnitState, purpose: KeptWork['purpose'], tree = 'made'): [string, string | null, UnitState] {
  const database = openDatabase(temporaryFolder());
  onTestFinished(() => database.close());
  syncUnits(database, { units: [spec], truth: () => ({ isDone: false, why: null }), at: 0, run: null });
  const keptWork: KeptWork = {
    purpose,
    attempt: attemptId(id, 1),
    tree,
    commit: '0123456789abcdef',
    baseCommit: 'fedcba9876543210',
    baseTree: 'base',
    feedback: null,
    approvals: [],
  };
  transition(database, 0, null, { unit: id, to: state, why: 'x', keptWork });
  addRequest(database, 0, { verb: 'retry', unit: id, message: '', by: 'me', digest: null });
  const request = openRequests(database)[0];
  if (!request) throw new Error('no request');
  const answer = applyPersonsWord({ database, at: 0, run: null, request, stopWork: null, tell: null });
  const after = readUnit(database, id);
  return [answer.outcome, after?.keptWork?.purpose ?? null, after?.state ?? 'retired'];
}

test.each<UnitState>(['waiting', 'ready', 'parked', 'failed', 'blocked', 'quarantined', 'cancelled'])(
  'a retry keeps work that only has to be judged, what was being repaired, and what a person answered, of a unit that is %s',
  (state) => {
    const kept = Object.fromEntries(purposes.map((purpose) => [purpose, retried(state, purpose)]));
    const plain = 'a will be retried';
    expect(kept).toEqual({
      land: [plain, 'land', 'ready'],
      repair: [plain, 'repair', 'ready'],
      debug: [plain, null, 'ready'],
      rebase: [plain, null, 'ready'],
      fresh: [plain, null, 'ready'],
      answered: [plain, 'answered', 'ready'],
    });
  },
);

test('a retry of work that waits for a person asks for other work, and says where the finished one is', () => {
  expect(retried('awaiting', 'land')).toEqual([
    'a will be retried from the start, without its finished work: commit 0123456789 is still at refs/backlog/work/a.1',
    null,
    'ready',
  ]);
  // A gate that found nothing to change has none.
  expect(retried('awaiting', 'land', 'base')).toEqual(['a will be retried', null, 'ready']);
});
