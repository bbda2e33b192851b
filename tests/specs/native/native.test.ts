import { describe, expect, test } from 'vitest';
import { tickUnit } from '../../../src/specs/ticks/tick.ts';
import { readSpecs } from '../../../src/specs/units/read.ts';
import type { UnitSpec } from '../../../src/model/unit.ts';
import { temporaryFolder, writeFiles } from '../../support/project.ts';

async function read(
  files: Readonly<Record<string, string>>,
  more: {
    readonly phases?: readonly string[];
    readonly ignore?: readonly string[];
    readonly target?: readonly string[];
  } = {},
): Promise<readonly UnitSpec[]> {
  const folder = temporaryFolder();
  writeFiles(folder, files);
  const specs = await readSpecs({
    folder,
    ignore: more.ignore ?? [],
    phases: more.phases ?? [],
    agents: ['a'],
    recipes: ['build', 'research', 'scout-build'],
    listTargetFiles: () => Promise.resolve(more.target ?? ['src/x.ts', 'src/y.ts']),
  });
  expect(specs.diagnostics).toEqual([]);
  return specs.units;
}

test('a spec becomes a unit: keys, prose, criteria of three kinds', async () => {
  const [unit] = await read(
    {
      'search.md': `---
id: Search-1
depends: []
touches: ["app/search/**", app/x.ts]
contracts: ["contracts/search.md"]
exclusive: database
phase: features
priority: 2
labels: backend, api
---
# Search *endpoint*

Prose one.

## Why

Prose two.

## Acceptance criteria

- [ ] Returns the
  contract's shape — check: \`node --test tests/search.test.mjs\`
- [x] Sorted by relevance
- [ ] (human) Reads well
- No box at all

## Notes

After.
`,
    },
    { phases: ['features'] },
  );
  expect(unit).toMatchObject({
    id: 'search-1',
    key: 'Search-1',
    title: 'Search endpoint',
    kind: 'change',
    file: 'search.md',
    line: 11,
    body: '# Search *endpoint*\n\nProse one.\n\n## Why\n\nProse two.\n\n## Notes\n\nAfter.',
    touches: ['app/search/**', 'app/x.ts'],
    exclusive: 'database',
    phase: 'features',
    priority: 2,
    labels: ['backend', 'api'],
    isTicked: false,
    problems: [],
  });
  expect(
    unit?.criteria.map(({ text, kind, command, isTicked, line }) => ({ text, kind, command, isTicked, line })),
  ).toEqual([
    {
      text: "Returns the contract's shape — check: `node --test tests/search.test.mjs`",
      kind: 'check',
      command: 'node --test tests/search.test.mjs',
      isTicked: false,
      line: 21,
    },
    { text: 'Sorted by relevance', kind: 'claim', command: null, isTicked: true, line: 23 },
    { text: '(human) Reads well', kind: 'human', command: null, isTicked: false, line: 24 },
    { text: 'No box at all', kind: 'claim', command: null, isTicked: null, line: 25 },
  ]);
});

test('a key is derived from the path, and a long one stays within its bounds', async () => {
  const units = await read({
    'a/Über uns.md': '## Acceptance criteria\n\n- [ ] x\n',
    [`${'very-long-name-'.repeat(8)}.md`]: '## Acceptance criteria\n\n- [ ] x\n',
    'README.md': '# No spec',
    '.hidden/x.md': '# No spec',
  });
  expect(units.map((unit) => unit.id)).toEqual([
    'a.uber-uns',
    'very-long-name-very-long-name-very-long-name-very-long-6b550cb3',
  ]);
  expect(units[1]?.id.length).toBeLessThanOrEqual(64);
});

test('titles and paths without Latin letters have keys of their own, and so have paths that keys make alike', async () => {
  const criteria = '\n\n### Acceptance criteria\n\n- [ ] a — check: `test -f a`\n\n';
  const units = await read(
    {
      'units.md': `# 全体\n\n## Unit: 登录${criteria}## Unit: 注册${criteria}## Unit: Größe${criteria}`,
      'followups.md': '- [ ] Поиск не находит\n  - [ ] a\n- [ ] Кнопка не работает\n  - [ ] a\n',
      'port.md': '---\nid: port\nfor-each: "app/**"\n---\n# Port {file}\n\n## Acceptance criteria\n\n- [ ] a\n',
    },
    { target: ['app/[id]/p.ts', 'app/id/p.ts', 'app/(shop)/cart.ts', 'app/日本.ts', 'app/中国.ts'] },
  );
  expect(units.map(({ key }) => key.replace(/[0-9a-f]{8}$/, '#'))).toEqual([
    'followups-#',
    'followups-#',
    'port.app.id.p.ts-#',
    'port.app.id.p.ts',
    'port.app.shop.cart.ts',
    'port.app.ts-#',
    'port.app.ts-#',
    'units-#',
    'units-#',
    'units.gro-e',
  ]);
  expect(new Set(units.map(({ id }) => id)).size).toBe(units.length);
});

