import { type Addition, codeSpan, criteriaLines, type NewUnit, titleText, withLines } from '../format/addition.ts';
import type { Source } from '../text/source.ts';

/** The Markdown of one followup item. */
export function followupText(unit: NewUnit): string {
  return `${itemLines(unit).join('\n')}\n`;
}

function itemLines(unit: NewUnit): string[] {
  const lines = [`- [ ] ${titleText(unit.title, '- [ ] ')}`];
  for (const line of unit.body.trim().split(/\r?\n/)) if (line.trim() !== '') lines.push(`  ${asProse(line.trim())}`);
  for (const key of ['depends', 'touches'] as const)
    if (unit[key].length > 0) lines.push(`  - ${key}: ${unit[key].map(valueText).join(', ')}`);
  if (unit.priority !== null) lines.push(`  - priority: ${unit.priority}`);
  if (unit.isDraft) lines.push('  - draft: true');
  lines.push(...criteriaLines(unit).map((line) => (line === '' ? '' : `  ${line}`)));
  return lines;
}

/** A value of a key, in a code span if it looks like markup. */
function valueText(value: string): string {
  return /^[\w./-]+$/.test(value) && !/(?:^|\W)_|_(?:\W|$)|__/.test(value) ? value : codeSpan(value);
}

/** Escapes a list marker, so that the line does not become a criterion. */
function asProse(line: string): string {
  return line.replace(/^([-*+])(?=\s)/, '\\$1').replace(/^(\d+)([.)])(?=\s)/, '$1\\$2');
}

/** Appends a followup to a file; existing bytes stay. */
export function addFollowup(unit: NewUnit, file: string, sources: readonly Source[]): Addition {
  const before = sources.find((source) => source.file === file)?.text ?? '# Followups\n';
  const isAfterList = /^\s*[-*+] /.test(
    before
      .trimEnd()
      .split('\n')
      .findLast((line) => !/^[^\S\n]/.test(line) && line.trim() !== '') ?? '',
  );
  return { file, text: withLines(before, itemLines(unit), !isAfterList) };
}
