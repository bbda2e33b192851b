import { expect, test } from 'vitest';
import { repairBrief, stageBrief, workBrief } from '../../../src/agents/words/brief.ts';
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
    ...['beside', 'note', 'feedback'].map(carried),
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
  const repair = repairBrief({ shared: '', own: '' }, carried('evidence'), 'n', web);
  expect(addressesIn(repair.own)).toEqual(web ? [] : [carried('evidence')]);
});

test('a criterion is told with what introduces it in its file', () => {
  const told = stageBrief({
    ...{ shared: '', role: 'scout', prompt: null, web: false, nonce: 'n', question: 'q', notes: [] },
    unit: { ...unit, criteria: [criterion, { ...criterion, kind: 'human', group: 'Edge cases › Files' }] },
  });
  expect(told.own).toContain('- x\n- (a person decides) Edge cases › Files: x\n');
});
