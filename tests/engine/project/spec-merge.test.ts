import path from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { mergeCommits } from '../../../src/engine/project/spec-merge.ts';
import { openRepository, type Repository } from '../../../src/repo/git/repository.ts';
import { changedPaths, readTreeFile, treeOf } from '../../../src/repo/objects/tree.ts';
import { TestProject } from '../../support/project.ts';

type Files = Readonly<Record<string, string | null>>;

const done = (text: string): string => text.replaceAll('[ ]', '[x]');
const spec = (title: string): string =>
  `# ${title}\n\nWhat and why.\n\n## Acceptance criteria\n\n- [ ] ${title} holds\n`;
const one = '# Followups\n\n- [ ] One\n  - [ ] first\n';
const two = '- [ ] Two\n  - [ ] second\n';
const story = (number: string): string =>
  `# Story ${number}: A\n\nStatus: in-progress\n\n## Acceptance Criteria\n\n1. It holds\n`;
const sprint =
  '# Sprint\ndevelopment_status:\n  epic-1: in-progress\n  1-1-a: in-progress\n  1-2-b: in-progress # soon\n';
const landed = (text: string): string => text.replace(/(Status|1-1-a): in-progress/, '$1: done');
const landedToo = (text: string): string => text.replace(/(Status|1-2-b): in-progress/, '$1: done');
const base: Readonly<Record<string, string>> = {
  'src/a.txt': '1\n2\n3\n4\n5\n',
  'specs/followups.md': one,
  'specs/a.md': spec('A'),
  'specs/deep/b.md': spec('B'),
  'specs/README.md': '- [ ] no spec\n',
  'docs/todo.md': '- [ ] a list\n',
  'specs/stories/1-1-a.md': story('1.1'),
  'specs/stories/1-2-b.md': story('1.2'),
  'specs/stories/sprint-status.yaml': sprint,
};

let project: TestProject;
let repository: Repository;

beforeAll(async () => {
  const ends: (() => void)[] = [];
  project = TestProject.makeKept(base, (end) => ends.push(end));
  const stateFolder = path.join(project.outside, 'state');
  repository = await openRepository({ folder: project.root, stateFolder, env: process.env, identity: null });
  return () => ends.forEach((end) => end());
});

/** A commit of `files` changed on another one, its parents; nothing is checked out but here. */
function commitOn(parents: readonly string[], files: Files): string {
  const [first = ''] = parents;
  project.git('checkout', '--quiet', '--force', '--detach', first);
  for (const [name, text] of Object.entries(files)) {
    if (text === null) project.git('rm', '--quiet', '--force', name);
    else project.write({ [name]: text });
  }
  project.git('add', '--all');
  const tree = project.git('write-tree');
  return project.git('commit-tree', tree, '-m', 'x', ...parents.flatMap((parent) => ['-p', parent]));
}

/** What the merge has otherwise than the first side, by path; the paths of a conflict. */
async function merged(ours: string, theirs: string): Promise<Files | readonly string[]> {
  const result = await mergeCommits(repository, { path: 'specs', ignore: [] }, ours, theirs);
  if (result.kind === 'conflict') return result.files;
  const changes = await changedPaths(repository, await treeOf(repository, ours), result.tree);
  const texts = changes.map(async ({ path: file, after }) => [
    file,
    after === null ? null : (await readTreeFile(repository, result.tree, file))?.toString(),
  ]);
  return Object.fromEntries(await Promise.all(texts)) as Files;
}

const cases: Record<
  string,
  { readonly ours: Files; readonly theirs: Files; readonly merged: Files | readonly string[] }
