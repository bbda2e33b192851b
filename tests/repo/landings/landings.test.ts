import { describe, expect, test } from 'vitest';
import { readHistory, recordOf, sortOut, type TrailerCommit } from '../../../src/repo/landings/land.ts';
import type { LandingRecord } from '../../../src/model/landing.ts';
import { addRecords, moveRecorded, readRecords, uniteRecords } from '../../../src/repo/landings/landings.ts';
import { openRepository } from '../../../src/repo/git/repository.ts';
import { temporaryFolder, TestProject } from '../../support/project.ts';

const hash = (digit: string): string => digit.repeat(40);

function commitOf(digit: string, more: Partial<TrailerCommit> = {}): TrailerCommit {
  const trailers = { unit: 'a', criteria: 'c1', run: 'r', attempt: 'a.1', undone: '' };
  const shown = { author: 'Ada <ada@example.org>', date: '2026-11-28T00:00:00Z', title: 'Do A' };
  return { commit: hash(digit), tree: hash('e'), ...trailers, ...shown, ...more };
}
const outside = { specs: null, fileOf: () => null };
const landed = (it: TrailerCommit): LandingRecord => recordOf(it, { what: 'landed', at: 1 });

describe('a record counts for exactly the commit that it describes', () => {
  const one = commitOf('1');
  const rows: readonly (readonly [string, readonly LandingRecord[], 'landed' | 'claim' | 'nothing'])[] = [
    ['its own record', [landed(one)], 'landed'],
    ['no record', [], 'claim'],
    ['a record of another commit', [{ ...landed(one), commit: hash('2') }], 'claim'],
    ['a record of another tree', [{ ...landed(one), tree: hash('2') }], 'claim'],
    ['a record of another unit', [{ ...landed(one), unit: 'b' }], 'claim'],
    ['a record of other criteria', [{ ...landed(one), criteria: 'c2' }], 'claim'],
    ['a record of another attempt', [{ ...landed(one), attempt: 'a.2' }], 'claim'],
    ['a record of another run', [{ ...landed(one), run: 's' }], 'claim'],
    ['a record that it takes something back', [{ ...landed(one), what: 'undone' }], 'claim'],
    ["a person's yes", [recordOf(one, { what: 'adopted', at: 2, by: 'ada' })], 'landed'],
    ["a person's no", [recordOf(one, { what: 'refused', at: 2, by: 'ada' })], 'nothing'],
    [
      'a no after a yes',
      [recordOf(one, { what: 'adopted', at: 2, by: 'ada' }), recordOf(one, { what: 'refused', at: 3, by: 'ada' })],
      'nothing',
    ],
    [
      'a yes after a no',
      [recordOf(one, { what: 'refused', at: 2, by: 'ada' }), recordOf(one, { what: 'adopted', at: 3, by: 'ada' })],
      'landed',
    ],
  ];
  test.each(rows)('%s', (_, records, wanted) => {
    const history = sortOut([one], records);
    const found = history.landed.has('a') ? 'landed' : history.claims.length > 0 ? 'claim' : 'nothing';
    expect(found).toBe(wanted);
  });

  const undo = commitOf('2', { undone: one.commit, criteria: '', run: '', attempt: '' });
  test.each([
    ['an undo with its record takes the landing back', [landed(one), recordOf(undo, { what: 'undone', at: 2 })], false],
    ['an undo without a record takes nothing back', [landed(one)], true],
  ] as const)('%s', (_, records, isLanded) => {
    expect(sortOut([undo, one], records).landed.has('a')).toBe(isLanded);
  });

  test('of landings without a record, those that were taken back are not shown, and older ones than a recorded one', () => {
    expect(sortOut([undo, one], []).claims).toEqual([]);
    expect(sortOut([commitOf('3'), one], [landed(commitOf('3'))]).claims).toEqual([]);
    expect(sortOut([commitOf('3'), one], [landed(one)]).claims.map(({ commit }) => commit)).toEqual([hash('3')]);
  });
});

test('a branch and its record move together or not at all, whoever else writes meanwhile', async () => {
  const project = TestProject.make({ 'a.txt': 'a\n' });
  const open = async () =>
    openRepository({
      folder: project.root,
      stateFolder: temporaryFolder(),
      env: process.env,
      identity: { name: 'Ada', email: 'a@b' },
    });
  const repository = await open();
  const [base, tree] = [repository.head, project.git('rev-parse', 'HEAD^{tree}')];
  const trailers = 'Backlog-Unit: a\nBacklog-Run: r\nBacklog-Attempt: a.1\nBacklog-Criteria: c1';
  const next = project.git('commit-tree', tree, '-p', base, '-m', `Do A\n\n${trailers}`);
  const it = commitOf('0', { commit: next, tree });
  project.git('branch', 'work');
  expect(await moveRecorded(repository, 'work', next, hash('1'), landed(it))).toBe(false);
  expect([await readRecords(repository), project.git('rev-parse', 'work')]).toEqual([[], base]);
  // Ten that record at the same time all get in, beside the one that lands.
  const others = '0 1 2 3 4 5 6 7 8 9'.split(' ').map((digit) => commitOf(digit, { unit: `u${digit}` }));
  const [isMoved] = await Promise.all([
    moveRecorded(repository, 'work', next, base, landed(it)),
    ...others.map(async (other) => addRecords(repository, [landed(other)])),
  ]);
  expect([isMoved, project.git('rev-parse', 'work')]).toEqual([true, next]);
  expect((await readRecords(repository)).map(({ unit }) => unit).toSorted()).toEqual([
    'a',
    ...others.map(({ unit }) => unit),
  ]);
  expect([...(await readHistory(repository, next, outside)).landed.keys()]).toEqual(['a']);
  expect((await readHistory(repository, base, outside)).landed.size).toBe(0); // a record of what is on no branch says nothing
});

test('the records of two clones are united, and what is no record says nothing', async () => {
  const project = TestProject.make({ 'a.txt': 'a\n' });
  const repository = await openRepository({
    folder: project.root,
    stateFolder: temporaryFolder(),
    env: process.env,
    identity: { name: 'Ada', email: 'a@b' },
  });
  await addRecords(repository, [landed(commitOf('1'))]);
  project.git('update-ref', 'refs/backlog/fetched', 'refs/backlog/landings');
  project.git('update-ref', '-d', 'refs/backlog/landings');
  await addRecords(repository, [landed(commitOf('2', { unit: 'b' }))]);
  await uniteRecords(repository, 'refs/backlog/fetched');
  await uniteRecords(repository, 'refs/backlog/fetched'); // again: nothing more
  const units = async (): Promise<string[]> => (await readRecords(repository)).map(({ unit }) => unit).toSorted();
  expect(await units()).toEqual(['a', 'b']);
  await expect(uniteRecords(repository, 'refs/backlog/none')).rejects.toThrow('there is no ref refs/backlog/none');
  const empty = project.git('hash-object', '-t', 'tree', '/dev/null');
  const odd = project.git('commit-tree', empty, '-p', 'refs/backlog/landings', '-m', 'landed x\n\n{"version":2}');
  project.git('update-ref', 'refs/backlog/landings', odd);
  expect(await units()).toEqual(['a', 'b']);
});
