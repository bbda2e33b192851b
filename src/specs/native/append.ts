import { locate } from '../../model/diagnostic.ts';
import {
  type Addition,
  claimLines,
  criteriaLines,
  insertLines,
  type NewUnit,
  type Spot,
  titleText,
  withLines,
} from '../format/addition.ts';
import type { Draft } from '../format/draft.ts';
import { readRegions } from '../format/regions.ts';
import { endOffset, fold, parseMarkdown, plainText, sections, tryMarkdown } from '../text/markdown.ts';
import { splitFrontMatter } from '../text/front-matter.ts';
import type { Source } from '../text/source.ts';

/** Makes a new spec of one unit, or adds a `## Unit:` section to a file that has some. Null for a file with one unit. */
export function addNative(unit: NewUnit, { file, sources }: Spot): Addition | null {
  const source = sources.find((one) => one.file === file);
  const keys = keyLines(unit);
  if (source === undefined || source.text.trim() === '') {
    const front = keys.length === 0 ? [] : ['---', ...keys, '---', ''];
    return { file, text: withLines('', [...front, `# ${titleText(unit.title, '# ')}`, ...rest(unit, '##')], false) };
  }
  if (!hasSections(source)) return null;
  const own = keys.length === 0 ? [] : ['', '```yaml', ...keys, '```'];
  const heading = `## Unit: ${titleText(unit.title, '## Unit: ')}`;
  return { file, text: withLines(source.text, [heading, ...own, ...rest(unit, '###')], true) };
}

function hasSections(source: Source): boolean {
  const split = splitFrontMatter(source);
  if ('severity' in split) return false;
  const nodes = tryMarkdown(split.body)?.children ?? [];
  return nodes.some((node) => node.type === 'heading' && node.depth === 2 && /^unit:/i.test(fold(plainText(node))));
}

function rest(unit: NewUnit, depth: string): string[] {
  const body = unit.body
    .replace(/\r\n?/g, '\n')
    .replace(/^(?:[^\S\n]*\n)+/, '')
    .trimEnd();
  const criteria = criteriaLines(unit);
  return [
    ...(body === '' ? [] : ['', ...body.split('\n')]),
    ...(criteria.length === 0 ? [] : ['', `${depth} Acceptance criteria`, '', ...criteria]),
  ];
}

/** The keys as YAML. */
function keyLines({ depends, touches, priority, isDraft }: NewUnit): string[] {
  const list = (values: readonly string[]): string => `[${values.map(yamlText).join(', ')}]`;
  return [
    ...(depends.length === 0 ? [] : [`depends: ${list(depends)}`]),
    ...(touches.length === 0 ? [] : [`touches: ${list(touches)}`]),
    ...(priority === null ? [] : [`priority: ${priority}`]),
    ...(isDraft ? ['draft: true'] : []),
  ];
}

function yamlText(value: string): string {
  const isPlain = /^[A-Za-z][\w./-]*$/.test(value) && !/^(?:true|false|null|yes|no|on|off|[yn])$/i.test(value);
  return isPlain ? value : JSON.stringify(value);
}

/** Adds claims at the end of a unit's last criteria. */
export function extendNative(draft: Draft, claims: readonly string[], source: Source): string | null {
  const split = splitFrontMatter(source);
  if ('severity' in split) return null;
  const offset = split.bodyOffset;
  const nodes = parseMarkdown(split.body).children;
  const section = sections(nodes, 2, split.body.length).find(
    ({ title, start }) => /^unit:/i.test(title) && locate(source.text, start + offset).line === draft.line,
  );
  const own = section?.children ?? nodes;
  const region = readRegions(own, source, offset).cut.findLast(({ isNested }) => !isNested);
  const at = region?.end ?? Math.max(section?.start ?? 0, ...own.map(endOffset));
  const isList = region !== undefined && own.some((node) => node.type === 'list' && endOffset(node) === at);
  const heading = region === undefined ? ['', `${section === undefined ? '##' : '###'} Acceptance criteria`] : [];
  return insertLines(source.text, at + offset, [...heading, ...(isList ? [] : ['']), ...claimLines(claims)]);
}
