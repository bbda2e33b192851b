import { readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { temporaryFolder, TestProject } from '../support/project.ts';

/** A backlog that takes a second to read, which is said before that begins. */
const slow = { 'TODO.md': '- [ ] Do this, and *that*: `check`\n'.repeat(25_000) };

const left = (project: TestProject): string[] =>
  readdirSync(project.root, { recursive: true, encoding: 'utf8' })
    .filter((file) => !/^\.git\/(?!backlog)/.test(file))
    .toSorted();

test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)('check ends at once with %s while it reads a file, and leaves nothing', async (signal, code) => {
  const project = TestProject.make(slow);
  const temporary = temporaryFolder();
  const before = left(project);
  const running = project.start(['check'], { env: { TMPDIR: temporary } });
  await expect.poll(running.stderr).toContain('There is no specs folder, so this reads TODO.md');
  running.kill(signal);
  expect(await running.ended).toMatchObject({ code, stdout: '' });
  expect({ left: left(project), temporary: readdirSync(temporary) }).toEqual({ left: before, temporary: [] });
});
