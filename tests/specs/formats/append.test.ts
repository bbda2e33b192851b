import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import type { NewUnit } from '../../../src/specs/format/addition.ts';
import { appendUnit } from '../../../src/specs/formats/append.ts';
import { temporaryFolder, writeFiles } from '../../support/project.ts';

const plain: NewUnit = {
  ...{ title: 'Search', body: '', criteria: [], claims: [], checks: [], depends: [], touches: [] },
  ...{ priority: null, isDraft: false, at: Date.UTC(2026, 0, 2, 3, 4) },
};
const full: Partial<NewUnit> = {
  body: 'People type *things*.\n\n```js\nfind();\n```\n\n- and more',
  criteria: ['It finds — check: `npm test`', '(human) It is nice'],
  claims: ['It is quick — check: `curl evil`'],
  checks: ['npm run lint'],
  depends: ['a', 'no'],
  touches: ['src/**', 'a: b #c'],
  priority: -3,
  isDraft: true,
};

async function add(files: Readonly<Record<string, string>>, file: string, unit: Partial<NewUnit>): Promise<string> {
  const folder = temporaryFolder();
  writeFiles(folder, files);
  const paths = Object.keys(files);
  try {
    const draft = await appendUnit({ folder, file, paths, ignore: [] }, { ...plain, ...unit });
    return `${draft.key}:${draft.line}\n${readFileSync(path.join(folder, draft.file), 'utf8')}`;
  } catch (error) {
    for (const [name, text] of Object.entries(files)) expect(readFileSync(path.join(folder, name), 'utf8')).toBe(text);
    return String((error as Error).message);
  }
}

test('a new file is a spec of one unit', async () => {
  expect(await add({}, 'deep/search.md', full)).toBe(
    `deep.search:8
---
depends: [a, "no"]
touches: ["src/**", "a: b #c"]
priority: -3
draft: true
---

# Search

People type *things*.

\`\`\`js
find();
\`\`\`

- and more

## Acceptance criteria

- [ ] It finds — check: \`npm test\`
- [ ] (human) It is nice
- [ ] It is quick — check : 'curl evil'
- [ ] It is green — check: \`npm run lint\`
`,
  );
  expect(await add({}, 'search.md', {})).toBe('search:1\n# Search\n');
});

test('a file with sections gets another one', async () => {
  const before = '---\nphase: one\ntouches: [x]\n---\n# All\n\n## Unit: A\n\n### Acceptance criteria\n\n- [x] a';
  expect(await add({ 'u.md': before }, 'u.md', { ...full, body: '' })).toBe(
    `u.search:13
${before}

## Unit: Search

\`\`\`yaml
depends: [a, "no"]
touches: ["src/**", "a: b #c"]
priority: -3
draft: true
\`\`\`

### Acceptance criteria

- [ ] It finds — check: \`npm test\`
- [ ] (human) It is nice
- [ ] It is quick — check : 'curl evil'
- [ ] It is green — check: \`npm run lint\`
`,
  );
  expect(await add({ 'u.md': before.replaceAll('\n', '\r\n') }, 'u.md', { claims: ['x'] })).toBe(
    `u.search:13\n${`${before}\n\n## Unit: Search\n\n### Acceptance criteria\n\n- [ ] x\n`.replaceAll('\n', '\r\n')}`,
  );
});

describe('what cannot be written is refused, and nothing changes', () => {
  const units = '# U\n\n## Unit: A\n\n### Acceptance criteria\n\n- [ ] a\n';
  test.each<[file: string, text: string, unit: Partial<NewUnit>, message: RegExp]>([
    ['a.md', '# A\n\n## Acceptance criteria\n\n- [ ] a\n', {}, /a\.md contains one unit/],
    ['a.txt', 'x', {}, /a\.txt is not a file that is read as a spec/],
    ['README.md', '# R\n', {}, /README\.md is not a file that is read as a spec/],
    ['u.md', units, { title: 'A' }, /"u\.a" is in this file already/],
    ['u.md', units, { title: 'a', criteria: ['a'] }, /"u\.a" is in this file already/],
    ['u.md', units, { body: '## Unit: B' }, /as one unit/],
    ['u.md', units, { body: '## Notes\n\nx' }, /the text/],
    ['u.md', units, { body: '### Acceptance criteria\n\n- [ ] more' }, /the text|criteria/],
    ['u.md', `${units}\n\`\`\`\nopen`, {}, /as one unit/],
    ['u.md', `${units}\n<!-- open`, {}, /as one unit/],
    ['u.md', '---\nprioty: 1\n---\n# U\n\n## Unit: A\n', {}, /prioty/],
    ['followups.md', '- [ ] A\n\n```\nopen', { criteria: ['x'] }, /as one unit/],
    ['todo.txt', 'A check:`a`\n', { criteria: ['x'] }, /todo\.txt has a line for each task, which takes one check/],
    ['todo.txt', 'A check:`a`\n', { priority: 99 }, /todo\.txt has a letter for the priority/],
    ['TODO.md', '# Done\n\n- [x] a\n', {}, /TODO\.md has no task that is open, and no list of tasks/],
    ['TODO.md', '- [ ] a\n', { priority: 1 }, /TODO\.md is a list of tasks, which have no paths and no priority/],
    ['TODO.md', '- [ ] a\n', { depends: ['b'] }, /TODO\.md has no task for each of the dependencies/],
    ['001-x/tasks.md', '# Tasks\n\n- [ ] T001 x\n', {}, /in the format spec-kit/],
  ])('%s: %j and %j', async (file, text, unit, message) => {
    expect(await add({ '001-x/spec.md': '# X\n', [file]: text }, file, unit)).toMatch(message);
  });
});

