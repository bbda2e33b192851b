import { describe, expect, test } from 'vitest';
import { criteriaHash } from '../../../src/specs/format/draft.ts';
import { parseGroup } from '../../../src/specs/format/parse-group.ts';
import { groupsOf } from '../../../src/specs/formats/formats.ts';
import { tickUnit } from '../../../src/specs/ticks/tick.ts';

/* Marks in Markdown and in lists of lines, beside everything that ends a line. */

/** The file after each of its units was ticked, by their keys; null if nothing is written. */
async function tickedEach(file: string, text: string): Promise<Readonly<Record<string, string | null>>> {
  const drafts = (await groupsOf([{ file, text }])).flatMap((group) => parseGroup(group).drafts);
  const after = drafts.map(async ({ key, criteria }) => {
    const unit = { key, criteriaHash: criteriaHash(criteria.map(({ criterion }) => criterion)) };
    const [changed] = await tickUnit([{ file, text }], unit);
    return [key, changed?.text ?? null] as const;
  });
  return Object.fromEntries(await Promise.all(after));
}

describe('a section of a list of tasks is struck through', () => {
  const textOf = (heading: string): string => `# To do\n\n${heading}\n\n**Where:** here\n**Fix:** it\n`;
  test.each([
    ['## 7. end', '## ~~7. end~~'],
    ['## 7. end ##', '## ~~7. end~~ ##'],
    ['## 7. end\t#  ', '## ~~7. end~~\t#  '],
    ['## 7. end #7', '## ~~7. end #7~~'],
    ['## 7. in C#', '## ~~7. in C#~~'],
    [String.raw`## 7. end \#`, String.raw`## ~~7. end \#~~`],
    [String.raw`## 7. end \ `, String.raw`## ~~7. end \\~~ `],
    [String.raw`## 7. end \\`, String.raw`## ~~7. end \\~~`],
    ['## 7. end  ', '## ~~7. end~~  '],
    ['   ## 7. end', '   ## ~~7. end~~'],
    ['## 7. a ~ b', '## ~~7. a ~ b~~'],
    ['## 7. `a` &amp; *b*', '## ~~7. `a` &amp; *b*~~'],
    ['## [ ] 7. end ##', '## [x] 7. end ##'],
    [String.raw`## [ ] 7. end \ `, String.raw`## [x] 7. end \ `],
    // Struck text in the title is no mark of all of it, and cannot be put into one.
    ['## 7. a ~~b~~ c', null],
    ['## 7. end~', null],
  ])('%j becomes %j', async (before, after) => {
    const [ticked] = Object.values(await tickedEach('TODO.md', textOf(before)));
    expect(ticked).toBe(after === null ? null : textOf(after));
  });
});

describe('a status of a task keeps what is behind it', () => {
  test.each([
    ['**Status:** open (asked for by X)', '**Status:** done (asked for by X)'],
    ['**Status:** open (waiting for X)', '**Status:** done'],
    ['**Status**: In Progress – by Ada  ', '**Status**: Done – by Ada  '],
    ['- **Status:** **OPEN** <!-- why -->', '- **Status:** **DONE** <!-- why -->'],
    ['**Status:** Pending # later', '**Status:** Done # later'],
  ])('%j becomes %j', async (before, after) => {
    const textOf = (status: string): string => `# To do\n\n## 7. A\n\n${status}\n\n**Fix:** it\n`;
    expect(Object.values(await tickedEach('TODO.md', textOf(before)))).toEqual([textOf(after)]);
  });

  test('in a table', async () => {
    const row = (status: string): string => `| Task | Status |\n|---|---|\n| A | ${status} |\n`;
    for (const [before, after] of [
      ['open (x) ', 'done (x) '],
      ['**Open**', '**Done**'],
      ['⏳', '✅'],
      ['[ ]', '[x]'],
    ] as const)
      expect(Object.values(await tickedEach('TODO.md', row(before)))).toEqual([row(after)]);
  });
});

