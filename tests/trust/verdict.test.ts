import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Report } from '../../src/model/report.ts';
import { spec, TestProject } from '../support/project.ts';

/*
 * What a verdict may be built on. On the tree before the work, only a command that ran to its own end shows that
 * something was missing; a reviewer's command refutes only what it tells apart from that tree. Honest work beside it.
 * All rows work side by side in one run, in each tier that works here.
 */

interface Row {
  readonly criteria: readonly string[];
  /** The unit's end, then the role of its first criterion. */
  readonly end: string;
  /** What the agent runs; by default it writes `<unit>.txt` with `done`. */
  readonly script?: string;
  readonly front?: readonly string[];
  /** What reviewers say, as a piece of shell that sets `V` (the verdict) and `C` (its command); they quote the file. */
  readonly says?: string;
}

/** A check that does `before` until the unit's file is there. */
const until = (unit: string, before: string): readonly string[] => [
  `It is there — check: \`test -f ${unit}.txt || ${before}\``,
];

const rows: Readonly<Record<string, Row>> = {
  // Doubt about the base.
  'never-ends-before': { criteria: until('never-ends-before', 'sleep 60'), end: 'awaiting unclear' },
  'is-killed-before': { criteria: until('is-killed-before', 'kill -9 $$'), end: 'awaiting unclear' },
  'loses-a-child-before': { criteria: until('loses-a-child-before', "sh -c 'kill -9 $$'"), end: 'awaiting unclear' },
  'falls-before': { criteria: until('falls-before', "sh -c 'kill -SEGV $$'"), end: 'awaiting unclear' },
  'is-out-of-memory-before': {
    criteria: until('is-out-of-memory-before', '{ echo MemoryError; exit 1; }'),
    end: 'awaiting unclear',
  },
  'gives-itself-no-time': {
    criteria: ["It is there — check: `timeout 1 sh -c 'test -f gives-itself-no-time.txt || sleep 9'`"],
    end: 'awaiting unclear',
  },
  'runs-no-test-before': {
    criteria: until('runs-no-test-before', "{ echo '# tests 0'; echo '# pass 0'; echo '# fail 0'; }"),
    end: 'awaiting unclear',
  },
  'is-slow-before': { criteria: until('is-slow-before', 'sleep 7'), end: 'failed: no-proof guard' },
  'never-ends-now': {
    criteria: [
      'It ends — check: `! test -f never-ends-now.txt || sleep 60`',
      'It is there — check: `test -f never-ends-now.txt`',
    ],
    end: 'failed: check-failed guard',
  },
  // Honest: red before by its own end.
  'is-red-before': { criteria: until('is-red-before', 'exit 1'), end: 'done proof' },
  'falls-before-and-proves-more': {
    criteria: [
      ...until('falls-before-and-proves-more', "sh -c 'kill -SEGV $$'"),
      'It says so — check: `grep -q done falls-before-and-proves-more.txt`',
    ],
    end: 'done unclear',
  },
  'writes-the-program': {
    script: 'mkdir -p bin; printf "#!/bin/sh\\nexit 0\\n" > bin/tool; chmod +x bin/tool',
    criteria: ['It runs — check: `./bin/tool`'],
    front: ['touches: [bin/tool]'],
    end: 'done proof',
  },
  'writes-its-folder': {
    script: 'mkdir -p parts/new; echo done > parts/new/a.txt || true; ls -R . > /dev/null',
    criteria: ['It is there — check: `test -f parts/new/a.txt`'],
    front: ['touches: ["parts/new/**"]'],
    end: 'done proof',
  },
  // Refutations: two of three confirm.
  'is-refuted-by-false': { criteria: ['It says done'], says: 'V=refuted C=false', end: 'done' },
  'is-refuted-by-exit': { criteria: ['It says done'], says: 'V=refuted C="echo wrong; exit 3"', end: 'done' },
  'is-refuted-by-a-missing-file': { criteria: ['It says done'], says: 'V=refuted C="test -f /nowhere"', end: 'done' },
  'is-refuted-by-a-missing-program': {
    criteria: ['It says done'],
    says: 'V=refuted C="test ! -f is-refuted-by-a-missing-program.txt || no-such-program"',
    end: 'done',
  },
  'is-refuted-by-chance': {
    criteria: ['It says done'],
    says: `V=refuted C='test $(( $(od -An -N2 -tu2 /dev/urandom) )) -gt 70000'`,
    end: 'done',
  },
  'is-refuted-by-what-it-writes': {
    criteria: ['It says done'],
    says: 'V=refuted C="mktemp; exit 1"',
    end: 'done',
  },
  'is-refuted-by-time': {
    criteria: ['It says done'],
    says: 'V=refuted C="! test -f is-refuted-by-time.txt || sleep 60"',
    end: 'done',
  },
  // Honest refuters.
  'breaks-another-file': {
    script: 'echo done > breaks-another-file.txt; rm kept.txt',
    criteria: ['It says done'],
    front: ['touches: [breaks-another-file.txt, kept.txt]'],
    says: 'V=refuted C="test -f kept.txt"',
    end: 'failed: claim-refuted',
  },
  'is-wrong-where-nothing-was': {
    script: 'echo "echo 4" > is-wrong-where-nothing-was.sh; echo done > is-wrong-where-nothing-was.txt',
    criteria: ['It says done'],
    front: ['touches: ["is-wrong*"]'],
    // Red before too, in other words: a vote. Two of three say so.
    says: `C='sh is-wrong-where-nothing-was.sh | grep 3 || { sh is-wrong-where-nothing-was.sh; exit 1; }'; [ $BACKLOG_LENS = beside ] || V=refuted`,
    end: 'failed: claim-refuted',
  },
};

