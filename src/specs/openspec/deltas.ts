import type { Heading, RootContent } from 'mdast';
import type { SpecDiagnostic } from '../../model/spec-rule.ts';
import type { ParsedCriterion } from '../format/criterion.ts';
import { pageOf } from '../format/page.ts';
import { readBlock } from '../format/regions.ts';
import { endOffset, fold, plainText, startOffset } from '../text/markdown.ts';
import type { Source } from '../text/source.ts';

/** The criteria that a file states, and the ranges that contain them. */
export interface Stated {
  readonly source: Source;
  readonly criteria: readonly ParsedCriterion[];
  readonly problems: readonly SpecDiagnostic[];
  readonly cut: readonly { readonly start: number; readonly end: number }[];
}

/** A range of nodes: up to and without `end`. */
interface Block {
  readonly start: number;
  readonly end: number;
}

/** Headings above requirements; translations of OpenSpec have names of their own. */
const section =
  /^(?:(?:ADDED|MODIFIED|REMOVED|RENAMED)\s+(?:Requirements?\b|需求|要求|要件)|(?:新增|修改|移除|删除|刪除|重命名)(?:的)?(?:需求|要求))/i;
const gone = /^(?:(?:REMOVED|RENAMED)\b|(?:移除|删除|刪除|重命名)(?:的)?(?:需求|要求))/i;
const requirement = /^(?:requirement|anforderung|requisito|exigence|требование|需求|要求|要件|요구\s?사항)/iu;
const scenario =
  /^(?:scenario|szenario|escenario|cen[aá]rio|scénario|сценарий|场景|場景|情景|情境|シナリオ|시나리오)(?![\p{Script=Latin}\p{Script=Cyrillic}])/iu;

/** True for a file with requirements that a change adds, modifies, removes or renames. */
export function isDelta({ text }: Source): boolean {
  return text.split('\n').some((line) => /^#+\s/.test(line) && section.test(line.replace(/^#+\s+/, '')));
}

/**
 * Reads the scenarios of the requirements that a change adds or modifies, in order; those of requirements that it removes
 * say what is there no longer. A requirement without a scenario is a criterion itself.
 */
export function readDelta(source: Source): Stated {
  const { nodes, offset } = pageOf(source);
  const blocks = blocksOf(nodes, source.text.slice(offset)).map(({ start, end }) => nodes.slice(start, end));
  return {
    ...{ source, problems: [] },
    criteria: blocks.map((block, position) => readBlock(block, { source, offset, position })),
    cut: blocks.map((block) => ({
      start: Math.min(...block.slice(0, 1).map(startOffset)) + offset,
      end: Math.max(...block.slice(-1).map(endOffset)) + offset,
    })),
  };
}

function blocksOf(nodes: readonly RootContent[], text: string): Block[] {
  const blocks: Block[] = [];
  const heads = nodes.flatMap((node, index) => (node.type === 'heading' ? [{ node, index }] : []));
  let isGone = false;
  /** A requirement without a scenario so far. */
  let open: { readonly start: number; readonly depth: number } | null = null;
  const close = (end: number): void => {
    if (open !== null) blocks.push({ start: open.start, end });
    open = null;
  };
  const startOfNext = (at: number): number | undefined => heads[at + 1]?.node.position?.start.offset;
  let free = 0; // the end of the last scenario
  for (const [at, { node, index }] of heads.entries()) {
    if (index < free) continue;
    const title = fold(plainText(node));
    const isSection = node.depth <= 2 || section.test(title);
    if (isSection || (open !== null && node.depth <= open.depth && !scenario.test(title))) close(index);
    if (isSection) isGone = gone.test(title);
    if (isGone) continue;
    if (isScenario(node, text.slice(endOffset(node), startOfNext(at)))) {
      open = null;
      let after = at + 1;
      while ((heads[after]?.node.depth ?? 0) > node.depth) after++;
      free = heads[after]?.index ?? nodes.length;
      blocks.push({ start: index, end: free });
    } else if (node.depth >= 2 && requirement.test(title)) open = { start: index, depth: node.depth };
  }
  close(nodes.length);
  return blocks;
}

/** True for a heading that says so, and for a deep one above steps. */
function isScenario(heading: Heading, below: string): boolean {
  if (scenario.test(plainText(heading).trim())) return heading.depth >= 3;
  return heading.depth >= 4 && /\b(?:WHEN|When)\b/.test(below) && /\b(?:THEN|Then)\b/.test(below);
}
