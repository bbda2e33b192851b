import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Node,
  type ParsedNode,
  Scalar,
  visit,
  type YAMLMap,
} from 'yaml';

/*
 * Where the values of a YAML document are, by the parser's own ranges: of block and flow maps, quoted and folded values, and
 * values behind anchors and tags.
 */

/** A key of a map with its place, in the offsets of the file. */
export interface YamlMember {
  readonly key: number;
  /** Null for a value that is no text, or that another key refers to: it cannot be written for this key alone. */
  readonly value: YamlValue | null;
}

/** The characters of a value, without quotes and the sign of a block; equal offsets for an empty one. */
export interface YamlValue {
  readonly start: number;
  readonly end: number;
  /** The quotes around it; `block` for lines below `>` or `|`. */
  readonly quote: '' | '"' | "'" | 'block';
  /** What it says; empty for null. */
  readonly text: string;
}

/** Where a member is added to a map, and what surrounds it there. */
export interface YamlGap {
  readonly offset: number;
  /** The text before it, in which `\n` stands for the file's line end. */
  readonly before: string;
}

/** The places of a YAML document. */
export interface YamlPlaces {
  /** The member at a path of keys; null without one. */
  member(...path: readonly string[]): YamlMember | null;
  /** Null if the document is no map. */
  readonly gap: YamlGap | null;
}

export const noPlaces: YamlPlaces = { member: () => null, gap: null };

/** The places of a document without errors. `offset` is that of its text in the file. */
export function placesIn(document: Document.Parsed, yaml: string, offset: number): YamlPlaces {
  return {
    member(...path) {
      const pair = pairAt(document.contents, path);
      const [start] = isScalar(pair?.key) ? (pair.key.range ?? []) : [];
      if (pair === null || start === undefined) return null;
      const value = valueOf(pair.value, document, yaml);
      const moved = value === null ? null : { ...value, start: value.start + offset, end: value.end + offset };
      return { key: start + offset, value: moved };
    },
    get gap() {
      const gap = gapIn(document.contents, yaml);
      return gap === null ? null : { ...gap, offset: gap.offset + offset };
    },
  };
}

interface Entry {
  readonly key: unknown;
  readonly value: Node | null;
}

function pairAt(root: Node | null, path: readonly string[]): Entry | null {
  let node = root;
  let found: Entry | null = null;
  for (const name of path) {
    if (!isMap<unknown, Node | null>(node)) return null;
    found = entriesOf(node).get(name) ?? null;
    if (found === null) return null;
    node = found.value;
  }
  return found;
}

const known = new WeakMap<object, ReadonlyMap<string, Entry>>();

/** The entries of a map by their keys; a long one is asked for each of them. */
function entriesOf(map: YAMLMap<unknown, Node | null>): ReadonlyMap<string, Entry> {
  let entries = known.get(map);
  if (entries === undefined) {
    entries = new Map(
      map.items
        .toReversed()
        .flatMap(({ key, value }) => (isScalar(key) ? [[String(key.value), { key, value }] as const] : [])),
    );
    known.set(map, entries);
  }
  return entries;
}

/** The value of a key, or the only value of its list. */
function valueOf(node: Node | null, document: Document.Parsed, yaml: string): YamlValue | null {
  if (isSeq(node) && node.items.length === 1 && !isSeq(node.items[0]))
    return valueOf(node.items[0] as Node | null, document, yaml);
  if (isAlias(node)) {
    const [start, end] = node.range ?? [];
    const meant = node.resolve(document);
    if (start === undefined || end === undefined || !isScalar(meant)) return null;
    return { start, end, quote: '', text: textOf(meant) };
  }
  if (!isScalar(node) || !node.range) return null;
  if (node.anchor !== undefined && isReferredTo(node.anchor, document)) return null;
  const [start, end] = node.range;
  if (node.type === Scalar.QUOTE_DOUBLE || node.type === Scalar.QUOTE_SINGLE) {
    const quote = node.type === Scalar.QUOTE_DOUBLE ? '"' : "'";
    return { start: start + 1, end: end - 1, quote, text: textOf(node) };
  }
  if (node.type === Scalar.PLAIN || node.type === undefined) return { start, end, quote: '', text: textOf(node) };
  const header = yaml.indexOf('\n', start) + 1;
  const lines = header === 0 || header > end ? '' : yaml.slice(header, end);
  if (lines.trim() === '') return null;
  const from = header + lines.length - lines.trimStart().length;
  return { start: from, end: from + lines.trim().length, quote: 'block', text: textOf(node).trim() };
}

function textOf({ value }: Scalar): string {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';
}

function isReferredTo(anchor: string, document: Document.Parsed): boolean {
  let isReferred = false;
  visit(document, {
    Alias(_key, { source }) {
      if (source !== anchor) return undefined;
      isReferred = true;
      return visit.BREAK;
    },
  });
  return isReferred;
}

/** The end of the outermost map: behind its last value, or before the line that ends the document. */
function gapIn(root: ParsedNode | null, yaml: string): YamlGap | null {
  const closing = /\r?\n\.\.\.(?=\s|$)/.exec(yaml)?.index ?? yaml.length;
  if (root === null) return yaml.trim() === '' ? null : { offset: closing, before: '\n' };
  if (!isMap(root)) return null;
  if (root.flow !== true) {
    const [start] = root.range;
    const indent = start - (yaml.lastIndexOf('\n', start - 1) + 1);
    return { offset: closing, before: `\n${' '.repeat(indent)}` };
  }
  const last = root.items.at(-1);
  if (last === undefined) return { offset: root.range[0] + 1, before: '' };
  return { offset: (last.value ?? last.key).range[1], before: ', ' };
}
