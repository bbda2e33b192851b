import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { findRepository } from '../../../src/repo/git/repository.ts';
import { temporaryFolder } from '../../support/project.ts';

test.each(['plain', 'a b', 'a"b\\c', 'tab\there', 'line\nend', 'two\n\nends'])(
  'a repository in a folder called %j is found, as git sees it',
  async (name) => {
    const root = path.join(temporaryFolder(), name);
    mkdirSync(path.join(root, 'in'), { recursive: true });
    execFileSync('git', ['init', '--quiet', root]);
    const gitDir = path.join(root, '.git');
    expect(await findRepository(path.join(root, 'in'), process.env)).toEqual({ root, gitDir, commonDir: gitDir });
  },
);
