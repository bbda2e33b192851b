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
