import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { refusal, type RefusalCode, refusalCodes } from '../../src/model/refusal.ts';
import type { UnitState } from '../../src/model/unit.ts';

const at = { key: 'a', state: 'working' } as const;
const failed = { key: 'a', state: 'failed' } as const;

/** Every refusal with what it says: its code, then its sentence and what to do. */
const rows = [
  refusal('unit-gone', { name: 'a' }),
  refusal('unit-at-work', at),
  refusal('unit-done', { key: 'a', state: 'done' }),
  refusal('unit-retired', { key: 'a', state: 'retired' }),
  refusal('unit-proposed', { key: 'a', state: 'proposed' }),
  refusal('unit-claimed', { key: 'a', state: 'awaiting' }),
  refusal('not-runnable', { key: 'a', state: 'not-runnable', why: 'it has no criteria' }),
  refusal('not-pausable', failed),
  refusal('not-paused', { ...failed, isClaim: false }),
  refusal('not-blocked', { ...failed, isClaim: false }),
  refusal('not-awaiting', { ...failed, isClaim: false }),
  refusal('change-differs', { ...failed, asked: 'abc', now: 'def' }),
  refusal('unknown-agent', { name: 'x', similar: null }),
  refusal('agent-ended', { name: 'a.1-builder' }),
  refusal('no-agent-at-work', failed),
  refusal('agent-hears-nothing', at),
  refusal('not-landed', { ...failed, branch: 'backlog/next' }),
  refusal('undo-conflict', { key: 'a', files: ['x', 'y'], branch: 'backlog/next' }),
  refusal('undo-unclear', { key: 'a', command: 'make test', why: 'it ran out of time' }),
  refusal('undo-red', { key: 'a', command: 'make test', end: 'exit 1' }),
  refusal('branch-moved', { branch: 'backlog/next' }),
  refusal('not-claimed', { name: 'a' }),
  refusal('ticks-alone', { key: 'a', file: 'specs/a.md' }),
];

test('every refusal says what is, and what to do', () => {
  expect(rows.map(({ code, message, hint }) => `${code}: ${message}. ${hint}`)).toMatchInlineSnapshot(`
    [
      "unit-gone: there is no unit "a" any more. "backlog list" shows those that there are.",
      "unit-at-work: a is working just now. Wait until its attempt has ended, or end it: "backlog cancel a".",
      "unit-done: a is done. To have it done again, untick its boxes or change its text; to take it back: "backlog undo a".",
      "unit-retired: a is retired: its spec is gone. Bring its spec back; "backlog list --state retired" shows where it was.",
      "unit-proposed: a is only proposed by an agent. Add it first: "backlog add --proposal a".",
      "unit-claimed: the branch claims that a is done, and there is no record of that. Answer with "backlog adopt a" or "backlog adopt --refuse a".",
      "not-runnable: a cannot run: it has no criteria. Correct its spec; "backlog check" shows where.",
      "not-pausable: a is failed; there is nothing to pause. See "backlog show a".",
      "not-paused: a is not paused: it is failed. See "backlog show a"; to have it tried again: "backlog retry a".",
      "not-blocked: a is failed, not blocked. See "backlog show a"; to have it tried again: "backlog retry a".",
      "not-awaiting: a is failed, not awaiting approval. See "backlog show a"; to have it tried again: "backlog retry a".",
      "change-differs: a changed since it was reviewed: the digest "abc" was named, and it is def now. Look again: "backlog review a".",
      "unknown-agent: there is no agent "x". "backlog agents --all" lists them.",
      "agent-ended: a.1-builder has ended. "backlog agents" lists the agents at work.",
      "no-agent-at-work: no agent is at work on a: it is failed. "backlog agents" lists the agents at work.",
      "agent-hears-nothing: the agent of a cannot receive messages while it works. To have the next one know it: "backlog agents stop <name>", then change the spec of a.",
      "not-landed: a has no commit on backlog/next to undo: it is failed. See "backlog show a".",
      "undo-conflict: later work changed the same lines as a, in x, y. Undo what came later first; "git log backlog/next" shows it.",
      "undo-unclear: nothing shows that the branch is green without a: \`make test\`: it ran out of time. Try again when the machine is calm, or give it more time (\`limits.checkTimeout\`).",
      "undo-red: without a the branch would be red: \`make test\`. Something that landed later needs it. Its output ends: exit 1",
      "branch-moved: backlog/next moved meanwhile. Try again.",
      "not-claimed: no commit on the branch claims "a" without a record. See "backlog adopt" for what does.",
      "ticks-alone: the boxes of a are ticked on the branch, and no commit there says that it landed. When it is done, tick them in specs/a.md of your working tree: your own tick counts. Else untick them on the branch.",
    ]
  `);
});

test.each<[state: UnitState, isClaim: boolean, hint: string]>([
  ['failed', false, 'See "backlog show a"; to have it tried again: "backlog retry a".'],
  ['blocked', false, 'Answer it: "backlog unblock a -m …".'],
  ['awaiting', false, 'See "backlog review a".'],
  ['awaiting', true, 'Answer with "backlog adopt a" or "backlog adopt --refuse a".'],
  ['not-runnable', false, 'Correct its spec; "backlog check" shows where.'],
  ['parked', false, '"backlog run" goes on with it.'],
  ['working', false, 'See "backlog show a".'],
  ['done', false, 'See "backlog show a".'],
])('whoever resumes a unit that is %s (a claim: %s) is told how it goes on', (state, isClaim, hint) => {
  expect(refusal('not-paused', { key: 'a', state, isClaim }).hint).toBe(hint);
});

test('every code of the source has a row, and every row is a code that something refuses with', () => {
  expect(rows.map(({ code }) => code).toSorted()).toEqual(refusalCodes.toSorted());
  const src = path.resolve(import.meta.dirname, '../../src');
  const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
  const used = files.flatMap((file) =>
    [...readFileSync(path.join(src, file), 'utf8').matchAll(/\brefus(?:al|ed)\('([\w-]+)'/g)].map(
      ([, code = '']) => code as RefusalCode,
    ),
  );
  expect([...new Set(used)].toSorted()).toEqual(refusalCodes.toSorted());
});
