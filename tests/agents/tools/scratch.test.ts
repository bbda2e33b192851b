import { spawnSync } from 'node:child_process';
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { newFolder, readPlain } from '../../../src/agents/tools/scratch.ts';
import { temporaryFolder } from '../../support/project.ts';

/** A scratch folder beside somebody's secrets. */
function scratch(): {
  readonly folder: string;
  readonly secrets: string;
  readonly handle: Parameters<typeof newFolder>[0];
} {
  const at = temporaryFolder();
  const [folder, secrets] = [path.join(at, 'scratch'), path.join(at, 'secrets')];
  for (const one of [folder, secrets]) mkdirSync(one);
  writeFileSync(path.join(secrets, 'key'), 'sk-secret');
  return { folder, secrets, handle: { scratch: folder, own: () => Promise.resolve() } };
}

describe('what a captured agent left in its scratch folder', () => {
  test('a link in the place of a new folder is replaced, and what it leads to stays', async () => {
    const { folder, secrets, handle } = scratch();
    symlinkSync(secrets, path.join(folder, 'order'));
    const made = await newFolder(handle, 'order');
    writeFileSync(path.join(made, 'brief.md'), 'x');
    expect([lstatSync(path.join(folder, 'order')).isDirectory(), readdirSync(secrets)]).toEqual([true, ['key']]);
  });

  test('a link, a folder and a pipe are no answer; neither is what lies behind a linked folder', async () => {
    const { folder, secrets, handle } = scratch();
    const made = await newFolder(handle, 'order');
    symlinkSync(path.join(secrets, 'key'), path.join(made, 'link'));
    mkdirSync(path.join(made, 'folder'));
    spawnSync('mkfifo', [path.join(made, 'pipe')]);
    writeFileSync(path.join(made, 'long'), 'x'.repeat(101));
    writeFileSync(path.join(made, 'answer'), 'yes');
    const read = async (name: string): Promise<string | null> => readPlain(made, name, 100);
    const names = ['link', 'folder', 'pipe', 'long', 'missing', 'answer'];
    expect(await Promise.all(names.map(read))).toEqual([null, null, null, null, null, 'yes']);
    spawnSync('mv', [made, path.join(folder, 'moved')]);
    symlinkSync(secrets, made);
    expect([existsSync(path.join(made, 'key')), await read('key')]).toEqual([true, null]);
    expect(readFileSync(path.join(secrets, 'key'), 'utf8')).toBe('sk-secret');
  });
});
