import { listSome } from './list-some.ts';
import type { Failure, ForbiddenTree } from './failure.ts';
import { formatUsd } from './money.ts';
import { shownName, shownNames } from './shown-name.ts';

/*
 * Describes failures, in one sentence each, the same in every report.
 */

/** How a command ended: `exit 1`, `killed by SIGKILL`, `time limit`. */
export function describeEnd(end: {
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly timedOut: boolean;
}): string {
  if (end.timedOut) return 'it ran into the time limit';
  if (end.signal !== null) return `it was killed by ${end.signal}`;
  return end.exitCode === null ? 'it could not be started' : `exit ${end.exitCode}`;
}

/** The first error, in one line. */
function shown(lines: readonly string[] = []): string {
  const text = lines.map((line) => line.trim()).join(' ');
  return text === '' ? '' : ` ${text.length > maxShown ? `${text.slice(0, maxShown - 1)}…` : text}`;
}

/** Maximum characters of the first error in a sentence. */
const maxShown = 300;

function listed(names: readonly string[]): string {
  return listSome(
    names.map((name) => `"${name}"`),
    3,
  );
}

export function describeFailure(failure: Failure): string {
  switch (failure.reason) {
    case 'check-failed':
      return failure.missing === undefined
        ? `\`${failure.command}\` is not green: ${describeEnd(failure)}.${shown(failure.shows)}`
        : `\`${failure.command}\` cannot be green here: the program "${failure.missing}" is not there, neither before the work nor after it. Install it, or correct the check.`;
    case 'no-tests':
      return `\`${failure.command}\` ended green, but ran no test.`;
    case 'fewer-tests':
      return failure.missing.length === 0
        ? `\`${failure.command}\` is green, but ran ${failure.after} tests where it ran ${failure.before} before.`
        : `\`${failure.command}\` is green, but no longer runs ${listed(failure.missing)}.`;
    case 'tampered':
      return failure.by === 'restore'
        ? `\`${failure.command}\` is green only with changes to what judges the work (${shownNames(failure.files)}); they were put back.`
        : `\`${failure.command}\` cannot be trusted on this work: a copy of ${shownNames(failure.files)} with a wrong expected value passes.`;
    case 'flaky-proof':
      return `\`${failure.command}\` gives now one result and now another on the same tree, and is the only proof.`;
    case 'unsteady':
      return `\`${failure.command}\` was green on the work, and red when it ran there again.`;
    case 'outside-touches':
      return failure.command === null
        ? `All changes are to files that the unit may not touch: ${shownNames(failure.files)}.`
        : `\`${failure.command}\` is green only with changes to files that the unit may not touch: ${shownNames(failure.files)}.`;
    case 'claim-refuted':
      return `The reviewer refuted "${failure.criterion}": ${failure.why}`;
    case 'no-evidence':
      return `Nothing shows that "${failure.criterion}" holds: ${failure.why}`;
    case 'no-proof':
      return 'Every check was green before the work too, and no claim was confirmed: nothing shows that it was done.';
    case 'empty-change':
      return 'The agent changed nothing.';
    case 'merge-conflict':
      return `The work conflicts with what landed meanwhile in ${shownNames(failure.files)}.`;
    case 'forbidden-tree':
      return describeForbidden(failure);
    case 'agent-failed':
      return `The agent failed (${failure.kind}): ${failure.detail}${failure.output === undefined ? '' : ` (whole output: ${failure.output})`}`;
    case 'agent-unusable':
      return `${failure.detail}. ${failure.remedy}`;
    case 'budget-spent':
      return `The budget ${{ run: 'of the run', day: 'of the day', role: 'of this role', unit: 'of this unit' }[failure.scope]} is spent: ${failure.detail}`;
    case 'request-refused':
      return `${failure.program} sent what the model's proxy does not let pass: ${failure.detail}. Add "${failure.entry}" to "${failure.key}" to allow it, or use a version of the program that was tried.`;
    case 'no-progress':
      return `${formatUsd(failure.spentMicroUsd)} were spent without a newly green criterion: ${failure.detail}`;
    case 'environment':
      return failure.unclear === undefined
        ? `\`${failure.command}\` fails on the base commit; no agent was started.${shown(failure.shows)}${failure.output === undefined ? '' : ` (whole output: ${failure.output})`}`
        : `\`${failure.command}\` gives no result on the base commit (${failure.unclear}); no agent was started.`;
    case 'rejected':
      return `${failure.by} rejected it: ${failure.message}`;
    case 'quarantined':
      return `The run crashed ${failure.crashes} times while this unit was working.`;
    case 'blocked':
      return `The agent says that it cannot be done: ${failure.why}`;
  }
}

/** Shortens a path in its middle, since it can have thousands of folders. */
function describeForbidden({ path, why, others = [], more = 0 }: ForbiddenTree): string {
  if (others.length === 0) return `The work holds ${shownName(inShort(path))}, which must not land: ${why}.`;
  const named = [{ path, why }, ...others].map((one) => `${shownName(inShort(one.path))} (${one.why})`);
  const rest = more === 0 ? '' : `, and ${more} more`;
  return `The work holds ${named.length + more} paths that must not land: ${named.join(', ')}${rest}.`;
}

function inShort(path: string): string {
  return path.length <= 250 ? path : `${path.slice(0, 120)}…${path.slice(-120)}`;
}
