import { type Diagnostic, locate } from '../../model/diagnostic.ts';
import type { Source } from '../text/source.ts';
import type { Group, Parsed } from './format.ts';

/** Lists and quotes within each other on one line: people need a handful; the parser's stack holds some thousands. */
const nested = /^(?:[^\S\n]*(?:[-*+>]|\d{1,9}[.)]|\[\^[^\]\n]{1,50}\]:)){50,}/m;

/** What some files say that are read together. Never throws for what they hold. */
export function parseGroup({ reader, sources }: Group): Parsed {
  const tooDeepAt = (source: Source, offset: number): Parsed => ({
    drafts: [],
    diagnostics: [tooDeep(source, offset)],
  });
  for (const source of sources) {
    const deep = nested.exec(source.text);
    if (deep) return tooDeepAt(source, deep.index);
  }
  try {
    return reader.parse(sources);
  } catch (error) {
    const [first] = sources;
    if (error instanceof RangeError && first) return tooDeepAt(first, 0); // the parser's stack
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
