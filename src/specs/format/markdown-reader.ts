import type { Source } from '../text/source.ts';
import { boxesIn } from './boxes.ts';
import type { Parsed, Reader } from './format.ts';
import { segmentsOf } from './segments.ts';

/** A reader of Markdown files with boxes, in which no unit spans several files. */
export function markdownReader(parseFile: (source: Source) => Parsed): Reader {
  return {
    parse(sources) {
      const parsed = sources.map(parseFile);
      return {
        drafts: parsed.flatMap(({ drafts }) => drafts),
        diagnostics: parsed.flatMap(({ diagnostics }) => diagnostics),
        notWork: parsed.flatMap(({ notWork }) => notWork ?? []),
      };
    },
    looseMarks: boxesIn,
    segments: segmentsOf,
  };
}
