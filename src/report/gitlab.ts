import type { Report } from '../model/report.ts';
import { printableJson } from '../util/text/printable.ts';
import { sha256 } from '../util/values/hash.ts';
import { marksOf } from './marks.ts';

/**
 * What failed or waits for a person as a Code Quality report, which GitLab shows in a merge request
 * (docs.gitlab.com/ci/testing/code_quality: description, check_name, fingerprint, severity and location are required).
 */
export function reportGitlab(report: Report): string {
  const issues = marksOf(report).map(({ kind, path, line, title, message }) => ({
    description: `${title}: ${message}`,
    check_name: `backlog/${kind}`,
    fingerprint: sha256(JSON.stringify([kind, path, title])),
    severity: kind === 'failed' ? 'major' : 'info',
    location: { path: path ?? 'backlog', lines: { begin: line } },
  }));
  return `${printableJson(issues)}\n`;
}
