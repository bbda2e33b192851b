import type { Factor, Report } from '../model/report.ts';

const sentences: Readonly<Record<Factor, readonly [what: string, why: string]>> = {
  agents: ['Agents', 'they worked, or work waited for a free one, while all else had to wait'],
  checks: ['Checks', 'their commands ran, or waited for cores, while all else had to wait'],
  'merge-queue': ['The merge queue', 'work waited for its turn to land'],
  people: ['People', 'units waited for an answer or an approval'],
  dependencies: ['Dependencies', 'units waited for others that they depend on'],
  limits: ['Limits of providers', 'agents had to wait until their provider accepts calls again'],
  apart: ['Units that are kept apart', 'work waited for the end of a unit that it must not run beside'],
  itself: ['backlog itself', 'it was busy with git, boxes, set-ups and records'],
};

/** What limited a run, in one sentence; null if that is unknown. */
export function limitSentence({ limitedBy }: Pick<Report, 'limitedBy'>): string | null {
  if (limitedBy === null) return null;
  const [what, why] = sentences[limitedBy.factor];
  return `${what} limited this run: for ${Math.round(limitedBy.share * 100)} % of its time, ${why}.`;
}
