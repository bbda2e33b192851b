import type { CriterionVerdict, Verdict } from '../../model/evidence.ts';
import { describeEnd, describeFailure } from '../../model/describe-failure.ts';
import type { Failure } from '../../model/failure.ts';

/** A failure as text for the next agent, with what to do about it. */
export function failureText(failure: Failure): string {
  // The agent cannot read our files.
  const { output: _output, ...told } = failure.reason === 'agent-failed' ? failure : { ...failure, output: undefined };
  const sentence = describeFailure(told);
  if (failure.reason !== 'forbidden-tree') return sentence;
  return `${sentence} While the work contains it, nothing is accepted. Remove it; files that are only needed here (installed packages, build output, data) can be listed in a .gitignore instead.`;
}

/** A verdict as text for the next agent: the failures, with the output. */
export function verdictText(verdict: Verdict): string {
  const parts = verdict.criteria.filter((criterion) => criterion.failure !== null).map(criterionText);
  if (parts.length === 0 && verdict.failure) parts.push(describeFailure(verdict.failure));
  const met = verdict.criteria
    .filter((criterion) => criterion.verdict === 'met')
    .map((criterion) => `- ${criterion.text}`);
  if (met.length > 0) parts.push(`Already met:\n${met.join('\n')}`);
  return parts.join('\n\n');
}

function criterionText(criterion: CriterionVerdict): string {
  const lines = [`Not met: ${criterion.text}`, ...(criterion.failure ? [describeFailure(criterion.failure)] : [])];
  for (const evidence of criterion.evidence) {
    if (evidence.kind === 'command' && evidence.on === 'candidate')
      lines.push(
        ...(evidence.shows === undefined ? [] : ['First failure:', ...evidence.shows]),
        `Output of \`${evidence.command}\` (${describeEnd(evidence)}):`,
        evidence.excerpt,
      );
  }
  return lines.join('\n');
}

/** The check results in short, for a reviewer. */
export function checksText(
  evidence: readonly {
    readonly on: 'base' | 'candidate';
    readonly command: string;
    readonly exitCode: number | null;
    readonly signal: string | null;
    readonly timedOut: boolean;
  }[],
): string {
  const lines = evidence.map(
    (end) => `${end.on === 'base' ? 'before' : 'after'} the change: \`${end.command}\`: ${describeEnd(end)}`,
  );
  return [...new Set(lines)].join('\n');
}
