import { boxesIn } from '../format/boxes.ts';
import type { Reader } from '../format/format.ts';
import { segmentsOf } from '../format/segments.ts';
import type { Source } from '../text/source.ts';
import { readEpics } from './epics.ts';
import { placesOf } from './places.ts';
import { readStory } from './story.ts';

export const reader: Reader = {
  parse(sources) {
    const [place] = placesOf(sources.map(({ file }) => file));
    const source = sources.find(({ file }) => file === place?.file);
    if (!place || !source) return { drafts: [], diagnostics: [] };
    const sprint = sources.find(({ file }) => file === place.sprint);
    if (place.kind === 'story') return readStory(source, sprint);
    return place.kind === 'epics' ? readEpics(source, sprint) : { drafts: [], diagnostics: [] };
  },
  looseMarks: (source) => (isMarkdown(source) ? boxesIn(source) : []),
  segments: (source) => (isMarkdown(source) ? segmentsOf(source) : source.text.split(/(?<=\n)/)),
};

function isMarkdown({ file }: Source): boolean {
  return /\.md$/i.test(file);
}