test('ticks change neither what is asked nor what its trailer says', async () => {
  const [open] = await read({ 'a.md': '# A\n\n## Acceptance criteria\n\n- [ ] x\n' });
  const [ticked] = await read({ 'a.md': '# A\n\n## Acceptance criteria\n\n- [x] x\n' });
  const [changed] = await read({ 'a.md': '# A\n\n## Acceptance criteria\n\n- [ ] x y\n' });
  expect([ticked?.contentHash, ticked?.criteriaHash, ticked?.isTicked]).toEqual([
    open?.contentHash,
    open?.criteriaHash,
    true,
  ]);
  expect(changed?.criteriaHash).not.toBe(open?.criteriaHash);
});

test('followups: items are units, nested items their criteria or their keys', async () => {
  const units = await read({
    'backend/followups.md': `# Followups

- [ ] Search ignores accents
  People type garcia.
  - depends: other, followups-are-fine
  - touches: src/**
  - [ ] It does — check: \`npm test\`
  - It reads well
- [x] Other thing
  - id: other
  - [ ] x
- [ ] Third
  - id: followups-are-fine
  - [ ] y
`,
  });
  expect(
    units.map(({ id, title, body, depends, touches, isTicked, criteria }) => ({
      id,
      title,
      body,
      depends,
      touches,
      isTicked,
      criteria: criteria.map((c) => `${c.kind}: ${c.text}`),
    })),
  ).toEqual([
    {
      id: 'backend.followups.search-ignores-accents',
      title: 'Search ignores accents',
      body: 'People type garcia.',
      depends: ['other', 'followups-are-fine'],
      touches: ['src/**'],
      isTicked: false,
      criteria: ['check: It does — check: `npm test`', 'claim: It reads well'],
    },
    { id: 'other', title: 'Other thing', body: '', depends: [], touches: [], isTicked: true, criteria: ['claim: x'] },
    {
      id: 'followups-are-fine',
      title: 'Third',
      body: '',
      depends: [],
      touches: [],
      isTicked: false,
      criteria: ['claim: y'],
    },
  ]);
});

test('for-each makes a unit for each file, with the name filled in, quoted for the shell', async () => {
  const units = await read({
    'e.md':
      '---\nfor-each: "src/*.ts"\n---\n# Type {file}\n\n## Acceptance criteria\n\n- [ ] {file} is typed — check: `tsc {file}`\n',
  });
  expect(units.map((unit) => [unit.id, unit.title, unit.criteria[0]?.command, unit.forEachFile])).toEqual([
    ['e.src.x.ts', 'Type src/x.ts', 'tsc src/x.ts', 'src/x.ts'],
    ['e.src.y.ts', 'Type src/y.ts', 'tsc src/y.ts', 'src/y.ts'],
  ]);
});

describe('a unit is not runnable', () => {
  const problem = async (text: string): Promise<string | undefined> =>
    (await read({ 'a.md': text })).at(0)?.problems.at(0)?.code;
  const criteria = '\n\n## Acceptance criteria\n\n- [ ] x\n';
  test.each([
    ['with an answer but no research', `---\nanswer: x.md\n---\n# A${criteria}`, 'answer-of-change'],
    ['with an unknown phase', `---\nphase: later\n---\n# A${criteria}`, 'unknown-phase'],
    ['with an unknown agent', `---\nagent: bob\n---\n# A${criteria}`, 'unknown-agent'],
    ['with a pattern that leaves', `---\ntouches: ["../x"]\n---\n# A${criteria}`, 'bad-value'],
    ['with a check without a command', '# A\n\n## Acceptance criteria\n\n- [ ] x — check: ` `\n', 'empty-check'],
    [
      'with a check outside of backticks',
      '# A\n\n## Acceptance criteria\n\n- [ ] x — check: npm test\n',
      'check-without-backticks',
    ],
    ['without criteria', '# A\n\n## Acceptance criteria\n', 'no-criteria'],
    ['with lists nested without end', `# A\n\n${'- '.repeat(20_000)}x\n`, 'spec-too-costly'],
    ['with quotes nested without end', `# A\n\n${'> '.repeat(20_000)}x\n`, 'spec-too-costly'],
    ['for no file', `---\nfor-each: "none/*"\n---\n# A${criteria}`, 'for-each-empty'],
    ['with a prompt that is not there', `---\nprompt: none.md\n---\n# A${criteria}`, 'no-prompt'],
    ['with open front matter', `---\nid: a\n# A${criteria}`, 'front-matter-open'],
    [
      'with an alias bomb',
      `---\na: &a [x,x]\nb: &b [*a,*a,*a,*a,*a,*a]\nlabels: [*b,*b,*b,*b,*b,*b]\n---\n# A${criteria}`,
      'front-matter-yaml',
    ],
  ])('%s', async (_name, text, code) => expect(await problem(text)).toBe(code));
});

