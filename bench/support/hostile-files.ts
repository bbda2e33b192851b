/*
 * Files that are slow to read for some parser or reader of ours: each format's layout, by the language of its files, and for
 * each language the shapes.
 */

type Language = 'markdown' | 'yaml' | 'json' | 'lines' | 'gherkin';

/** A format's files: the hostile text is in the last one, behind `head`. */
export interface Layout {
  readonly language: Language;
  readonly beside?: Readonly<Record<string, string>>;
  readonly file: string;
  readonly head?: string;
}

const proposal = '# A\n\n## Why\n\nSo.\n\n## What Changes\n\n- a\n';
const story = '# Story 1.1: A\n\n## Acceptance Criteria\n\n1. a\n\n## Tasks\n\n- [ ] a (AC: 1)\n\n';
const task = '---\nid: task-1\ntitle: A\nstatus: To Do\n---\n\n## Acceptance Criteria\n\n- [ ] #1 a\n\n';
const markdown = (file: string, head?: string, beside?: Layout['beside']): Layout => ({
  ...{ language: 'markdown', file },
  ...(head === undefined ? {} : { head }),
  ...(beside === undefined ? {} : { beside }),
});

export const layouts: Readonly<Record<string, Layout>> = {
  native: markdown('a.md', '# A\n\n## Acceptance criteria\n\n- [ ] a\n\n'),
  followups: markdown('FOLLOWUPS.md', '# Follow-ups\n\n- [ ] a\n\n'),
  todo: markdown('TODO.md', '# To do\n\n- [ ] a\n\n'),
  plain: markdown('docs/plans/2026-01-01-a.md', '# A\n\n## Task 1: A\n\n- [ ] a\n\n'),
  'spec-kit': markdown('001-a/tasks.md', '# Tasks: A\n\n## Phase 1: Setup\n\n- [ ] T001 a\n\n', {
    '001-a/spec.md': '# A\n',
  }),
  openspec: markdown('openspec/changes/a/tasks.md', '## 1. A\n\n- [ ] 1.1 a\n\n', {
    'openspec/changes/a/proposal.md': proposal,
  }),
  kiro: markdown('.kiro/specs/a/tasks.md', '# Implementation Plan\n\n- [ ] 1. A\n\n', {
    '.kiro/specs/a/requirements.md': '# Requirements\n',
  }),
  'kiro requirements': markdown('.kiro/specs/a/requirements.md', '# Requirements\n\n', {
    '.kiro/specs/a/tasks.md': '# Implementation Plan\n\n- [ ] 1. A\n',
  }),
  'backlog-md': markdown('backlog/tasks/task-1 - A.md', task, { 'backlog/config.yml': 'project_name: A\n' }),
  bmad: markdown('docs/stories/1.1.story.md', story),
  'bmad tracker': {
    language: 'yaml',
    file: 'docs/stories/sprint-status.yaml',
    head: 'development_status:\n  1-1-a: done\n',
    beside: { 'docs/stories/1-1-a.md': story },
  },
  'front matter': { language: 'yaml', file: 'a.md', head: '---\n' },
  gherkin: { language: 'gherkin', file: 'a.feature', head: 'Feature: A\n  Scenario: A\n    Given a\n' },
  'todo-txt': { language: 'lines', file: 'todo.txt' },
  beads: { language: 'json', file: '.beads/issues.jsonl', head: '{"id":"a-1","title":"A","status":"open"}\n' },
  'task-master': { language: 'json', file: '.taskmaster/tasks/tasks.json' },
  'prd-json': { language: 'json', file: 'prd.json' },
};

const fill = (size: number, text: string): string => text.repeat(Math.max(1, Math.floor(size / text.length)));
const each = (size: number, line: (index: number) => string): string => {
  const found: string[] = [];
  for (let length = 0; length < size; length += found.at(-1)?.length ?? size) found.push(line(found.length));
  return found.slice(0, -1).join('');
};
const filled =
  (text: string) =>
  (size: number): string =>
    fill(size, text);

