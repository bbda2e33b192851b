import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { readSpecs } from '../../../src/specs/units/read.ts';
import { writeConfined } from '../../../src/util/files/confined-file.ts';

const folder = mkdtempSync(path.join(os.tmpdir(), 'undecided-'));
afterAll(() => rmSync(folder, { recursive: true }));

async function read(title: string, criterion: string, body = ''): Promise<unknown> {
  const text = `# ${title}\n\n${body}\n\n## Acceptance criteria\n\n- [ ] ${criterion}\n`;
  rmSync(path.join(folder, 'a.md'), { force: true });
  writeConfined(folder, 'a.md', text);
  const names = { phases: [], agents: [], recipes: [], ignore: [], listTargetFiles: async () => Promise.resolve([]) };
  const { units } = await readSpecs({ ...names, folder });
  return units.map(({ hold, problems }) => hold ?? problems.map(({ code, line }) => `${code} ${line ?? ''}`).join());
}

test.each([
  ['Sort it', 'It is sorted [NEEDS CLARIFICATION: by what?]', '', 'needs-clarification 7'],
  ['Sort it [NEEDS CLARIFICATION: what?]', 'It is sorted', '', 'needs-clarification 1'],
  ['Sort it', 'It is sorted', 'By name [NEEDS CLARIFICATION: which?].', 'needs-clarification 1'],
  ['{{title}}', 'It is sorted', '', 'is a template'],
  ['Sort it', '{{criterion}}', '', 'is a template'],
  // Texts about such marks.
  ['Sort it', 'It refuses `[NEEDS CLARIFICATION]`', '', ''],
  ['Sort it', 'It writes `{{name}}`', '', ''],
  ['Sort it', 'It fills {{name}} in', 'Fill {{name}} in.', ''],
  ['Sort it', 'It needs clarification', '', ''],
])('%s: %s', async (title, criterion, body, expected) => {
  expect(await read(title, criterion, body)).toEqual([expected]);
});
