import { expect, test } from 'vitest';
import { mergeBrief, type MergeInput, repairBrief, stageBrief, workBrief } from '../../../src/agents/words/brief.ts';
import { idFromKey } from '../../../src/model/ids.ts';
import { type Criterion, type UnitSpec, unasked } from '../../../src/model/unit.ts';
import { addressesIn } from '../../../src/agents/words/web.ts';

const criterion: Criterion = {
  text: 'x',
  kind: 'claim',
  command: null,
  hash: 'h',
  position: 0,
  line: 1,
  isTicked: null,
};
const unit: UnitSpec = {
  id: idFromKey('u'),
  key: 'u',
  kind: 'research',
  criteria: [criterion],
  ...{
    title: 'U',
    file: 'u.md',
    line: 1,
    body: 'As https://asked.example/a says.',
    contentHash: 'h',
    criteriaHash: 'h',
  },
  ...unasked,
};
const stage = {
  title: 'Findings of a scout',
  text: 'https://seen.example/b, and https://carried.example/out?secret',
  sources: ['https://seen.example/b'],
};
const carried = (from: string): string => `https://${from}.example/out?secret`;

const other: UnitSpec = { ...unit, id: idFromKey('e'), key: 'e', title: 'E' };
const merge: MergeInput = {
  unit,
  files: ['src/a.ts'],
  others: [{ ...other, title: carried('landed-unit') }],
  landed: carried('landed'),
  own: carried('own'),
  evidence: carried('merge'),
};
const overlaps = [{ with: { key: 'o', title: carried('overlap') }, files: [carried('overlapping')] }];
const carriedByMerge = ['landed-unit', 'landed', 'own', 'merge'].map(carried);

function told(web: boolean): string[] {
  const brief = workBrief({
    shared: '',
    role: 'researcher',
    prompt: null,
    web,
    unit,
    named: ['src/a.ts'],
    contracts: [{ path: 'c', text: carried('contract') }],
    skills: [{ name: 's', text: carried('skill') }],
    answers: [{ title: 'a', text: carried('answer') }],
    projectChecks: [],
    notesOfStages: [stage],
    beside: [{ title: carried('beside'), touches: [] }],
    notes: [{ from: 'B', text: carried('note') }],
    handedOver: [carried('hand-off')],
    overlaps,
    merge,
    feedback: carried('feedback'),
    nonce: 'n',
  });
  return addressesIn(brief.own);
}

test('who can fetch an address finds those of the unit and those that a search brought, and no other', () => {
  expect(told(true)).toEqual(['https://asked.example/a', 'https://seen.example/b']);
  expect(told(false)).toEqual([
    'https://asked.example/a',
    ...['contract', 'skill', 'answer'].map(carried),
    'https://seen.example/b',
    carried('carried'),
    ...['beside', 'overlapping', 'overlap', 'hand-off', 'note'].map(carried),
    ...carriedByMerge,
    carried('feedback'),
  ]);
});

test.each([true, false])('so do scouts, and whoever repairs what it answered (web: %s)', (web) => {
  const scout = stageBrief({
    shared: '',
    role: 'scout',
    prompt: null,
    web,
    unit,
    question: null,
    notes: [stage],
    nonce: 'n',
  });
  expect(addressesIn(scout.own)).toEqual([
    'https://asked.example/a',
    'https://seen.example/b',
    ...(web ? [] : [carried('carried')]),
  ]);
  expect(addressesIn(mergeBrief({ shared: '', own: '' }, merge, 'n', web).own)).toEqual(web ? [] : carriedByMerge);
  const repair = repairBrief({ shared: '', own: '' }, { feedback: carried('evidence'), overlaps }, 'n', web);
  expect(addressesIn(repair.own)).toEqual(web ? [] : ['evidence', 'overlapping', 'overlap'].map(carried));
});

test('a criterion is told with what introduces it in its file', () => {
  const told = stageBrief({
    ...{ shared: '', role: 'scout', prompt: null, web: false, nonce: 'n', question: 'q', notes: [] },
    unit: { ...unit, criteria: [criterion, { ...criterion, kind: 'human', group: 'Edge cases › Files' }] },
  });
  expect(told.own).toContain('- x\n- (a person decides) Edge cases › Files: x\n');
});

test('a session whose work conflicted is told where the conflict is, what both sides changed, and what both must meet', () => {
  const input = { ...merge, others: [other], landed: '+landed', own: '+own', evidence: null };
  const brief = mergeBrief({ shared: 'shared', own: 'before' }, input, 'n', false);
  expect(brief).toEqual({
    shared: 'shared',
    own: [
      'The work on u passed alone, but conflicts with work that landed meanwhile. It is not done again: the workspace is new, and contains what landed and the work on this unit, merged: these files have conflict markers: src/a.ts. What is above ======= landed, what is below is the work on this unit. Resolve every conflict so that both changes do what they were made for, and leave no marker. Afterwards this unit is verified again, and so are the criteria of the units that landed.',
      'Units that landed, which must still hold:\n<data-n name="landed-units">\n# E (e)\n- x\n</data-n>',
      'What landed since the work on this unit began:\n<data-n name="landed">\n+landed\n</data-n>',
      'What the work on this unit changed:\n<data-n name="work">\n+own\n</data-n>',
      'The criteria of this unit, as before:\n- x',
      'Call finish again when it is done, or call block if it cannot be done.',
    ].join('\n\n'),
  });
  const together = mergeBrief(
    { shared: '', own: '' },
    { ...input, files: [], others: [], evidence: 'red' },
    'n',
    false,
  );
  expect(together.own).toContain(
    'merged: git merged both, but together they fail. Change the work on this unit so that both hold. Afterwards this unit is verified again.',
  );
  expect(together.own).toContain(
    'Both together were verified, and not accepted:\n<data-n name="evidence">\nred\n</data-n>',
  );
});
