import type { Report } from '../../model/report.ts';
import { markdownWithin } from '../../report/markdown.ts';
import { plural } from '../../util/text/plural.ts';

/** A pull request, or a merge request, from one branch to another. */
export interface Proposal {
  readonly branch: string;
  readonly base: string;
  readonly title: string;
  /** Markdown. */
  readonly body: string;
}

/** Where a proposal is shown, and whether it was there before. */
export interface Proposed {
  readonly url: string;
  readonly isNew: boolean;
}

/** Bytes of a body; GitHub takes 65,536 characters. */
const bodyBytes = 60_000;

/** What is proposed: the title counts what the branch has more than its base, the body is the report of the last run. */
export function proposalOf(from: {
  readonly branch: string;
  readonly base: string;
  readonly landed: number;
  readonly report: Report | null;
}): Proposal {
  const { branch, base, landed, report } = from;
  const body = report === null ? '' : markdownWithin(report, bodyBytes, '> The rest is in the report itself.\n');
  return { branch, base, title: `backlog: ${plural(landed, 'landed unit')}`, body };
}
