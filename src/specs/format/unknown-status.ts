import type { SpecDiagnostic } from '../../model/spec-rule.ts';
import { errorAt, type Source } from '../text/source.ts';

/** The warning that a status in a text without fixed statuses is none that is known. */
export function unknownStatus(source: Source, offset: number, status: string): SpecDiagnostic {
  const said = status.replace(/\s+/g, ' ').trim();
  const problem = {
    code: 'unknown-status' as const,
    message: `the status ${JSON.stringify(said.length > 60 ? `${said.slice(0, 60)}…` : said)} is not known, so it says nothing here`,
    hint: 'Begin it with a word such as "open", "done", "blocked" or "deferred".',
  };
  return {
    ...errorAt(source, { offset, length: Math.min(status.trimEnd().length, 80) }, problem),
    severity: 'warning',
  };
}
