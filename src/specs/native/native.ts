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
import { type StatusNames, statusMark } from '../format/status-mark.ts';
import { splitFrontMatter } from '../text/front-matter.ts';
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
      ...standingOf({ source, front, criteria: criteria.criteria }),
      problems: [...front.diagnostics, ...criteria.problems],
      where: front.where,
    };
    return { drafts: [draft], diagnostics: [] };
  }

  const intro = split.body.slice(0, parts[0]?.start ?? 0).trim();
  const sharing = new Sharing();
  const drafts = parts.map((section, index): Draft => {
    const title = unitHeading.exec(section.title)?.[1] ?? section.title;
    const block = section.children.find((node) => node.type !== 'heading');
    const isOwn = block?.type === 'code' && (block.lang === 'yaml' || block.lang === 'yml');
    const yaml = isOwn ? yamlIn(block, split.body) : null;
    const own = yaml ? readKeys(source, yaml.text, yaml.start + offset) : null;
    const criteria = readRegions(section.children, source, offset);
    const { id: _frontId, title: _frontTitle, ...defaults } = front.keys;
    const keys: UnitKeys = { ...defaults, ...own?.keys };
    const standing = standingOf({ source, front: own, around: front, criteria: criteria.criteria });
    const isOpen = !standing.isDone && standing.hold === undefined;
    const hasIntro = sharing.take(intro.length, isOpen);
    const place = { offset: section.start + offset, length: section.title.length };
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
      ...standing,
      problems: [
        ...front.diagnostics.filter(({ severity }) => index === 0 || severity === 'error'),
        ...(own?.diagnostics ?? []),
        ...criteria.problems,
        ...(hasIntro || !isOpen ? [] : [sharedTooLarge(source, place)]),
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
  readonly front: FrontKeys | null;
  readonly around?: FrontKeys;
  readonly criteria: readonly ParsedCriterion[];
}): Pick<Draft, 'marks' | 'isDone' | 'hold' | 'isParallel'> {
  const { source, front, around, criteria } = unit;
  const state = front?.state ?? around?.state ?? null;
  const isDone = state === null ? isTicked({ marks: [], criteria }) : state === 'done';
  const isParallel = [front, around].some((keys) => keys?.isParallel === true);
  const mark =
    front === null || front.state === null
      ? null
      : statusMark(source, front.places, { isDone, of: 'status', statuses: namesLike(front) });
  return {
    marks: mark === null ? [] : [mark],
    isDone,
    ...(state === null || typeof state === 'string' ? {} : state),
    ...(isParallel ? { isParallel } : {}),
  };
}

/** The statuses to write, with a capital if there is one. */
function namesLike({ places }: FrontKeys): StatusNames {
  const said = places.member('status')?.value?.text ?? '';
  return /^\s*\p{Lu}/u.test(said) ? { done: 'Done', open: 'Open' } : { done: 'done', open: 'open' };
}

/** The content of a fenced block as it is written, and its offset in the body. */
function yamlIn(block: Code, body: string): { readonly text: string; readonly start: number } {
  const start = body.indexOf('\n', startOffset(block)) + 1;
  if (body.startsWith(block.value, start)) return { text: block.value, start };
  const raw = body.slice(start, endOffset(block)); // indented, or with other line ends
  const last = raw.lastIndexOf('\n') + 1;
  return { text: /^\s*[`~]{3}/.test(raw.slice(last)) ? raw.slice(0, last) : raw, start };
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
