import type { RestoredEvidence } from '../engine/project/kept-evidence.ts';
import type { Evidence } from '../model/evidence.ts';
import { describeEnd } from '../model/describe-failure.ts';
import { printableLine } from '../util/text/printable.ts';

/** Describes a piece of evidence in one line. */
export function evidenceLine(evidence: Evidence): string {
  switch (evidence.kind) {
    case 'command':
      return `${evidence.on === 'base' ? 'before' : 'now'}: ${describeEnd(evidence)}${evidence.testsRun === null ? '' : `, ${evidence.testsRun} tests`}, ${evidence.durationMs} ms`;
    case 'canary':
      return evidence.verdict === 'none'
        ? `no canary: ${evidence.why}`
        : `canary ${evidence.verdict}: a copy of ${evidence.file} with a wrong expected value in line ${evidence.line}`;
    case 'review':
      return `${evidence.verdict}: ${printableLine(evidence.reason, 300)} ${evidence.quotes.map((q) => `${q.file}:${q.line}`).join(', ')}`;
    case 'person':
      return `${evidence.verdict} by ${evidence.by}${evidence.message === '' ? '' : `: ${evidence.message}`}`;
  }
}

/** Describes evidence from the landing records, which everybody with push access can write. */
export function restoredLines(restored: RestoredEvidence, commit: string | null): string[] {
  const at = new Date(restored.landedAt).toISOString().replace('T', ' ').slice(0, 19);
  const lines = [
    'Restored from git (refs/backlog/landings), for information only:',
    `${at}  landed as ${commit?.slice(0, 10) ?? '?'} by run ${printableLine(restored.run, 100)}, attempt ${printableLine(restored.attempt, 200)}`,
  ];
  for (const { text, kind, verdict, role, evidence } of restored.criteria) {
    lines.push(`  ${kind}: ${printableLine(text, 500)} (${verdict}${role === null ? '' : `, ${role}`})`);
    for (const one of evidence) lines.push(`      ${printableLine(evidenceLine(one as Evidence), 1000)}`);
  }
  return lines;
}
