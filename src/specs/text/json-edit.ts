import { applyEdits, modify } from 'jsonc-parser';
import type { Path } from './json.ts';

/**
 * JSON with another value at a place, or without it (`undefined`). Comments, order and line ends around it stay. What leads
 * to the place is made where it is missing.
 */
export function editJson(text: string, path: Path, value: unknown): string {
  const indent = /\n([ \t]+)"/.exec(text)?.[1] ?? '  ';
  const isTab = indent.startsWith('\t');
  const formattingOptions = {
    ...{ insertSpaces: !isTab, tabSize: isTab ? 1 : indent.length },
    eol: text.includes('\r\n') ? '\r\n' : '\n',
  };
  return applyEdits(text, modify(text, [...path], value, { formattingOptions }));
}
