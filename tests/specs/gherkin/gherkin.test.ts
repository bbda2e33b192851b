import { expect, test } from 'vitest';
import { reader } from '../../../src/specs/gherkin/gherkin.ts';
import { claimFiles } from '../../../src/specs/formats/formats.ts';
import { tickUnit } from '../../../src/specs/ticks/tick.ts';
import { readUnits } from '../../support/read-units.ts';

const lending = `# Who lends what
@library
Feature: Lending
  Members lend books.

  Background:
    Given an open library

  @AC-01 @fast
  Scenario: A member lends a book
    When she lends "Emma"
      | shelf | row |
      | A     | 1   |
    Then it says
      """
      Until
        Monday
      """

  # Later maybe
  Scenario Outline: A late book
    Given it is <days> late
    Then it costs <fee>

    Examples:
      | days | fee |
      | 1    | 2   |

  @paper
  Rule: Paper stays here

    Background:
      Given a paper

    @skip
    Scenario: Lending it
      Then it is refused
`;

test('each scenario is a unit, and its text with its backgrounds is the criterion', async () => {
  const units = await readUnits({ 'features/lending.feature': lending });
  expect(
    units.map(({ key, line, title, labels, hold, criteria, isTicked, problems }) => ({
      ...{ key, line, title, labels, hold, isTicked, problems },
      criteria: criteria.map((one) => `${one.line} ${one.kind}: ${one.text}`),
    })),
  ).toEqual([
    {
      ...{ key: 'features.lending.AC-01', line: 10, title: 'A member lends a book', labels: ['library', 'fast'] },
      ...{ hold: null, isTicked: false, problems: [] },
      criteria: [
        '10 claim: Background: Given an open library Scenario: A member lends a book When she lends "Emma" | shelf | row | | A | 1 | Then it says """ Until Monday """',
      ],
    },
    {
      ...{ key: 'features.lending.a-late-book', line: 21, title: 'A late book', labels: ['library'] },
      ...{ hold: null, isTicked: false, problems: [] },
      criteria: [
        '21 claim: Background: Given an open library Scenario Outline: A late book Given it is <days> late Then it costs <fee> Examples: | days | fee | | 1 | 2 |',
      ],
    },
    {
      ...{ key: 'features.lending.paper-stays-here.lending-it', line: 36, title: 'Lending it' },
      ...{ labels: ['library', 'paper', 'skip'], hold: 'is tagged @skip', isTicked: false, problems: [] },
      criteria: [
        '36 claim: Background: Given an open library Background: Given a paper Scenario: Lending it Then it is refused',
      ],
    },
  ]);
  expect(units.at(-1)?.body).toBe(
    `${lending.slice(lending.indexOf('@library'), lending.indexOf('  @AC-01')).trimEnd()}\n\n${lending
      .slice(lending.indexOf('  @paper'), lending.indexOf('    @skip'))
      .trimEnd()}\n\n${lending.slice(lending.indexOf('    @skip')).trimEnd()}`,
  );
});

test('a file reads the same with Windows line ends and a BOM, and has no marks', async () => {
  const [unit, ...others] = await readUnits({ 'a.feature': lending });
  const windows = `\uFEFF${lending.replaceAll('\n', '\r\n')}`;
  expect(await readUnits({ 'a.feature': windows })).toEqual([unit, ...others]);
  const judged = { key: unit?.key ?? '', criteriaHash: unit?.criteriaHash ?? '' };
  expect(await tickUnit([{ file: 'a.feature', text: windows }], judged)).toEqual([]);
});

test('other languages and Markdown are read, also steps there that are no bullets', async () => {
  const units = await readUnits({
    'a.feature': '# language: fr\nFonctionnalité: Livre\n\n  Scénario: Rendre\n    Quand il rend\n    Alors il dort\n',
    'b.feature.md':
      '# Feature: Book\n\n`@AC-1`\n## Scenario: Return it\n\n* When it is there\n* Then it is back\n\n## Scenario: Keep it\n\n1. When nobody asks\n2. **Then** it stays\n',
  });
  expect(units.map(({ key, criteria }) => [key, ...criteria.map(({ line, text }) => `${line} ${text}`)])).toEqual([
    ['a.rendre', '4 Scénario: Rendre Quand il rend Alors il dort'],
    ['b.AC-1', '4 Scenario: Return it When it is there Then it is back'],
    ['b.keep-it', '9 Scenario: Keep it 1. When nobody asks 2. **Then** it stays'],
  ]);
});

