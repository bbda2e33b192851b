import { randomBytes, randomInt } from 'node:crypto';
import path from 'node:path';
import type { CanaryEnd, Check } from '../model/evidence.ts';
import type { Turn } from '../util/process/turn.ts';
import { type JudgeInput, checkOf, type CommandEvidence, type JudgeContext } from './judge-context.ts';
import { countDeclared, type Expected, findExpected, flip } from './flip.ts';
import { looksLikeTest } from './files/judge-files.ts';
import { isCutShort, readOutcome } from './runs/outcome.ts';
import { Steps } from './runs/steps.ts';
import { filesNamedBy } from './files/protect.ts';
import { roughWords } from './commands/shell-words.ts';

/** A check that takes longer than this (milliseconds) gets no canary. */
const maxMs = 60_000;
/** Test files searched for an expected value. */
const maxFiles = 20;

interface Target {
  readonly file: string;
  readonly text: string;
  readonly expected: readonly Expected[];
}

/**
 * Flips an expected value in a protected test and runs its check, which must now fail. If the check passes, its result
 * cannot be trusted: the work patched the test runner or ends the process early. The flipped test runs twice: as a copy
 * under a random name, which no patch can target, and in the test's own place, in case a patch spares other names.
 */
export async function releaseCanary(
  context: JudgeContext,
  input: JudgeInput,
  green: CommandEvidence,
  turn: Turn,
): Promise<CanaryEnd> {
  if (green.testsRun === null) return { verdict: 'none', why: 'unknown test runner' };
  if (green.durationMs > maxMs) return { verdict: 'none', why: 'the check takes too long to run again' };
  const check = checkOf(green);
  const target = await chooseTest(context, input, check);
  if (!target) return { verdict: 'none', why: 'no protected test with an expected value that can be flipped' };
  const copy = copyName(target.file);
  const inCwd = (file: string): string => (check.cwd === '' ? file : path.posix.relative(check.cwd, file));
  const isNamed = roughWords(check.command).includes(inCwd(target.file));
  const renamed = isNamed ? { ...check, command: check.command.replaceAll(inCwd(target.file), inCwd(copy)) } : check;
  const ran = new Set(green.testNames?.map(bareName));
  const declared = countDeclared(target.file, target.text);
  const named = filesNamedBy(check.command, input.baseFiles, check.cwd).filter(looksLikeTest);
  const isWhole = isNamed && named.length === 1 && declared !== null && green.testsRun >= declared;
  const sure = target.expected.filter(
    ({ test }) => test === '' || (test !== null && (isWhole || ran.has(bareName(test)))),
  );
  const places = [[copy, renamed] as const, [target.file, check] as const];
  const steps = new Steps();
  const tries = (input.look === 'first' ? places : places.slice(0, 1)).map(([place, command]) =>
    steps.add(({ stop }) =>
      tryPlace(context, input, target, {
        ...{ place, check: command, isNamed, sure },
        turn: { ...turn, stop: AbortSignal.any([turn.stop, stop]) },
      }),
    ),
  );
  try {
    const ends: CanaryEnd[] = [];
    for (const one of tries) one.begin();
    for (const one of tries) {
      const tried = await one.result();
      const end = tried.verdict === 'none' ? tried : { ...tried, command: check.command };
      if (end.verdict === 'missed') return end;
      ends.push(end);
    }
    return ends.find((end) => end.verdict === 'caught') ?? ends[0] ?? { verdict: 'none', why: 'nothing was tried' };
  } finally {
    await steps.end();
  }
}

/**
 * Flips one value first and, if the check stays green, all of them: a single value may sit in code that never runs. That a
 * check misses them proves something only if it is known to compare them: by the names or the number of the tests that ran,
 * or since it does so on the base.
 */
async function tryPlace(
  context: JudgeContext,
  input: JudgeInput,
  target: Target,
  options: {
    readonly place: string;
    readonly check: Check;
    /** True if the command names the file; otherwise the command may not run it at all. */
    readonly isNamed: boolean;
    /** Values that are surely compared if the command runs the file, since their tests ran. */
    readonly sure: readonly Expected[];
    readonly turn: Turn;
  },
): Promise<CanaryEnd> {
  const { file, text, expected } = target;
  const { place, check, isNamed, sure, turn } = options;
  const run = async (tree: string, which: readonly Expected[], on: 'base' | 'candidate'): Promise<CommandEvidence> =>
    context.runCheck(await context.withText(tree, place, flip(text, which), file), check, on, turn);
  const likely = sure.length > 0 ? sure : expected;
  const one = likely[randomInt(likely.length)];
  if (!one) return { verdict: 'none', why: 'no expected value' };
  const end = { file, line: one.line, command: check.command } as const;
  const cutShort = { verdict: 'none', why: 'the run with a flipped value was cut short' } as const;
  for (const which of expected.length > 1 ? [[one], expected] : [[one]]) {
    const flipped = await run(input.candidate.tree, which, 'candidate');
    if (isCutShort(readOutcome(flipped))) return cutShort;
    if (flipped.exitCode !== 0) return { verdict: 'caught', ...end };
  }
  if (isNamed && sure.length > 0) return { verdict: 'missed', ...end };
  const before = await context.runCheck(input.baseTree, check, 'base', turn);
  const control = await run(input.baseTree, expected, 'base');
  if ([before, control].some((one) => isCutShort(readOutcome(one)))) return cutShort;
  // If the check fails on the base anyway, its exit code does not tell whether the values are compared.
  const isMore = (control.testsRun ?? 0) > (before.testsRun ?? 0);
  const isRun = before.exitCode === 0 ? control.exitCode !== 0 : isMore && sure.length > 0;
  return isRun
    ? { verdict: 'missed', ...end }
    : { verdict: 'none', why: 'nothing shows that the check compares the value that was flipped' };
}

/** The name of a test without its file, class, parameters and digits. */
function bareName(name: string): string {
  const last = name.split(/::| > /).at(-1) ?? name;
  return (name.includes('::') ? last.replace(/\[.*$/, '') : last).replace(/\d+/g, '#');
}

/** Picks an unchanged test with an expected value: one that the command names, else any. */
async function chooseTest(context: JudgeContext, input: JudgeInput, check: Check): Promise<Target | null> {
  const changed = new Set(input.candidate.files);
  const isCandidate = (file: string): boolean =>
    looksLikeTest(file) &&
    /\.(?:[cm]?[jt]sx?|py)$/.test(file) &&
    !changed.has(file) &&
    input.candidate.allFiles.has(file);
  const named = filesNamedBy(check.command, input.baseFiles, check.cwd).filter(isCandidate);
  const all =
    named.length > 0 ? named : [...input.baseFiles].filter((file) => isCandidate(file) && runnerName.test(file));
  for (const file of shuffled(all).slice(0, maxFiles)) {
    const text = await context.readFile(input.candidate.tree, file);
    const expected = text === null ? [] : findExpected(file, text);
    if (text !== null && expected.length > 0) return { file, text, expected };
  }
  return null;
}

/** File names that runners discover by themselves; test helpers are named otherwise. */
const runnerName = /[._-](?:test|spec)\.\w+$|(?:^|\/)test_[^/]+\.py$/;

/** A file name in the same folder that the same runners discover. */
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
