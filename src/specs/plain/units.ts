import type { RootContent } from 'mdast';
import { locate } from '../../model/diagnostic.ts';
import { derivedKey, type Draft, isTicked } from '../format/draft.ts';
import type { Parsed } from '../format/format.ts';
import { type FrontKeys, readFrontKeys } from '../format/front-keys.ts';
import { opensRegion } from '../format/region-names.ts';
import { type Found, readRegions } from '../format/regions.ts';
import { sharedTooLarge, Sharing } from '../format/sharing.ts';
import { statusMark } from '../format/status-mark.ts';
import { type Split, splitFrontMatter } from '../text/front-matter.ts';
import { endOffset, fold, plainText, sections, startOffset } from '../text/markdown.ts';
import type { Source } from '../text/source.ts';
import { blocksOf, bodyOf, openedText } from './body.ts';
import type { Kind } from './layout.ts';
import { type Named, referredIn } from './refs.ts';

/** What is known of a file before it is read. */
export interface About {
  readonly kind: Exclude<Kind, 'plan' | 'note'>;
  readonly own: Named;
  /** The units of its folder, with itself. */
  readonly neighbours: readonly Named[];
  readonly files: readonly string[];
}

/** What each tool writes for finished and for new work. */
const statuses = {
  issue: { done: 'done', open: 'open' },
  'code-task': { done: 'completed', open: 'pending' },
  'epic-task': { done: 'closed', open: 'open' },
  spec: { done: 'implemented', open: 'draft' },
};

/** A file with acceptance criteria is a unit; one with several sections that have criteria of their own, several units. */
export function readUnits(source: Source, about: About): Parsed {
  const split = splitFrontMatter(source);
  if ('severity' in split) return { drafts: [], diagnostics: [split] };
  const front = readFrontKeys({ source, yaml: split.yaml ?? '', yamlOffset: split.yamlOffset, isForeign: true });
  const file: File = { source, split, front, about, opened: openedText(source) };
  const children = blocksOf(split.body);
  const parts = sections(children, 2, split.body.length).filter(
    ({ title, children: inner }) => !opensRegion(title) && readRegions(inner, source, split.bodyOffset).cut.length > 0,
  );
  const isSplit = parts.length > 1 && !children.some((node) => isTopRegion(node));
  if (isSplit) {
    const intro = bodyOf(file.opened.slice(split.bodyOffset), 0, parts[0]?.start ?? 0, []);
    const sharing = new Sharing();
    return { drafts: parts.map((part) => partDraft(part, file, intro, sharing)), diagnostics: [] };
  }
  const found = readRegions(children, source, split.bodyOffset);
  if (found.criteria.length === 0 && about.kind === 'spec' && !/\.spec\.md$/i.test(source.file))
    return { drafts: [], diagnostics: [], notWork: [{ file: source.file, line: 1, why: 'documents' }] };
  return { drafts: [wholeDraft(children, found, file)], diagnostics: [] };
}

interface File {
  readonly source: Source;
  readonly split: Split;
  readonly front: FrontKeys;
  readonly about: About;
  /** The text with all boxes open. */
  readonly opened: string;
}

function isTopRegion(node: RootContent): boolean {
  return node.type === 'heading' && node.depth <= 2 && opensRegion(plainText(node));
}

