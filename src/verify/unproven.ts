import type { Unproven, Verdict } from '../model/evidence.ts';
import { type Case, checkOfUnit, type Court } from './court.ts';
import { looksLikeTest } from './judge-files.ts';
import { readOutcome } from './outcome.ts';

/** Stretches of a change that are tried, and milliseconds that all of it may take. */
const maxHunks = 8;
const maxMs = 10_000;

/**
 * Takes the change apart: without any one stretch of it, some check should turn red. What no check notices is listed,
 * for people to look at; it is no failure. Tests and documents are left out, since no check is meant to notice them.
 */
export async function findUnproven(court: Court, it: Case, runMs: number): Promise<Verdict['unproven']> {
  const checks = [
    ...it.unit.criteria.flatMap((criterion) =>
      criterion.command === null ? [] : [checkOfUnit(it.unit, criterion.command)],
    ),
    ...it.projectChecks.map(({ command }) => ({ command, cwd: '' })),
  ];
  const files = it.candidate.files.filter((file) => !looksLikeTest(file) && !/\.(?:md|txt|rst|adoc)$/i.test(file));
  if (checks.length === 0 || files.length === 0) return null;
  const hunks = await court.listHunks(it.candidate.tipTree, it.candidate.tree, files);
  const affordable = Math.min(maxHunks, Math.floor(maxMs / Math.max(1, runMs)));
  if (hunks.length === 0 || affordable === 0) return null;
  const tried = hunks.slice(0, affordable);
  const found: Unproven[] = [];
  for (const hunk of tried) {
    const tree = await court.withoutHunk(it.candidate.tipTree, it.candidate.tree, hunk);
    let isNoticed = false;
    for (const check of checks) {
      const end = await court.runCheck(tree, check, 'candidate');
      isNoticed = readOutcome(end).kind !== 'green';
      if (isNoticed) break;
    }
    if (!isNoticed) found.push({ file: hunk.path, line: hunk.line, lines: hunk.lines });
  }
  return { tried: tried.length, of: hunks.length, found };
}
