import { spawnSync } from 'node:child_process';
import { appendFileSync, renameSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { InputError } from '../../../src/model/diagnostic.ts';
import { openRepository } from '../../../src/repo/git/repository.ts';
import { TestProject } from '../../support/project.ts';

/** A repository with three commits that clones are made of, and how they are typed. */
function makeUpstream(): { readonly it: TestProject; readonly sh: (command: string, cwd?: string) => string } {
  const it = TestProject.make({ 'a.txt': '1\n', 'b/b.txt': 'b\n' });
  for (const text of ['2\n', '3\n']) {
    it.write({ 'a.txt': text });
    it.commit(text);
  }
  it.git('config', 'uploadpack.allowFilter', 'true');
  const sh = (command: string, cwd = it.outside): string => {
    const { status, stdout, stderr } = spawnSync('sh', ['-c', command], { cwd, env: it.env, encoding: 'utf8' });
    expect({ command, status, stderr: status === 0 ? '' : stderr }).toEqual({ command, status: 0, stderr: '' });
    return stdout;
  };
  return { it, sh };
}

async function refusal(folder: string): Promise<InputError['diagnostics'][number] | null> {
  const stateFolder = path.join(folder, '.git/backlog/specs');
  try {
    await openRepository({
      folder,
      stateFolder,
      env: process.env,
      identity: { name: 'Ada', email: 'ada@example.org' },
    });
    return null;
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return error.diagnostics[0] ?? null;
  }
}

describe('a partial clone', () => {
  const kinds: readonly (readonly [kind: string, flags: string, missing: number])[] = [
    ['without old files', '--filter=blob:none', 2],
    ['without any file', '--filter=blob:none --no-checkout', 4],
    ['with some files', '--filter=blob:none --sparse', 3],
    ['without old folders', '--filter=tree:0', 2],
    ['of another remote', '--filter=blob:none --origin=up.stream', 2],
    ['with some of the history', '--filter=blob:none --no-checkout --depth=2', 3],
  ];
  test.each(kinds)('%s is refused with a command that makes it whole, for good', async (_, flags, missing) => {
    const { it, sh } = makeUpstream();
    const clone = path.join(it.outside, "clo'ne");
    sh(`git clone --quiet ${flags} "file://${it.root}" "${clone}"`);
    const said = await refusal(clone);
    expect(said).toMatchObject({
      code: 'partial-clone',
      message: `${clone} is a partial clone: ${missing} objects of its history are missing, and nothing is fetched during a run`,
    });
    const [, command = ''] = /^Fetch them \("(.*)"\), or clone it without --filter\.$/.exec(said?.hint ?? '') ?? [];
    sh(command);
    expect(await refusal(clone)).toBe(null);
    it.write({ 'a.txt': '4\n' });
    it.commit('4');
    it.write({ 'a.txt': '5\n' });
    it.commit('5');
    sh('git fetch --quiet && git reset --quiet --hard @{upstream}', clone);
    expect(await refusal(clone)).toBe(null);
  });

  test('that lacks nothing is as good as any, until it lacks something', async () => {
    const { it, sh } = makeUpstream();
    const clone = path.join(it.outside, 'clone');
    sh(`git clone --quiet --filter=blob:none --depth=1 "file://${it.root}" "${clone}"`);
    expect(await refusal(clone)).toBe(null);
    for (const text of ['4\n', '5\n']) {
      it.write({ 'a.txt': text });
      it.commit(text);
    }
    sh('git pull --quiet', clone);
    expect((await refusal(clone))?.message).toMatch(/ 1 object of its history is missing,/);
    sh('git log -p > log', clone); // git fetches what it reads
    expect(await refusal(clone)).toBe(null);
  });

  test('of nobody whom it could be fetched from says so', async () => {
    const { it } = makeUpstream();
    appendFileSync(path.join(it.root, '.git/config'), '[core]\n\tpartialCloneFilter = blob:none\n');
    const blob = it.git('rev-parse', 'HEAD:a.txt');
    renameSync(path.join(it.root, '.git/objects', blob.slice(0, 2), blob.slice(2)), path.join(it.outside, 'blob'));
    expect(await refusal(it.root)).toMatchObject({ code: 'partial-clone', hint: 'Clone it without --filter.' });
  });
});

test('a repository with an empty list of other stores is no partial clone', async () => {
  const { it } = makeUpstream();
  it.write({ '.git/objects/info/alternates': '' });
  expect(await refusal(it.root)).toBe(null);
});
