import type { UnitName } from '../../model/event.ts';
import { printableLine } from '../../util/text/printable.ts';

/** Files in which a unit's work conflicts with that of another unit, which is in progress, too. */
export interface Overlap {
  readonly with: UnitName;
  readonly files: readonly string[];
}

/** Maximum of lines. */
const shown = 20;

/** What an agent is told of such conflicts. Names of files come from other agents: `quote` marks them as data. */
export function overlapsPart(overlaps: readonly Overlap[], quote: (label: string, text: string) => string): string {
  const all = overlaps.flatMap(({ with: { key, title }, files }) =>
    files.map((file) => printableLine(`- ${file}: with ${title} (${key})`, 400)),
  );
  const more = all.length - shown;
  const lines = more > 0 ? [...all.slice(0, shown), `- and ${more} more`] : all;
  return `Another agent, on another unit, is changing the same lines as you, in another way. Both changes cannot be merged as they are now, and whoever lands second has to resolve that. Change there only what your unit needs, and leave to the other unit what it asks for. As of now, these files conflict:\n${quote('overlaps', lines.join('\n'))}`;
}
