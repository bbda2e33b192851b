import { errorAt, type Source } from '../text/source.ts';
import type { Group, Parsed } from './format.ts';

/** At least 50 nested lists and quotes on one line. Some thousands overflow the parser's stack. */
const nested = /^(?:[^\S\n]*(?:[-*+>]|\d{1,9}[.)]|\[\^[^\]\n]{1,50}\]:)){50,}/m;

/** Parses files that are read together. Never throws for their content. */
export function parseGroup({ reader, sources }: Group): Parsed {
  for (const source of sources) {
    const deep = nested.exec(source.text);
    if (deep) return tooDeep(source, deep.index);
  }
  try {
    return reader.parse(sources);
  } catch (error) {
    const [first] = sources;
    if (error instanceof RangeError && first) return tooDeep(first, 0); // stack overflow
    throw error;
  }
}

function tooDeep(source: Source, offset: number): Parsed {
  const problem = {
    code: 'spec-too-deep',
    message: 'lists and quotes are nested too deeply in this file',
    hint: 'Flatten them.',
  };
  return { drafts: [], diagnostics: [errorAt(source, { offset, length: 40 }, problem)] };
}
