import type { ListItem } from 'mdast';
import type { Diagnostic } from '../../model/diagnostic.ts';
import { locate } from '../../model/diagnostic.ts';
import { parseCriterion } from '../format/criterion.ts';
import { derivedKey, type Draft, type ParsedFile } from '../format/draft.ts';
import { readKeys } from './followup-keys.ts';
import { splitFrontMatter } from '../text/front-matter.ts';
import { endOffset, fold, listItems, parseMarkdown, plainText, startOffset } from '../text/markdown.ts';
import type { Source } from '../text/source.ts';
import { type UnitKeys, unitKeysSchema } from '../format/unit-keys.ts';

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
 * The item is the title, nested items are its criteria; those that give a key are read by `readKeys`.
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
  const { given, where, items: keyItems, problems: keyProblems } = readKeys(nested, source, body, offset);
  problems.push(...keyProblems);
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
    .filter((child) => !keyItems.has(child))
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
