import type { CriterionVerdict } from '../model/evidence.ts';
import { accusing } from './accuse.ts';
import type { JudgedCheck } from './checks.ts';
import { corroborating } from './corroborate.ts';
import type { JudgeInput } from './judge-context.ts';
import { checkFailure, readOutcome } from './runs/outcome.ts';
import type { Step } from './runs/steps.ts';

/** Canaries per unit: each is one more run of a check. */
export const maxCanaries = 2;

/**
 * Begins what the verdict will probably need: first every check on the candidate and on the base, then, where cores are
 * free, what corroborates checks that pass, or explains one that fails. Ends what a result makes pointless, but no check:
 * a repair learns of every failure.
 */
export function lookAhead(
  input: JudgeInput,
  checks: readonly JudgedCheck[],
  verdicts: readonly Promise<CriterionVerdict>[],
  unproven: Step<unknown>,
): void {
  const { look } = input;
  const hasChange = input.candidate.files.length > 0;
  let green = 0;
  const allGreen = (): void => {
    if (look === 'first') unproven.begin();
    if (look !== 'trial' && hasChange) guardCanary(checks)?.canary.begin();
  };
  const first = firstOf(checks);
  for (const one of checks) {
    const { second, repeat, withoutAdded } = one;
    void one.before.result();
    if (one.mayProve) second.begin();
    if (look === 'first') tell(corroborating(input, one), (steps) => steps.forEach((step) => step.begin()));
    tell(one.after.result(), (end) => {
      if (checkFailure(one.text, end) === null) {
        if (look !== 'trial' && hasChange && first.has(one)) one.canary.begin();
        if (++green === checks.length) allGreen();
        return;
      }
      second.stop();
      stopIfGreen(checks, unproven);
      for (const step of accusing(input, one)) step.begin();
    });
    tell(one.before.result(), (end) => {
      const { kind } = readOutcome(end);
      if (kind !== 'red') second.stop();
      if (kind === 'green') for (const step of [repeat, withoutAdded]) step.stop();
    });
  }
  for (const verdict of verdicts)
    tell(verdict, (formed) => {
      if (formed.verdict === 'unmet') stopIfGreen(checks, unproven);
    });
}

/** Ends what only matters if everything passes. */
export function stopIfGreen(checks: readonly JudgedCheck[], unproven: Step<unknown>): void {
  for (const { repeat, core, withoutAdded, withAdded, canary } of checks)
    for (const step of [repeat, core, withoutAdded, withAdded, canary]) step.stop();
  unproven.stop();
}

/** The unit's first checks by different commands. */
function firstOf(checks: readonly JudgedCheck[]): Set<JudgedCheck> {
  const own = checks.filter(({ kind }) => kind === 'check');
  const byCommand = Map.groupBy(own, ({ check }) => check.command);
  return new Set([...byCommand.values()].slice(0, maxCanaries).flatMap((same) => same.slice(0, 1)));
}

/** The project check that gets a canary if the unit has no check of its own. */
function guardCanary(checks: readonly JudgedCheck[]): JudgedCheck | undefined {
  return checks.every(({ kind }) => kind !== 'check') ? checks[0] : undefined;
}

/** Calls `action` with a result. Who needs it hears of an error. */
function tell<T>(result: Promise<T>, action: (value: T) => void): void {
  result.then(action, () => undefined);
}
