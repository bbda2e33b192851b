import type { Html, InlineCode, ListItem, Nodes, Paragraph } from 'mdast';
import { locate } from '../../model/diagnostic.ts';
import type { SpecDiagnostic } from '../../model/spec-rule.ts';
import { endOffset, listItems, startOffset } from '../text/markdown.ts';
import type { Source } from '../text/source.ts';
import { near } from '../../util/text/suggest.ts';
import { isListKey, knownUnitKeys, splitList } from '../format/unit-keys.ts';

type Value = string | readonly string[];

/** The keys among the items below a followup. */
export interface GivenKeys {
  readonly given: Readonly<Record<string, Value>>;
  /** The position of each key. */
  readonly where: ReadonlyMap<string, Partial<SpecDiagnostic>>;
  /** The items that are keys; all others are criteria. */
  readonly items: ReadonlySet<ListItem>;
  readonly problems: readonly SpecDiagnostic[];
}

/**
 * Reads the keys among the items below a followup: items without a box that begin with a known key and a colon. Values have
 * the same meaning as in front matter, but are source text: `__main__.py` and `src/**` are paths, not emphasis. A duplicate
 * key is an error. An item that only looks like a key is a criterion, with a warning.
 */
export function readKeys(nested: readonly ListItem[], source: Source, body: string, offset: number): GivenKeys {
  const given: Record<string, Value> = {};
  const where = new Map<string, Partial<SpecDiagnostic>>();
  const items = new Set<ListItem>();
  const problems: SpecDiagnostic[] = [];
  for (const item of nested) {
    const line = keyLine(item, body);
    if (line === null) continue;
    const place = locate(source.text, startOffset(item) + offset, endOffset(item) - startOffset(item));
    const told = { file: source.file, ...place };
    const { key } = line;
    if (key === null || typeof item.checked === 'boolean') {
      problems.push(...misspelt(item, line, told, body));
      continue;
    }
    items.add(item);
    if (where.has(key)) {
      const message = `duplicate key "${key}"`;
      const hint = isListKey(key) ? 'Write all its values in one line.' : 'Keep one of the two.';
      problems.push({ severity: 'error', code: 'key-twice', message, hint, ...told });
      continue;
    }
    where.set(key, place);
    const lists = listItems(item.children);
    const value = valueOf(key, valueParts(line.paragraph, body, line.start));
    const isEmpty = value.length === 0 || (typeof value !== 'string' && value.every((one) => one.trim() === ''));
    if (lists.length === 0) given[key] = value;
    else if (isListKey(key) && isEmpty) given[key] = lists.flatMap((each) => listedValue(each, body));
    else {
      const message = `"${key}" has a value and a list below it`;
      problems.push({ severity: 'error', code: 'bad-value', message, hint: 'Keep one of the two.', ...told });
    }
  }
  return { given, where, items, problems };
}

interface KeyLine {
  /** As written. */
  readonly name: string;
  /** Null for a name that is only similar to a key. */
  readonly key: string | null;
  readonly paragraph: Paragraph;
  /** The offset of the value. */
  readonly start: number;
}

