import type { Unproven, Verdict } from '../model/evidence.ts';
import type { Turn } from '../util/process/turn.ts';
import { allOf } from '../util/values/all-of.ts';
import { type JudgeInput, checkOfUnit, type JudgeContext } from './judge-context.ts';
import { looksLikeTest } from './files/judge-files.ts';
import { readOutcome } from './runs/outcome.ts';

/** Hunks that are tried, and milliseconds that all of them may take. */
const maxHunks = 8;
const maxMs = 10_000;

/**
 * Reverts one hunk at a time: some check should then fail. Lists hunks that no check notices, for people to look at; that
 * is not a failure. Tests and documents are skipped, since no check is meant to notice them.
 */
export async function findUnproven(
  context: JudgeContext,
  input: JudgeInput,
  runMs: number,
  turn: Turn,
): Promise<Verdict['unproven']> {
  const checks = [
    ...input.unit.criteria.flatMap((criterion) =>
      criterion.command === null ? [] : [checkOfUnit(input.unit, criterion.command)],
    ),
    ...input.projectChecks.map(({ command }) => ({ command, cwd: '' })),
  ];
  const files = input.candidate.files.filter((file) => !looksLikeTest(file) && !/\.(?:md|txt|rst|adoc)$/i.test(file));
  if (checks.length === 0 || files.length === 0) return null;
  const hunks = await context.listHunks(input.candidate.tipTree, input.candidate.tree, files);
  const affordable = Math.min(maxHunks, Math.floor(maxMs / Math.max(1, runMs)));
  if (hunks.length === 0 || affordable === 0) return null;
  const tried = hunks.slice(0, affordable);
  const isNoticed = async (hunk: (typeof tried)[number]): Promise<boolean> => {
    const tree = await context.withoutHunk(input.candidate.tipTree, input.candidate.tree, hunk);
    for (const check of checks)
      if (readOutcome(await context.runCheck(tree, check, 'candidate', turn)).kind !== 'green') return true;
    return false;
  };
  const noticed = await allOf(tried.map(isNoticed));
  const found = tried
    .filter((_, index) => noticed[index] !== true)
    .map((hunk): Unproven => ({ file: hunk.path, line: hunk.line, lines: hunk.lines }));
  return { tried: tried.length, of: hunks.length, found };
}