test('an item without a box is struck through', async () => {
  for (const [before, after] of [
    ['- end \\', '- ~~end \\\\~~'],
    ['- end  ', '- ~~end~~  '],
    ['- a\\\n  b', '- ~~a\\\n  b~~'],
    ['- a\n  b', '- ~~a\n  b~~'],
  ] as const)
    expect(Object.values(await tickedEach('TODO.md', `# To do\n\n${before}\n`))).toEqual([`# To do\n\n${after}\n`]);
});

test('a line of todo.txt may be indented, and end as it likes', async () => {
  const today = new Date().toISOString().slice(0, 10);
  for (const [before, after] of [
    ['(B) b check:`b`', `x ${today} (B) b check:\`b\``],
    ['  (B) b check:`b`  ', `x ${today}   (B) b check:\`b\`  `],
    ['\t2020-01-02 b check:`b`', `x ${today} \t2020-01-02 b check:\`b\``],
    ['  b check:`b`', `x ${today}   b check:\`b\``],
    ['X b check:`b`', `x ${today} X b check:\`b\``],
  ] as const)
    for (const end of ['\n', '\r\n', '\r', '']) {
      const text = (line: string): string => `\uFEFF(A) a check:\`a\`${end || '\n'}${line}${end}`;
      const ticked = await tickedEach('todo.txt', text(before));
      expect(Object.values(ticked)[1]).toBe(text(after));
    }
});

/** Files of all formats whose lines may end in "\r" alone, as those of old editors do. */
const files: readonly (readonly [file: string, text: string])[] = [
  ['a.md', '# A\n\nText\n\n## Acceptance criteria\n\n- [ ] One\n- [ ] Two\n'],
  ['followups.md', '- [ ] One\n  - [ ] first\n- [ ] Two\n'],
  ['.specify/specs/001-a/tasks.md', '# Tasks: A\n\n## Phase 1: Setup\n\n- [ ] T001 Do a\n- [ ] T002 Do b\n'],
  ['openspec/changes/a/tasks.md', '# A\n\n- [ ] 1.1 One\n- [ ] 1.2 Two\n```\n- [ ] 1.3 Three\n'],
  ['.kiro/specs/a/tasks.md', '# Tasks\n\n- [ ] 1. One\n  - text\n- [ ] 2. Two\n'],
  [
    'docs/stories/1.1.story.md',
    '# A\n\nStatus: Draft\n\n## Story\n\n## Acceptance Criteria\n\n1. One\n\n## Tasks\n\n- [ ] Do\n',
  ],
  ['docs/stories/1.1.story.md', '# A\n\n## Status\n\nDraft (x)\n\n## Story\n\n## Acceptance Criteria\n\n1. One\n'],
  ['docs/stories/1.1.story.md', '# A\n\n## Story\n\nText\n\n## Acceptance Criteria\n\n1. One\n'],
  ['docs/epics.md', '# E\n\n### Story 1.1: A\n\n**Status:** Draft\n\n**Acceptance Criteria:**\n\n- One\n'],
  ['docs/plans/2026-01-01-a.md', '# Plan\n\n### Task 1: A\n\n- [ ] **Step 1: Do**\n- [ ] **Step 2: Do**\n'],
  ['TODO.md', '# To do\n\n- [ ] One\n- [ ] Two\n\n## 7. Section\n\n**Status:** open\n**Fix:** x\n'],
  ['TODO.md', '| Task | Status |\n|---|---|\n| A | open |\n| B | open (x) |\n'],
  ['backlog/tasks/task-1 - A.md', '# task-1 - A\n\n## Acceptance Criteria\n\n- [ ] One\n'],
  ['issues/issue-1-a.md', '# A\n\n## Acceptance Criteria\n\n- [ ] One\n'],
];

test.each(files)('%s with lines that end in carriage returns is ticked as with others', async (file, text) => {
  const old = (one: string): string => one.replaceAll('\n', '\r');
  const wanted = Object.entries(await tickedEach(file, text)).map(([key, after]) => [key, after && old(after)]);
  expect(Object.entries(await tickedEach(file, old(text)))).toEqual(wanted);
  expect(wanted.every(([, after]) => after !== null)).toBe(true);
});