> = {
  'a followup below one that landed': {
    ours: { 'specs/followups.md': one + two },
    theirs: { 'specs/followups.md': done(one), 'src/b.txt': 'b\n' },
    merged: { 'specs/followups.md': done(one) + two, 'src/b.txt': 'b\n' },
  },
  'a spec that landed was renamed': {
    ours: { 'specs/a.md': null, 'specs/later/a.md': spec('A') },
    theirs: { 'specs/a.md': done(spec('A')) },
    merged: { 'specs/later/a.md': done(spec('A')) },
  },
  'a spec that landed was renamed, and a criterion added': {
    ours: { 'specs/a.md': null, 'specs/z.md': `${spec('A')}- [ ] more\n` },
    theirs: { 'specs/a.md': done(spec('A')) },
    merged: { 'specs/z.md': `${done(spec('A'))}- [ ] more\n` },
  },
  'a spec that landed was replaced by another one with its criteria': {
    ours: { 'specs/a.md': null, 'specs/z.md': spec('A').replace('# A', '# Other') },
    theirs: { 'specs/a.md': done(spec('A')) },
    merged: {},
  },
  'a spec that landed was replaced by another one with its criteria, which is done': {
    ours: { 'specs/a.md': null, 'specs/z.md': done(spec('A')).replace('# A', '# Other') },
    theirs: { 'specs/a.md': done(spec('A')) },
    merged: {},
  },
  'a spec that landed has another title in its file': {
    ours: { 'specs/a.md': spec('A').replace('# A', '# Other') },
    theirs: { 'specs/a.md': done(spec('A')) },
    merged: { 'specs/a.md': done(spec('A')).replace('# A', '# Other') },
  },
  'a spec that landed was deleted': {
    ours: { 'specs/a.md': null },
    theirs: { 'specs/a.md': done(spec('A')), 'specs/deep/b.md': done(spec('B')) },
    merged: { 'specs/deep/b.md': done(spec('B')) },
  },
  'a spec that landed was written anew': {
    ours: { 'specs/a.md': spec('A').replace('A holds', 'A holds, and more') },
    theirs: { 'specs/a.md': done(spec('A')) },
    merged: {},
  },
  'followups on both sides': {
    ours: { 'specs/followups.md': one + two },
    theirs: { 'specs/followups.md': done(one) + two.replaceAll(/Two|second/g, '$&, too') },
    merged: { 'specs/followups.md': done(one) + two + two.replaceAll(/Two|second/g, '$&, too') },
  },
  'sources merge as ever': {
    ours: { 'src/a.txt': 'one\n2\n3\n4\n5\n', 'specs/a.md': `${spec('A')}- [ ] more\n` },
    theirs: { 'src/a.txt': '1\n2\n3\n4\nfive\n', 'specs/a.md': done(spec('A')) },
    merged: { 'src/a.txt': 'one\n2\n3\n4\nfive\n', 'specs/a.md': `${done(spec('A'))}- [ ] more\n` },
  },
  'sources conflict': {
    ours: { 'src/a.txt': 'one\n2\n', 'specs/a.md': `${spec('A')}- [ ] more\n` },
    theirs: { 'src/a.txt': 'ONE\n2\n', 'specs/a.md': done(spec('A')) },
    merged: ['src/a.txt'],
  },
  'both wrote one text anew': {
    ours: { 'specs/a.md': spec('A').replace('What', 'Who') },
    theirs: { 'specs/a.md': spec('A').replace('What', 'Where') },
    merged: ['specs/a.md'],
  },
  'two stories that landed, and one more in the file that tracks them': {
    ours: { 'specs/stories/sprint-status.yaml': `${sprint}  1-3-c: backlog\n` },
    theirs: {
      'specs/stories/1-1-a.md': landed(story('1.1')),
      'specs/stories/1-2-b.md': landed(story('1.2')),
      'specs/stories/sprint-status.yaml': landedToo(landed(sprint)),
    },
    merged: {
      'specs/stories/1-1-a.md': landed(story('1.1')),
      'specs/stories/1-2-b.md': landed(story('1.2')),
      'specs/stories/sprint-status.yaml': `${landedToo(landed(sprint))}  1-3-c: backlog\n`,
    },
  },
  'a story landed on each side, in neighbouring lines of that file': {
    ours: {
      'specs/stories/1-1-a.md': landed(story('1.1')),
      'specs/stories/sprint-status.yaml': landed(sprint),
    },
    theirs: {
      'specs/stories/1-2-b.md': landed(story('1.2')),
      'specs/stories/sprint-status.yaml': landedToo(sprint),
    },
    merged: {
      'specs/stories/1-2-b.md': landed(story('1.2')),
      'specs/stories/sprint-status.yaml': landedToo(landed(sprint)),
    },
  },
  'lists elsewhere are texts': {
    ours: { 'docs/todo.md': '- [ ] a list\n- [ ] more\n', 'specs/README.md': '- [ ] no spec\n- [ ] more\n' },
    theirs: { 'docs/todo.md': '- [x] a list\n', 'specs/README.md': '- [x] no spec\n' },
    merged: ['docs/todo.md', 'specs/README.md'],
  },
};

describe('two commits become one tree', () => {
  test.each(Object.entries(cases))('%s', async (_name, { ours, theirs, merged: wanted }) => {
    const [left, right] = [commitOn([repository.head], ours), commitOn([repository.head], theirs)];
    expect(await merged(left, right)).toEqual(wanted);
  });
});

test('branches that were merged crosswise keep what was unticked', async () => {
  const landed = commitOn([repository.head], { 'specs/followups.md': done(one) });
  const mine = commitOn([repository.head], { 'src/c.txt': 'c\n' });
  const there = commitOn([landed, mine], { 'src/c.txt': 'c\n', 'src/d.txt': 'd\n' });
  const here = commitOn([mine, landed], { 'specs/followups.md': one + two });
  expect(project.git('merge-base', '--all', here, there).split('\n')).toHaveLength(2);
  expect(await merged(here, there)).toEqual({ 'src/d.txt': 'd\n' });
});

test('histories that have nothing in common', async () => {
  const alone = project.git(
    'commit-tree',
    `${commitOn([repository.head], { 'specs/followups.md': one + two })}^{tree}`,
    '-m',
    'x',
  );
  const landed = commitOn([repository.head], { 'specs/followups.md': done(one) });
  expect(await merged(alone, landed)).toEqual({});
});
