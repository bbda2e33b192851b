import { type Diagnostic, locate } from '../../model/diagnostic.ts';
import type { Source } from '../text/source.ts';
import type { ParsedFile } from './draft.ts';

/** Lists and quotes within each other on one line: people need a handful; the parser's stack holds some thousands. */
const nested = /^(?:[^\S\n]*(?:[-*+>]|\d{1,9}[.)]|\[\^[^\]\n]{1,50}\]:)){50,}/m;

/** Reads a file in a format; never throws for what the file holds. */
export function parseSafely(source: Source, parse: (source: Source) => ParsedFile): ParsedFile {
  const deep = nested.exec(source.text);
  if (deep) return { drafts: [], diagnostics: [tooDeep(source, deep.index)] };
  try {
    return parse(source);
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
