import { expect, test } from 'vitest';
import { spec, statesOf, TestProject } from '../support/project.ts';

/** A reviewer's program that says `verdict` of every claim, with the first line of a.txt. */
const says = (verdict: string): string =>
  [
    `export const verdict = { claim: 1, verdict: '${verdict}', reason: 'So.' };`,
    `export const quotes = [{ file: 'a.txt', line: 1, text: 'done' }];`,
  ].join('\n');
const program = [
  "import { writeFileSync } from 'node:fs';",
  "import { verdict, quotes } from './says.mjs';",
  'writeFileSync(process.env.BACKLOG_ANSWER, JSON.stringify({ verdicts: [{ ...verdict, quotes }] }));',
].join('\n');

test('a reviewer’s program runs from the base, also where the unit may change it or what it loads', async () => {
  const ends: Record<string, unknown> = {};
  for (const touches of ['a.txt', 'a.txt, tools/review.mjs', 'a.txt, tools/review.mjs, tools/says.mjs']) {
    const confirms = says('confirmed').replaceAll("'", '"');
    const it = TestProject.make({
      'specs/a.md': spec('A', [`touches: [${touches}]`], ['It says done', 'There — check: `test -f a.txt`']),
      'tools/review.mjs': program,
      'tools/says.mjs': says('unclear'),
      'specs/backlog.config.json': JSON.stringify({
        agent: 'builder',
        roles: { reviewer: { agent: 'reader' } },
        agents: {
          builder: {
            type: 'command',
            command: `echo done > a.txt; printf '%s' '${confirms}' > tools/says.mjs; echo '// mine' >> tools/review.mjs`,
          },
          reader: { type: 'command', command: 'node tools/review.mjs' },
        },
        recipe: 'build',
        review: 'off',
        sandbox: { tier: 'none' },
        limits: { attempts: 1, repairs: 0 },
      }),
    });
    ends[touches] = statesOf(await it.run(1));
  }
  const failed = { a: 'failed: no-evidence' };
  expect(ends).toEqual({
    'a.txt': failed,
    'a.txt, tools/review.mjs': failed,
    'a.txt, tools/review.mjs, tools/says.mjs': failed,
  });
});
