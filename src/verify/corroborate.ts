import type { CriterionVerdict, Evidence } from '../model/evidence.ts';
import { type Case, checkOf, type CommandEvidence, type Court } from './court.ts';
import { looksLikeTestPart } from './judge-files.ts';
import { checkFailure, readOutcome } from './outcome.ts';

/** A green check among some verdicts, with how it ended on the candidate. */
export interface Green {
  readonly verdict: CriterionVerdict;
  readonly after: CommandEvidence;
}

/**
 * Green work is looked at once more, in fresh boxes: right by chance is not done, and neither is what is green only by
 * what the unit may not touch or by its own tests. What is found is written into `verdicts`.
 *
 * Where the work changes files outside of what the unit may touch, every check must hold without those. Then each proof is
 * repeated: without the tests that the unit added, or, where it added none, on the very same tree. A proof that
 * needs the unit's own tests counts as written by the unit.
 */
export async function corroborate(
  court: Court,
  it: Case,
  verdicts: CriterionVerdict[],
  checksOf: (verdicts: readonly CriterionVerdict[]) => readonly Green[],
): Promise<void> {
  const { tree, coreTree, outside } = it.candidate;
  const isSame = coreTree === tree;
  const set = (verdict: CriterionVerdict, change: Partial<CriterionVerdict>, more: readonly Evidence[]): void => {
    verdicts[verdicts.indexOf(verdict)] = { ...verdict, ...change, evidence: [...verdict.evidence, ...more] };
  };

  if (!isSame) {
    for (const { verdict, after } of checksOf(verdicts)) {
      const { command } = after;
      const end = await court.runCheck(coreTree, checkOf(after), 'candidate');
      if (checkFailure(verdict.text, end) === null) continue;
      const failure = { reason: 'outside-touches', criterion: verdict.text, command, files: outside } as const;
      return set(verdict, { verdict: 'unmet', failure }, [end]);
    }
  }

  const { files, allFiles } = it.candidate;
  const own = [...files.filter((file) => !it.baseFiles.has(file)), ...it.ownFiles].filter((file) => allFiles.has(file));
  const added = [...new Set(own)].filter(looksLikeTestPart);
  const withoutAdded = added.length === 0 ? coreTree : await court.withoutFiles(coreTree, added);
  for (const { verdict, after } of checksOf(verdicts)) {
    if (verdict.kind !== 'check' || verdict.role === 'guard') continue;
    const check = checkOf(after);
    const unsteady = { reason: 'unsteady', criterion: verdict.text, command: after.command } as const;
    // An earlier attempt came to the same tree, and there it was red.
    if (court.wasRed(tree, check)) return set(verdict, { verdict: 'unmet', failure: unsteady }, []);
    let isRepeated = !isSame;
    if (added.length > 0 && verdict.role === 'proof') {
      const end = await court.runCheck(withoutAdded, check, 'candidate');
      if (checkFailure(verdict.text, end) === null) isRepeated = true;
      else {
        const withAdded = await court.withFiles(it.baseTree, tree, added);
        const before = await court.runCheck(withAdded, check, 'base');
        const isGuard = readOutcome(before).kind !== 'red'; // in doubt, it proves nothing
        const note = `unit-written: ${added.join(', ')}`;
        set(verdict, { role: isGuard ? 'guard' : null, note }, [before]);
      }
    }
    const times = (isRepeated ? 0 : 1) + ((await court.everDiffered(check)) ? 1 : 0);
    for (let time = 0; time < times; time++) {
      const again = await court.runCheck(tree, check, 'candidate', true);
      if (checkFailure(verdict.text, again) === null) continue;
      const now = verdicts.find((each) => each.kind === 'check' && each.position === verdict.position) ?? verdict;
      return set(now, { verdict: 'unmet', failure: unsteady }, [again]);
    }
  }
}
