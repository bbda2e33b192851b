import { randomBytes, randomInt } from 'node:crypto';
import path from 'node:path';
import type { CanaryEnd, Check } from '../model/evidence.ts';
import { type Case, checkOf, type CommandEvidence, type Court } from './court.ts';
import { type Expected, findExpected, flip } from './flip.ts';
import { looksLikeTest } from './judge-files.ts';
import { isCutShort, readOutcome } from './outcome.ts';
import { filesNamedBy } from './protect.ts';

/** Milliseconds above which a check is too slow to be run once more for a canary. */
const maxMs = 60_000;
/** Test files that are looked at for an expected value. */
const maxFiles = 20;

interface Target {
  readonly file: string;
  readonly text: string;
  readonly expected: readonly Expected[];
}

/**
 * A protected test with an expected value flipped must fail where the test passes. If it passes, what the check says is
 * not to be trusted: the work patched the test runner, or ends the process early. It is tried twice: as a copy under a
 * random name, which no patch can be waiting for, and in the test's own place, for a patch that spares other names.
 */
export async function releaseCanary(court: Court, it: Case, green: CommandEvidence): Promise<CanaryEnd> {
  if (green.testsRun === null) return { verdict: 'none', why: 'not a known test runner' };
  if (green.durationMs > maxMs) return { verdict: 'none', why: 'the check takes too long to be run again' };
  const check = checkOf(green);
  const target = await chooseTest(court, it, check);
  if (!target) return { verdict: 'none', why: 'no protected test with an expected value that can be flipped' };
  const copy = copyName(target.file);
  const inCwd = (file: string): string => (check.cwd === '' ? file : path.posix.relative(check.cwd, file));
  const isNamed = wordsOf(check.command).includes(inCwd(target.file));
  const renamed = isNamed ? { ...check, command: check.command.replaceAll(inCwd(target.file), inCwd(copy)) } : check;
  const ends: CanaryEnd[] = [];
  const places = [[copy, renamed] as const, [target.file, check] as const];
  for (const [place, command] of it.look === 'first' ? places : places.slice(0, 1)) {
    const tried = await tryPlace(court, it, target, { place, check: command, isSure: isNamed });
    const end = tried.verdict === 'none' ? tried : { ...tried, command: check.command };
    if (end.verdict === 'missed') return end;
    ends.push(end);
  }
  return ends.find((end) => end.verdict === 'caught') ?? ends[0] ?? { verdict: 'none', why: 'nothing was tried' };
}

/** One value is flipped first; if nothing notices that, all of them: one alone may stand where it is never reached. */
async function tryPlace(
  court: Court,
  it: Case,
  target: Target,
  options: {
    readonly place: string;
    readonly check: Check;
    /** True when the command names the file; else perhaps it does not run it at all. */
    readonly isSure: boolean;
  },
): Promise<CanaryEnd> {
  const { file, text, expected } = target;
  const { place, check } = options;
  const run = async (tree: string, which: readonly Expected[], on: 'base' | 'candidate'): Promise<CommandEvidence> =>
    court.runCheck(await court.withText(tree, place, flip(file, text, which), file), check, on);
  const one = expected[randomInt(expected.length)];
  if (!one) return { verdict: 'none', why: 'no expected value' };
  const end = { file, line: one.line, command: check.command } as const;
  const cutShort = { verdict: 'none', why: 'the run with a flipped value did not come to an end of its own' } as const;
  for (const which of expected.length > 1 ? [[one], expected] : [[one]]) {
    const flipped = await run(it.candidate.tree, which, 'candidate');
    if (isCutShort(readOutcome(flipped))) return cutShort;
    if (flipped.exitCode !== 0) return { verdict: 'caught', ...end };
  }
  if (options.isSure) return { verdict: 'missed', ...end };
  const before = await court.runCheck(it.baseTree, check, 'base');
  const control = await run(it.baseTree, expected, 'base');
  if ([before, control].some((one) => isCutShort(readOutcome(one)))) return cutShort;
  const isRun = before.exitCode === 0 ? control.exitCode !== 0 : (control.testsRun ?? 0) > (before.testsRun ?? 0);
  return isRun
    ? { verdict: 'missed', ...end }
    : { verdict: 'none', why: 'the check does not run the test that was flipped' };
}

/** A test that judges the unit and that it did not change: one that the command names, else any. */
async function chooseTest(court: Court, it: Case, check: Check): Promise<Target | null> {
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

function wordsOf(command: string): string[] {
  return command.split(/[\s;&|<>()'"`=]+/).map((word) => word.replace(/^\.\//, ''));
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
