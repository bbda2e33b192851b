import type { Code } from 'mdast';
import { locate } from '../../model/diagnostic.ts';
import type { ParsedCriterion } from '../format/criterion.ts';
import { derivedKey, type Draft, isTicked, stem } from '../format/draft.ts';
import type { Parsed, Reader } from '../format/format.ts';
import { type FrontKeys, readFrontKeys } from '../format/front-keys.ts';
import { edited } from '../format/mark.ts';
import { markdownReader } from '../format/markdown-reader.ts';
import { readRegions } from '../format/regions.ts';
import { sharedTooLarge, Sharing } from '../format/sharing.ts';
import { keyOffset, type StatusNames, statusMark } from '../format/status-mark.ts';
import { type Split, splitFrontMatter } from '../text/front-matter.ts';
import { endOffset, fold, parseMarkdown, plainText, sections, startOffset } from '../text/markdown.ts';
import type { Source } from '../text/source.ts';
import type { UnitKeys } from '../format/unit-keys.ts';
import { addNative, extendNative } from './append.ts';

const unitHeading = /^unit:\s*(.+)$/i;

export const reader: Reader = { ...markdownReader(parseNative), add: addNative, extend: extendNative };

/**
 * The native format: optional YAML front matter, a title, prose, and regions of acceptance criteria. A file with
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
    const criteria = readRegions(tree.children, source, offset);
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
      ...standingOf({ source, split, front, criteria: criteria.criteria }),
      problems: [...front.diagnostics, ...criteria.problems],
      where: front.where,
    };
    return { drafts: [draft], diagnostics: [] };
  }

  const intro = split.body.slice(0, parts[0]?.start ?? 0).trim();
  const sharing = new Sharing();
  const drafts = parts.map((section, index): Draft => {
    const title = unitHeading.exec(section.title)?.[1] ?? section.title;
    const hasIntro = sharing.take(intro.length);
    const block = section.children.find((node) => node.type !== 'heading');
    const isOwn = block?.type === 'code' && (block.lang === 'yaml' || block.lang === 'yml');
    const ownSplit = isOwn ? { yaml: block.value, yamlOffset: codeOffset(block, split.body, offset) } : null;
    const own = ownSplit ? readKeys(source, ownSplit.yaml, ownSplit.yamlOffset) : null;
    const criteria = readRegions(section.children, source, offset);
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
      body: [hasIntro ? intro : '', bodyWithout(split.body, section.start, section.end, cuts)]
        .filter((text) => text !== '')
        .join('\n\n'),
      keys,
      criteria: criteria.criteria,
      ...standingOf({ source, split: ownSplit, front: own, around: front, criteria: criteria.criteria }),
      problems: [
        ...front.diagnostics.filter(({ severity }) => index === 0 || severity === 'error'),
        ...(own?.diagnostics ?? []),
        ...criteria.problems,
        ...(hasIntro ? [] : [sharedTooLarge(source, { offset: section.start + offset, length: section.title.length })]),
      ],
      where: (path) => (own?.keys[path[0] as keyof UnitKeys] === undefined ? front.where(path) : own.where(path)),
    };
  });
  return { drafts, diagnostics: [] };
}

function readKeys(source: Source, yaml: string, yamlOffset: number): FrontKeys {
  return readFrontKeys({ source, yaml, yamlOffset, isForeign: false });
}

/**
 * What a unit's status says, otherwise its boxes. A status in its own YAML is its mark; one of the whole file (`around`) holds for
 * all of its units and is no mark.
 */
function standingOf(unit: {
  readonly source: Source;
  readonly split: Pick<Split, 'yaml' | 'yamlOffset'> | null;
  readonly front: FrontKeys | null;
  readonly around?: FrontKeys;
  readonly criteria: readonly ParsedCriterion[];
}): Pick<Draft, 'marks' | 'isDone' | 'hold' | 'isParallel'> {
  const { source, split, front, around, criteria } = unit;
  const state = front?.state ?? around?.state ?? null;
  const isDone = state === null ? isTicked({ marks: [], criteria }) : state === 'done';
  const isParallel = [front, around].some((keys) => keys?.isParallel === true);
  const hasMark = split !== null && front !== null && front.state !== null;
  const mark = hasMark ? statusMark(source, split, { isDone, of: 'status', statuses: namesLike(source, split) }) : null;
  return {
    marks: mark === null ? [] : [mark],
    isDone,
    ...(state === null || typeof state === 'string' ? {} : state),
    ...(isParallel ? { isParallel } : {}),
  };
}

/** The statuses to write, with a capital if there is one. */
function namesLike({ text }: Source, split: Pick<Split, 'yaml' | 'yamlOffset'>): StatusNames {
  const line = text.slice(keyOffset(split, 'status') ?? 0).slice(0, 100);
  return /^status:\s*["']?\p{Lu}/u.test(line) ? { done: 'Done', open: 'Open' } : { done: 'done', open: 'open' };
}

/** The offset in the file of a fenced block's content. */
function codeOffset(block: Code, body: string, offset: number): number {
  return body.indexOf('\n', startOffset(block)) + 1 + offset;
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
