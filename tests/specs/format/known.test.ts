import { expect, test } from 'vitest';
import { KnownGroups } from '../../../src/specs/format/known.ts';
import { readSpecs, type SpecFolder } from '../../../src/specs/units/read.ts';
import { readTicks } from '../../../src/specs/ticks/tick.ts';
import { temporaryFolder, writeFiles } from '../../support/project.ts';

const files: Readonly<Record<string, string>> = {
  'a.md': '---\nid: a\ndepends: [b, gone]\nphase: none\nagent: nobody\n---\n# A\n\n## Acceptance criteria\n\n- [x] a\n',
  'b.md':
    '# B\n\n## Unit: One\n\n```yaml\nid: B\ntouches: "../x"\n```\n\n### Acceptance criteria\n\n- [ ] b — check: `true`\n',
  'c.md': '---\nfor-each: [none]\nid: b\n---\n# C\n',
  'd.md': '---\nid: [\n---\n# D\n',
  'followups.md': '- [ ] F\n  - depends: none\n  - [ ] f\n',
  '001-x/tasks.md': '## Phase 1: Begin\n\n- [ ] T001 [US1] t\n',
  '001-x/spec.md':
    '### User Story 1 - Use it (P1)\n\n**Acceptance Scenarios**:\n\n1. **Given** a **When** b **Then** c\n',
  'x.feature': 'Feature: X\n  Scenario: Y\n    Given z\n',
};

async function read(folder: string, known?: KnownGroups): Promise<SpecFolder> {
  const names = { phases: ['first'], agents: [], recipes: [], ignore: [] };
  const listTargetFiles = (): Promise<string[]> => Promise.resolve([]);
  return readSpecs({ folder, ...names, listTargetFiles, ...(known ? { known } : {}) });
}

/** Groups that are known from texts in memory, as a queue stores them. */
class Store {
  readonly texts = new Map<string, string>();
  #known = new KnownGroups('1');

  open(version = '1'): KnownGroups {
    return (this.#known = new KnownGroups(version, (digest) => this.texts.get(digest) ?? null));
  }

  keep(): number {
    for (const [digest, text] of this.#known.fresh()) this.texts.set(digest, text);
    return this.#known.parsed;
  }
}

test('what is known is read as what was parsed, with the places of all problems', async () => {
  const folder = temporaryFolder();
  writeFiles(folder, files);
  const plain = await read(folder);
  expect(plain.units.flatMap(({ problems }) => problems.map(({ code }) => code)).length).toBeGreaterThan(5);
  const store = new Store();
  expect(await read(folder, store.open())).toEqual(plain);
  expect(store.keep()).toBe(7);
  const again = store.open();
  expect(await read(folder, again)).toEqual(plain);
  expect(again.parsed).toBe(0);
});

test('one changed file of many is parsed alone; another version of the readers parses all', async () => {
  const folder = temporaryFolder();
  const many = Array.from({ length: 50 }, (_, index) => [
    `u${index}.md`,
    `# U\n\n## Acceptance criteria\n\n- [ ] u${index}\n`,
  ]);
  writeFiles(folder, Object.fromEntries(many));
  const store = new Store();
  await read(folder, store.open());
  expect(store.keep()).toBe(50);
  writeFiles(folder, { 'u7.md': '# U\n\n## Acceptance criteria\n\n- [ ] other\n' });
  expect(await read(folder, store.open())).toEqual(await read(folder));
  expect(store.keep()).toBe(1);
  await read(folder, store.open());
  expect(store.keep()).toBe(0);
  await read(folder, store.open('2'));
  expect(store.keep()).toBe(50);
});

test('the same text in a commit is not parsed again for its ticks', async () => {
  const folder = temporaryFolder();
  writeFiles(folder, files);
  const known = new Store().open();
  const { units } = await read(folder, known);
  const [before, a] = [known.parsed, units.find(({ key }) => key === 'a')];
  if (!a) throw new Error('no unit');
  const text = files['a.md'] ?? '';
  expect((await readTicks([{ file: 'a.md', text }], null, known)).of(a)).toBe(true);
  expect(known.parsed).toBe(before);
  expect((await readTicks([{ file: 'a.md', text: text.replace('[x]', '[ ]') }], null, known)).of(a)).toBe(false);
  expect(known.parsed).toBe(before + 1);
});

test.each([
  ['no JSON', '{'],
  ['another shape', '{"drafts":[{}],"diagnostics":[]}'],
  ['a list', '[]'],
  ['nothing', 'null'],
])('a stored text that is %s is not believed', async (_what, text) => {
  const folder = temporaryFolder();
  writeFiles(folder, { 'a.md': files['a.md'] ?? '' });
  const store = new Store();
  const first = await read(folder, store.open());
  store.keep();
  for (const digest of store.texts.keys()) store.texts.set(digest, text);
  const known = store.open();
  expect(await read(folder, known)).toEqual(first);
  expect(known.parsed).toBe(1);
});