const script = [
  'case $BACKLOG_ROLE in reviewer)',
  '  V=confirmed C=',
  '  case $BACKLOG_UNIT in',
  ...Object.entries(rows).flatMap(([unit, { says }]) =>
    // By default one of three refutes.
    says === undefined
      ? []
      : [`${unit}) ${says.startsWith('V=') ? `[ $BACKLOG_LENS != holds ] || { ${says}; }` : says};;`],
  ),
  '  esac',
  `  node -e 'const [unit, verdict, command] = process.argv.slice(1); const quotes = [{ file: unit + ".txt", line: 1, text: "done" }]; require("fs").writeFileSync(process.env.BACKLOG_ANSWER, JSON.stringify({ verdicts: [{ claim: 1, verdict, reason: "So.", quotes: verdict === "refuted" ? [] : quotes, ...(verdict === "refuted" ? { command } : {}) }] }))' "$BACKLOG_UNIT" "$V" "$C"`,
  '  exit 0;;',
  'esac',
  'case $BACKLOG_UNIT in',
  ...Object.entries(rows).flatMap(([unit, row]) =>
    row.script === undefined ? [] : [`${unit}) ${row.script}; exit;;`],
  ),
  'esac',
  'echo done > $BACKLOG_UNIT.txt',
].join('\n');

const isLinux = process.platform === 'linux';
const tiers = [
  ...(isLinux && spawnSync('bwrap', ['--version']).status === 0 ? ['strict'] : []),
  ...(isLinux && process.getuid?.() === 0 ? ['basic'] : []),
];

describe.skipIf(tiers.length === 0).each(tiers)('what a verdict is built on, in tier %s', (tier) => {
  let report: Report;
  const cache = path.join(os.tmpdir(), `backlog-verdict-${process.pid}-${tier}`);
  const kept: (() => void)[] = [() => rmSync(cache, { recursive: true, force: true })];

  beforeAll(async () => {
    mkdirSync(cache);
    chmodSync(cache, 0o711);
    const project = TestProject.makeKept(
      {
        'kept.txt': 'kept\n',
        ...Object.fromEntries(
          Object.entries(rows).map(([unit, row]) => [
            `specs/${unit}.md`,
            spec(unit, [...(row.front ?? [`touches: [${unit}.txt]`])], row.criteria),
          ]),
        ),
        'specs/backlog.config.json': JSON.stringify({
          agent: 'scripted',
          agents: { scripted: { type: 'command', command: script } },
          recipes: { two: { reviewers: 2 } },
          recipe: 'two',
          review: 'off',
          sandbox: { tier },
          limits: { attempts: 1, checkTimeout: '4s', attemptTimeout: '60s', maxAgents: 4 },
        }),
      },
      (end) => kept.push(end),
    );
    const run = project.start(['run', 'specs', '--json'], { env: { BACKLOG_CACHE_DIR: cache }, isKept: true });
    const ended = await run.ended;
    report = JSON.parse(ended.stdout) as Report;
  }, 900_000);

  afterAll(() => {
    for (const end of kept) end();
  });

  test.each(Object.entries(rows))('%s', (unit, { end }) => {
    const told = report.units.find(({ id }) => id === unit);
    const role = told?.criteria[0]?.role;
    expect(
      `${told?.state ?? 'missing'}${told?.failure ? `: ${told.failure.reason}` : ''}${role ? ` ${role}` : ''}`,
    ).toBe(end);
  });

  test('who waits for a person is told why', () => {
    const waiting = report.units.find(({ id }) => id === 'falls-before');
    expect(waiting?.why).toBe(
      "all checks pass, but nothing shows that they failed before the work: `test -f falls-before.txt || sh -c 'kill -SEGV $$'`: before the work exit 139: one of its processes was killed by signal 11, so the result proves nothing",
    );
  });
});
