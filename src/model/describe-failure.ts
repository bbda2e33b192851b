import { listSome } from './list-some.ts';
import type { Failure, ForbiddenTree } from './failure.ts';
import { formatUsd } from './money.ts';
import { shownName, shownNames } from './shown-name.ts';

/** How a command ended: `exit 1`, `killed by SIGKILL`, `time limit`. */
export function describeEnd(end: {
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly timedOut: boolean;
}): string {
  if (end.timedOut) return 'it exceeded the time limit';
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

/** Describes a failure in one sentence, or two with the next step. */
export function describeFailure(failure: Failure): string {
  switch (failure.reason) {
    case 'check-failed':
      return failure.missing === undefined
        ? `\`${failure.command}\` failed: ${describeEnd(failure)}.${shown(failure.shows)}`
        : `\`${failure.command}\` cannot pass here: the program "${failure.missing}" is missing, both before and after the work. Install it, or correct the check.`;
    case 'no-tests':
      return `\`${failure.command}\` passed, but ran no test.`;
    case 'fewer-tests':
      return failure.missing.length === 0
        ? `\`${failure.command}\` is green, but ran ${failure.after} tests where it ran ${failure.before} before.`
        : `\`${failure.command}\` passes, but no longer runs ${listed(failure.missing)}.`;
    case 'tampered':
      return failure.by === 'restore'
        ? `\`${failure.command}\` is green only with changes to what judges the work (${shownNames(failure.files)}); they were put back.`
        : `\`${failure.command}\` cannot be trusted on this work: a copy of ${shownNames(failure.files)} with a wrong expected value passes.`;
    case 'flaky-proof':
      return `\`${failure.command}\` gives different results on the same tree, and is the only proof.`;
    case 'unsteady':
      return `\`${failure.command}\` passed on the work, and failed when it ran again.`;
    case 'outside-touches':
      return failure.command === null
        ? `All changes are to files that the unit may not touch: ${shownNames(failure.files)}.`
        : `\`${failure.command}\` passes only with changes to files that the unit may not touch: ${shownNames(failure.files)}.`;
    case 'claim-refuted':
      return `The reviewer refuted "${failure.criterion}": ${failure.why}`;
    case 'no-evidence':
      return `Nothing shows that "${failure.criterion}" holds: ${failure.why}`;
    case 'no-proof':
      return 'Every check passed before the work, too, and no claim was confirmed: nothing proves that the unit was done.';
    case 'empty-change':
      return 'The agent changed nothing.';
    case 'merge-conflict':
      return `The work conflicts with work that landed in the meantime, in ${shownNames(failure.files)}.`;
    case 'conflict-markers':
      return `Conflict markers are left in ${shownNames(failure.files)}.`;
    case 'forbidden-tree':
      return describeForbidden(failure);
    case 'agent-failed':
      return `The agent failed (${failure.kind}): ${failure.detail}${failure.output === undefined ? '' : ` (whole output: ${failure.output})`}`;
    case 'agent-unusable':
      return `${failure.detail}. ${failure.remedy}`;
    case 'budget-spent':
      return `The budget ${{ run: 'of the run', day: 'of the day', role: 'of this role', unit: 'of this unit' }[failure.scope]} is spent: ${failure.detail}`;
    case 'request-refused':
      return `${failure.program} sent a request that the model's proxy does not allow: ${failure.detail}. Add "${failure.entry}" to "${failure.key}" to allow it, or use a tested version of the program.`;
    case 'no-progress':
      return `${formatUsd(failure.spentMicroUsd)} was spent without a newly met criterion: ${failure.detail}`;
    case 'environment':
      return failure.unclear === undefined
        ? `\`${failure.command}\` fails on the base commit; no agent was started.${shown(failure.shows)}${failure.output === undefined ? '' : ` (whole output: ${failure.output})`}`
        : `\`${failure.command}\` gives no clear result on the base commit (${failure.unclear}); no agent was started.`;
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
  if (others.length === 0) return `The work contains ${shownName(inShort(path))}, which must not land: ${why}.`;
  const named = [{ path, why }, ...others].map((one) => `${shownName(inShort(one.path))} (${one.why})`);
  const rest = more === 0 ? '' : `, and ${more} more`;
  return `The work contains ${named.length + more} paths that must not land: ${named.join(', ')}${rest}.`;
}

function inShort(path: string): string {
  return path.length <= 250 ? path : `${path.slice(0, 120)}…${path.slice(-120)}`;
}

/** A sentence of a failure without the path of the whole output, which `backlog show` has, and which no agent can read. */
export function withoutOutput(sentence: string): string {
  return sentence.replace(/ \(whole output: [^)]*\)/g, '');
}