test.each([
  ...['AC-01', 'ac_1', 'SC1', 'us-2.1', 'REQ-7', 'PROJ-123', 'MY_APP-4b', 'TC_01'].map((tag) => [tag, `a.${tag}`]),
  ...[
    ['id:login', 'a.login'],
    ['key=open.one', 'a.open.one'],
  ],
  ...['p1', 'P1', 'v2', 'sprint-3', 'slow', 'level1', 'utf-8', 'AC', 'issue-12', 'h264'].map((tag) => [tag, 'a.t']),
])('of the tag @%s, the key is %s', (tag, key) => {
  const text = `Feature: F\n\n@${tag}\nScenario: T\nGiven a\n`;
  expect(reader.parse([{ file: 'a.feature', text }]).drafts.map((draft) => draft.key)).toEqual([key]);
});

test('a tag of several scenarios is no key, and scenarios of one name have keys of their own', () => {
  const scenario = (tags: string, name: string): string => `${tags}\nScenario: ${name}\nGiven a\n`;
  const text = `Feature: F\n${scenario('@AC-1 @T-1', 'One')}${scenario('@ac-1', 'One')}${scenario('', 'One')}${scenario('', '')}${scenario('', '')}`;
  const { drafts } = reader.parse([{ file: 'a.feature', text }]);
  expect(drafts.map(({ key, title, isKeyExplicit }) => [key, title, isKeyExplicit])).toEqual([
    ['a.T-1', 'One', true],
    ['a.one', 'One', false],
    ['a.one.2', 'One', false],
    ['a.scenario', 'a', false],
    ['a.scenario.2', 'a', false],
  ]);
});

test.each([
  ['a line of no kind', 'Feature: F\n\nScenario: S\n  Given a\n  nonsense\n', '5:3 this line is none of its lines'],
  ['an open text', 'Feature: F\n\nScenario: S\n  Given a\n  """\n  x\n', '7:1 the file ends too early'],
  ['an unknown language', '# language: xx\nFeature: F\n', '1:1 language not supported: xx'],
  [
    'rows of several lengths',
    'Feature: F\nScenario: S\n  Given a\n  | a |\n  | b | c |\n',
    '5:3 inconsistent cell count within the table',
  ],
  ['prose', 'Once upon a time\n', '1:1 this line is none of its lines'],
  [
    'no end of tags',
    `Feature: F\n${'@a\n'.repeat(20_000)}Scenario: S\n`,
    '10002:1 there are 10000 lines without a keyword before this one, so this feature is not read',
  ],
])('%s is told once, at its place', (_name, text, expected) => {
  const { drafts, diagnostics } = reader.parse([{ file: 'a.feature', text }]);
  expect(drafts).toEqual([]);
  expect(
    diagnostics.map(({ line, column, message }) => `${line}:${column} ${message.replace('this is not Gherkin: ', '')}`),
  ).toEqual([expected]);
});

test.each([
  ['an outline without examples', 'Scenario Outline: S\nGiven <a>\n', 'no-examples'],
  ['an outline with the head of a table', 'Scenario Template: S\nGiven <a>\nExamples:\n| a |\n', 'no-examples'],
  ['an outline with an example', 'Scenario Outline: S\nGiven <a>\nExamples:\n| a |\n| b |\n', undefined],
  ['a scenario with placeholders', 'Scenario: S\nGiven <a>\n', undefined],
])('%s: %s', (_name, text, code) => {
  const { drafts } = reader.parse([{ file: 'a.feature', text: `Feature: F\n${text}` }]);
  expect(drafts.flatMap(({ problems }) => problems.map((one) => one.code))).toEqual(code === undefined ? [] : [code]);
});

test('a scenario without steps never runs, and a feature without scenarios is no work', async () => {
  const [unit] = await readUnits({ 'a.feature': 'Feature: F\n\nBackground:\n  Given a\n\nScenario: S\n' });
  expect(unit?.problems.map(({ code, line, column }) => ({ code, line, column }))).toEqual([
    { code: 'no-steps', line: 6, column: 1 },
  ]);
  for (const text of ['', '# only a comment', 'Feature: F\n']) {
    expect(reader.parse([{ file: 'a.feature', text }])).toEqual({
      drafts: [],
      diagnostics: [],
      notWork: [{ file: 'a.feature', line: 1, why: 'features without scenarios' }],
    });
  }
});

test('files are claimed by their names', () => {
  const paths = ['a.feature', 'b/c.FEATURE', 'd.feature.md', 'e.features', 'feature.md', '.feature', 'x.feature.ts'];
  const claims = claimFiles(paths).filter(({ format }) => format.name === 'gherkin');
  expect(claims.map(({ files }) => files)).toEqual([['a.feature'], ['b/c.FEATURE'], ['d.feature.md']]);
});
