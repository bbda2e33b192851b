import type { SpecDiagnostic } from '../../model/spec-rule.ts';
import { withoutCode } from '../text/code.ts';
import { errorAt, type Source } from '../text/source.ts';

/**
 * An error for a file in which Git left the marks of a conflict: its lines belong to two versions, so none of them is read. Null
 * without marks. Code in Markdown may show some.
 */
export function conflictIn(source: Source): SpecDiagnostic | null {
  const { file, text } = source;
  if (!text.includes('<<<<<<<')) return null;
  const plain = /\.(?:md|markdown)$/i.test(file) ? withoutCode(text) : text;
  let expected = 0;
  let first: { readonly offset: number; readonly length: number } | null = null;
  for (const { index, 0: line } of plain.matchAll(/^\uFEFF?(?:<{7}|={7}|>{7})(?: [^\r\n]*)?(?=\r?$)/gm)) {
    const mark = '<=>'.indexOf(line.replace('\uFEFF', '')[0] ?? '');
    if (mark === 0) first = { offset: index, length: line.length };
    expected = mark === 0 ? 1 : mark === expected ? expected + 1 : 0;
    if (expected !== 3 || first === null) continue;
    const message = 'this file has the marks of a conflict, so nothing in it is read';
    const hint = 'Resolve the conflict, and remove its marks.';
    return errorAt(source, first, { code: 'conflict-markers', message, hint });
  }
  return null;
}
