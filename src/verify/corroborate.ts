import type { CriterionVerdict, Evidence } from '../model/evidence.ts';
import { type JudgeInput, checkOf, type CommandEvidence, type JudgeContext } from './judge-context.ts';
import { isOnlyRead } from './files/descriptions.ts';
import { looksLikeTestPart } from './files/judge-files.ts';
import { checkFailure, readOutcome } from './runs/outcome.ts';

/** A check that passed, with its run on the candidate. */
export interface Green {
  readonly verdict: CriterionVerdict;
  readonly after: CommandEvidence;
}

/**
 * Runs passing checks again in fresh sandboxes, to rule out passes by chance, passes that need files outside of
 * `touches`, and passes that need the unit's own tests. Writes its findings into `verdicts`.
 *
 * If the change reaches outside of `touches`, every check must pass without those files. Then each proof is repeated
 * without the tests that the unit added or, where it added none, on the same tree. A proof that needs the unit's own
 * tests counts as unit-written.
 */
export async function corroborate(
  context: JudgeContext,
  input: JudgeInput,
  verdicts: CriterionVerdict[],
  checksOf: (verdicts: readonly CriterionVerdict[]) => readonly Green[],
): Promise<void> {
  const { tree, coreTree, outside } = input.candidate;
  const isSame = coreTree === tree;
  const set = (verdict: CriterionVerdict, change: Partial<CriterionVerdict>, more: readonly Evidence[]): void => {
    verdicts[verdicts.indexOf(verdict)] = { ...verdict, ...change, evidence: [...verdict.evidence, ...more] };
  };

  if (!isSame) {
    for (const { verdict, after } of checksOf(verdicts)) {
      const { command } = after;
      const end = await context.runCheck(coreTree, checkOf(after), 'candidate');
      if (checkFailure(verdict.text, end) === null) continue;
      const failure = { reason: 'outside-touches', criterion: verdict.text, command, files: outside } as const;
      return set(verdict, { verdict: 'unmet', failure }, [end]);
    }
  }

  const { files, allFiles } = input.candidate;
  const own = [...files.filter((file) => !input.baseFiles.has(file)), ...input.ownFiles].filter((file) =>
    allFiles.has(file),
  );
  const parts = [...new Set(own)].filter(looksLikeTestPart);
  for (const { verdict, after } of checksOf(verdicts)) {
    if (verdict.kind !== 'check' || verdict.role === 'guard') continue;
    const check = checkOf(after);
    const unsteady = { reason: 'unsteady', criterion: verdict.text, command: after.command } as const;
    // An earlier attempt produced the same tree, and the check failed there.
    if (context.wasRed(tree, check)) return set(verdict, { verdict: 'unmet', failure: unsteady }, []);
    let isRepeated = !isSame;
    const added = parts.filter((file) => !isOnlyRead(file, check.command, check.cwd));
    if (added.length > 0 && verdict.role === 'proof') {
      const withoutAdded = await context.withoutFiles(coreTree, added);
      const end = await context.runCheck(withoutAdded, check, 'candidate');
      if (checkFailure(verdict.text, end) === null) isRepeated = true;
      else {
        const withAdded = await context.withFiles(input.baseTree, tree, added);
        const before = await context.runCheck(withAdded, check, 'base');
        const isGuard = readOutcome(before).kind !== 'red'; // unclear counts as no proof
        const note = `unit-written: ${added.join(', ')}`;
        set(verdict, { role: isGuard ? 'guard' : null, note }, [before]);
      }
    }
    const times = (isRepeated ? 0 : 1) + ((await context.everDiffered(check)) ? 1 : 0);
    for (let time = 0; time < times; time++) {
      const repeated = await context.runCheck(tree, check, 'candidate', true);
      if (checkFailure(verdict.text, repeated) === null) continue;
      const now = verdicts.find((each) => each.kind === 'check' && each.position === verdict.position) ?? verdict;
      return set(now, { verdict: 'unmet', failure: unsteady }, [repeated]);
    }
  }
}
