import { expect, test } from 'vitest';
import type { UnitSpec } from '../../../src/model/unit.ts';
import { readSpecs } from '../../../src/specs/units/read.ts';
import { temporaryFolder, writeFiles } from '../../support/project.ts';

async function read(files: Readonly<Record<string, string>>): Promise<readonly UnitSpec[]> {
  const folder = temporaryFolder();
  writeFiles(folder, files);
  const names = { phases: [], agents: [], recipes: [], ignore: [] };
  const { units, diagnostics } = await readSpecs({ folder, ...names, listTargetFiles: () => Promise.resolve([]) });
  expect(diagnostics).toEqual([]);
  return units;
}

const each = (count: number, text: (number: number) => string): string =>
  Array.from({ length: count }, (_, index) => text(index + 1)).join('');
const prose = 'word '.repeat(20_000);
const section = (number: number): string => `### Acceptance criteria\n\n- [ ] a is ${number}\n\n`;
const scenario = '1. **Given** a **When** b **Then** c\n';
const issue = (json: object): string => `${JSON.stringify({ title: 'T', status: 'open', ...json })}\n`;

/** Files with so many units, all of which share a text of 100,000 characters or 500 criteria. */
const formats: Readonly<Record<string, (count: number) => Readonly<Record<string, string>>>> = {
  native: (count) => ({ 'a.md': `# A\n\n${prose}\n\n${each(count, (at) => `## Unit: U${at}\n\n${section(at)}`)}` }),
  todo: (count) => ({
    'TODO.md': `## Definition of done\n\n${each(500, (at) => `- [ ] c is ${at}\n`)}\n## Tasks\n\n${each(count, (at) => `- [ ] Do ${at}\n  - [ ] a is ${at}\n`)}`,
  }),
  gherkin: (count) => ({
    'a.feature': `Feature: F\n\n  Background:\n${each(5000, (at) => `    Given a ${at}\n`)}${each(count, (at) => `\n  Scenario: S${at}\n    Then y\n`)}`,
  }),
  'tags in gherkin': (count) => ({
    'a.feature': `${each(5000, (at) => `@a-${at}-${at} `)}\nFeature: F\n${each(count, (at) => `\n  Rule: R${at}\n\n  Scenario: S${at}\n    Then y\n`)}`,
  }),
  'prd-json': (count) => ({
    'prd.json': JSON.stringify({
      description: prose,
      userStories: Array.from({ length: count }, (_, id) => ({ id: `U${id}`, title: 'T', acceptanceCriteria: ['a'] })),
    }),
  }),
  'parts in plain': (count) => ({
    '.claude/epics/e/001.md': `# A\n\n${prose}\n\n${each(count, (at) => `## P${at}\n\n${section(at)}`)}`,
  }),
  'plans in plain': (count) => ({
    'plans/a.md': `# A\n\n${prose}\n\n${each(count, (at) => `### Task ${at}: u\n\n- [ ] a is ${at}\n\n`)}`,
  }),
  'all criteria of kiro': (count) => ({
    '.kiro/specs/a/tasks.md': each(count, (at) => `- [ ] ${at}. Do\n  - _Requirements: all_\n`),
    '.kiro/specs/a/requirements.md': `### Requirement 1\n\n#### Acceptance Criteria\n\n${each(500, (at) => `${at}. THE x SHALL ${at}\n`)}`,
  }),
  'texts of kiro': (count) => ({
    '.kiro/specs/a/tasks.md': each(count, (at) => `- [ ] ${at}. Do\n  - _Requirements: 1.1_\n`),
    '.kiro/specs/a/requirements.md': `### Requirement 1\n\n${prose}\n\n#### Acceptance Criteria\n\n1. THE x SHALL y\n`,
  }),
  'spec-kit': (count) => ({
    '001-a/tasks.md': each(count, (at) => `## Phase ${at}: P\n\n- [ ] T001 [US1] a\n\n`),
    '001-a/spec.md': `### User Story 1 - A\n\n${prose}\n\n**Acceptance Scenarios**:\n\n${scenario}`,
  }),
  'lists of native': (count) => ({
    'a.md': `---\nlabels: [${each(4000, (at) => `l${at},`)}]\n---\n# A\n\n${each(count, (at) => `## Unit: U${at}\n\n${section(at)}`)}`,
  }),
  beads: (count) => ({
    '.beads/issues.jsonl': `${issue({ id: 'e', issue_type: 'epic', description: prose })}${each(count, (at) => issue({ id: `t-${at}`, acceptance_criteria: 'a', parent: 'e' }))}`,
  }),
};

test.each(Object.entries(formats))('what is shared is bounded: %s', async (_name, files) => {
  const few = await read(files(30));
  expect(few).toHaveLength(30);
  expect(few.flatMap(({ problems }) => problems.map(({ code }) => code))).toEqual([]);
  const many = await read(files(200));
  const refused = many.filter(({ problems }) => problems.some(({ code }) => code === 'shared-too-large'));
  expect(many).toHaveLength(200);
  expect(refused.length).toBeGreaterThan(30);
  expect(refused.length).toBeLessThan(170);
  const sizeOf = ({ body, criteria }: UnitSpec): number =>
    criteria.reduce((sum, { text }) => sum + text.length, body.length);
  expect(many.reduce((sum, unit) => sum + sizeOf(unit), 0)).toBeLessThan(11_000_000);
  expect(Math.max(...refused.map(sizeOf))).toBeLessThan(20_000);
});

/** The files with only the last ten units open. */
function mostlyDone(files: Readonly<Record<string, string>>): Record<string, string> {
  const marks: readonly (readonly [RegExp, (found: string) => string])[] = [
    [/\[ \](?! c is)/g, () => '[x]'],
    [/"acceptanceCriteria"/g, (found) => `"passes":true,${found}`],
    [/"open"(?=,"id":"t-)/g, () => '"closed"'],
  ];
  return Object.fromEntries(
    Object.entries(files).map(([file, text]) => {
      const done = marks.reduce((all, [mark, to]) => {
        const last = [...all.matchAll(mark)].length - 10;
        let at = 0;
        return all.replace(mark, (found) => (at++ < last ? to(found) : found));
      }, text);
      return [file, done];
    }),
  );
}

test.each(Object.entries(formats).filter(([name]) => !name.includes('gherkin')))(
  'what is done leaves enough for what is open: %s',
  async (_name, files) => {
    const units = await read(mostlyDone(files(200)));
    expect(units.filter(({ isTicked }) => isTicked).length).toBeGreaterThanOrEqual(190);
    expect(units.flatMap(({ problems }) => problems.map(({ code }) => code))).toEqual([]);
    const whole = (await read(files(30))).at(-2);
    const open = units.filter(({ isTicked }) => !isTicked).slice(0, -1);
    expect(open.length).toBeGreaterThanOrEqual(4);
    const sizeOf = ({ body, criteria }: UnitSpec): number => Math.round((body.length + criteria.length) / 100);
    expect(new Set(open.map(sizeOf))).toEqual(new Set(whole === undefined ? [] : [sizeOf(whole)]));
  },
);

test('a unit that shares too much is told where, and how to go on', async () => {
  const units = await read(formats['plans in plain']?.(200) ?? {});
  expect(units.at(-1)?.problems.map(({ line, code, message, hint }) => ({ line, code, message, hint }))).toEqual([
    {
      line: 801,
      code: 'shared-too-large',
      message: 'what this unit shares with others is too large for a copy in each of them, so this one gets none',
      hint: 'Shorten it, let fewer units share it, or put it into a file that they name.',
    },
  ]);
});

/** Files in which so many units wait for as many others. */
const waits: Readonly<Record<string, (count: number) => Readonly<Record<string, string>>>> = {
  'waves of kiro': (count) => {
    const wave = (first: number): string[] => Array.from({ length: count }, (_, at) => `${first + at}`);
    const waves = JSON.stringify({ waves: [wave(1), wave(count + 1)] });
    const tasks = each(2 * count, (at) => `- [ ] ${at}. Do ${at}\n`);
    return { '.kiro/specs/a/tasks.md': `${tasks}\n\`\`\`json\n${waves}\n\`\`\`\n` };
  },
  'epics of beads': (count) => {
    const ids = Array.from({ length: count }, (_, at) => `x-${at}`);
    const dependencies = ids.map((id) => ({ depends_on_id: id, type: 'blocks' }));
    const parts = each(count, (at) => issue({ id: `t-${at}`, parent: 'e' }));
    const epic = issue({ id: 'e', issue_type: 'epic', dependencies });
    return { '.beads/issues.jsonl': `${epic}${ids.map((id) => issue({ id })).join('')}${parts}` };
  },
  'plans in plain': (count) => ({
    'plans/a.md': `# A\n\n${each(count, () => '### Task 1: u\n\n- [ ] a\n\n')}${each(count, (at) => `### Task ${at + 1}: u\n\n**Depends on:** Task 1\n\n- [ ] a\n\n`)}`,
  }),
};

test.each(Object.entries(waits))('what units wait for is bounded: %s', async (_name, files) => {
  const told = (units: readonly UnitSpec[]): number =>
    units.filter(({ problems }) => problems.some(({ code }) => code === 'shared-too-large')).length;
  const waiting = (units: readonly UnitSpec[]): number => units.reduce((sum, { depends }) => sum + depends.length, 0);
  const few = await read(files(20));
  expect([told(few), waiting(few) >= 400]).toEqual([0, true]);
  const many = await read(files(1000));
  expect(told(many)).toBeGreaterThan(100);
  expect(waiting(many)).toBeLessThan(250_000);
});
