import type { CriterionVerdict } from '../model/evidence.ts';
import type { Failure } from '../model/failure.ts';
import type { JudgedCheck } from './checks.ts';
import type { JudgeInput } from './judge-context.ts';
import { checkFailure, isCutShort, readOutcome } from './runs/outcome.ts';

/**
 * Explains failing checks. If they pass with the changes that were left out, the failure is `outside-touches`. If one
 * passes with protected paths as the agent left them, restoring them changed the verdict: that is tampering. `verdicts`
 * begins with those of `checks`.
 */
export async function accuse(
  input: JudgeInput,
  checks: readonly JudgedCheck[],
  verdicts: CriterionVerdict[],
): Promise<void> {
  const { restored, judges } = input.candidate;
  const failed = checks.flatMap((check, index) => {
    const verdict = verdicts[index];
    return verdict && verdict.failure !== null ? [{ check, index, verdict }] : [];
  });
  for (const { check } of failed) for (const step of accusing(input, check)) step.begin();
  const accuses = (
    { check, index, verdict }: (typeof failed)[number],
    reason: 'outside-touches' | 'tampered',
  ): void => {
    const of = { criterion: check.text, command: check.check.command };
    const failure: Failure =
      reason === 'tampered' ? { reason, ...of, by: 'restore', files: restored } : { reason, ...of, files: judges };
    verdicts[index] = { ...verdict, failure };
  };
  if (isOpenable(input)) {
    if (await allGreen(failed.map(({ check }) => check))) {
      for (const one of failed) accuses(one, 'outside-touches');
      return;
    }
    for (const { check } of failed) check.opened.stop();
  }
  if (restored.length === 0) return;
  for (const one of failed) {
    // A run that was cut short accuses nobody: with the paths as they were left it may only have been quicker.
    if (isCutShort(readOutcome(await one.check.after.result()))) continue;
    if (readOutcome(await one.check.unrestored.result()).kind === 'green') return accuses(one, 'tampered');
  }
}

/** The runs that may explain why a check fails. */
export function accusing(input: JudgeInput, check: JudgedCheck): JudgedCheck['after'][] {
  return [
    ...(isOpenable(input) ? [check.opened] : []),
    ...(input.candidate.restored.length > 0 ? [check.unrestored] : []),
  ];
}

function isOpenable({ candidate, look }: JudgeInput): boolean {
  return candidate.openTree !== candidate.tree && look !== 'trial';
}

async function allGreen(checks: readonly JudgedCheck[]): Promise<boolean> {
  for (const { text, opened } of checks) if (checkFailure(text, await opened.result()) !== null) return false;
  return true;
}
