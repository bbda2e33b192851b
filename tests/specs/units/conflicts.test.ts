import { expect, test } from 'vitest';
import { readSpecs } from '../../../src/specs/units/read.ts';
import { temporaryFolder, writeFiles } from '../../support/project.ts';

async function told(files: Readonly<Record<string, string>>): Promise<{ runnable: string[]; problems: string[] }> {
  const folder = temporaryFolder();
  writeFiles(folder, files);
  const names = { ignore: [], phases: [], agents: [], recipes: [] };
  const { units, diagnostics } = await readSpecs({ folder, ...names, listTargetFiles: () => Promise.resolve([]) });
  const isRunnable = (severity: string): boolean => severity !== 'error';
  return {
    runnable: units.filter(({ problems }) => problems.every((one) => isRunnable(one.severity))).map(({ key }) => key),
    problems: [...diagnostics, ...units.flatMap(({ problems }) => problems)].map(
      ({ file, line, code }) => `${file ?? ''}:${line ?? 0} ${code}`,
    ),
  };
}

const conflict = (ours: string, theirs: string): string => `<<<<<<< HEAD\n${ours}\n=======\n${theirs}\n>>>>>>> other\n`;
const issue = (id: string): string => `{"id":"${id}","title":"A","acceptance_criteria":"a"}`;
const item = '- [ ] A\n  - [ ] a\n';

test.each<[file: string, text: string, line: number]>([
  ['.beads/issues.jsonl', `${issue('a')}\n${conflict(issue('b'), issue('c'))}${issue('d')}\n`, 2],
  ['prd.json', `{"userStories":[\n${conflict('{"id":"a","passes":true}', '{"id":"a","passes":false}')}]}`, 2],
  ['.taskmaster/tasks/tasks.json', `{"tasks":[\n${conflict('{"id":1,"title":"A"}', '')}]}`, 2],
  ['TODO.md', conflict('- [x] A', '- [ ] A'), 1],
  ['todo.txt', conflict('A check:`true`', 'B check:`true`'), 1],
  ['followups.md', `${item}${conflict('- [x] B', '- [ ] B').replaceAll('\n', '\r\n')}`, 3],
  ['a.md', `# A\n\n## Acceptance criteria\n\n${conflict('- [x] a', '- [ ] a')}`, 5],
  ['.kiro/specs/a/tasks.md', `- [ ] 1. A\n<<<<<<< ours\n||||||| base\n=======\n- [ ] 2. B\n>>>>>>> theirs\n`, 2],
])('the marks of a conflict in %s stop the whole file', async (file, text, line) => {
  expect(await told({ [file]: text })).toEqual({ runnable: [], problems: [`${file}:${line} conflict-markers`] });
});

test('a tracker of several stories with the marks of a conflict is told once, and none of them runs', async () => {
  const story = '# Story\n\n## Acceptance Criteria\n\n1. a\n';
  const folder = '_bmad-output/implementation-artifacts';
  const tracker = `${folder}/sprint-status.yaml`;
  const files = { [`${folder}/1-1-a.md`]: story, [`${folder}/1-2-b.md`]: story };
  expect(
    await told({ ...files, [tracker]: `development_status:\n${conflict('  1-1-a: done', '  1-1-a: draft')}` }),
  ).toEqual({
    runnable: [],
    problems: [`${tracker}:2 conflict-markers`],
  });
});

test.each([
  ['code that shows them', `# A\n\n\`\`\`\n${conflict('a', 'b')}\`\`\`\n\n## Acceptance criteria\n\n- [ ] a\n`],
  ['a title that is underlined', '# A\n\nTitle\n=======\n\n## Acceptance criteria\n\n- [ ] a\n'],
  ['one of them alone', '# A\n\n<<<<<<< HEAD\n\n## Acceptance criteria\n\n- [ ] a\n'],
  ['words in a line', '# A\n\n## Acceptance criteria\n\n- [ ] no `<<<<<<< x`, ======= or >>>>>>> is left\n'],
])('%s is no conflict', async (_what, text) => {
  expect(await told({ 'a.md': text })).toEqual({ runnable: ['a'], problems: [] });
});