type Shapes = Readonly<Record<string, (size: number) => string>>;

const markdownShapes: Shapes = {
  'nested lists': (size) => each(size, (index) => `${'  '.repeat(index % 90)}- a\n`),
  'lists by turns': filled('* a\n+ a\n'),
  'lists by turns in a quote': filled('> * a\n> + a\n'),
  'numbers by turns': filled('1. a\n1) a\n'),
  'fences by turns': filled('* ~~~\n+ ~~~\n'),
  'short items': filled('- a\n'),
  boxes: filled('- [ ] a\n'),
  'boxes in an item': (size) => `- [ ] a\n${fill(size, '  - [ ] a\n')}`,
  quotes: filled('> a\n\n'),
  'quotes at depth': filled(`${'>'.repeat(40)} a\n\n`),
  'a quote': filled('> a\n'),
  'a quote that goes on': (size) => `> ${fill(size, 'a\n')}`,
  'HTML before quotes': (size) => `<div>> ## A\n> - x\n\n${fill(size, '> a\n\n')}`,
  'HTML and quotes': filled('<div>> ## A\n> - x\n\n'),
  'tags and quotes': filled('<x y="z">\n> - x\n\n'),
  'tags that end the text of items': filled('- a\n<x>\n'),
  'short lines': filled('a\n'),
  'blank lines': filled('\n'),
  'a long line': filled('a b '),
  'a word': filled('a'),
  emphasis: filled('*a_'),
  'paragraphs of emphasis': filled(`${'*a_'.repeat(400)}\n\n`),
  'open brackets': filled('['),
  'nested brackets': (size) => '['.repeat(size / 2) + ']'.repeat(size / 2),
  'open links': filled('[a](b "'),
  'open tags': filled('a <!-- '),
  backticks: (size) => each(size, (index) => `${'`'.repeat((index % 500) + 1)}a`),
  'an open fence': (size) => `\`\`\`\n${fill(size, '- [ ] a\n')}`,
  'an open comment': (size) => `<!--\n${fill(size, '- [ ] a\n')}`,
  definitions: (size) => each(size, (index) => `[r${index}]: b\n`),
  references: (size) => each(size, (index) => (index % 2 ? `[r${index}]: x\n\n` : `[r${index + 1}][r${index}]\n\n`)),
  'lists by turns and a definition': (size) => `[a]: b\n\n${fill(size, '* [a]\n+ [a]\n')}`,
  'definitions without an end': filled('[a]: b (\n'),
  footnotes: (size) => each(size, (index) => `[^${index}]: a [^${index}]\n\n`),
  'doubtful headings and quotes': (size) => `[a]: b\n===\n\n${fill(size, '> a\n\n')}`,
  'underlined rows': filled('a|b\n-\n'),
  rows: (size) => `| a | b |\n|---|---|\n${fill(size, '| a | b |\n')}`,
  cells: (size) => `| a |\n|---|\n| a ${fill(size, '| ')} b |\n`,
  headings: filled('## A\n'),
  sections: (size) => each(size, (index) => `## Task ${index}: A\n\n- [ ] a\n\n`),
  'values of keys': filled('- [ ] a a:b a:b\n'),
  'keys of objects': filled('- [ ] __proto__ constructor [__proto__]\n'),
  globs: (size) => `Touches: ${fill(size, '**/*a?{b,c}')}\n`,
  braces: (size) => `- [ ] a touches: \`${'{'.repeat(size / 2)}\`\n`,
  checks: filled('- [ ] a — check: `npm test`\n'),
  'ranges of criteria': filled('- [ ] a (AC: 1-99999)\n'),
  'files of a text': (size) => each(size, (index) => `- [ ] edit \`src/a${index}.ts\`\n`),
  'status lines': filled('Status: done\n'),
};

const yamlShapes: Shapes = {
  entries: (size) => each(size, (index) => `  1-${index}-a: done\n`),
  keys: (size) => each(size, (index) => `k${index}: a\n`),
  'one key': filled('k: a\n'),
  'keys of objects': filled('  __proto__: a\n'),
  'anchors and aliases': (size) => each(size, (index) => `  a${index}: &a${index} b\n  b${index}: *a${index}\n`),
  'aliases of aliases': (size) => each(size, (index) => `  a${index}: &a${index} [*a${Math.max(0, index - 1)}]\n`),
  'open lists': filled('['),
  'nested lists': filled('- '),
  'nested maps': (size) => each(Math.min(size, 2_000_000), (index) => `${' '.repeat(index)}a:\n`),
  'a flow map': (size) => `  a: {${each(size, (index) => `k${index}: b, `)}}\n`,
  'an open quote': (size) => `  a: "${fill(size, 'b\n')}`,
  'a folded text': (size) => `  a: >\n${fill(size, '    b\n')}`,
  comments: filled('# a\n'),
  'a long value': (size) => `  a: ${fill(size, 'b ')}\n`,
};

const jsonShapes: Shapes = {
  nesting: (size) => '['.repeat(size / 2) + ']'.repeat(size / 2),
  'open lists': filled('['),
  'open objects': filled('{"a":'),
  keys: (size) => `{${each(size, (index) => `"k${index}":1,`)}"z":1}`,
  'one key': (size) => `{${fill(size, '"a":1,')}"z":1}`,
  'keys of objects': (size) => `{${fill(size, '"__proto__":{},')}"z":1}`,
  tasks: (size) => `{"tasks":[${each(size, (index) => `{"id":${index},"title":"a","status":"pending"},`)}{}]}`,
  stories: (size) =>
    `{"userStories":[${each(size, (index) => `{"id":"u${index}","title":"a","acceptanceCriteria":["a"]},`)}{}]}`,
  dependencies: (size) =>
    `{"tasks":[${each(size, (index) => `{"id":${index},"title":"a","dependencies":[${index + 1}]},`)}{}]}`,
  issues: (size) => each(size, (index) => `{"id":"a-${index + 2}","title":"A","status":"open"}\n`),
  'a long text': (size) => `{"tasks":[{"id":1,"title":"${fill(size, 'a ')}"}]}`,
  escapes: (size) => `{"tasks":[{"id":1,"title":"${fill(size, '\\u0061')}"}]}`,
  'an open text': (size) => `{"a":"${fill(size, 'a')}`,
};

const lineShapes: Shapes = {
  tasks: filled('(A) a\n'),
  'values of one key': (size) => `(A) b ${fill(size, 'a:b ')}\n`,
  'parts of one task': (size) => each(size, (index) => `(A) a${index} id:7\n(A) b${index} p:7\n`),
  'a circle': (size) => each(size, (index) => `(A) a id:k${index} dep:k${index + 1} dep:k0\n`),
  marks: filled('+a\n'),
  'a long line': filled('a b '),
  globs: (size) => `(A) a touches:${fill(size, '**/*a')}\n`,
};

const gherkinShapes: Shapes = {
  scenarios: (size) => each(size, (index) => `  Scenario: A${index}\n    Given a\n`),
  steps: filled('    And a\n'),
  rows: (size) => `      | a | b |\n${fill(size, '      | a | b |\n')}`,
  cells: (size) => `      ${fill(size, '| a ')}|\n`,
  examples: (size) =>
    `  Scenario Outline: B\n    Given <a>\n    Examples:\n      | a |\n${fill(size, '      | b |\n')}`,
  tags: (size) => `  ${fill(size, '@a ')}\n  Scenario: B\n    Given a\n`,
  'an open text': (size) => `    """\n${fill(size, 'a\n')}`,
  prose: filled('a\n'),
};

export const shapes: Readonly<Record<Language, Shapes>> = {
  markdown: markdownShapes,
  yaml: yamlShapes,
  json: jsonShapes,
  lines: lineShapes,
  gherkin: gherkinShapes,
};
