import { type Diagnostic, locate } from '../model/diagnostic.ts';
import type { ParsedFile } from './draft.ts';
import { isFollowups, parseFollowups } from './followups.ts';
import { parseNative } from './native.ts';
import type { Source } from './source.ts';

/** Lists and quotes within each other on one line: people need a handful; the parser's stack holds some thousands. */
const nested = /^(?:[^\S\n]*(?:[-*+>]|\d{1,9}[.)]|\[\^[^\]\n]{1,50}\]:)){50,}/m;

/** One spec file → its drafts, by the format that its name tells. Never throws for what the file holds. */
export function parseSpecFile(source: Source): ParsedFile {
  const deep = nested.exec(source.text);
  if (deep) return { drafts: [], diagnostics: [tooDeep(source, deep.index)] };
  try {
    return isFollowups(source.file) ? parseFollowups(source) : parseNative(source);
  } catch (error) {
    if (error instanceof RangeError) return { drafts: [], diagnostics: [tooDeep(source, 0)] }; // the parser's stack
    throw error;
  }
}

function tooDeep(source: Source, offset: number): Diagnostic {
  return {
    severity: 'error',
    code: 'spec-too-deep',
    message: 'lists and quotes are nested too deeply in this file',
    hint: 'Flatten them.',
    file: source.file,
    ...locate(source.text, offset, 40),
  };
}