test('a command of several lines is refused, since a reader and a shell take it for different ones; prose may have them', async () => {
  const criteria =
    'It\n  holds — check: `npm test`\n- [ ] Both — check: `cd app\n  test -f x`\n- [ ] A `claim\n  of` lines';
  const [unit] = await read({ 'a.md': `# A\n\n## Acceptance criteria\n\n- [ ] ${criteria}\n` });
  expect(unit?.problems.map(({ code, line }) => ({ code, line }))).toEqual([{ code: 'check-of-lines', line: 7 }]);
});

describe('keys of other tools', () => {
  const criteria = '\n# A\n\n## Acceptance criteria\n\n- [ ] x\n';

  test.each([
    [
      'author: me\ncreated: 2026-01-01\nid: a',
      ['warning foreign-key 2: nothing here reads the keys "author", "created"'],
    ],
    ['tags: [a]', ['warning foreign-key 2: nothing here reads the key "tags"']],
    ['depend: [b]', ['error unknown-key 2: unknown key "depend"']],
    [
      'Title: B\nfoo: 1',
      ['warning foreign-key 3: nothing here reads the key "foo"', 'error unknown-key 2: unknown key "Title"'],
    ],
    ['status: todo\nparallel: true\ndepends_on: []\npriority: high', []],
    ['__proto__: 1\nconstructor: 2', ['warning foreign-key 2: nothing here reads the keys "__proto__", "constructor"']],
  ])('%j', async (front, problems) => {
    const [unit] = await read({ 'a.md': `---\n${front}\n---${criteria}` });
    expect(
      unit?.problems.map(({ severity, code, line, message }) => `${severity} ${code} ${line}: ${message}`),
    ).toEqual(expect.arrayContaining(problems));
    expect(unit?.problems.length).toBe(problems.length);
  });

  test.each([
    ['status: done', true, null, null],
    ['status: "Completed" # at last', true, null, null],
    ['status: todo', false, null, 'status: done'],
    ['status: In Progress', false, null, 'status: Done'],
    ["status: 'in-review'", false, 'is in review', "status: 'done'"],
    ['status: blocked', false, 'is blocked', 'status: done'],
    ['status: draft', false, 'is a draft', 'status: done'],
    ['status:', false, null, 'status:'],
  ])('%s decides, and is set', async (front, isTicked, hold, set) => {
    const text = `---\n${front}\n---${criteria}`;
    for (const ends of [(one: string) => one, (one: string) => one.replaceAll('\n', '\r\n')]) {
      const [unit] = await read({ 'a.md': ends(text) });
      if (!unit) throw new Error('no unit');
      expect({ isTicked: unit.isTicked, hold: unit.hold, problems: unit.problems }).toEqual({
        ...{ isTicked, hold, problems: [] },
      });
      if (set === null) continue;
      const after = ends(text.replace(front, set).replace('[ ]', '[x]'));
      expect(await tickUnit([{ file: 'a.md', text: ends(text) }], unit)).toEqual([{ file: 'a.md', text: after }]);
      const [again] = await read({ 'a.md': after });
      expect({ ...again, isTicked: false, hold, criteria: [] }).toEqual({ ...unit, criteria: [] });
    }
  });

  test('dependencies by other names are followed, and ours wins', async () => {
    const units = await read({
      'a.md': `---\ndepends_on: [b, 1.10]\n---${criteria}`,
      'b.md': `---\ndependencies: c\n---${criteria}`,
      'c.md': `---\ndepends: [d]\ndepends_on: [a]\n---${criteria}`,
      'd.md': `---\nid: 1.10\n---${criteria}`,
      'e.md': `---\nid: d\ndepends_on: [none]\n---${criteria}`,
      'f.md': `---\nblocked_by:\n  - nobody\n---${criteria}`,
    });
    expect(units.map(({ key, depends, problems }) => [key, depends, problems.map(({ line }) => line)])).toEqual([
      ['a', ['b', '1.10'], []],
      ['b', ['c'], []],
      ['c', ['d'], []],
      ['1.10', [], []],
      ['d', [], []],
      ['f', [], [3]],
    ]);
  });

  test('a status above several units holds for all, one below a heading for its own', async () => {
    const unit = (title: string, yaml: string): string =>
      `## Unit: ${title}\n\n\`\`\`yaml\n${yaml}\n\`\`\`\n\n### Acceptance criteria\n\n- [ ] x\n\n`;
    const text = `---\nstatus: draft\nowner: me\n---\n# All\n\n${unit('One', 'status: open')}${unit('Two', 'id: two')}`;
    const units = await read({ 'a.md': text });
    expect(units.map(({ key, hold, problems }) => [key, hold, problems.map(({ code }) => code)])).toEqual([
      ['a.one', null, ['foreign-key']],
      ['two', 'is a draft', []],
    ]);
    const [one] = units;
    const after = text.replace('status: open', 'status: done').replace('[ ]', '[x]');
    expect(one && (await tickUnit([{ file: 'a.md', text }], one))).toEqual([{ file: 'a.md', text: after }]);
  });
});
