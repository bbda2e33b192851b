import type { InlineCode, ListItem, Nodes, Paragraph } from 'mdast';
import type { Diagnostic } from '../model/diagnostic.ts';
import { locate } from '../model/diagnostic.ts';
import { parseCriterion } from './criterion.ts';
import { derivedKey, type Draft, type ParsedFile } from './draft.ts';
import { splitFrontMatter } from './front-matter.ts';
import { endOffset, fold, listItems, parseMarkdown, plainText, startOffset } from './markdown.ts';
import type { Source } from './source.ts';
import { isListKey, knownUnitKeys, splitList, type UnitKeys, unitKeysSchema } from './unit-keys.ts';

/** True for the files that hold small units as list items. */
export function isFollowups(file: string): boolean {
  return /(?:^|\/)followups\.md$/i.test(file);
}

/**
 * ```markdown
 * - [ ] Search ignores accents
 *   Prose that belongs to it.
 *   - depends: search-endpoint
 *   - [ ] "café" finds "cafe" — check: `node --test tests/accents.test.mjs`
 * ```
 * The item is the title, nested items are its criteria; a nested item without a box that begins with a known key and
 * a colon gives that key. Its value is the source text: `__main__.py` and `src/**` are paths, not emphasis.
 */
export function parseFollowups(source: Source): ParsedFile {
  const split = splitFrontMatter(source);
  if ('severity' in split) return { drafts: [], diagnostics: [split] };
  const items = listItems(parseMarkdown(split.body).children);
  return { drafts: items.map((item) => parseItem(item, source, split.body, split.bodyOffset)), diagnostics: [] };
}

function parseItem(item: ListItem, source: Source, body: string, offset: number): Draft {
  const problems: Diagnostic[] = [];
  const start = startOffset(item);
  const raw = body.slice(start, endOffset(item));
  const first = item.children[0];
  const firstLines = first?.type === 'paragraph' ? plainText(first).split('\n') : [''];
  const title = fold(firstLines[0] ?? '');
  const nested = listItems(item.children.slice(1));
  const keyItems = nested.filter((child) => typeof child.checked !== 'boolean' && keyLine(child, body) !== null);
  const where = new Map<string, Partial<Diagnostic>>();
  const given: Record<string, string | readonly string[]> = {};
  for (const child of keyItems) {
    const line = keyLine(child, body);
    if (!line) continue;
    given[line.key] = line.value;
    where.set(line.key, locate(source.text, startOffset(child) + offset, endOffset(child) - startOffset(child)));
  }
  const parsed = unitKeysSchema.safeParse(given);
  if (!parsed.success) {
    for (const issue of parsed.error.issues) {
      const key = String(issue.path[0] ?? '');
      problems.push({
        severity: 'error',
        code: 'bad-value',
        message: `"${key}": ${issue.message}`,
        file: source.file,
        ...where.get(key),
      });
    }
  }
  const keys: UnitKeys = parsed.success ? parsed.data : {};
  const criteria = nested
    .filter((child) => !keyItems.includes(child))
    .map((child, position) => parseCriterion({ item: child, source, offset, position }));
  const box = /^[^\S\n]*(?:[-*+]|\d+[.)])[^\S\n]+\[([ xX])\]/.exec(raw);
  const prose = item.children.slice(1).filter((child) => child.type !== 'list');
  const text = [firstLines.slice(1).join('\n'), ...prose.map((node) => body.slice(startOffset(node), endOffset(node)))];
  return {
    key: keys.id ?? derivedKey(source.file.replace(/\.md$/i, ''), title),
    isKeyExplicit: keys.id !== undefined,
    title: keys.title ?? title,
    file: source.file,
    line: locate(source.text, start + offset).line,
    body: text.join('\n\n').replace(/\r\n/g, '\n').trim(),
    keys,
    criteria,
    headBox:
      typeof item.checked === 'boolean' && box
        ? { offset: start + offset + box[0].indexOf('[') + 1, isTicked: item.checked }
        : null,
    problems: [...problems, ...criteria.flatMap((c) => c.problems)],
    where: (path) => where.get(String(path[0] ?? '')) ?? locate(source.text, start + offset),
  };
}

/** `key: value` at the beginning of an item; the key may be emphasised. Null when that is no key of ours. */
function keyLine(
  item: ListItem,
  body: string,
): { readonly key: string; readonly value: string | readonly string[] } | null {
  const first = item.children[0];
  if (first?.type !== 'paragraph') return null;
  const match = /^([*_`]{0,3})([a-z-]+)(?:\1:|:\1)\s*/.exec(body.slice(startOffset(first), endOffset(first)));
  const key = match?.[2];
  if (match === null || key === undefined || !knownUnitKeys.includes(key)) return null;
  const parts = valueParts(first, body, startOffset(first) + match[0].length);
  return {
    key,
    value: isListKey(key)
      ? listOf(parts)
      : parts
          .map(({ text }) => text)
          .join('')
          .trim(),
  };
}

interface ValuePart {
  readonly text: string;
  /** True for the contents of a code span: a comma in them is part of a name. */
  readonly isCode: boolean;
}

/** The source text of a value: of code spans what is in them, of escapes the character; nothing else is markup. */
function valueParts(paragraph: Paragraph, body: string, start: number): ValuePart[] {
  const parts: ValuePart[] = [];
  let at = start;
  const addText = (end: number): void => {
    const text = body.slice(at, end).replace(/\s+/g, ' ');
    parts.push({ text: text.replace(/\\([!-/:-@[-`{-~])/g, '$1'), isCode: false });
  };
  for (const code of codeSpans(paragraph).filter((span) => startOffset(span) >= start)) {
    addText(startOffset(code));
    parts.push({ text: code.value, isCode: true });
    at = endOffset(code);
  }
  addText(endOffset(paragraph));
  return parts;
}

function codeSpans(node: Nodes): InlineCode[] {
  if (node.type === 'inlineCode') return [node];
  return 'children' in node ? node.children.flatMap(codeSpans) : [];
}

function listOf(parts: readonly ValuePart[]): string[] {
  const values = [''];
  for (const { text, isCode } of parts) {
    const [first = '', ...rest] = isCode ? [text] : splitList(text);
    values.push(`${values.pop() ?? ''}${first}`, ...rest);
  }
  return values;
}