function wholeDraft(children: readonly RootContent[], found: Found, file: File): Draft {
  const { source, split, front, about, opened } = file;
  const heading = children.find((node) => node.type === 'heading' && node.depth === 1);
  const written = heading ? fold(plainText(heading)).replace(/^(?:task|issue(?:-[\w-]*)?):\s+/i, '') : '';
  const title = front.keys.title ?? (written === '' ? about.own.name : written);
  const state = front.state ?? (isTicked({ marks: [], criteria: found.criteria }) ? 'done' : 'open');
  const isDone = state === 'done';
  const mark =
    front.places.member('status') === null
      ? null
      : statusMark(source, front.places, { isDone, of: title, statuses: statuses[about.kind] });
  const hold = typeof state === 'string' ? {} : state;
  const { depends: said, ...keys } = front.keys;
  const depends = [
    ...(said ?? []).map((name) => neighbourOf(name, about)),
    ...dependencyTexts(children, split.body).flatMap((text) => referredIn(text, about.neighbours, about.own)),
  ];
  return {
    ...{ key: keys.id ?? about.own.key, isKeyExplicit: true, title, file: source.file, files: about.files },
    line: heading ? locate(source.text, startOffset(heading) + split.bodyOffset).line : 1,
    body: bodyOf(opened.slice(split.bodyOffset), 0, split.body.length, found.cut),
    keys: { ...keys, ...(depends.length > 0 ? { depends: [...new Set(depends)] } : {}), ...exclusiveOf(file) },
    criteria: found.criteria,
    marks: mark === null ? [] : [mark],
    ...{ isDone, ...hold },
    ...(front.isParallel && !front.hasConflicts ? { isParallel: true } : {}),
    problems: isDone || 'hold' in hold ? [] : [...front.diagnostics, ...found.problems],
    where: front.where,
  };
}

/** A section with criteria of its own. The status of the file says nothing of a single one. */
function partDraft(part: ReturnType<typeof sections>[number], file: File, intro: string, sharing: Sharing): Draft {
  const { source, split, front, about, opened } = file;
  const found = readRegions(part.children, source, split.bodyOffset);
  const body = opened.slice(split.bodyOffset);
  const isDone = front.state === 'done' || isTicked({ marks: [], criteria: found.criteria });
  const hold = isDone || front.state === null || typeof front.state === 'string' ? {} : front.state;
  const { id: _id, title: _title, ...keys } = front.keys;
  const hasIntro = sharing.take(intro.length, !isDone && !('hold' in hold));
  const place = { offset: part.start + split.bodyOffset, length: part.title.length };
  const tooLarge = hasIntro ? [] : [sharedTooLarge(source, place)];
  return {
    ...{ key: derivedKey(about.own.key, part.title), isKeyExplicit: false, title: part.title },
    ...{ file: source.file, files: about.files, line: locate(source.text, part.start + split.bodyOffset).line },
    body: [hasIntro ? intro : '', bodyOf(body, part.start, part.end, found.cut)]
      .filter((text) => text !== '')
      .join('\n\n'),
    ...{ keys, criteria: found.criteria, marks: [], isDone, ...hold },
    problems: isDone || 'hold' in hold ? [] : [...front.diagnostics, ...found.problems, ...tooLarge],
    where: front.where,
  };
}

/** The key of a neighbour by its name or number; the name itself if there is none. */
function neighbourOf(name: string, { neighbours, own }: About): string {
  const bare = name.replace(/^#/, '').replace(/\.md$/i, '');
  const known = neighbours.find((one) => one.name.toLowerCase() === bare.toLowerCase() || one.key === bare);
  if (known) return known.key;
  const numbered = /^\d+$/.test(bare) ? neighbours.filter(({ number }) => Number(number) === Number(bare)) : [];
  const [only] = numbered.filter(({ key }) => key !== own.key);
  return only?.key ?? name;
}

/** Units of an epic that conflict with some never run at the same time. */
function exclusiveOf({ front, about }: File): { readonly exclusive?: string } {
  if (!front.hasConflicts || front.keys.exclusive !== undefined) return {};
  return { exclusive: derivedKey(about.own.key.split('.').slice(0, -1).join('.') || 'conflicts') };
}

/** The items and paragraphs below "Dependencies". */
function dependencyTexts(children: readonly RootContent[], body: string): string[] {
  const texts: string[] = [];
  let isInside = false;
  for (const node of children) {
    if (node.type === 'heading')
      isInside = /^(?:dependencies|depends on|prerequisites|blocked by)\b/i.test(plainText(node));
    else if (isInside && node.type === 'list')
      texts.push(...node.children.map((item) => plainText(item.children[0] ?? item)));
    else if (isInside && node.type === 'paragraph') texts.push(body.slice(startOffset(node), endOffset(node)));
  }
  return texts;
}
