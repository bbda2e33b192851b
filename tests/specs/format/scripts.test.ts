import { describe, expect, test } from 'vitest';
import { runProcess } from '../../../src/util/process/run-process.ts';
import { parseGroup } from '../../../src/specs/format/parse-group.ts';
import { reader as followups } from '../../../src/specs/followups/followups.ts';
import { reader as native } from '../../../src/specs/native/native.ts';
import { temporaryFolder } from '../../support/project.ts';

async function exitOf(command: unknown): Promise<number | null> {
  const args = ['-c', String(command)];
  const ended = await runProcess({ file: '/bin/sh', args, cwd: temporaryFolder(), env: { PATH: '/usr/bin:/bin' } });
  return ended.exitCode;
}

function commandsOf(text: string, file = 'a.md'): unknown[] {
  const { drafts } = parseGroup({ reader: file === 'a.md' ? native : followups, sources: [{ file, text }] });
  return drafts.flatMap(({ criteria, problems }) => [
    ...criteria.map(({ criterion: { kind, command } }) => command ?? kind),
    ...problems.map(({ code }) => code),
  ]);
}

const head = '# A\n\n## Acceptance criteria\n\n';
const block = '```sh\nnpm ci\n\nnpm test\n```';
const whole = 'set -e\nnpm ci\n\nnpm test';
const indented = (text: string, by: string): string => text.replace(/^(?=.)/gm, by);

describe('a fenced block below "check:" is a command of several lines', () => {
  test.each<[name: string, text: string, expected: unknown[]]>([
    ['with a box', `${head}- [ ] It works — check:\n\n${indented(block, '  ')}\n- [ ] More\n`, [whole, 'claim']],
    ['without a blank line', `${head}- It works. Check:\n${indented(block, '  ')}\n`, [whole]],
    ['with tildes', `${head}- check:\n${indented(block.replaceAll('```', '~~~'), '  ')}\n`, [whole]],
    ['numbered', `${head}1. [ ] It works — **check:**\n\n${indented(block, '   ')}\n`, [whole]],
    ['by Windows', `${head}- [ ] check:\n\n${indented(block, '  ')}\n`.replaceAll('\n', '\r\n'), [whole]],
    ['below a paragraph', `${head}It works — check:\n\n${block}\n`, [whole]],
    ['of a scenario', `# A\n\n#### Scenario: One\n\nWhen I look, then it works — check:\n\n${block}\n`, [whole]],
    ['of one line', `${head}- check:\n  \`\`\`\n  npm test\n  \`\`\`\n`, ['npm test']],
    [
      'beside another check',
      `${head}- check: \`a\` and check:\n${indented(block, '  ')}\n`,
      ['set -e\n(\na\n)\n(\nnpm ci\n\nnpm test\n)'],
    ],
    ['with nested boxes', `${head}- [ ] One\n  - [ ] check:\n${indented(block, '    ')}\n`, ['claim', whole]],
    ['of a person', `${head}- (human) check:\n${indented(block, '  ')}\n`, ['human']],
    ['that is empty', `${head}- check:\n  \`\`\`\n  \`\`\`\n`, ['', 'empty-check']],
  ])('%s', (_name, text, expected) => {
    expect(commandsOf(text)).toEqual(expected);
  });

  test('of a followup', () => {
    const text = `- [ ] F\n  - touches: a\n  - [ ] It works — check:\n\n${indented(block, '    ')}\n  - [ ] More\n- [ ] G\n  - [ ] g\n`;
    expect(commandsOf(text, 'followups.md')).toEqual([whole, 'claim', 'claim']);
  });

  test.each([
    ['an example', `${head}- The output is this:\n${indented(block, '  ')}\n`],
    ['below a check that is whole', `${head}- check: \`true\`. It prints:\n${indented(block, '  ')}\n`],
    ['after other text', `${head}- check:\n\n  Look at it.\n\n${indented(block, '  ')}\n`],
    ['a word that only ends so', `${head}- Run precheck:\n${indented(block, '  ')}\n`],
  ])('but not %s', (_name, text) => {
    expect(commandsOf(text).filter((one) => String(one).includes('npm'))).toEqual([]);
  });
});

test('its lines are part of what the criterion says', () => {
  const hashOf = (lines: string): string | undefined => {
    const text = `${head}- check:\n  \`\`\`\n${indented(lines, '  ')}\n  \`\`\`\n`;
    return parseGroup({ reader: native, sources: [{ file: 'a.md', text }] }).drafts[0]?.criteria[0]?.criterion.hash;
  };
  expect(hashOf('a\nb c')).toBe(hashOf('a\nb c'));
  expect(hashOf('a\nb c')).not.toBe(hashOf('a b\nc'));
});

test.each([
  ['a failing line', 'false\ntrue', 1],
  ['lines that pass', 'x=1\ncat <<END | grep -q two\none\ntwo\nEND\ntest $x = 1 # yes', 0],
  ['a line that may fail', 'set +e\nfalse\nset -e\ntrue', 0],
])('it passes if every line passes: %s', async (_name, lines, exitCode) => {
  const [command] = commandsOf(`${head}- check:\n  \`\`\`\n${indented(lines, '  ')}\n  \`\`\`\n`);
  const [both] = commandsOf(
    `${head}- check: \`true # and\` and check:\n  \`\`\`\n${indented(lines, '  ')}\n  \`\`\`\n`,
  );
  expect([await exitOf(command), await exitOf(both)]).toEqual([exitCode, exitCode]);
});

test('a comment in one of two commands hides nothing of the other', async () => {
  const [command] = commandsOf(`${head}- check: \`true # yes\` and check: \`false\`\n`);
  expect(await exitOf(command)).toBe(1);
});
