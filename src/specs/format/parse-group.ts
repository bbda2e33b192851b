import { errorAt, type Source } from '../text/source.ts';
import { TooCostly } from '../text/too-costly.ts';
import { type Draft, marksOf } from './draft.ts';
import type { Group, Parsed } from './format.ts';

/**
 * Parses files that are read together, in time proportional to their size. Never throws for their content: what would take
 * longer is a diagnostic.
 */
export function parseGroup({ reader, sources }: Group): Parsed {
  try {
    const parsed = reader.parse(sources);
    return { ...parsed, drafts: parsed.drafts.map(withDone) };
  } catch (error) {
    const told = refusalOf(error, sources);
    if (told === null) throw error;
    return { drafts: [], diagnostics: [told] };
  }
}

/** A unit is done if all of its marks say so, whatever else its format takes as a sign: that is what a tick writes. */
function withDone(draft: Draft): Draft {
  const marks = marksOf(draft);
  return draft.isDone || marks.length === 0 || marks.some(({ isDone }) => !isDone) ? draft : { ...draft, isDone: true };
}

function refusalOf(error: unknown, sources: readonly Source[]): ReturnType<typeof errorAt> | null {
  const [first] = sources;
  if (first === undefined) return null;
  if (error instanceof TooCostly) {
    // What was parsed is a file without its front matter, or a text from a file.
    const source = sources.find(({ text }) => text.endsWith(error.text)) ?? first;
    const start = source.text.endsWith(error.text) ? source.text.length - error.text.length + error.offset : 0;
    const { what, hint } = error.costly;
    return errorAt(source, { offset: start, length: 40 }, { code: 'spec-too-costly', message: what, hint });
  }
  if (!(error instanceof RangeError)) return null; // stack overflow
  const problem = { code: 'spec-too-costly', message: 'its values are nested too deeply', hint: 'Flatten them.' };
  return errorAt(first, { offset: 0, length: 40 }, problem);
}
