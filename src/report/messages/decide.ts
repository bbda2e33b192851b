import { formatUsd, fromUsd } from '../../model/money.ts';
import type { ReportUnit } from '../../model/report.ts';
import { plural } from '../../util/text/plural.ts';
import { printableLine } from '../../util/text/printable.ts';
import { askedText, type Told } from '../account.ts';

/** A unit that somebody decides about. */
export type Decided = Told & Pick<ReportUnit, 'title' | 'costUsd'> & { readonly diff?: string | null };

/** The most questions of a unit that are told. */
const shownQuestions = 5;

/** What a person needs to decide about a unit that waits for them: what is asked, the evidence and the cost, a line each. */
export function decideLines(unit: Decided): string[] {
  const { title, key, criteria, attempts, costUsd } = unit;
  const asked = criteria.filter(({ verdict }) => verdict === 'awaiting').map(({ text }) => askedText(text));
  const met = criteria.filter(({ verdict }) => verdict === 'met');
  const byKind = (kinds: readonly string[]): number => met.filter(({ kind }) => kinds.includes(kind)).length;
  const [checks, reviews] = [byKind(['check', 'project-check']), byKind(['claim', 'review'])];
  const how = [
    ...(checks > 0 ? [`${checks} by checks`] : []),
    ...(reviews > 0 ? [`${reviews} by reviewers`] : []),
  ].join(', ');
  const unmet = criteria.filter(({ verdict }) => verdict === 'unmet').map(({ text }) => printableLine(text, 200));
  const size = sizeOf(unit.diff ?? null);
  const spent = costUsd === null ? 'cost unknown' : formatUsd(fromUsd(costUsd));
  return [
    ...(title === key ? [] : [printableLine(title, 200)]),
    ...(asked.length > 1 ? asked.slice(0, shownQuestions).map((text) => `asks: ${text}`) : []),
    ...(asked.length > shownQuestions ? [`asks: and ${asked.length - shownQuestions} more`] : []),
    ...(criteria.length === 0
      ? []
      : [`evidence: ${met.length} of ${criteria.length} criteria met${how === '' ? '' : ` (${how})`}`]),
    ...unmet.slice(0, shownQuestions).map((text) => `not met: ${text}`),
    [...(size === null ? [] : [size]), `${plural(attempts, 'attempt')}, ${spent}`].join('; '),
  ];
}

/** The size of a patch; null without one. */
function sizeOf(diff: string | null): string | null {
  if (diff === null) return null;
  const lines = diff.split('\n');
  const count = (sign: RegExp): number => lines.filter((line) => sign.test(line)).length;
  const files = count(/^diff --git /);
  if (files === 0) return null;
  return `+${count(/^\+(?!\+\+ )/)} −${count(/^-(?!-- )/)} in ${plural(files, 'file')}`;
}
