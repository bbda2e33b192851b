import { keptEvidenceSchema } from '../../model/landing.ts';
import type { CriterionVerdict, Evidence } from '../../model/evidence.ts';
import type { Report } from '../../model/report.ts';
import { readKeptEvidence } from '../../repo/landings/record-evidence.ts';
import type { Repository } from '../../repo/git/repository.ts';
import { printableLine } from '../../util/text/printable.ts';
import { parseJson } from '../../util/text/json.ts';

/*
 * Keeps a landing's evidence in git with its record, so that people can see it even if the queue is lost. Anyone who can
 * push records can write it, so it is only shown, never used to judge.
 */

/** Maximum criteria, evidence per criterion, quotes, and characters of a text. */
const most = { criteria: 100, evidence: 8, quotes: 5, text: 500 } as const;

/** Evidence read from git, for people. */
export interface RestoredEvidence {
  readonly run: string;
  readonly attempt: string;
  /** Milliseconds since the epoch. */
  readonly landedAt: number;
  readonly criteria: Report['units'][number]['criteria'];
}

/** Serializes a landing's evidence, without command output, in at most some kilobytes. */
export function keptEvidence(criteria: readonly CriterionVerdict[]): string {
  const kept = criteria.slice(0, most.criteria).map(({ text, kind, verdict, role, note, evidence }) => ({
    ...{ text: short(text), kind, verdict, role, note },
    evidence: evidence.slice(0, most.evidence).map(inShort),
  }));
  return `${JSON.stringify({ version: 1, criteria: kept }, null, 1)}\n`;
}

function inShort(evidence: Evidence): Evidence {
  switch (evidence.kind) {
    case 'command': {
      const { testNames: _names, shows: _shows, assertions: _tests, ...rest } = evidence;
      return { ...rest, command: short(evidence.command), excerpt: '' };
    }
    case 'canary':
      return evidence;
    case 'review': {
      const quotes = evidence.quotes.slice(0, most.quotes).map((quote) => ({ ...quote, text: short(quote.text) }));
      return { ...evidence, reason: short(evidence.reason), quotes };
    }
    case 'person':
      return { ...evidence, message: short(evidence.message) };
  }
}

function short(text: string): string {
  return printableLine(text, most.text);
}

/** The recorded evidence of landings by commit; for display only. */
export async function restoredEvidence(
  repository: Repository,
  commits: readonly string[],
): Promise<ReadonlyMap<string, RestoredEvidence>> {
  const found = new Map<string, RestoredEvidence>();
  for (const { record, text } of await readKeptEvidence(repository, commits)) {
    const kept = keptEvidenceSchema.safeParse(parseJson(text)).data;
    const { run, attempt, at } = record;
    if (kept) found.set(record.commit, { run, attempt, landedAt: at, criteria: kept.criteria });
  }
  return found;
}
