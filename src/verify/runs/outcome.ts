import type { CommandEvidence, CriterionVerdict, Observed } from '../../model/evidence.ts';
import type { Failure } from '../../model/failure.ts';
import { isMissingExit, missingProgram } from '../../util/explain/missing-program.ts';
import { simpleCommands } from '../commands/shell-words.ts';

/**
 * What the end of a command says about a tree. Only a command that ran to its own end is `green` or `red`; every other
 * end is `unclear`, which neither proves nor accuses.
 */
export type Outcome =
  | { readonly kind: 'green' }
  | { readonly kind: 'red' }
  | { readonly kind: 'unclear'; readonly cause: Doubt; readonly why: string };

/** Why an end is unclear: it was cut short, no test was found, or the set-up failed. */
type Doubt = 'time' | 'killed' | 'memory' | 'no-tests' | 'set-up';

/** Factor on the time limit when a check that was cut short runs again. */
export const patience = 3;
/** Exit code of `timeout` when time is up. */
const timeoutExit = 124;
/** A shell reports a child killed by a signal as 128 plus the signal's number. */
const signalExits = { from: 129, to: 128 + 64 } as const;
/** Exit code of pytest when it collected no test. */
const pytestEmptyExit = 5;

/** Output of runtimes and the system when memory, disk or files ran out; the exit code alone does not show it. */
const exhausted =
  /^MemoryError\b|java\.lang\.OutOfMemoryError|runtime: out of memory|: (?:Cannot allocate memory|No space left on device|Disk quota exceeded|Too many open files)$|\b(?:ENOSPC|EDQUOT|EMFILE|ENOMEM): /m;
/** Output of programs whose child was killed or timed out. */
const cutChild = [
  /^g?make(?:\[\d+\])?: \*\*\* .*\] (?:Killed|Terminated|Aborted|Segmentation fault|Error 1(?:24|2[89]|[3-9]\d))/m, // GNU make
  /^xargs: .* terminated by signal \d+/m,
  /^[^\S\n]+signal: 'SIG[A-Z]+'/m, // node:test
  /\(signal: \d+, SIG[A-Z]+: [^)]*\)$|^signal: (?:killed|terminated|aborted|segmentation fault)/m, // cargo, go
];

/** Reads the end of a command. */
export function readOutcome(end: Observed): Outcome {
  const { exitCode, signal, testsRun, excerpt } = end;
  const unclear = (cause: Doubt, why: string): Outcome => ({ kind: 'unclear', cause, why });
  if (end.setUpFailed === true) return unclear('set-up', 'the set-up before it failed');
  if (end.timedOut) return unclear('time', 'it exceeded the time limit');
  if (signal !== null) return unclear('killed', `it was killed by ${signal}`);
  if (exitCode === null) return unclear('killed', 'it ended without an exit code');
  if (exitCode === 0) return testsRun === 0 ? unclear('no-tests', 'it ran no test') : { kind: 'green' };
  if (exitCode === timeoutExit) return unclear('time', `exit ${exitCode}: its own time limit ran out`);
  if (exitCode >= signalExits.from && exitCode <= signalExits.to)
    return unclear('killed', `exit ${exitCode}: one of its processes was killed by signal ${exitCode - 128}`);
  if (cutChild.some((told) => told.test(excerpt)))
    return unclear('killed', `exit ${exitCode}: a program that it started was killed or timed out`);
  if (exhausted.test(excerpt)) return unclear('memory', `exit ${exitCode}: it ran out of memory, disk or files`);
  if (testsRun === 0 && (exitCode === pytestEmptyExit || /^[^\S\n]*No test(?: file)?s found/m.test(excerpt)))
    return unclear('no-tests', `exit ${exitCode}: it found no test`);
  return { kind: 'red' };
}

/** True if the end was cut short from outside: with more time or a less busy machine it may be different. */
export function isCutShort(outcome: Outcome): boolean {
  return outcome.kind === 'unclear' && outcome.cause !== 'no-tests' && outcome.cause !== 'set-up';
}

/** True if a check that failed on the candidate was cut short: the unit is not done, but nothing else follows. */
export function isRedByDoubt(criteria: readonly CriterionVerdict[]): boolean {
  return criteria.some(
    ({ failure, evidence }) =>
      failure !== null &&
      evidence.some((one) => one.kind === 'command' && one.on === 'candidate' && isCutShort(readOutcome(one))),
  );
}

/** True if the program did not exist or could not be executed. */
export function isProgramMissing(end: CommandEvidence): boolean {
  return isMissingExit(end.exitCode);
}

/**
 * The failure of a check whose program is missing both before and after the work, and which no work can supply: a bare
 * name that the check's own shell looks up in an unchanged PATH. Null for any other check.
 */
export function hopelessFailure(criterion: string, before: CommandEvidence, after: CommandEvidence): Failure | null {
  const [missing, other] = [after, before].map((end) => missingProgram({ ...end, output: end.excerpt }));
  if (typeof missing !== 'string' || missing !== other || missing.includes('/') || after.exitCode !== 127) return null;
  const commands = simpleCommands(after.command).map(({ words }) => words);
  const isPathChanged = commands.some(
    (words) => /^(?:\.|source|export|eval)$/.test(words[0] ?? '') || words.some((word) => word.startsWith('PATH=')),
  );
  if (isPathChanged || !commands.some((words) => words.find((word) => !/^\w+=/.test(word)) === missing)) return null;
  const { command, exitCode, signal, timedOut, excerpt } = after;
  return { reason: 'check-failed', criterion, command, exitCode, signal, timedOut, excerpt, missing };
}

/** Runs a command, and once more with more time if it was cut short; returns the last result. */
export async function runPatiently(
  run: (again: false | 'longer') => Promise<CommandEvidence>,
): Promise<CommandEvidence> {
  const first = await run(false);
  return isCutShort(readOutcome(first)) ? run('longer') : first;
}

/** Why a run of a check is not green; null if it is. */
export function checkFailure(criterion: string, end: CommandEvidence): Failure | null {
  const outcome = readOutcome(end);
  if (outcome.kind === 'green') return null;
  const { command, exitCode, signal, timedOut, excerpt, shows } = end;
  if (exitCode === 0 && !timedOut) return { reason: 'no-tests', criterion, command, excerpt };
  const told = shows === undefined ? {} : { shows };
  return { reason: 'check-failed', criterion, command, exitCode, signal, timedOut, excerpt, ...told };
}
