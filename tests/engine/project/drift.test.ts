import { expect, test } from 'vitest';
import { type DriftFacts, driftOf } from '../../../src/engine/project/drift.ts';
import type { Signs } from '../../../src/engine/project/truth.ts';
import type { TrailerCommit } from '../../../src/repo/landings/land.ts';

const commit = (digit: string): string => digit.repeat(40);

function landing(digit: string): TrailerCommit {
  const trailers = { unit: 'a', criteria: 'c', run: 'r', attempt: 'a.1', undone: '' };
  return { commit: commit(digit), tree: commit('e'), ...trailers, author: 'Ada', date: '', title: 'A' };
}

type Spec = NonNullable<DriftFacts['spec']>;
const nothing: Signs = { onTip: false, atHead: false, landing: null, ticking: null, former: null, claim: null };
const open: Spec = {
  ...{ file: 'a.md', isTicked: false, hasBoxes: true, refusedTick: null, signs: nothing },
  truth: { isDone: false, why: null },
};
const landed: Spec = {
  ...open,
  signs: { ...nothing, onTip: true, landing: landing('1'), ticking: commit('1') },
  truth: { isDone: true, commit: commit('1'), how: 'its boxes are ticked on the branch' },
};
const queued = (state: 'ready' | 'done' | 'failed' | 'retired' | 'judging', digit?: string): DriftFacts['queue'] => ({
  ...{ state },
  landed: digit === undefined ? null : { commit: commit(digit), is: digit === '9' ? 'nowhere' : 'on-branch' },
});
const agreed: DriftFacts = {
  ...{ key: 'a', branch: 'next', spec: open, landed: null, recorded: null },
  queue: queued('ready'),
};
const home: Spec = { ...landed, isTicked: true };

