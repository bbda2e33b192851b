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
  ['Sort it', 'It prints a ` and more [NEEDS CLARIFICATION: what?]', '', 'needs-clarification 7'],
  ['Sort it', 'It prints \\`a [NEEDS CLARIFICATION: what?] b\\`', '', 'needs-clarification 7'],
  ['Sort it', 'It is sorted', 'A ` sign.\n\n[NEEDS CLARIFICATION: which?]\n\nA ` sign.', 'needs-clarification 1'],
  ['Sort it', 'It is sorted', '```\na\n```\n\n[NEEDS CLARIFICATION: which?]\n\n```\nb\n```', 'needs-clarification 1'],
  ['Story {{epic}}.{{number}}: {{title}}', 'It is sorted', '', 'is a template'],
  ['Sort {{things}}', 'It is sorted', '**Status:** {{status}}\n\n- {{task}}', 'is a template'],
  // Texts about such marks.
  ['Sort `[NEEDS CLARIFICATION]` marks', 'It is sorted', '', ''],
  ['Sort it', 'It refuses ``a ` [NEEDS CLARIFICATION]``', '', ''],
  ['Sort it', 'It is sorted', '~~~\n[NEEDS CLARIFICATION: which?]\n~~~', ''],
  ['Fill {{name}} in the greeting mail', 'It is filled in', '', ''],
  ['Fill {{name}} in the greeting mail', 'It fills {{name}} in', 'Greeting: {{name}}', ''],
  ['Fill {{name}} in', 'It is filled in', '~~~\n**Name:** {{name}}\n- {{mail}}\n~~~', ''],
  ['Sort it', 'It refuses `[NEEDS CLARIFICATION]`', '', ''],
  ['Sort it', 'It writes `{{name}}`', '', ''],
  ['Sort it', 'It fills {{name}} in', 'Fill {{name}} in.', ''],
  ['Sort it', 'It needs clarification', '', ''],
])('%s: %s', async (title, criterion, body, expected) => {
  expect(await read(title, criterion, body)).toEqual([expected]);
});