/** Reads `key: value` at the beginning of an item; the key may be emphasised. Null without a key or a similar name. */
function keyLine(item: ListItem, body: string): KeyLine | null {
  const first = item.children[0];
  if (first?.type !== 'paragraph') return null;
  const text = body.slice(startOffset(first), endOffset(first));
  const match = /^([*_`]{0,3})([A-Za-z][A-Za-z_-]*)(?:\1[ \t]*:|:\1)\s*/.exec(text);
  const name = match?.[2];
  if (match === null || name === undefined) return null;
  const key = knownUnitKeys.includes(name) ? name : null;
  if (key === null && near(name, knownUnitKeys) === null) return null;
  return { name, key, paragraph: first, start: startOffset(first) + match[0].length };
}

/** A warning if the item looks like a misspelt key with a value; otherwise none. */
function misspelt(item: ListItem, line: KeyLine, told: Partial<SpecDiagnostic>, body: string): SpecDiagnostic[] {
  const key = line.key ?? near(line.name, knownUnitKeys);
  if (key === null || !looksLikeValue(key, line.paragraph, body, line.start)) return [];
  const why = line.key === null ? `there is no key "${line.name}"` : 'a key has no box';
  return [
    {
      severity: 'warning',
      code: 'not-a-key',
      message: `this counts as a criterion: ${why}`,
      hint: `To give the key, write "- ${key}: …"${typeof item.checked === 'boolean' ? ' without a box' : ''}.`,
      ...told,
    },
  ];
}

/** True if every value is a single word, unlike in a sentence. */
function looksLikeValue(key: string, paragraph: Paragraph, body: string, start: number): boolean {
  const value = valueOf(key, valueParts(paragraph, body, start));
  const values = typeof value === 'string' ? [value] : value.filter((one) => one.trim() !== '');
  return values.length > 0 && values.every((one) => /^\S+$/.test(one.trim()));
}

function listedValue(item: ListItem, body: string): readonly string[] {
  const first = item.children[0];
  if (first?.type !== 'paragraph') return [];
  return [valueOf('', valueParts(first, body, startOffset(first)))].flat();
}

/** Interprets a value as front matter would: lists with brackets or commas, and quoted words. */
function valueOf(key: string, parts: readonly ValuePart[]): Value {
  if (!isListKey(key)) return unquoted(textOf(parts).trim());
  const only = parts.filter(({ text, isCode }) => isCode || text.trim() !== '');
  // A single code span may contain several values with commas. Among other parts, each code span is one value.
  if (only.length === 1 && only[0]?.isCode === true) return splitList(only[0].text);
  return listOf(withoutBrackets(parts)).map(unquoted);
}

interface ValuePart {
  readonly text: string;
  /** True for the content of a code span, in which commas belong to a name. */
  readonly isCode: boolean;
}

function textOf(parts: readonly ValuePart[]): string {
  return parts.map(({ text }) => text).join('');
}

/** The source text of a value, with code spans and escapes resolved, and without comments. */
function valueParts(paragraph: Paragraph, body: string, start: number): ValuePart[] {
  const parts: ValuePart[] = [];
  let at = start;
  const addText = (end: number): void => {
    const text = body.slice(at, end).replace(/\s+/g, ' ');
    parts.push({ text: text.replace(/\\([!-/:-@[-`{-~])/g, '$1'), isCode: false });
  };
  for (const node of opaqueIn(paragraph).filter((one) => startOffset(one) >= start)) {
    addText(startOffset(node));
    if (node.type === 'inlineCode') parts.push({ text: node.value, isCode: true });
    at = endOffset(node);
  }
  addText(endOffset(paragraph));
  return parts;
}

/** The code spans and comments in a node. */
function opaqueIn(node: Nodes): (InlineCode | Html)[] {
  if (node.type === 'inlineCode' || (node.type === 'html' && node.value.startsWith('<!--'))) return [node];
  return 'children' in node ? node.children.flatMap(opaqueIn) : [];
}

/** Removes the brackets of a YAML list, but not those of a name. */
function withoutBrackets(parts: readonly ValuePart[]): readonly ValuePart[] {
  const text = parts.map((part) => (part.isCode ? part.text.replaceAll(/[[\]]/g, '-') : part.text)).join('');
  const [begin, end] = [text.search(/\S/), text.trimEnd().length - 1];
  if (text[begin] !== '[' || text[end] !== ']' || closing(text, begin) !== end) return parts;
  let at = 0;
  return parts.map((part) => {
    const [from, to] = [at, at + part.text.length];
    at = to;
    return { ...part, text: part.text.slice(Math.max(0, begin + 1 - from), Math.max(0, end - from)) };
  });
}

/** The index of the bracket that closes the one at `begin`; -1 if there is none. */
function closing(text: string, begin: number): number {
  let depth = 0;
  for (let at = begin; at < text.length; at++) {
    if (text[at] === '[') depth++;
    else if (text[at] === ']' && --depth === 0) return at;
  }
  return -1;
}

function listOf(parts: readonly ValuePart[]): string[] {
  const values = [''];
  for (const { text, isCode } of parts) {
    const [first = '', ...rest] = isCode ? [text] : splitList(text);
    values.push(`${values.pop() ?? ''}${first}`, ...rest);
  }
  return values;
}

function unquoted(value: string): string {
  const text = value.trim();
  return /^(?:"[^"]*"|'[^']*')$/.test(text) ? text.slice(1, -1) : value;
}
