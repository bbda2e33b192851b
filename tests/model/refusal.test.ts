import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { refusal, type RefusalCode, refusalCodes } from '../../src/model/refusal.ts';
import type { UnitState } from '../../src/model/unit.ts';

const at = { key: 'a', state: 'working' } as const;
const failed = { key: 'a', state: 'failed' } as const;

/** Every refusal with what it says: its code, then its sentence and what to do. */
const rows = [
  refusal('no-folder', { folder: 'x' }),
  refusal('file-not-folder', { file: 'docs/TODO.md', folder: 'docs' }),
  refusal('no-repository', { folder: 'specs' }),
  refusal('unknown-unit', { name: 'x', similar: null }),
  refusal('ambiguous-unit', { name: 'x', keys: ['xa', 'xb'] }),
  refusal('no-run', { folder: 'specs' }),
  refusal('unknown-run', { name: 'x' }),
  refusal('ambiguous-run', { name: '2', count: 2 }),
  refusal('no-report', { run: 'r', isAtWork: true }),
  refusal('report-damaged', { run: 'r', file: '/x/report.md' }),
  refusal('no-work', failed),
  refusal('already-running', { what: 'a run is active on specs' }),
  refusal('busy', { what: 'other commands have been at the queue' }),
  refusal('no-queue', { folder: 'specs' }),
  refusal('cannot-make', { folder: 'specs', why: 'EACCES' }),
  refusal('trust-mismatch', {
    ...{ named: 'abc', digest: 'def', config: 'specs/backlog.config.json' },
    changes: [{ key: 'into', says: '"a" → "b"' }],
  }),
  refusal('not-trusted', { config: 'specs/backlog.config.json', digest: 'abc', isChanged: false }),
  refusal('place-not-trusted', { config: 'specs/backlog.config.json', digest: 'abc' }),
  refusal('trust-changed', { config: 'specs/backlog.config.json' }),
  refusal('no-title'),
  refusal('outside-folder', { file: '../followups.md' }),
  refusal('near-duplicate', { key: 'a', title: 'Do a' }),
  refusal('idempotency-key-used', { key: 'a' }),
  refusal('bad-dependency', { name: 'a b', problem: 'it has a blank' }),
  refusal('unknown-dependency', { name: 'x', similar: 'y' }),
  refusal('not-proposed', failed),
  refusal('merge-with-itself', { key: 'a' }),
  refusal('detached-head', { branch: 'backlog/next', head: 'c'.repeat(40) }),
  refusal('no-branch', { branch: 'backlog/next' }),
  refusal('on-branch', { branch: 'backlog/next' }),
  refusal('merge-conflict', { branch: 'backlog/next', into: 'main', files: ['x'] }),
  refusal('not-committed', { branch: 'backlog/next', inTheWay: ['x (staged, not committed)'] }),
  refusal('spec-changed', { file: 'specs/a.md' }),
  refusal('half-merged', { branch: 'backlog/next', why: 'it was killed', files: ['x'] }),
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
  refusal('agent-of-run', { name: '20261129-100000-abcd-planner' }),
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
      "no-folder: there is no folder x. Name the folder with your specs, or create one with "backlog init".",
      "file-not-folder: docs/TODO.md is a file, and a queue belongs to a folder. Name the folder that it is in (docs), or none. "backlog check" takes files, and "only" in the configuration names those to read.",
      "no-repository: specs is not in a git working tree. Run "git init" there and commit once, or name the repository under "target".",
      "unknown-unit: there is no unit "x". See "backlog list".",
      "ambiguous-unit: "x" could be xa, xb. Use a longer part of the name.",
      "no-run: nothing has run in specs yet. Start with "backlog run".",
      "unknown-run: there is no run "x". "backlog runs" lists them.",
      "ambiguous-run: "2" is the beginning of 2 runs. Use a longer part of the name; "backlog runs" lists them.",
      "no-report: run r has no report: it is still running. See "backlog status --run r".",
      "report-damaged: the report of run r cannot be read. Look at /x/report.md itself.",
      "no-work: a has no work to show: it is failed. Run it first.",
      "already-running: a run is active on specs. Wait for it to end, or watch it with "backlog status".",
      "busy: other commands have been at the queue for a minute. Try again.",
      "no-queue: the queue of specs is being created. Try again in a moment.",
      "cannot-make: specs cannot be made (EACCES). Name another folder.",
      "trust-mismatch: abc is not the digest of what specs/backlog.config.json asks for now: that is def. Since you trusted it last:
      "into": "a" → "b". Look at it with "backlog trust --show".",
      "not-trusted: specs/backlog.config.json needs your consent; nothing was started. Review it and consent with "backlog trust"; without a terminal: --trust abc, or BACKLOG_TRUST=abc.",
      "place-not-trusted: specs/backlog.config.json says where work lands; without your consent to that, nothing can tell what is done. Review it and consent with "backlog trust"; without a terminal: BACKLOG_TRUST=abc.",
      "trust-changed: the files that specs/backlog.config.json executes changed while the run was starting; nothing was started. Try again; "backlog trust" shows what it asks for.",
      "no-title: a unit needs a title. For example: backlog add "Search ignores accents" --check "npm test"",
      "outside-folder: ../followups.md is not inside the specs folder. Name it relative to the specs folder.",
      "near-duplicate: a seems to ask for the same: "Do a". See "backlog show a". To add it all the same: --force.",
      "idempotency-key-used: this idempotency key was used for something else: it added a. Use another key for each unit, and the same one only to repeat a request.",
      "bad-dependency: "a b" is not an id: it has a blank. "backlog list" shows ids.",
      "unknown-dependency: there is no unit "x". Did you mean "y"?",
      "not-proposed: a is not proposed: it is failed. "backlog inbox" shows what is.",
      "merge-with-itself: a cannot be merged into itself. Name another proposal, or a unit.",
      "detached-head: HEAD is detached at cccccccccc: there is no branch to merge backlog/next into. Switch to a branch ("git switch main"), and run the same command again.",
      "no-branch: there is no branch backlog/next to merge. "backlog run" creates it. To merge another branch, use --into.",
      "on-branch: backlog/next itself is checked out. Switch to your own branch ("git switch -"), and merge there.",
      "merge-conflict: backlog/next and main conflict in x; nothing was changed. Merge by hand: "git merge backlog/next", resolve the conflicts, "git add" the files, "git commit". To cancel: "git merge --abort".",
      "not-committed: merging backlog/next would overwrite uncommitted changes: x (staged, not committed); nothing was changed. Commit ("git commit"), stash ("git stash --include-untracked") or move these files, and run the same command again.",
      "spec-changed: specs/a.md was changed just now. Run the same command again.",
      "half-merged: git stopped in the middle of merging backlog/next (it was killed): your branch is where it was, and x changed. Run the same command again to continue. If it then reports a file as changed, restore that file first: "git restore <file>".",
      "unit-gone: there is no unit "a" any more. "backlog list" shows those that there are.",
      "unit-at-work: a is working just now. Wait until its attempt has ended, or end it: "backlog cancel a".",
      "unit-done: a is done. To do it again, untick its boxes or change its text. To undo it: "backlog undo a".",
      "unit-retired: a is retired: its spec is gone. Restore its spec; "backlog list --state retired" shows where it was.",
      "unit-proposed: a is only proposed by an agent. Accept it first: "backlog inbox accept a".",
      "unit-claimed: the branch claims that a is done, but no landing record confirms it. Answer with "backlog adopt a" or "backlog adopt --refuse a".",
      "not-runnable: a cannot run: it has no criteria. Correct its spec; "backlog check" shows where.",
      "not-pausable: a is failed; there is nothing to pause. See "backlog show a".",
      "not-paused: a is not paused: it is failed. See "backlog show a". To try it again: "backlog retry a".",
      "not-blocked: a is failed, not blocked. See "backlog show a". To try it again: "backlog retry a".",
      "not-awaiting: a is failed, not awaiting approval. See "backlog show a". To try it again: "backlog retry a".",
      "change-differs: a changed since it was reviewed: the digest "abc" was named, and it is def now. Look again: "backlog review a".",
      "unknown-agent: there is no agent "x". "backlog agents --all" lists them.",
      "agent-ended: a.1-builder has ended. "backlog agents" lists the active agents.",
      "agent-of-run: 20261129-100000-abcd-planner belongs to the run, not to a unit. "backlog agents tail" shows what it does.",
      "no-agent-at-work: no agent is working on a: it is failed. "backlog agents" lists the active agents.",
      "agent-hears-nothing: the agent of a cannot receive messages while it works. To have the next one know it: "backlog agents stop <name>", then change the spec of a.",
      "not-landed: a has no commit on backlog/next to undo: it is failed. See "backlog show a".",
      "undo-conflict: later work changed the same lines as a, in x, y. Undo what came later first; "git log backlog/next" shows it.",
      "undo-unclear: nothing shows that the branch passes without a: \`make test\`: it ran out of time. Try again when the machine is less busy, or raise its time limit (\`limits.checkTimeout\`).",
      "undo-red: without a the branch would be red: \`make test\`. Later work depends on it. The output ends: exit 1",
      "branch-moved: backlog/next moved in the meantime. Try again.",
      "not-claimed: no commit on the branch claims "a" without a record. "backlog adopt" lists the claims.",
      "ticks-alone: the boxes of a are ticked on the branch, but no commit there says that it landed. When it is done, tick them in specs/a.md of your working tree: your own tick counts. Else untick them on the branch.",
    ]
  `);
});

test.each<[state: UnitState, isClaim: boolean, hint: string]>([
  ['failed', false, 'See "backlog show a". To try it again: "backlog retry a".'],
  ['blocked', false, 'Answer it: "backlog unblock a -m …".'],
  ['awaiting', false, 'See "backlog review a".'],
  ['awaiting', true, 'Answer with "backlog adopt a" or "backlog adopt --refuse a".'],
  ['not-runnable', false, 'Correct its spec; "backlog check" shows where.'],
  ['parked', false, '"backlog run" continues it.'],
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
