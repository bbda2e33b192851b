import { expect, test } from 'vitest';
import { keepBrief, onAttempt, onUnit } from '../support/agent-script.ts';
import { scripted, spec, statesOf, TestProject } from '../support/project.ts';

/** What an agent leaves in its first attempt, by unit, and what the next one must be told of it. */
const leavings: Readonly<Record<string, { readonly script: string; readonly told: RegExp }>> = {
  venv: {
    script: 'mkdir -p venv/bin && ln -s /usr/bin/env venv/bin/python3',
    told: /contains venv\/bin\/python3, which must not land: it is a symbolic link out of the repository \(\/usr\/bin\/env\)/,
  },
  large: {
    script: 'head -c 26214400 /dev/zero > dump.bin',
    told: /contains dump\.bin, which must not land: it has more than 20 MB/,
  },
  nested: {
    script:
      'git init -q sub && touch sub/a && git -C sub add a && git -C sub -c user.name=a -c user.email=a@b commit -qm a',
    told: /contains sub, which must not land: it is a nested git repository/,
  },
  // Not refused, but nothing that could be judged either: the next attempt hears that, too.
  crashed: { script: 'echo "cannot go on" >&2; exit 3', told: /It exited with 3: cannot go on/ },
};

test('the attempt after one whose work was refused is told what was refused and why; only its own unit hears it', async () => {
  const first = onAttempt(1, ...Object.entries(leavings).map(([unit, { script }]) => onUnit(unit, script)));
  const units = [...Object.keys(leavings), 'plain'].map((unit) => [
    `specs/${unit}.md`,
    spec(unit, [`touches: ["${unit}.*"]`], [`x — check: \`test -f ${unit}.1.txt || test -f ${unit}.2.txt\``]),
  ]);
  const project = TestProject.make({
    ...scripted([first, keepBrief('$BACKLOG_UNIT.$BACKLOG_ATTEMPT.txt')], { limits: { attempts: 2, repairs: 1 } }),
    ...(Object.fromEntries(units) as Record<string, string>),
  });
  await project.run(0);
  for (const [unit, { told }] of Object.entries(leavings)) {
    const brief = project.landed(`${unit}.2.txt`);
    expect(brief).toMatch(told);
    expect(brief).toMatch(/<data-\w+ name="evidence">\nAn earlier attempt left no work to judge\./);
  }
  expect(project.landed('plain.1.txt')).not.toContain('An earlier attempt');
});

test('an agent whose session goes on puts refused work right in that session, and no attempt is burned', async () => {
  const say = (name: string, input: object): string =>
    `${JSON.stringify({ content: [{ type: 'tool_use', id: `t${name}`, name, input }], stop_reason: 'tool_use' })}\n`;
  const project = TestProject.make({
    'specs/backlog.config.json': JSON.stringify({
      agent: 'played',
      agents: { played: { type: 'replay', recordings: 'recordings' } },
      sandbox: { tier: 'none' },
      review: 'off',
    }),
    'specs/a.md': spec('A', ['touches: [a.txt]'], ['x — check: `test -f a.txt`']),
    'specs/recordings/a/builder-1.1.jsonl':
      say('bash', { command: 'ln -s /etc leaves && touch a.txt' }) +
      say('finish', { summary: 'Done.' }) +
      say('bash', { command: 'rm leaves' }) +
      say('finish', { summary: 'Done.' }),
  });
  const report = await project.run(0);
  expect([statesOf(report), report.units[0]?.attempts, report.units[0]?.repairs]).toEqual([{ a: 'done' }, 1, 1]);
  const log = await project.backlog('log', 'a');
  expect(log.stdout).toContain('a: not done: The work contains leaves, which must not land');
  expect(project.git('ls-tree', '--name-only', 'backlog/next')).not.toContain('leaves');
});
