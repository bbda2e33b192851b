import type { Code, RootContent } from 'mdast';
import type { Diagnostic } from '../../model/diagnostic.ts';
import { locate } from '../../model/diagnostic.ts';
import { parseCriterion, type ParsedCriterion } from '../format/criterion.ts';
import { derivedKey, type Draft, isTicked, stem } from '../format/draft.ts';
import type { Parsed } from '../format/format.ts';
import { edited } from '../format/mark.ts';
import { markdownReader } from '../format/markdown-reader.ts';
import { parseYaml, splitFrontMatter } from '../text/front-matter.ts';
import { endOffset, fold, listItems, parseMarkdown, plainText, sections, startOffset } from '../text/markdown.ts';
import type { Source } from '../text/source.ts';
import { type UnitKeys, unitKeysSchema } from '../format/unit-keys.ts';

const criteriaHeading = /^acceptance criteria:?$/i;
const unitHeading = /^unit:\s*(.+)$/i;

export const reader = markdownReader(parseNative);

/**
 * The native format: optional YAML front matter, a title, prose, and `## Acceptance criteria`. A file with
 * `## Unit: <title>` sections contains several units. Their defaults are in the front matter, and a unit's own keys in a
 * `yaml` block directly below its heading.
 */
function parseNative(source: Source): Parsed {
  const split = splitFrontMatter(source);
  if ('severity' in split) return { drafts: [], diagnostics: [split] };
  const front = readKeys(source, split.yaml ?? '', split.yamlOffset);
  const tree = parseMarkdown(split.body);
  const offset = split.bodyOffset;
  const parts = sections(tree.children, 2, split.body.length).filter((section) => unitHeading.test(section.title));
  const name = stem(source.file);

  if (parts.length === 0) {
    const title = tree.children.find((node) => node.type === 'heading' && node.depth === 1);
    const criteria = findCriteria(tree.children, 2, source, split.body, offset);
    const draft: Draft = {
      key: front.keys.id ?? derivedKey(name),
      isKeyExplicit: front.keys.id !== undefined,
      title: front.keys.title ?? (title ? fold(plainText(title)) : name),
      file: source.file,
      files: [source.file],
      line: title ? locate(source.text, startOffset(title) + offset).line : 1,
      body: bodyWithout(split.body, 0, split.body.length, criteria.cut),
      keys: front.keys,
      criteria: criteria.criteria,
      marks: [],
      isDone: isTicked({ marks: [], criteria: criteria.criteria }),
      problems: [...front.diagnostics, ...criteria.problems],
      where: front.where,
    };
    return { drafts: [draft], diagnostics: [] };
  }

  const intro = split.body.slice(0, parts[0]?.start ?? 0).trim();
  const drafts = parts.map((section): Draft => {
    const title = unitHeading.exec(section.title)?.[1] ?? section.title;
    const block = section.children.find((node) => node.type !== 'heading');
    const isOwn = block?.type === 'code' && (block.lang === 'yaml' || block.lang === 'yml');
    const own = isOwn ? readKeys(source, block.value, codeOffset(block, split.body, offset)) : null;
    const criteria = findCriteria(section.children, 3, source, split.body, offset);
    const { id: _frontId, title: _frontTitle, ...defaults } = front.keys;
    const keys: UnitKeys = { ...defaults, ...own?.keys };
    const cuts = isOwn ? [...criteria.cut, { start: startOffset(block), end: endOffset(block) }] : criteria.cut;
    return {
      key: own?.keys.id ?? derivedKey(name, title),
      isKeyExplicit: own?.keys.id !== undefined,
      title: keys.title ?? title,
      file: source.file,
      files: [source.file],
      line: locate(source.text, section.start + offset).line,
      body: [intro, bodyWithout(split.body, section.start, section.end, cuts)]
        .filter((text) => text !== '')
        .join('\n\n'),
      keys,
      criteria: criteria.criteria,
      marks: [],
      isDone: isTicked({ marks: [], criteria: criteria.criteria }),
      problems: [...front.diagnostics, ...(own?.diagnostics ?? []), ...criteria.problems],
      where: (path) => (own?.keys[path[0] as keyof UnitKeys] === undefined ? front.where(path) : own.where(path)),
    };
  });
  return { drafts, diagnostics: [] };
}

interface ReadKeys {
  readonly keys: UnitKeys;
  readonly diagnostics: readonly Diagnostic[];
  readonly where: (path: readonly (string | number)[]) => Partial<Diagnostic>;
}

function readKeys(source: Source, yaml: string, yamlOffset: number): ReadKeys {
  const parsed = parseYaml({ source, yaml, yamlOffset, schema: unitKeysSchema });
  return { keys: parsed.value ?? {}, diagnostics: parsed.diagnostics, where: parsed.where };
}

/** The offset in the file of a fenced block's content. */
function codeOffset(block: Code, body: string, offset: number): number {
  return body.indexOf('\n', startOffset(block)) + 1 + offset;
}

interface FoundCriteria {
  readonly criteria: readonly ParsedCriterion[];
  readonly problems: readonly Diagnostic[];
  /** Ranges of the body that contain criteria. */
  readonly cut: readonly { readonly start: number; readonly end: number }[];
}

function findCriteria(
  nodes: readonly RootContent[],
  depth: number,
  source: Source,
  body: string,
  offset: number,
): FoundCriteria {
  const found = sections(nodes, depth, body.length).filter((section) => criteriaHeading.test(section.title));
  const items = found.flatMap((section) => listItems(section.children));
  const criteria = items.map((item, position) => parseCriterion({ item, source, offset, position }));
  return {
    criteria,
    problems: criteria.flatMap((c) => c.problems),
    cut: found.map((section) => ({ start: section.start, end: lastEnd(section.children, section.start, body) })),
  };
}

function lastEnd(nodes: readonly RootContent[], start: number, body: string): number {
  const last = nodes.at(-1);
  if (last) return endOffset(last);
  const lineEnd = body.indexOf('\n', start);
  return lineEnd < 0 ? body.length : lineEnd;
}

function bodyWithout(
  body: string,
  start: number,
  end: number,
  cuts: readonly { readonly start: number; readonly end: number }[],
): string {
  const removed = [{ start: 0, end: start }, ...cuts].map((cut) => ({ ...cut, text: '' }));
  return edited(body.slice(0, end), removed)
    .replace(/\r\n/g, '\n')
    .replace(/\n{3,}/g, '\n\n')
    .trim();
}