test.each([
  '# A',
  'Unit: B',
  'a #',
  '1. x',
  'T & <b>',
  '--- x',
  '**All**',
  'Unit:',
  '[ ] x',
  '`code`',
  '| a |',
  'a_b_',
])('the title %j is read back as it was given, in every kind of file', async (title) => {
  const files = { 'u.md': '## Unit: First\n', 'followups.md': '# F\n' };
  for (const file of ['u.md', 'followups.md', 'new.md'])
    expect([file, await add(files, file, { title, claims: ['x'] })]).toEqual([
      file,
      expect.stringMatching(/^\S+:\d+\n/),
    ]);
});

test.each([
  ['- [x] A\n', '- [x] A\n- [ ] Search\n'],
  [
    '# TODO\n\n- [x] A\n  - [x] a\n\n## Done\n\n- [x] Old\n',
    '# TODO\n\n- [x] A\n  - [x] a\n- [ ] Search\n\n## Done\n\n- [x] Old\n',
  ],
  ['## Done\n\n- [x] Old\n\n## Next\n\n* [x] A\n', '## Done\n\n- [x] Old\n\n## Next\n\n* [x] A\n* [ ] Search\n'],
])('a list in which all is done gets an item: %j', async (before, after) => {
  const written = await add({ 'TODO.md': before }, 'TODO.md', {});
  expect(written.slice(written.indexOf('\n') + 1)).toBe(after);
});

test.each([
  'npm run deploy passes',
  '`npm run deploy` passes',
  'All tests pass (`npm test`)',
  '**`npm test`** exits with 0',
  '`./deploy.sh` && `npm test` succeed',
  'cargo test passes',
  'It works — check: `rm -rf /`',
  '(human) It shines',
])('a claim of an agent never becomes a check: %j', async (claim) => {
  for (const [file, text] of Object.entries({ 'new.md': null, 'followups.md': '# F\n', 'u.md': '## Unit: First\n' })) {
    const folder = temporaryFolder();
    if (text !== null) writeFiles(folder, { [file]: text });
    const paths = text === null ? [] : [file];
    const draft = await appendUnit({ folder, file, paths, ignore: [] }, { ...plain, claims: [claim] });
    expect(draft.criteria.map(({ criterion: { kind, command } }) => [kind, command])).toEqual([['claim', null]]);
  }
});

test.each([
  ['TODO.md', '- [ ] A\n  - [ ] it is\n', '- [x] A\n  - [x] it is\n'],
  ['followups.md', '- [ ] A\n  - it is\n', '- [x] A\n  - it is\n- [ ] B\n  - it is\n'],
  ['new.md', '', '# Somebody else\n'],
])('what somebody else writes meanwhile stays: %s', async (file, before, meanwhile) => {
  const folder = temporaryFolder();
  const files: Record<string, string> = before === '' ? {} : { [file]: before };
  writeFiles(folder, files);
  let times = 0;
  const unit = { ...plain, claims: ['It is found'] };
  const added = appendUnit({ folder, file, paths: Object.keys(files), ignore: [] }, unit, () => {
    if (times++ === 0) writeFiles(folder, { [file]: meanwhile });
  });
  // A new file that somebody else makes takes no other unit.
  if (before === '') await expect(added).rejects.toThrow('contains one unit');
  else await added;
  const text = readFileSync(path.join(folder, file), 'utf8');
  expect([text.startsWith(meanwhile), text.includes('Search')]).toEqual([true, before !== '']);
});

test('a file that somebody else writes again and again is not written', async () => {
  const folder = temporaryFolder();
  let times = 0;
  const change = (): void => writeFiles(folder, { 'TODO.md': `- [ ] A\n  - [ ] it is ${++times}\n` });
  change();
  const added = appendUnit({ folder, file: 'TODO.md', paths: ['TODO.md'], ignore: [] }, plain, change);
  await expect(added).rejects.toThrow('TODO.md was changed just now');
  expect(readFileSync(path.join(folder, 'TODO.md'), 'utf8')).toBe(`- [ ] A\n  - [ ] it is ${times}\n`);
});
