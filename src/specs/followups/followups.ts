import type { ListItem } from 'mdast';
import type { SpecDiagnostic } from '../../model/spec-rule.ts';
import { locate } from '../../model/diagnostic.ts';
import { readItems } from '../format/criterion.ts';
import { boxMark, isWaiving, readBox, withoutBox } from '../format/boxes.ts';
import { derivedKey, type Draft, isTicked, stem } from '../format/draft.ts';
import type { NotWork, Parsed, Reader } from '../format/format.ts';
import { markdownReader } from '../format/markdown-reader.ts';
import { addFollowup, extendFollowup } from './append.ts';
import { readKeys } from './followup-keys.ts';
import { isForeign } from './foreign.ts';
import { splitFrontMatter } from '../text/front-matter.ts';
import { endOffset, fold, listItems, parseMarkdown, plainText, startOffset } from '../text/markdown.ts';
import type { Source } from '../text/source.ts';
import { boldState, holdAs, holdOfTitle } from '../format/title-says.ts';
import { parseTodo } from '../todo/todo.ts';
import { type UnitKeys, unitKeysSchema } from '../format/unit-keys.ts';

export const reader: Reader = { ...markdownReader(parseFollowups), add: addFollowup, extend: extendFollowup };

/**
 * ```markdown
 * - [ ] Search ignores accents
 *   Prose that belongs to it.
 *   - depends: search-endpoint
 *   - [ ] "café" finds "cafe" — check: `node --test tests/accents.test.mjs`
 * ```
 * The item is the title. Nested items are criteria, except the keys that `readKeys` reads. A file in the style of another
 * project is read as a list of tasks (`isForeign`).
 */
function parseFollowups(source: Source): Parsed {
  const split = splitFrontMatter(source);
  if ('severity' in split) return { drafts: [], diagnostics: [split] };
  const { children } = parseMarkdown(split.body);
  if (isForeign(source, split.body, children)) return parseTodo(source);
  const items = listItems(children);
  const isDropped = (item: ListItem): boolean =>
    isWaiving(readBox(split.body.slice(startOffset(item), endOffset(item))));
  const read = (item: ListItem): Draft => parseItem(item, source, split.body, split.bodyOffset);
  const notWork = items.filter(isDropped).map((item): NotWork => {
    const { file, line, key } = read(item);
    return { file, line, key, end: 'cancelled', why: 'items that do not apply' };
  });
  return { drafts: items.filter((item) => !isDropped(item)).map(read), diagnostics: [], notWork };
}

function parseItem(item: ListItem, source: Source, body: string, offset: number): Draft {
  const problems: SpecDiagnostic[] = [];
  const start = startOffset(item);
  const raw = body.slice(start, endOffset(item));
  const first = item.children[0];
  const firstLines = first?.type === 'paragraph' ? plainText(first).split('\n') : [''];
  const title = fold(withoutBox(item, firstLines[0] ?? ''));
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
  const criteria = readItems(
    nested.filter((child) => !keyItems.has(child)),
    { source, offset },
  );
  const mark = boxMark(source.file, start + offset, readBox(raw), title);
  const marks = mark === null ? [] : [mark];
  const isDone = isTicked({ marks, criteria });
  const lead = raw.slice(readBox(raw)?.textStart ?? 0);
  const hold = isDone ? null : (holdAs(boldState(lead)?.state ?? null) ?? holdOfTitle(title));
  const prose = item.children.slice(1).filter((child) => child.type !== 'list');
  const text = [firstLines.slice(1).join('\n'), ...prose.map((node) => body.slice(startOffset(node), endOffset(node)))];
  return {
    key: keys.id ?? derivedKey(stem(source.file), title),
    isKeyExplicit: keys.id !== undefined,
    title: keys.title ?? title,
    file: source.file,
    files: [source.file],
    line: locate(source.text, start + offset).line,
    body: text.join('\n\n').replace(/\r\n/g, '\n').trim(),
    keys,
    criteria,
    marks,
    isDone,
    ...(hold === null ? {} : { hold }),
    problems: [...problems, ...criteria.flatMap((c) => c.problems)],
    where: (path) => where.get(String(path[0] ?? '')) ?? locate(source.text, start + offset),
  };
}
