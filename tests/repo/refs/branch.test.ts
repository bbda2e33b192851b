import { expect, test } from 'vitest';
import { InputError } from '../../../src/model/diagnostic.ts';
import { checkBranch } from '../../../src/repo/refs/branch.ts';
import { TestProject } from '../../support/project.ts';

interface Row {
  readonly what: string;
  readonly into: string;
  /** Branches that are there. */
  readonly branches: readonly string[];
  /** Other refs, and what makes them differ from plain ones. */
  readonly more?: (project: TestProject) => void;
  /** The branch that is in the way; null: nothing is. */
  readonly inTheWay: string | null;
}

const rows: readonly Row[] = [
  { what: 'its folder is a branch', into: 'backlog/next', branches: ['backlog'], inTheWay: 'backlog' },
  {
    what: 'it is the folder of a branch',
    into: 'backlog/next',
    branches: ['backlog/next/wip'],
    inTheWay: 'backlog/next/wip',
  },
  { what: 'a folder further up is a branch', into: 'a/b/c/d', branches: ['a/b'], inTheWay: 'a/b' },
  { what: 'a branch lies deep below it', into: 'a', branches: ['a/b/c/d'], inTheWay: 'a/b/c/d' },
  {
    what: 'the other branch is packed',
    into: 'backlog/next',
    branches: ['backlog'],
    more: (project) => project.git('pack-refs', '--all'),
    inTheWay: 'backlog',
  },
  {
    what: 'the other branch is checked out in a worktree',
    into: 'backlog/next',
    branches: [],
    more: (project) => project.git('worktree', 'add', '--quiet', '-b', 'backlog', '../outside/tree'),
    inTheWay: 'backlog',
  },
  {
    what: 'names that only begin alike, tags and remote branches are no hindrance',
    into: 'backlog/next',
    branches: ['backlog-old', 'backlog/nextish', 'backlog/other', 'backlogs', 'x/backlog/next'],
    more: (project) => {
      project.git('tag', 'backlog');
      project.git('update-ref', 'refs/remotes/origin/backlog', 'HEAD');
      project.git('update-ref', 'refs/remotes/origin/backlog-x', 'HEAD');
    },
    inTheWay: null,
  },
  { what: 'it is there itself', into: 'backlog/next', branches: ['backlog/next'], inTheWay: null },
];

test.each(rows)('a branch that cannot be made beside another one is told by both names: $what', async (row) => {
  const project = TestProject.make({ a: '' });
  for (const branch of row.branches) project.git('branch', branch);
  row.more?.(project);
  const error = await checkBranch({ gitDir: `${project.root}/.git` }, row.into).then(
    () => null,
    (reason: unknown) => (reason instanceof InputError ? reason.diagnostics[0] : reason),
  );
  expect(error).toEqual(
    row.inTheWay === null
      ? null
      : {
          severity: 'error',
          code: 'branch-clash',
          message: `git cannot have both branches ${row.inTheWay} and ${row.into}: the name of one is a folder of the other`,
          hint: `Rename that branch ("git branch -m ${row.inTheWay} <new name>"), or land elsewhere with --into.`,
        },
  );
});
