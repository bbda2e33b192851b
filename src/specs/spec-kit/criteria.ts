import type { RootContent } from 'mdast';
import { readBox } from '../format/boxes.ts';
import { criterionOf, type ParsedCriterion, readItems } from '../format/criterion.ts';
import { readRegions } from '../format/regions.ts';
import { sharedSize } from '../format/sharing.ts';
import { endOffset, listItems, parseMarkdown, plainText, startOffset } from '../text/markdown.ts';
import type { Source } from '../text/source.ts';
import { type Part, textOf } from './parts.ts';

/** A criterion with its file. */
export type Found = ParsedCriterion & { readonly file: string };

/** The file and line of a criterion. */
export function placeOf({ file, criterion }: Found): string {
  return `${criterion.line} ${file}`;
}

/** The criteria in regions such as "Acceptance Scenarios". */
export function regionsOf(source: Source, nodes: readonly RootContent[]): Found[] {
  return foundIn(source, readRegions(nodes, source, 0).criteria);
}

/** The criteria of a story: its independent test, and its acceptance scenarios. */
export function criteriaOf({ source, nodes }: Part): Found[] {
  const independent = nodes.filter(
    (node) => node.type === 'paragraph' && /^\*\*Independent Test\b/i.test(slice(source, node)),
  );
  const tests = independent.map((node) => {
    const start = startOffset(node);
    const text = slice(source, node).replace(/^\*\*Independent Test\*{0,2}:?\*{0,2}:?\s*/i, '');
    return criterionOf({ source, start, text, commands: [], position: 0 });
  });
  return [...foundIn(source, tests), ...regionsOf(source, nodes)];
}

/** The tasks of a phase as criteria. */
export function tasksOf({ source, nodes }: Part): Found[] {
  const items = listItems(nodes).filter((item) => readBox(source.text.slice(startOffset(item)).slice(0, 200)) !== null);
  return foundIn(source, readItems(items, { source, offset: 0 }));
}

/** Requirements (`FR-001`) and success criteria (`SC-001`) of a feature. */
export function requirementsOf(source: Source): Found[] {
  const { children } = parseMarkdown(source.text);
  const items = listItems(children).filter((item) => /^(?:FR|NFR|SC)-?\d+/i.test(plainText(item).trim()));
  return foundIn(source, readItems(items, { source, offset: 0 }));
}

/** A user story that phases name. */
export interface Told {
  readonly part: Part;
  readonly criteria: readonly Found[];
  /** See `Sharing`. */
  readonly size: number;
}

/** The first story of each number. */
export function storiesByNumber(stories: readonly Part[]): ReadonlyMap<string, Told> {
  const told = new Map<string, Told>();
  for (const part of stories) {
    if (part.story === null || told.has(part.story)) continue;
    const criteria = criteriaOf(part);
    told.set(part.story, { part, criteria, size: sharedSize([textOf(part)], criteria) });
  }
  return told;
}

function foundIn(source: Source, criteria: readonly ParsedCriterion[]): Found[] {
  return criteria.map((one) => ({ ...one, file: source.file }));
}

function slice({ text }: Source, node: RootContent): string {
  return text.slice(startOffset(node), endOffset(node));
}
