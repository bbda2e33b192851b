import { inputError, locate } from '../../model/diagnostic.ts';
import {
  type Addition,
  claimLines,
  codeSpan,
  criteriaLines,
  insertLines,
  type NewUnit,
  type Spot,
  titleText,
  withLines,
} from '../format/addition.ts';
import type { Draft } from '../format/draft.ts';
import { splitFrontMatter } from '../text/front-matter.ts';
import { endOffset, listItems, parseMarkdown, startOffset } from '../text/markdown.ts';
import type { Source } from '../text/source.ts';
import { isForeignFile } from './foreign.ts';

/** The lines of one followup item. */
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
export function addFollowup(unit: NewUnit, { file, sources }: Spot): Addition {
  const source = sources.find((one) => one.file === file);
  if (source !== undefined && isForeignFile(source)) {
    throw inputError(
      'takes-no-unit',
      `${file} is written in the style of another tool, to which "add" does not write`,
      'Name another file with --spec, for example backlog/followups.md or a new one.',
    );
  }
  const before = source?.text ?? '# Followups\n';
  const isAfterList = /^\s*[-*+] /.test(
    before
      .trimEnd()
      .split('\n')
      .findLast((line) => !/^[^\S\n]/.test(line) && line.trim() !== '') ?? '',
  );
  return { file, text: withLines(before, itemLines(unit), !isAfterList) };
}

/** Adds claims at the end of a followup. */
export function extendFollowup(draft: Draft, claims: readonly string[], source: Source): string | null {
  const split = splitFrontMatter(source);
  if ('severity' in split || isForeignFile(source)) return null;
  const item = listItems(parseMarkdown(split.body).children).find(
    (one) => locate(source.text, startOffset(one) + split.bodyOffset).line === draft.line,
  );
  if (item === undefined) return null;
  const nested = listItems(item.children).at(-1);
  const start = startOffset(nested ?? item);
  const margin = split.body.slice(split.body.lastIndexOf('\n', start - 1) + 1, start).replace(/\S/g, ' ');
  const indent = nested === undefined ? `${margin}  ` : margin;
  const lines = claimLines(claims).map((line) => `${indent}${line}`);
  return insertLines(source.text, endOffset(item) + split.bodyOffset, lines);
}
