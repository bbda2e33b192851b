import type { CriterionVerdict, Evidence } from '../model/evidence.ts';
import type { JudgedCheck } from './checks.ts';
import type { JudgeContext, JudgeInput } from './judge-context.ts';
import { checkFailure, readOutcome } from './runs/outcome.ts';

/**
 * Runs passing checks again in fresh sandboxes, to rule out passes by chance, passes that need files outside of
 * `touches`, and passes that need the unit's own tests. Writes its findings into `verdicts`, which begins with those of
 * `checks`.
 *
 * If the change reaches outside of `touches`, every check must pass without those files. Then each proof is repeated
 * without the tests that the unit added or, where it added none, on the same tree. A proof that needs the unit's own
 * tests counts as unit-written.
 */
export async function corroborate(
  context: JudgeContext,
  input: JudgeInput,
  checks: readonly JudgedCheck[],
  verdicts: CriterionVerdict[],
): Promise<void> {
  const { tree, coreTree, outside } = input.candidate;
  const isSame = coreTree === tree;
  const set = (index: number, change: Partial<CriterionVerdict>, more: readonly Evidence[]): void => {
    const verdict = verdicts[index];
    if (verdict) verdicts[index] = { ...verdict, ...change, evidence: [...verdict.evidence, ...more] };
  };

  if (!isSame) {
    for (const [index, { text, check, core }] of checks.entries()) {
      const end = await core.result();
      if (checkFailure(text, end) === null) continue;
      const failure = { reason: 'outside-touches', criterion: text, command: check.command, files: outside } as const;
      return set(index, { verdict: 'unmet', failure }, [end]);
    }
  }

  for (const [index, one] of checks.entries()) {
    const { text, check, added } = one;
    const role = verdicts[index]?.role;
    if (one.kind !== 'check' || role === 'guard') continue;
    const unsteady = { reason: 'unsteady', criterion: text, command: check.command } as const;
    // An earlier attempt produced the same tree, and the check failed there.
    if (one.wasRed) return set(index, { verdict: 'unmet', failure: unsteady }, []);
    let isRepeated = !isSame;
    if (added.length > 0 && role === 'proof') {
      const end = await one.withoutAdded.result();
      if (checkFailure(text, end) === null) isRepeated = true;
      else {
        if (!isRepeated) one.repeat.begin();
        const before = await one.withAdded.result();
        const isGuard = readOutcome(before).kind !== 'red'; // unclear counts as no proof
        set(index, { role: isGuard ? 'guard' : null, note: `unit-written: ${added.join(', ')}` }, [before]);
      }
    }
    const times = (isRepeated ? 0 : 1) + ((await context.everDiffered(check)) ? 1 : 0);
    for (let time = 0; time < times; time++) {
      const repeated =
        time === 0 ? await one.repeat.result() : await context.runCheck(tree, check, 'candidate', undefined, true);
      if (checkFailure(text, repeated) === null) continue;
      return set(index, { verdict: 'unmet', failure: unsteady }, [repeated]);
    }
  }
}

/** The runs that will corroborate a check if it passes and was red before. */
export async function corroborating(input: JudgeInput, one: JudgedCheck): Promise<JudgedCheck['after'][]> {
  const isSame = input.candidate.coreTree === input.candidate.tree;
  const core = isSame ? [] : [one.core];
  if (!one.mayProve || one.wasRed) return core;
  if (one.added.length > 0 && !(await one.isWritten())) return [...core, one.withoutAdded];
  return isSame ? [one.repeat] : core;
}
