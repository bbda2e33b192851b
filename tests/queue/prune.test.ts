import { expect, test } from 'vitest';
import type { Event } from '../../src/model/event.ts';
import type { Evidence } from '../../src/model/evidence.ts';
import { idFromKey, type RunId, runId, type UnitId } from '../../src/model/ids.ts';
import { unasked, type UnitSpec } from '../../src/model/unit.ts';
import { claim, readAttempts } from '../../src/queue/attempts.ts';
import { type Database, openDatabase } from '../../src/queue/database.ts';
import { appendEvent, readUnitEvents } from '../../src/queue/events.ts';
import { findEvidence, readVerdicts, recordEvidence, recordVerdicts } from '../../src/queue/evidence.ts';
import { countForgotten, forgetSteps, oldRuns } from '../../src/queue/prune.ts';
import { endRun, insertRun, readRuns } from '../../src/queue/runs.ts';
import { openSession, readSessions } from '../../src/queue/sessions.ts';
import { syncUnits } from '../../src/queue/sync.ts';
import { transition } from '../../src/queue/transitions.ts';
import { temporaryFolder } from '../support/project.ts';

function unitSpec(key: string): UnitSpec {
  return {
    ...unasked,
    ...{ id: idFromKey(key), key, title: key, kind: 'change', file: `${key}.md`, line: 1, body: '' },
    ...{ contentHash: `content of ${key}`, criteriaHash: `criteria of ${key}` },
    criteria: [{ position: 0, text: 'Done', kind: 'check', command: 'true', hash: 'h', isTicked: false, line: 3 }],
  };
}

/** Works on a unit in a run: two attempts, each with steps, evidence and a verdict. */
function workOn(database: Database, run: RunId, unit: UnitId, isDone: boolean): void {
  for (const verdict of ['unmet', 'met'] as const) {
    const of = { run, unit, role: 'builder', baseCommit: 'c', baseTree: 't' } as const;
    const { id: attempt } = claim(database, { ...of, at: 1, projectChecks: [], configHash: 'h', to: 'working' });
    openSession(database, {
      run,
      name: attempt,
      attempt,
      unit,
      role: 'builder',
      agent: 'a',
      model: null,
      round: 0,
      startedAt: 1,
    });
    const tell = (event: Event): void => database.write(() => appendEvent(database, 1, run, event));
    for (let step = 0; step < 3; step++)
      tell({ type: 'agent-tool', unit, attempt, role: 'builder', tool: 'bash', summary: 'ls', isError: false });
    const evidence: Evidence = {
      ...({ kind: 'command', on: 'base', tier: 'none', command: 'true', exitCode: 0, signal: null } as const),
      ...{ tree: `tree of ${unit}`, timedOut: false, durationMs: 1, digest: 'd', excerpt: '', testsRun: null },
    };
    recordEvidence(database, { at: 1, run, unit, attempt, subject: 'true', evidence });
    recordEvidence(database, { at: 1, run, unit, attempt, subject: 'differs: x', evidence: { ...evidence, tree: '' } });
    const criterion = { position: 0, text: 'Done', kind: 'check', role: 'proof', note: null, failure: null } as const;
    recordVerdicts(database, { at: 1, run, unit, attempt, criteria: [{ ...criterion, verdict, evidence: [] }] });
    transition(database, 1, run, { unit, to: isDone && verdict === 'met' ? 'done' : 'ready' });
  }
}

test('of old runs the steps and the evidence of units that are done are forgotten, and nothing else', () => {
  const database = openDatabase(temporaryFolder());
  const keys = ['done', 'open', 'late'];
  const truth = (): { readonly isDone: false; readonly why: null } => ({ isDone: false, why: null });
  syncUnits(database, { units: keys.map(unitSpec), truth, at: 1, run: null });
  const runs = ['1111', '2222', '3333'].map((name, index) => runId(new Date(index * 1e10), name));
  const [first, second, third] = runs as [RunId, RunId, RunId];
  for (const id of runs) {
    const row = { id, startedAt: 1, endedAt: null, branch: 'b', tip: 't', agent: 'a', tier: 'none' };
    insertRun(database, { ...row, outcome: null, exitCode: null }, {});
    if (id === first) workOn(database, id, idFromKey('done'), true);
    if (id === first) workOn(database, id, idFromKey('open'), false);
    if (id === second) workOn(database, id, idFromKey('late'), true);
    if (id !== third) endRun(database, id, { at: 2, outcome: 'done', exitCode: 0, tip: 't' });
  }
  const typesOf = (key: string): string[] => readUnitEvents(database, idFromKey(key)).map(({ event }) => event.type);
  const before = keys.map(typesOf);
  const summary = (): unknown => [
    ...[
      keys.map((key) => readVerdicts(database, unitSpec(key))),
      keys.map((key) => readAttempts(database, idFromKey(key))),
    ],
    ...[readSessions(database, { run: first }), readRuns(database)],
  ];
  const kept = summary();

  expect([oldRuns(database, 3), oldRuns(database, 2), oldRuns(database, 1)]).toEqual([[], [first], [first, second]]);
  expect(oldRuns(database, 0)).toEqual([first, second]); // the third is at work
  expect(countForgotten(database, first)).toBe(6 + 1 + 2);
  const taken = [...forgetSteps(database, 3, first, 4)];
  expect(taken.reduce((sum, some) => sum + some, 0)).toBe(9);
  expect(taken.length).toBeGreaterThan(3);
  expect([oldRuns(database, 2), countForgotten(database, first)]).toEqual([[], 0]);

  expect(keys.map(typesOf)).toEqual([
    before[0]?.filter(
      (type, index, all) => type !== 'agent-tool' && (type !== 'criterion-judged' || all.indexOf(type) !== index),
    ),
    before[1],
    before[2],
  ]);
  expect(summary()).toEqual(kept);
  const isThere = (key: string): boolean => findEvidence(database, `tree of ${idFromKey(key)}`, 'true') !== null;
  expect(keys.map(isThere)).toEqual([false, true, true]);
  expect(findEvidence(database, '', 'differs: x')).not.toBeNull();
  database.close();
});
