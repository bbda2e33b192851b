import type { Report } from '../model/report.ts';
import { type Mark, marksOf } from './marks.ts';
import { markdownWithin } from './markdown.ts';

/*
 * The report for GitHub Actions: a step summary, and annotations at lines of specs. The limits are those of
 * docs.github.com/actions, "Workflow commands": a larger summary is not shown at all, and further annotations are dropped.
 */

/** Bytes of a step summary; 1 MiB is the limit. */
const summaryBytes = 1_000_000;
/** Annotations of a kind in a step. */
const annotations = 10;

/** The report in Markdown, as much of it as a step summary may have. */
export function githubSummary(report: Report): string {
  const rest = '> The rest is in the report itself: a step summary is limited to 1 MiB.\n';
  return markdownWithin(report, summaryBytes, rest);
}

/** Workflow commands that mark what failed (`error`) and what waits for a person (`warning`). */
export function githubAnnotations(report: Report): string[] {
  const marks = marksOf(report);
  const of = (kind: Mark['kind'], command: string): string[] => {
    const all = marks.filter((mark) => mark.kind === kind);
    const shown = all.length > annotations ? all.slice(0, annotations - 1) : all;
    const rest = all.length - shown.length;
    return [
      ...shown.map(({ path, line, title, message }) =>
        annotation(command, { ...(path === null ? {} : { file: path, line: String(line) }), title }, message),
      ),
      ...(rest === 0 ? [] : [annotation(command, { title: 'backlog' }, `${rest} more: see the summary.`)]),
    ];
  };
  return [...of('failed', 'error'), ...of('asks', 'warning')];
}

function annotation(command: string, properties: Readonly<Record<string, string>>, message: string): string {
  const said = Object.entries(properties).map(([name, value]) => `${name}=${escaped(value, /[%\r\n:,]/g)}`);
  return `::${command} ${said.join(',')}::${escaped(message, /[%\r\n]/g)}`;
}

/** As the runner reads it back (github.com/actions/toolkit, packages/core/src/command.ts). */
function escaped(text: string, signs: RegExp): string {
  return text.replace(signs, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`);
}
