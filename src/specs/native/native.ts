import type { Code, RootContent } from 'mdast';
import type { Diagnostic } from '../../model/diagnostic.ts';
import { locate } from '../../model/diagnostic.ts';
import { parseCriterion, type ParsedCriterion } from '../format/criterion.ts';
import { boxesIn } from '../format/boxes.ts';
import { derivedKey, type Draft, isTicked, stem } from '../format/draft.ts';
import type { Parsed, Reader } from '../format/format.ts';
import { segmentsOf } from '../format/segments.ts';
import { parseYaml, splitFrontMatter } from '../text/front-matter.ts';
import { endOffset, fold, listItems, parseMarkdown, plainText, sections, startOffset } from '../text/markdown.ts';
import type { Source } from '../text/source.ts';
import { type UnitKeys, unitKeysSchema } from '../format/unit-keys.ts';

const criteriaHeading = /^acceptance criteria:?$/i;
const unitHeading = /^unit:\s*(.+)$/i;

/** Reads specs of ours. */
export const reader: Reader = {
  parse: (sources) => {
    const parsed = sources.map(parseNative);
    return {
      drafts: parsed.flatMap(({ drafts }) => drafts),
      diagnostics: parsed.flatMap(({ diagnostics }) => diagnostics),
    };
  },
  looseMarks: boxesIn,
  segments: segmentsOf,
};

/**
 * The native format: optional YAML front matter, a title, prose, and `## Acceptance criteria`. With `## Unit: <title>`
 * sections the file holds several units; the front matter then gives their defaults, and a `yaml` block directly
 * below a heading that unit's own keys.
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

/** Offset in the file of the first character inside a fenced block. */
function codeOffset(block: Code, body: string, offset: number): number {
  return body.indexOf('\n', startOffset(block)) + 1 + offset;
}

interface FoundCriteria {
  readonly criteria: readonly ParsedCriterion[];
  readonly problems: readonly Diagnostic[];
  /** Ranges of the body that hold criteria, not prose. */
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
  let text = '';
  let at = start;
  for (const cut of cuts.toSorted((a, b) => a.start - b.start)) {
    text += body.slice(at, cut.start);
    at = cut.end;
  }
  return (text + body.slice(at, end))
    .replace(/\r\n/g, '\n')
    .replace(/\n{3,}/g, '\n\n')
    .trim();
}
