import { randomBytes, randomInt } from 'node:crypto';
import path from 'node:path';
import type { CanaryEnd, Check } from '../model/evidence.ts';
import { type Expected, findExpected, flip } from './flip.ts';
import { type Case, checkOf, type CommandEvidence, type Court } from './court.ts';
import { filesNamedBy, looksLikeTest } from './protect.ts';

/** Milliseconds above which a check is too slow to be run once more for a canary. */
const maxMs = 60_000;
/** Test files that are looked at for an expected value. */
const maxFiles = 20;

/**
 * A randomly named copy of a protected test, with an expected value flipped, must fail where the test passes. If it
 * passes, what the check says is not to be trusted: the work patched the test runner, or ends the process early. One
 * value is flipped first; if nothing notices that, all of them (one alone may stand where it is never reached).
 */
export async function releaseCanary(court: Court, it: Case, green: CommandEvidence): Promise<CanaryEnd> {
  const check = checkOf(green);
  const { command, cwd } = check;
  if (green.testsRun === null) return { verdict: 'none', why: 'not a known test runner' };
  if (green.durationMs > maxMs) return { verdict: 'none', why: 'the check takes too long to be run again' };
  const target = await chooseTest(court, it, check);
  if (!target) return { verdict: 'none', why: 'no protected test with an expected value that can be flipped' };
  const { file, text, expected } = target;
  const inCwd = cwd === '' ? file : path.posix.relative(cwd, file);
  const isNamed = command.split(/[\s;&|<>()'"`=]+/).some((word) => word.replace(/^\.\//, '') === inCwd);

  const run = async (tree: string, which: readonly Expected[], on: 'base' | 'candidate'): Promise<CommandEvidence> => {
    const copy = copyName(file);
    const changed = await court.withText(tree, copy, flip(file, text, which), file);
    const renamed = path.posix.join(path.posix.dirname(inCwd), path.posix.basename(copy));
    return court.runCheck(changed, isNamed ? { cwd, command: command.replaceAll(inCwd, renamed) } : check, on);
  };
  const one = expected[randomInt(expected.length)] ?? expected[0];
  if (!one) return { verdict: 'none', why: 'no expected value' };
  const first = await run(it.candidate.tree, [one], 'candidate');
  const caught = { verdict: 'caught', file, line: one.line, command } as const;
  if (first.exitCode !== 0) return caught;
  if (expected.length > 1 && (await run(it.candidate.tree, expected, 'candidate')).exitCode !== 0) return caught;
  if (isNamed) return { ...caught, verdict: 'missed' };
  // The command does not name the file: perhaps it does not run tests that are new.
  const before = await court.runCheck(it.baseTree, check, 'base');
  const control = await run(it.baseTree, expected, 'base');
  const isPickedUp = before.exitCode === 0 ? control.exitCode !== 0 : (control.testsRun ?? 0) > (before.testsRun ?? 0);
  return isPickedUp
    ? { ...caught, verdict: 'missed' }
    : { verdict: 'none', why: 'the check does not run a test that is added' };
}

/** A test that judges the unit and that it did not change: one that the command names, else any. */
async function chooseTest(
  court: Court,
  it: Case,
  check: Check,
): Promise<{ readonly file: string; readonly text: string; readonly expected: readonly Expected[] } | null> {
  const changed = new Set(it.candidate.files);
  const isCandidate = (file: string): boolean =>
    looksLikeTest(file) && /\.(?:[cm]?[jt]sx?|py)$/.test(file) && !changed.has(file) && it.candidate.allFiles.has(file);
  const named = filesNamedBy(check.command, it.baseFiles, check.cwd).filter(isCandidate);
  const all = named.length > 0 ? named : [...it.baseFiles].filter((file) => isCandidate(file) && runnerName.test(file));
  for (const file of shuffled(all).slice(0, maxFiles)) {
    const text = await court.readFile(it.candidate.tree, file);
    const expected = text === null ? [] : findExpected(file, text);
    if (text !== null && expected.length > 0) return { file, text, expected };
  }
  return null;
}

/** Names that runners look for by themselves; helpers beside the tests have others. */
const runnerName = /[._-](?:test|spec)\.\w+$|(?:^|\/)test_[^/]+\.py$/;

/** A name beside the file that the same runners take for a test. */
function copyName(file: string): string {
  const folder = path.posix.dirname(file);
  const name = path.posix.basename(file);
  const random = `c${randomBytes(6).toString('hex')}`;
  const suffix = /[._-](?:test|spec)\.\w+$/.exec(name)?.[0] ?? path.posix.extname(name);
  return path.posix.join(folder, `${name.startsWith('test_') ? 'test_' : ''}${random}${suffix}`);
}

function shuffled<T>(items: readonly T[]): T[] {
  return items
    .map((item) => ({ item, at: randomInt(2 ** 32) }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ item }) => item);
}
