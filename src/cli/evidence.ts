import type { Evidence } from '../model/evidence.ts';
import { describeEnd } from '../model/failure.ts';
import { printableLine } from '../util/terminal.ts';

/** One piece of evidence as one line for a person. */
export function evidenceLine(evidence: Evidence): string {
  switch (evidence.kind) {
    case 'command':
      return `${evidence.on === 'base' ? 'before' : 'now'}: ${describeEnd(evidence)}${evidence.testsRun === null ? '' : `, ${evidence.testsRun} tests`}, ${evidence.durationMs} ms`;
    case 'canary':
      return evidence.verdict === 'none'
        ? `no canary: ${evidence.why}`
        : `canary ${evidence.verdict}: a copy of ${evidence.file} with another value expected in line ${evidence.line}`;
    case 'review':
      return `${evidence.verdict}: ${printableLine(evidence.reason, 300)} ${evidence.quotes.map((q) => `${q.file}:${q.line}`).join(', ')}`;
    case 'person':
      return `${evidence.verdict} by ${evidence.by}${evidence.message === '' ? '' : `: ${evidence.message}`}`;
  }
}
