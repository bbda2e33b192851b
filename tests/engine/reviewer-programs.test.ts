import { expect, test } from 'vitest';
import { append, script, write } from '../support/agent-script.ts';
import { spec, statesOf, TestProject } from '../support/project.ts';

/** A reviewer's program that says `verdict` of every claim, with the first line of a.txt. */
const says = (verdict: string): string =>
  [
    `export const verdict = { claim: 1, verdict: '${verdict}', reason: 'So.' };`,
    `export const quotes = [{ file: 'a.txt', line: 1, text: 'done' }];`,
  ].join('\n');
const answer = 'writeFileSync(process.env.BACKLOG_ANSWER, JSON.stringify({ verdicts: [{ ...verdict, quotes }] }));';
const imports = ["import { writeFileSync } from 'node:fs';", "import { verdict, quotes } from './says.mjs';"];
const program = [...imports, answer].join('\n');
/** The same as an agent that speaks ACP. */
const acpProgram = [
  ...imports,
  "import { createInterface } from 'node:readline';",
  "const results = { initialize: { protocolVersion: 1 }, 'session/new': { sessionId: 's' } };",
  "createInterface({ input: process.stdin }).on('line', (line) => {",
  '  const { id, method } = JSON.parse(line);',
  `  if (method === 'session/prompt') ${answer}`,
  "  const result = method === 'session/prompt' ? { stopReason: 'end_turn' } : (results[method] ?? {});",
  "  if (id !== undefined) process.stdout.write(JSON.stringify({ jsonrpc: '2.0', id, result }) + '\\n');",
  '});',
].join('\n');

test.each([
  ['a shell command', program, { type: 'command', command: 'node tools/review.mjs' }],
  ['an agent that speaks ACP', acpProgram, { type: 'acp', command: ['node', 'tools/review.mjs'] }],
])(
  'a reviewer’s program runs from the base, also where the unit may change it or what it loads: %s',
  async (_, text, reader) => {
    const ends: Record<string, unknown> = {};
    for (const touches of ['a.txt', 'a.txt, tools/review.mjs', 'a.txt, tools/review.mjs, tools/says.mjs']) {
      const it = TestProject.make({
        'specs/a.md': spec('A', [`touches: [${touches}]`], ['It says done', 'There — check: `test -f a.txt`']),
        'tools/review.mjs': text,
        'tools/says.mjs': says('unclear'),
        'specs/backlog.config.json': JSON.stringify({
          agent: 'builder',
          roles: { reviewer: { agent: 'reader' } },
          agents: {
            builder: {
              type: 'command',
              command: script(
                write('a.txt', 'done'),
                write('tools/says.mjs', says('confirmed')),
                append('tools/review.mjs', '// mine'),
              ),
            },
            reader,
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
  },
);
