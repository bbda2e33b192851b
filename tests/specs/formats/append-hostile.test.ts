import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import type { UnitSpec } from '../../../src/model/unit.ts';
import type { NewUnit } from '../../../src/specs/format/addition.ts';
import { asClaim } from '../../../src/specs/format/addition.ts';
import { appendUnit } from '../../../src/specs/formats/append.ts';
import { fold } from '../../../src/specs/text/markdown.ts';
import { readSpecs, type SpecFolder } from '../../../src/specs/units/read.ts';
import { temporaryFolder, writeFiles } from '../../support/project.ts';

/* Whatever a unit says, it is in its file as one unit that says exactly this, or it is refused; other units stay. */

const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;
const story = { id: 'US-1', title: 'Shelf', acceptanceCriteria: ['a'], passes: false };

/** For each format, its files; the first one takes the unit. */
const formats: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'a new file': { 'specs/new.md': '', 'specs/a.md': '# A\n\n## Acceptance criteria\n\n- [ ] a\n' },
  sections: { 'specs/u.md': '# U\n\n## Unit: A\n\n### Acceptance criteria\n\n- [ ] a\n' },
  followups: { 'followups.md': '# F\n\n- [ ] A\n  - [ ] a\n' },
  todo: { 'TODO.md': '# To do\n\n- [ ] Shelf\n  - [ ] It stands\n- [x] Door\n' },
  'todo-txt': { 'todo.txt': '(A) Shelf id:shelf\nx 2026-01-01 Door id:door\n' },
  'task-master': {
    '.taskmaster/tasks/tasks.json': json({ master: { tasks: [{ id: 4, title: 'Shelf', status: 'pending' }] } }),
  },
  'prd-json': { 'prd.json': json({ userStories: [story] }) },
  beads: { '.beads/issues.jsonl': `${JSON.stringify({ id: 'lib-a1', title: 'Shelf', status: 'open' })}\n` },
  'backlog-md': {
    'backlog/tasks/task-7 - Shelf.md':
      '---\nid: TASK-7\ntitle: Shelf\nstatus: To Do\n---\n\n## Acceptance Criteria\n- [ ] #1 a\n',
    'backlog/config.yml': 'project_name: "Shelf"\nstatuses: ["To Do", "Done"]\n',
  },
};

const texts: readonly string[] = [
  ...[
    'two\nlines',
    '\n\n- [ ] x',
    '- [ ] x',
    'a\n- [x] b',
    '[x] a',
    '## B',
    'a\n## Unit: B',
    '# A\n\n## Acceptance criteria',
  ],
  ...[
    '---',
    'a\n---\nid: b\n---',
    '--- a',
    '```',
    'a\n```sh\nrm -rf',
    '~~~',
    '<!--',
    '-->',
    '<details>',
    '> a',
    '| a | b |',
  ],
  ...[
    '"',
    "'",
    '\\',
    '"}, {"id": 9',
    '\\"',
    '\\u0000',
    '${x}',
    '{{x}}',
    '{ "a": [',
    'a: b # c',
    '!!js/x',
    '&a *a',
    '@a',
    '%x',
  ],
  ...[
    'a\rb',
    'a\r\nb',
    'a\u0000b',
    'a\u0007b',
    'a\u001b[31mb',
    'a\u0085b',
    'a\u2028b',
    'a\u2029- [ ] b',
    '\ufeffa',
    'a\u00a0b',
  ],
  ...[
    'a\ud800b',
    '\udc00',
    'a\u202eb',
    '漢字',
    '🙂',
    'e\u0301',
    'x',
    '-',
    '.',
    '0',
    '1. a',
    '~~a~~',
    '**a**',
    '_a',
    '`a`',
    '`a',
  ],
  ...[
    '+project @ctx',
    'due:2026-01-01',
    'x a',
    'X a',
    'x 2026-01-01 a',
    '(A) a',
    '2026-01-01 a',
    'id:b a',
    'a id:b',
    'dep:shelf a',
  ],
  ...[
    't:2026-01-01 a',
    'h:1 a',
    'a check:`b`',
    'a — check: `b`',
    'check:',
    '(human) a',
    '(done)',
    'a (done)',
    'DONE a',
    'Blocked',
  ],
  ...[
    "a (won't do)",
    'Depends on: b',
    'depends: b',
    'touches: b',
    '- depends: b',
    'Status: done',
    '[-] a',
    '[N/A] a',
    '✅ a',
    '☐ a',
  ],
  ...['a'.repeat(5000), 'a '.repeat(2000), '- '.repeat(200), '['.repeat(300)],
];