test.each<[string, Partial<DriftFacts>, readonly string[]]>([
  ['an open unit', {}, []],
  ['a failed unit', { queue: queued('failed') }, []],
  ['a unit that landed and was merged', { spec: home, queue: queued('done', '1') }, []],
  ['a unit that is at work', { spec: landed, queue: queued('judging') }, []],
  ['a unit without a queue', { queue: null }, []],
  ['a unit whose boxes nobody ticks', { spec: { ...landed, hasBoxes: false }, queue: queued('done', '1') }, []],
  [
    'a unit that landed and was not merged',
    { spec: landed, queue: queued('done', '1') },
    ['note not-merged: it landed as 1111111111 and is ticked on next, and is open in your working tree'],
  ],
  [
    'a landing without a tick',
    {
      spec: { ...landed, truth: { isDone: true, commit: commit('1'), how: 'it landed', isTickMissing: true } },
      queue: queued('done', '1'),
    },
    ['drift not-ticked: it landed as 1111111111, and nothing ticked it on next'],
  ],
  [
    'a landing that cannot be ticked',
    {
      spec: {
        ...landed,
        refusedTick: { at: 'a.md, line 3', why: 'its status cannot be written without another key' },
        truth: { isDone: true, commit: commit('1'), how: 'it landed', isTickMissing: true },
      },
      queue: queued('done', '1'),
    },
    [
      'drift not-ticked: it landed as 1111111111, and could not be ticked in a.md, line 3 on next: its status cannot be written without another key',
    ],
  ],
  [
    'a landing whose spec is not committed',
    { spec: { ...landed, signs: { ...landed.signs, onTip: null } }, queue: queued('done', '1') },
    ['drift not-committed: it landed as 1111111111, and its text is not committed, so that nothing could tick it'],
  ],
  [
    'an undo that left ticks',
    { spec: { ...open, truth: { isDone: false, why: 'it was undone', tickLeftBy: commit('2') } } },
    ['drift undone-and-ticked: its landing 2222222222 was undone, and its boxes are still ticked on next'],
  ],
  [
    'an undo that left ticks which cannot be opened',
    {
      spec: { ...open, isUntickRefused: true, truth: { isDone: false, why: 'it was undone', tickLeftBy: commit('2') } },
    },
    [
      'drift undone-and-ticked: its landing 2222222222 was undone, and its boxes are still ticked on next, where they cannot be opened without changing more',
    ],
  ],
  [
    'a commit without a record',
    { spec: { ...open, truth: { isDone: false, why: null, claim: commit('3') } } },
    ['drift claimed: commit 3333333333 says that it landed, and no record confirms that'],
  ],
  [
    'ticks without a landing',
    { spec: { ...open, truth: { isDone: false, why: null, claim: 'ticks' } } },
    ['drift ticked-without-landing: its boxes are ticked on next, and no landing is recorded there'],
  ],
  [
    'ticks whose landing was squashed away',
    {
      spec: { ...open, truth: { isDone: false, why: null, claim: 'ticks' } },
      recorded: { commit: commit('4'), is: 'elsewhere' },
    },
    [
      'drift ticked-without-landing: its boxes are ticked on next, and no landing is recorded there; it was recorded as 4444444444, which is not in the history of the branch any more',
    ],
  ],
  [
    'a tick of the author',
    {
      spec: { ...open, isTicked: true, truth: { isDone: true, commit: null, how: 'its boxes are ticked' } },
      queue: queued('done'),
    },
    ['note ticked-by-author: it is ticked in your working tree, which counts, and no landing is on next'],
  ],
  [
    'a ticked unit that landed with other criteria',
    {
      spec: { ...open, isTicked: true, truth: { isDone: true, commit: null, how: 'its boxes are ticked' } },
      landed: commit('1'),
      queue: queued('done'),
    },
    [
      'note edited: it landed as 1111111111 with other criteria, and a person ticked it since, or nothing was added to them, which counts',
    ],
  ],
  [
    'ticks on the branch of a unit that landed with other criteria',
    { spec: { ...open, truth: { isDone: false, why: null, claim: 'ticks' } }, landed: commit('1') },
    [
      'drift ticked-without-landing: its boxes are ticked on next, and no landing with these criteria is recorded there; it landed as 1111111111 with others',
    ],
  ],
  [
    'ticked criteria that were edited after the landing',
    {
      spec: {
        ...open,
        isTicked: true,
        truth: { isDone: false, why: 'its criteria were edited after it landed', edited: commit('1') },
      },
      landed: commit('1'),
      queue: queued('done', '1'),
    },
    [
      'drift edited: it landed as 1111111111, and is still ticked in your working tree, where its criteria were edited since',
    ],
  ],
  [
    'a tick that was removed on the branch',
    { spec: { ...open, isTicked: true, truth: { isDone: false, why: 'its boxes were unticked on the branch' } } },
    ['drift unticked: it is ticked in your working tree, and was unticked on next, which counts'],
  ],
  [
    'an untick of the author that the queue does not know',
    {
      spec: {
        ...landed,
        signs: { ...landed.signs, atHead: true },
        truth: { isDone: false, why: 'its boxes were unticked in the working tree' },
      },
      landed: commit('1'),
      queue: queued('done', '1'),
    },
    [
      'note unticked: you unticked it in your working tree, and it is ticked at HEAD',
      'drift queue-behind: the queue says done, and it is open: its boxes were unticked in the working tree',
    ],
  ],
  [
    'a landing that the queue does not know',
    { spec: home, queue: queued('failed') },
    ['drift queue-behind: it is done (its boxes are ticked on the branch), and the queue says failed'],
  ],
  [
    'a unit that the queue does not know',
    { spec: home, queue: 'none' },
    ['drift queue-behind: it is done, and the queue does not know it'],
  ],
  [
    'another landing than the one of the queue',
    { spec: home, queue: queued('done', '2') },
    ['drift queue-behind: it landed as 1111111111, and the queue says 2222222222'],
  ],
  [
    'a commit that is gone',
    { queue: queued('done', '9') },
    ['drift commit-gone: the queue says that it landed as 9999999999, which the repository no longer has'],
  ],
  [
    'a record whose commit is not on the branch',
    { recorded: { commit: commit('5'), is: 'elsewhere' } },
    [
      'note commit-gone: a record says that it landed as 5555555555, which is not in the history of the branch any more',
    ],
  ],
  [
    'criteria that were edited after the landing',
    { landed: commit('1'), queue: queued('done', '1') },
    ['drift edited: it landed as 1111111111, its criteria were edited since, and the queue still says done'],
  ],
  ['edited criteria that the queue knows', { landed: commit('1'), queue: queued('ready') }, []],
  [
    'a moved file that is not committed',
    {
      spec: {
        ...open,
        signs: { ...nothing, onTip: null, former: landing('1') },
        truth: { isDone: false, why: null, former: [commit('1')] },
      },
      queue: queued('done', '1'),
    },
    ['drift not-committed: it landed as 1111111111, and its text is not committed, so that nothing could tick it'],
  ],
  [
    'a moved file that the queue does not know',
    { spec: { ...open, truth: { isDone: false, why: null, former: [commit('1')] } }, queue: 'none' },
    [
      'drift queue-behind: a unit that is gone landed as 1111111111 with the same criteria, and the queue does not know this one',
    ],
  ],
  [
    'a spec that is gone',
    { spec: null, landed: commit('1'), queue: queued('retired', '1') },
    ['note spec-gone: it landed as 1111111111, and its spec is gone'],
  ],
  [
    'a spec that is gone, which the queue does not know',
    { spec: null, landed: commit('1'), queue: queued('done', '1') },
    [
      'note spec-gone: it landed as 1111111111, and its spec is gone',
      'drift queue-behind: its spec is gone, and the queue says done',
    ],
  ],
])('%s', (_name, facts, expected) => {
  const found = driftOf({ ...agreed, ...facts });
  expect(found.map(({ weight, kind, says }) => `${weight} ${kind}: ${says}`)).toEqual(expected);
  for (const { remedy } of found) expect(remedy).toMatch(/^[A-Z"].*\.$/);
});
