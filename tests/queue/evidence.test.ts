import { expect, test } from 'vitest';
import type { CriterionVerdict } from '../../src/model/evidence.ts';
import { attemptId, idFromKey, runId } from '../../src/model/ids.ts';
import { unasked, type UnitSpec } from '../../src/model/unit.ts';
import { type Database, openDatabase } from '../../src/queue/database.ts';
import { readVerdicts, recordVerdicts } from '../../src/queue/evidence.ts';
import { insertRun } from '../../src/queue/runs.ts';
import { syncUnits } from '../../src/queue/sync.ts';
import { temporaryFolder } from '../support/project.ts';

const run = runId(new Date(0), 'abcd');
const unit = idFromKey('u');

function unitSpec(...texts: readonly string[]): UnitSpec {
  return {
    ...unasked,
    ...{ id: unit, key: 'u', title: 'U', kind: 'change', file: 'u.md', line: 1, body: '' },
    ...{ contentHash: texts.join(), criteriaHash: texts.join() },
    criteria: texts.map((text, position) => ({
      ...({ position, text, kind: 'claim', command: null, hash: text, isTicked: false, line: 3 } as const),
    })),
  };
}

function openQueue(): Database {
  const database = openDatabase(temporaryFolder());
  const row = { id: run, startedAt: 0, endedAt: null, branch: 'b', tip: 't', agent: 'a', tier: 'none' };
  insertRun(database, { ...row, outcome: null, exitCode: null }, {});
  return database;
}

const formed = { position: 0, role: null, note: null, failure: null, evidence: [] } as const;

test('what earlier units ask for counts only in the attempt that was merged with them', () => {
  const database = openQueue();
  const spec = unitSpec('It is there');
  syncUnits(database, { units: [spec], truth: () => ({ isDone: false, why: null }), at: 1, run });
  const own = { ...formed, kind: 'claim', text: 'It is there', verdict: 'met' } as const;
  const other = { ...formed, kind: 'project-check', of: idFromKey('e'), text: 'e: It was', verdict: 'unmet' } as const;
  const told = (): string[] => readVerdicts(database, spec).map(({ text, verdict }) => `${text}: ${verdict}`);
  recordVerdicts(database, { at: 1, run, unit, attempt: attemptId(unit, 1), criteria: [own, other] });
  expect(told()).toEqual(['It is there: met', 'e: It was: unmet']);
  recordVerdicts(database, { at: 2, run, unit, attempt: attemptId(unit, 2), criteria: [own] });
  expect(told()).toEqual(['It is there: met']);
  database.close();
});

test('verdicts are those of the criteria that a unit has now, the latest of each', () => {
  const database = openQueue();
  const before = unitSpec('It is quick', 'It is there');
  syncUnits(database, { units: [before], truth: () => ({ isDone: false, why: null }), at: 1, run });
  const judge = (...verdicts: readonly (readonly [CriterionVerdict['kind'], number, string, string])[]): void => {
    const criteria = verdicts.map(([kind, position, text, verdict]) => ({
      ...{ kind, position, text, verdict: verdict as CriterionVerdict['verdict'] },
      ...{ role: null, note: null, failure: null, evidence: [] },
    }));
    recordVerdicts(database, { at: 1, run, unit, attempt: attemptId(unit, 1), criteria });
  };
  judge(
    ['claim', 0, 'It is quick', 'unmet'],
    ['claim', 1, 'It is there', 'unmet'],
    ['project-check', 0, 'lint', 'met'],
  );
  judge(['claim', 1, 'It is there', 'met']);
  const told = (spec: UnitSpec): string[] =>
    readVerdicts(database, spec).map(({ text, verdict }) => `${text}: ${verdict}`);
  expect(told(before)).toEqual(['It is quick: unmet', 'It is there: met', 'lint: met']);
  expect(told(unitSpec('It is quick enough', 'It is there'))).toEqual(['It is there: met', 'lint: met']);
  expect(told(unitSpec('It is there'))).toEqual(['lint: met']); // another place is another criterion
  database.close();
});