async function folderOf(folder: string): Promise<SpecFolder> {
  const names = { phases: [], agents: [], recipes: [], ignore: [] };
  return readSpecs({ folder, ...names, listTargetFiles: () => Promise.resolve([]) });
}

const said = ({ key, title, body, criteria, isTicked, depends }: UnitSpec): unknown => [
  key,
  title,
  body,
  criteria.map((one) => [one.kind, one.text, one.command]),
  isTicked,
  depends,
];
const letters = (text: string): string => text.replace(/[^\p{L}\p{N}]+/gu, '');

const plain: NewUnit = {
  ...{ title: 'Lend', body: '', criteria: [], claims: [], checks: [], depends: [], touches: [] },
  ...{ priority: null, isDraft: false, at: Date.UTC(2026, 0, 2) },
};
const fields: Readonly<Record<string, (text: string) => Partial<NewUnit>>> = {
  title: (title) => ({ title }),
  body: (body) => ({ body }),
  claim: (text) => ({ claims: [text] }),
  criterion: (text) => ({ criteria: [text] }),
};

/** What is wrong after adding a unit with a text; null if nothing is. */
async function wrong(files: Readonly<Record<string, string>>, unit: NewUnit): Promise<string | null> {
  const [file = ''] = Object.keys(files);
  const folder = temporaryFolder();
  const there = Object.fromEntries(Object.entries(files).filter(([, text]) => text !== ''));
  writeFiles(folder, there);
  const before = await folderOf(folder);
  let refusal: string | null = null;
  try {
    const paths = before.files.map((one) => one.file);
    await appendUnit({ folder, file, paths: [...paths, ...Object.keys(there)], ignore: [] }, unit);
  } catch (error) {
    refusal = String((error as Error).message);
    if (!('diagnostics' in (error as object))) return `a bug: ${refusal}`;
    for (const [name, text] of Object.entries(there))
      if (readFileSync(path.join(folder, name), 'utf8') !== text) return `refused, and ${name} changed`;
  }
  const after = await folderOf(folder);
  if (after.diagnostics.length > before.diagnostics.length)
    return `the folder is broken: ${after.diagnostics.at(-1)?.code}`;
  const known = new Set(before.units.map((one) => JSON.stringify(said(one))));
  const kept = after.units.filter((one) => known.has(JSON.stringify(said(one))));
  const fresh = after.units.filter((one) => !known.has(JSON.stringify(said(one))));
  if (kept.length !== before.units.length) return 'other units changed';
  if (refusal !== null) return fresh.length === 0 ? null : 'refused, and added';
  const [one, ...others] = fresh;
  if (one === undefined || others.length > 0) return `${fresh.length} units were added`;
  // A placeholder as title or criterion is a template, until somebody fills it in.
  if (one.isTicked || (one.hold !== null && one.hold !== 'is a template')) return 'it is not open';
  if (one.title !== fold(unit.title)) return `the title is ${JSON.stringify(one.title)}`;
  if (!letters(one.body).includes(letters(unit.body))) return `the text is ${JSON.stringify(one.body)}`;
  const wanted = [...unit.criteria.map(fold), ...unit.claims.map(asClaim)];
  const texts = one.criteria.map(({ text }) => text.replace(/^#\d+ /, ''));
  return JSON.stringify(texts) === JSON.stringify(wanted) ? null : `the criteria are ${JSON.stringify(texts)}`;
}

test.each(Object.keys(formats))('any text is in the file as one unit, or refused: %s', async (name) => {
  const found: string[] = [];
  for (const [field, of] of Object.entries(fields))
    for (const text of texts) {
      const it = await wrong(formats[name] ?? {}, { ...plain, ...of(text) });
      if (it !== null) found.push(`${field} ${JSON.stringify(text.slice(0, 60))}: ${it}`);
    }
  expect(found).toEqual([]);
});

test.each(['a new file', 'todo', 'prd-json'])(
  'a file that would be too large to be read is not written: %s',
  async (name) => {
    expect(await wrong(formats[name] ?? {}, { ...plain, body: 'a '.repeat(600_000) })).toBe(null);
  },
);
