import { plural } from '../../util/text/plural.ts';
import type { UnitSpec } from '../../model/unit.ts';
import type { Finding, Rule } from './rule.ts';

/** Finds boxes in code blocks of files with open units: they are no work, though somebody may take them for it. */
export const boxInCode: Rule = {
  name: 'box-in-code',
  severity: 'warning',
  about: 'boxes in code blocks, which are not read',
  find({ open, linesOf }) {
    const byFile = new Map<string, UnitSpec>();
    for (const unit of open)
      for (const file of unit.format === 'openspec' ? [] : unit.files) if (!byFile.has(file)) byFile.set(file, unit);
    return [...byFile].flatMap(([file, unit]): Finding[] => {
      const [first, ...others] = boxesInCode(linesOf(file));
      if (first === undefined) return [];
      const message = `this box is in a code block, so it is not read${others.length === 0 ? '' : `, like ${plural(others.length, 'other')} in this file`}`;
      return [{ unit, at: { file, line: first }, message, hint: 'If it is work, take it out of the block.' }];
    });
  },
};

/** The numbers of the lines in fenced code that begin with a box. */
function boxesInCode(lines: readonly string[]): number[] {
  let fence: string | null = null;
  return lines.flatMap((line, index) => {
    const [, mark = ''] = /^ {0,3}(`{3,}|~{3,})/.exec(line) ?? [];
    if (fence === null) {
      if (mark !== '') fence = mark;
      return [];
    }
    if (mark.startsWith(fence) && line.trim() === mark) fence = null;
    return /^\s*(?:[-*+]|\d{1,9}[.)])\s+\[[ xX]\]\s/.test(line) ? [index + 1] : [];
  });
}
