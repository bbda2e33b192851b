import path from 'node:path';
import { symlinkSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { claimedPaths } from '../../../src/engine/judging/claimed-paths.ts';
import { configSchema } from '../../../src/model/config.ts';
import { openRepository } from '../../../src/repo/git/repository.ts';
import { changedPaths, treeOf } from '../../../src/repo/objects/tree.ts';
import { spec, TestProject } from '../../support/project.ts';

interface Case {
  readonly before?: Readonly<Record<string, string>>;
  /** A text of null removes the file, one that begins with `->` is a link. */
  readonly work: Readonly<Record<string, string | null>>;
  readonly specsPath?: string | null;
  readonly config?: object;
  readonly touches?: readonly string[];
  readonly check?: string;
}

async function closedBy({
  before = {},
  work,
  specsPath = '',
  config = {},
  touches = [],
  check,
}: Case): Promise<string[]> {
  const project = TestProject.make({ 'README.md': '# Read me\n', ...before });
  for (const [file, text] of Object.entries(work)) {
    if (text === null) project.git('rm', '-q', file);
    else if (text.startsWith('->')) symlinkSync(text.slice(2), path.join(project.root, file));
    else project.write({ [file]: text });
  }
  const base = project.git('rev-parse', 'HEAD');
  const tip = project.commit('Work');
  const repository = await openRepository({
    folder: project.root,
    stateFolder: path.join(project.outside, 'state'),
    env: process.env,
    identity: { name: 'Ada', email: 'ada@example.org' },
  });
  const tipTree = await treeOf(repository, base);
  const changes = await changedPaths(repository, tipTree, await treeOf(repository, tip));
  const run = { repository, specsPath, config: configSchema.parse(config) };
  const criterion = { position: 0, text: '', kind: 'check', hash: '', isTicked: false, line: 1 } as const;
  const criteria = check === undefined ? [] : [{ ...criterion, command: check }];
  const unit = { touches, criteria, answer: null, cwd: '' };
  return [...(await claimedPaths(run, unit, { tipTree, changes }))].toSorted();
}

const story = '# Story 1.1: A\n\nStatus: Approved\n\n## Acceptance Criteria\n\n1. x — check: `test -f f`\n';
const task = '---\nid: TASK-1\ntitle: A\nstatus: To Do\n---\n\n## Acceptance Criteria\n\n- [ ] #1 x\n';
const tracker = 'development_status:\n  1-1-a: done\n';
const work = spec('E', [], ['x — check: `true`']);
const page = '# Guide\n\nWords.\n';

describe('a repository that is read as a whole', () => {
  test.each<[what: string, it: Case, closed: readonly string[]]>([
    [
      'a tracker, and the ones that count once nearer ones are put back',
      {
        before: { 'docs/stories/a/1.1.story.md': story },
        work: {
          'docs/stories/a/sprint-status.yaml': tracker,
          'docs/stories/sprint-status.yaml': tracker,
          'docs/sprint-status.yaml': tracker,
          'sprint-status.yaml': tracker,
        },
      },
      [
        'docs/sprint-status.yaml',
        'docs/stories/a/sprint-status.yaml',
        'docs/stories/sprint-status.yaml',
        'sprint-status.yaml',
      ],
    ],
    [
      'a configuration behind another',
      {
        before: { 'backlog/tasks/task-1 - A.md': task },
        work: { 'backlog/config.yml': 'statuses: [x]\n', 'backlog.config.yml': 'statuses: [y]\n', 'app.yml': 'a: 1\n' },
      },
      ['backlog.config.yml', 'backlog/config.yml'],
    ],
    [
      'a tracker that is removed',
      {
        before: { 'docs/stories/1.1.story.md': story, 'docs/sprint-status.yaml': tracker },
        work: { 'docs/sprint-status.yaml': null },
      },
      ['docs/sprint-status.yaml'],
    ],
    ['a tracker of nothing', { work: { 'docs/sprint-status.yaml': tracker } }, []],
    ['a new spec', { work: { 'docs/e.md': work } }, ['docs/e.md']],
    ['a new spec that touches names', { work: { 'docs/e.md': work }, touches: ['docs/e.md'] }, []],
    [
      'a spec that is there, whatever touches says',
      { before: { 'docs/e.md': work }, work: { 'docs/e.md': page }, touches: ['docs/e.md'] },
      ['docs/e.md'],
    ],
    ['a page that becomes a spec', { before: { 'docs/e.md': page }, work: { 'docs/e.md': work } }, ['docs/e.md']],
    [
      'pages, new and edited and removed',
      {
        before: { 'docs/guide.md': page, 'CHANGELOG.md': '# Changes\n', 'docs/old.md': page },
        work: {
          'docs/guide.md': `${page}More.\n`,
          'CHANGELOG.md': '# Changes\n\n- more\n',
          'docs/old.md': null,
          'docs/TODO-guide.md': page,
          'docs/adr/001-x/decision.md': '---\nstatus: accepted\n---\n# X\n',
        },
      },
      [],
    ],
    [
      'a page that is read as a spec by name of the format',
      {
        before: { 'docs/guide.md': page },
        work: { 'docs/guide.md': `${page}More.\n` },
        config: { formats: ['native'] },
      },
      ['docs/guide.md'],
    ],
    [
      'a page that could not be read, and would stop the reading',
      { work: { 'docs/bytes.md': 'a\0b\n', 'docs/link.md': '->../data.txt', 'data.txt': work } },
      ['docs/bytes.md', 'docs/link.md'],
    ],
    [
      'a feature that is read as work',
      { work: { 'features/a.feature': 'Feature: A\n\n  Scenario: x\n    Given y\n' } },
      ['features/a.feature'],
    ],
    [
      'a feature that a check runs',
      {
        work: { 'features/a.feature': 'Feature: A\n\n  Scenario: x\n    Given y\n' },
        check: 'npx cucumber-js features/a.feature',
      },
      [],
    ],
  ])('%s', async (_, it, closed) => expect(await closedBy(it)).toEqual(closed));
});

describe('a repository whose specs are in a folder, or elsewhere', () => {
  test.each<[what: string, it: Omit<Case, 'specsPath'>, closed: readonly string[]]>([
    [
      'what is found without a folder',
      {
        work: {
          'specs/e.md': work,
          'packages/a/specs/e.md': work,
          '.kiro/specs/e/tasks.md': '- [ ] 1. E\n',
          '.beads/issues.jsonl': '{}\n',
          'TODO.md': '- [ ] e\n',
          'openspec/changes/e/tasks.md': '- [ ] 1.1 E\n',
        },
        config: { formats: ['prd-json'], only: ['plans'] },
      },
      [
        '.beads/issues.jsonl',
        '.kiro/specs/e/tasks.md',
        'TODO.md',
        'openspec/changes/e/tasks.md',
        'packages/a/specs/e.md',
        'specs/e.md',
      ],
    ],
    [
      'the list of a part, behind one of the whole',
      { work: { 'TODO.md': '- [ ] e\n', 'packages/a/TODO.md': '- [ ] e\n' } },
      ['TODO.md', 'packages/a/TODO.md'],
    ],
    [
      'the list of a part beside one of the whole',
      { before: { 'TODO.md': '- [ ] e\n' }, work: { 'packages/a/TODO.md': '- [ ] e\n' } },
      [],
    ],
    [
      'links to what is found',
      {
        work: { specs: '->docs', '.kiro': '->docs', 'TODO.md': '->docs/a.txt', latest: '->docs', 'docs/a.txt': 'a\n' },
      },
      ['.kiro', 'TODO.md', 'specs'],
    ],
    ['a list that is there', { before: { 'TODO.md': '- [ ] a\n' }, work: { 'TODO.md': '- [x] a\n' } }, ['TODO.md']],
    [
      'a list that touches names',
      { before: { 'TODO.md': '- [ ] a\n' }, work: { 'TODO.md': '- [x] a\n' }, touches: ['TODO.md'] },
      [],
    ],
    ['a list in a folder that touches opens', { work: { 'specs/e.md': work }, touches: ['specs/**'] }, ['specs/e.md']],
    ['a text that a check looks into', { work: { 'specs/e.md': page }, check: 'grep -q Words specs/e.md' }, []],
    [
      'what only looks like it',
      {
        work: {
          'specs/openapi.yaml': 'openapi: 3\n',
          'specs/README.md': page,
          'specs/user.spec.ts': 'it();\n',
          'spec/models/user_spec.rb': 'it\n',
          'features/a.feature': 'Feature: A\n\n  Scenario: x\n    Given y\n',
          'docs/TODO-guide.md': page,
          'docs/e.md': work,
          'tasks/build.ts': 'x\n',
          'src/tasks.json': '{}\n',
        },
      },
      [],
    ],
    [
      'a page among pages',
      { before: { 'docs/specs/a.md': page }, work: { 'docs/specs/a.md': `${page}More.\n`, 'docs/specs/b.md': page } },
      [],
    ],
    ['a page where no specs were found before', { work: { 'specs/a.md': page } }, ['specs/a.md']],
    [
      'a spec among pages',
      { before: { 'docs/specs/a.md': page }, work: { 'docs/specs/b.md': work } },
      ['docs/specs/b.md'],
    ],
    [
      'a page that answers for another',
      { before: { 'docs/specs/a.md': page }, work: { 'docs/specs/b.md': '---\nid: a\n---\n# B\n' } },
      ['docs/specs/b.md'],
    ],
  ])('%s', async (_, it, closed) => {
    expect(await closedBy({ ...it, specsPath: 'plans' })).toEqual(closed);
    expect(await closedBy({ ...it, specsPath: null })).toEqual(closed);
  });
});

test('a part of the repository with the folder of a tool is read as such: its other files are open', async () => {
  const it: Case = {
    before: { 'packages/a/openspec/changes/b/tasks.md': '- [ ] 1.1 B\n', 'packages/a/docs/g.md': page },
    work: {
      'packages/a/openspec/changes/b/tasks.md': '- [x] 1.1 B\n',
      'packages/a/docs/g.md': `${page}More.\n`,
      'packages/a/src/a.ts': 'x\n',
    },
    specsPath: 'packages/a',
    config: { only: ['openspec'] },
  };
  expect(await closedBy(it)).toEqual(['packages/a/openspec/changes/b/tasks.md']);
});
