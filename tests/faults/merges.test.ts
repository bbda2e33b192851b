import { beforeAll, expect, test } from 'vitest';
import { count, onUnit, script, touch, unlessThere, waitFor, write } from '../support/agent-script.ts';
import { scripted, spec } from '../support/project.ts';
import { byTurns } from '../support/by-turns.ts';
import { breakAt, type Case, costUsd, passesOf } from './breaking.ts';

/*
 * Promise 1 where units meet: one that conflicts with what landed meanwhile and is repaired, one that merges by itself, and
 * two that are judged on each other. A run breaks at each point that only these pass, and the next ones go on.
 */

/** Adds a line, once: an agent that repairs a merge begins with what it did before. */
const insert = (line: string): string => `grep -qx ${line} list.txt || printf '${line}\\n' >> list.txt`;

/** Waits until a unit has landed. */
const landed = (root: string, unit: string): string =>
  `until git --git-dir ${root}/.git log --format=%B backlog/next 2>/dev/null | grep -q 'Backlog-Unit: ${unit}'; do sleep 0.05; done`;

// `b` conflicts with `a`, `c` inserts where `a` does, and `d` and `e` end together.
const meeting: Case = {
  files: ({ outside, root }, counted) => ({
    'text.txt': 'first\n',
    'list.txt': 'first\n',
    ...scripted('', {
      agents: {
        script: {
          type: 'command',
          command: script(
            count(counted),
            onUnit(
              'a',
              waitFor(`${outside}/b`),
              waitFor(`${outside}/c`),
              "if grep -qx b text.txt; then printf 'a\\nb\\n' > text.txt; else printf 'a\\n' > text.txt; fi",
              insert('a'),
            ),
            onUnit(
              'b',
              "if grep -qx a text.txt; then printf 'a\\nb\\n' > text.txt; else printf 'b\\n' > text.txt; fi",
              unlessThere(`${outside}/b`, touch(`${outside}/b`), landed(root, 'a')),
            ),
            onUnit('c', insert('c'), unlessThere(`${outside}/c`, touch(`${outside}/c`), landed(root, 'a'))),
            onUnit('d', touch(`${outside}/d`), waitFor(`${outside}/e`), write('d.txt', 'd')),
            onUnit('e', touch(`${outside}/e`), waitFor(`${outside}/d`), write('e.txt', 'e')),
          ),
          costUsd,
        },
      },
      limits: { maxAgents: 5 },
    }),
    'specs/a.md': spec('A', [], ['A — check: `grep -qx a text.txt && grep -qx a list.txt`']),
    'specs/b.md': spec('B', [], ['B — check: `grep -qx b text.txt`']),
    'specs/c.md': spec('C', [], ['C — check: `grep -qx c list.txt`']),
    'specs/d.md': spec('D', [], ['D — check: `test -f d.txt`']),
    'specs/e.md': spec('E', [], ['E — check: `test -f e.txt`']),
  }),
  whole: {
    texts: { 'text.txt': ['a', 'b'], 'list.txt': ['a', 'c', 'first'], 'd.txt': ['d'], 'e.txt': ['e'] },
    landings: ['a', 'b', 'c', 'd', 'e'],
    states: ['a done', 'b done', 'c done', 'd done', 'e done'],
  },
};

/** Points of a unit's way that later units pass, too. */
let passes: string[] = [];

beforeAll(async () => {
  const all = await passesOf(meeting);
  passes = all.filter((pass) => pass.includes('#') || /not-done|unit-ready/.test(pass));
}, 120_000);

test('an undisturbed run merges, repairs and judges units on each other', () => {
  expect(passes).toEqual(
    expect.arrayContaining(['commit not-done', 'commit unit-ready', 'candidate#6', 'judge#6', 'land#5', 'landed#5']),
  );
});

test('killed where units meet, the next run goes on', { timeout: 20 * 60_000 }, async () => {
  expect(await breakAt(meeting, byTurns(passes, Math.ceil(passes.length / 4)), 'kill')).toEqual({});
});
