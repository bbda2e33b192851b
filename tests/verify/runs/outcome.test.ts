import { expect, test } from 'vitest';
import { hopelessFailure, isCutShort, readOutcome, runPatiently } from '../../../src/verify/runs/outcome.ts';
import { end, type End } from '../../support/command-end.ts';

function told(how: End): string {
  const outcome = readOutcome(end(how));
  return outcome.kind === 'unclear' ? `unclear: ${outcome.why}` : outcome.kind;
}

test.each<[string, End, string]>([
  ['exit 0', {}, 'green'],
  ['exit 0 of a runner with tests', { testsRun: 2 }, 'green'],
  ['exit 0 of a runner without one', { testsRun: 0 }, 'unclear: it ran no test'],
  ['exit 1', { exitCode: 1 }, 'red'],
  ['a test file that could not be imported', { exitCode: 1, testsRun: 0 }, 'red'],
  ['a program that is not there', { exitCode: 127 }, 'red'],
  ['a file that cannot be executed', { exitCode: 126 }, 'red'],
  ['a folder that is not there', { exitCode: 125 }, 'red'],
  ['what git dies with', { exitCode: 128 }, 'red'],
  ['what Perl and PHP die with', { exitCode: 255 }, 'red'],
  ['the time limit', { timedOut: true }, 'unclear: it exceeded the time limit'],
  ['a time limit of its own', { exitCode: 124 }, 'unclear: exit 124: its own time limit ran out'],
  ['a signal', { signal: 'SIGKILL' }, 'unclear: it was killed by SIGKILL'],
  ['no end at all', { exitCode: null }, 'unclear: it ended without an exit code'],
  ['a killed child', { exitCode: 137 }, 'unclear: exit 137: one of its processes was killed by signal 9'],
  ['a child that fell', { exitCode: 139 }, 'unclear: exit 139: one of its processes was killed by signal 11'],
  ['Node out of memory', { exitCode: 134 }, 'unclear: exit 134: one of its processes was killed by signal 6'],
  [
    'Python out of memory',
    { exitCode: 1, excerpt: 'Traceback …\nMemoryError\n' },
    'unclear: exit 1: it ran out of memory, disk or files',
  ],
  [
    'a full disk',
    { exitCode: 1, excerpt: 'cp: a: No space left on device' },
    'unclear: exit 1: it ran out of memory, disk or files',
  ],
  ...[
    'make: *** [Makefile:2: ok] Killed',
    'make[1]: *** [Makefile:2: ok] Error 124',
    'xargs: node: terminated by signal 9',
    "  code: 'ERR_TEST_FAILURE',\n  exitCode: null,\n  signal: 'SIGKILL',",
    'process did not exit successfully: `target/debug/x` (signal: 9, SIGKILL: kill)',
    'signal: killed\nFAIL\tx\t0.1s',
  ].map((excerpt): [string, End, string] => [
    `a child of which another program tells: ${excerpt.split('\n')[0] ?? ''}`,
    { exitCode: 2, excerpt },
    'unclear: exit 2: a program that it started was killed or timed out',
  ]),
  ['a recipe that is red', { exitCode: 2, excerpt: 'make: *** [Makefile:2: ok] Error 1' }, 'red'],
  ['a test about a full disk', { exitCode: 1, excerpt: '✖ tells "No space left on device" (1ms)' }, 'red'],
  ['a test about memory', { exitCode: 1, excerpt: 'not ok 1 - raises MemoryError when told to' }, 'red'],
  ['pytest without a test', { exitCode: 5, testsRun: 0 }, 'unclear: exit 5: it found no test'],
  [
    'vitest without a test',
    { exitCode: 1, testsRun: 0, excerpt: 'No test files found, exiting with code 1' },
    'unclear: exit 1: it found no test',
  ],
  ['a set-up that failed', { exitCode: 1, setUpFailed: true }, 'unclear: the set-up before it failed'],
])('%s', (_name, how, expected) => expect(told(how)).toBe(expected));

test.each<[string, readonly End[], string]>([
  ['green: once is enough', [{}], '1 run, green'],
  ['red: once is enough', [{ exitCode: 1 }], '1 run, red'],
  ['out of time, then green: it was only slow', [{ timedOut: true }, {}], '2 runs, green'],
  ['killed, then red', [{ signal: 'SIGKILL' }, { exitCode: 1 }], '2 runs, red'],
  ['out of time twice', [{ timedOut: true }, { timedOut: true }], '2 runs, unclear'],
  ['without a test: more time finds none', [{ testsRun: 0 }], '1 run, unclear'],
])('an end that was cut short is asked for once more, with more time: %s', async (_name, ends, expected) => {
  const asked: unknown[] = [];
  const last = await runPatiently((again) => {
    asked.push(again);
    return Promise.resolve(end(ends[asked.length - 1] ?? {}));
  });
  expect(`${asked.length} run${asked.length === 1 ? '' : 's'}, ${readOutcome(last).kind}`).toBe(expected);
  expect(asked.slice(1)).toEqual(isCutShort(readOutcome(end(ends[0] ?? {}))) ? ['longer'] : []);
});

const gone = (program: string): End => ({ exitCode: 127, excerpt: `sh: 1: ${program}: not found\n` });

test.each<[string, string, End, End, string | null]>([
  ['a program of the machine', 'ruff check .', gone('ruff'), gone('ruff'), 'ruff'],
  ['after another', 'cd a && LANG=C ruff check . | cat', gone('ruff'), gone('ruff'), 'ruff'],
  // Honest look-alikes: work could bring it, or did.
  ['there before', 'ruff check .', {}, gone('ruff'), null],
  ['there after', 'ruff check .', gone('ruff'), { exitCode: 1 }, null],
  ['another one than before', 'a; b', gone('a'), gone('b'), null],
  ['a script that the unit is to write', './check.sh', gone('./check.sh'), gone('./check.sh'), null],
  ['what a package brings', 'npm run lint', gone('eslint'), gone('eslint'), null],
  ['what a package brings, by npx', 'npx eslint .', gone('eslint'), gone('eslint'), null],
  ['on a path of its own', 'PATH=$PWD/bin:$PATH tool', gone('tool'), gone('tool'), null],
  ['in an environment that work can make', '. venv/bin/activate && tool', gone('tool'), gone('tool'), null],
  ['what a script of the work starts', 'sh check.sh', gone('tool'), gone('tool'), null],
  ['a word that is no program', 'grep tool a.txt', gone('tool'), gone('tool'), null],
  ['an end without a word', 'ruff', { exitCode: 127 }, { exitCode: 127 }, null],
])('a check that no work can make green: %s', (_name, command, before, after, missing) => {
  const failure = hopelessFailure('x', end(before, { command }), end(after, { command, on: 'candidate' }));
  expect(failure?.reason === 'check-failed' ? failure.missing : failure).toBe(missing);
});
