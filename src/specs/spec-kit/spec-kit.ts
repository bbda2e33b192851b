import type { Heading, RootContent } from 'mdast';
import { type Diagnostic, locate } from '../../model/diagnostic.ts';
import { boxesIn, readBox } from '../format/boxes.ts';
import { criterionOf, type ParsedCriterion, readItems } from '../format/criterion.ts';
import { derivedKey, type Draft } from '../format/draft.ts';
import type { Parsed, Reader } from '../format/format.ts';
import { edited, type Mark } from '../format/mark.ts';
import { nextHeading, readRegions } from '../format/regions.ts';
import { segmentsOf } from '../format/segments.ts';
import { sharedSize, sharedTooLarge, Sharing } from '../format/sharing.ts';
import { endOffset, fold, listItems, parseMarkdown, plainText, startOffset } from '../text/markdown.ts';
import { errorAt, type Source } from '../text/source.ts';

export const reader: Reader = {
  parse(sources) {
    const of = (name: string): Source | undefined => sources.find(({ file }) => file.endsWith(`/${name}`));
    const [tasks, spec] = [of('tasks.md'), of('spec.md')];
    if (sources.length < 2 || (!tasks && !spec)) return { drafts: [], diagnostics: [] };
    return readFeature(tasks ?? null, spec ?? null, sources);
  },
  looseMarks: (source) => (source.file.endsWith('/tasks.md') ? boxesIn(source) : []),
  segments: segmentsOf,
};

/** A phase of `tasks.md`, or a user story of `spec.md`. */
interface Part {
  readonly source: Source;
  readonly heading: Heading;
  readonly title: string;
  readonly nodes: readonly RootContent[];
  readonly start: number;
  readonly end: number;
  /** The number of its user story; null without one. */
  readonly story: string | null;
  /** The number of its phase. */
  readonly phase: string | null;
}

/**
 * A feature: each phase of `tasks.md` is a unit, and its tasks are its boxes. The criteria of a user story's phase are the
 * story's acceptance scenarios in `spec.md`; those of other phases are their tasks. Requirements and success criteria of the
 * feature belong to its last phase. Without tasks, each story is a unit.
 */
function readFeature(tasks: Source | null, spec: Source | null, sources: readonly Source[]): Parsed {
  const files = sources.map(({ file }) => file);
  const folder = (tasks ?? spec)?.file.split('/').slice(0, -1) ?? [];
  const slug = folder.at(-1) ?? '';
  const stories = spec === null ? [] : partsOf(spec, storyTitle);
  const phases = tasks === null ? [] : phasesOf(tasks);
  const parts = phases.length > 0 ? phases : stories;
  const stated = tasks === null ? [] : regionsOf(tasks, parseMarkdown(tasks.text).children);
  const places = new Places(phases);
  const statedIn = Map.groupBy(stated, (one) => places.ofLine(one.criterion.line));
  const rest = [...(spec === null ? [] : requirementsOf(spec)), ...(statedIn.get(null) ?? [])];
  const used = new Set<string>();
  const keyed = parts.map((part) => {
    const own = part.story === null ? `phase-${part.phase ?? part.title}` : `us${part.story}`;
    let key = derivedKey(slug, own);
    if (used.has(key)) key = derivedKey(slug, part.phase === null ? part.title : `phase-${part.phase}`);
    used.add(key);
    return { part, key };
  });
  const sharing = new Sharing();
  const order = dependencies(tasks, keyed, sharing);
  const boxes = Map.groupBy(tasks === null ? [] : boxesIn(tasks), ({ start }) => places.ofOffset(start));
  const storyOf = storiesByNumber(stories);
  const drafts = keyed.map(({ part, key }, index): Draft => {
    const told = part.story === null ? undefined : storyOf.get(part.story);
    const isShared = told === undefined || sharing.take(told.size);
    const story = isShared ? told?.part : undefined;
    const marks = part.source === tasks ? (boxes.get(part) ?? []) : [];
    const isLast = index === keyed.length - 1;
    const inTasks = part.source === tasks ? (statedIn.get(part) ?? []) : [];
    const own = story && told ? told.criteria : part.source === tasks ? tasksOf(part) : criteriaOf(part);
    const known = new Set(own.map(placeOf));
    const asked = [...own, ...inTasks.filter((one) => !known.has(placeOf(one))), ...(isLast ? rest : [])];
    const criteria = asked.map((one, position): ParsedCriterion => {
      const isElsewhere = one.file !== part.source.file;
      const criterion = { ...one.criterion, position, ...(isElsewhere ? { file: one.file } : {}) };
      return { ...one, criterion };
    });
    const problems: Diagnostic[] = criteria.flatMap((one) => one.problems);
    if (!isShared || order.get(key) === null)
      problems.push(sharedTooLarge(part.source, { offset: part.start, length: lineLength(part) }));
    if (part.story !== null && !told && stories.length > 0) {
      problems.push({
        ...errorAt(
          part.source,
          { offset: part.start, length: lineLength(part) },
          {
            code: 'unknown-story',
            message: `there is no user story ${part.story} in spec.md`,
            hint: 'Correct the number, or add the story.',
          },
        ),
        severity: 'warning',
      });
    }
    const unclear = [story, part].find((one) => one && textOf(one).includes('[NEEDS CLARIFICATION'));
    if (unclear) {
      const offset = unclear.source.text.indexOf('[NEEDS CLARIFICATION', unclear.start);
      const length = '[NEEDS CLARIFICATION'.length;
      problems.push(
        errorAt(
          unclear.source,
          { offset, length },
          {
            code: 'needs-clarification',
            message: 'this is not decided yet',
            hint: 'Answer it in the spec, and remove the mark.',
          },
        ),
      );
    }
    const ofCriteria = new Set(criteria.flatMap(({ mark }) => (mark?.file === part.source.file ? mark.start : [])));
    const open = marks.filter((mark) => !mark.isDone);
    const isSaidDone = /[✅✔☑]\s*$/u.test(plainText(part.heading).trim());
    return {
      ...{ key, isKeyExplicit: true, title: part.title, file: part.source.file, files },
      line: locate(part.source.text, part.start).line,
      body: bodyOf(part, story ?? null, marks),
      keys: { depends: [...(order.get(key) ?? [])] },
      criteria,
      marks: marks.filter(({ start }) => !ofCriteria.has(start)),
      isDone: marks.length > 0 ? open.length === 0 || (isSaidDone && open.every(isSkipped(part.source))) : isSaidDone,
      problems,
      where: () => locate(part.source.text, part.start, lineLength(part)),
    };
  });
  return { drafts, diagnostics: [] };
}

const storyTitle = /^(?:user story|ユーザーストーリー|用户故事)\s*(\d+[a-z]?)\s*(?:[-–—:：]\s*)?(.*)$/iu;
const phaseTitle = /^(?:phase|フェーズ|阶段)\s*(\d[\d.]*[a-z]?|[A-Z](?![\p{L}\p{N}]))\s*[-–—:：]?\s*(.*)$/iu;

/** The sections whose title `pattern` matches: number, then title. */
function partsOf(source: Source, pattern: RegExp): Part[] {
  return headed(source, (title) => pattern.test(title)).map((part) => {
    const [, number = '', title = ''] = pattern.exec(part.title) ?? [];
    return { ...part, title: cleaned(title) || part.title, story: number };
  });
}

function phasesOf(tasks: Source): Part[] {
  const phases = headed(tasks, (title) => phaseTitle.test(title)).filter((part) =>
    /\bT\d{3}|\[[ xX]\]/.test(textOf(part)),
  );
  const depth = Math.min(...phases.map(({ heading }) => heading.depth));
  return phases
    .filter(({ heading }) => heading.depth === depth)
    .flatMap((part) => {
      const [, phase = '', said = ''] = phaseTitle.exec(part.title) ?? [];
      const [, number, title] = storyTitle.exec(said) ?? [];
      const texts = listItems(part.nodes).map((item) => plainText(item).slice(0, 200));
      const named = new Set(texts.flatMap((text) => /\[US(\d+[a-z]?)\]/i.exec(text)?.[1] ?? []));
      const story = number ?? (named.size === 1 ? [...named][0] : undefined) ?? null;
      return [{ ...part, phase, story, title: cleaned(title ?? said) || part.title }];
    });
}

/** The sections with a title that fits, each up to the next heading of its level or above. */
function headed(source: Source, isWanted: (title: string) => boolean): Part[] {
  const { children } = parseMarkdown(source.text);
  return children.flatMap((heading, at): Part[] => {
    if (heading.type !== 'heading') return [];
    const title = fold(plainText(heading));
    if (!isWanted(title)) return [];
    const end = nextHeading(children, at, heading.depth);
    const after = children[end];
    return [
      {
        ...{ source, heading, title, nodes: children.slice(at + 1, end), story: null, phase: null },
        start: startOffset(heading),
        end: after ? startOffset(after) : source.text.length,
      },
    ];
  });
}

function cleaned(title: string): string {
  return title
    .replace(/\((?:priority:\s*)?P\d\)/i, '')
    .replace(/\bMVP\b/, '')
    .replace(/[^\p{L}\p{N})\]"'`.!?]+$/u, '')
    .trim();
}

type Found = ParsedCriterion & { readonly file: string };

/** The file and line of a criterion. */
function placeOf({ file, criterion }: Found): string {
  return `${criterion.line} ${file}`;
}

function foundIn(source: Source, criteria: readonly ParsedCriterion[]): Found[] {
  return criteria.map((one) => ({ ...one, file: source.file }));
}

function regionsOf(source: Source, nodes: readonly RootContent[]): Found[] {
  return foundIn(source, readRegions(nodes, source, 0).criteria);
}

function criteriaOf({ source, nodes }: Part): Found[] {
  const independent = nodes.filter(
    (node) => node.type === 'paragraph' && /^\*\*Independent Test\b/i.test(slice(source, node)),
  );
  const tests = independent.map((node) => {
    const start = startOffset(node);
    const text = slice(source, node).replace(/^\*\*Independent Test\*{0,2}:?\*{0,2}:?\s*/i, '');
    return criterionOf({ source, start, text, commands: [], position: 0 });
  });
  return [...foundIn(source, tests), ...regionsOf(source, nodes)];
}

/** The tasks of a phase as criteria. */
function tasksOf({ source, nodes }: Part): Found[] {
  const items = listItems(nodes).filter((item) => readBox(source.text.slice(startOffset(item)).slice(0, 200)) !== null);
  return foundIn(source, readItems(items, { source, offset: 0 }));
}

/** Requirements (`FR-001`) and success criteria (`SC-001`) of a feature. */
function requirementsOf(source: Source): Found[] {
  const { children } = parseMarkdown(source.text);
  const items = listItems(children).filter((item) => /^(?:FR|NFR|SC)-?\d+/i.test(plainText(item).trim()));
  return foundIn(source, readItems(items, { source, offset: 0 }));
}

/** A user story that phases name. */
interface Told {
  readonly part: Part;
  readonly criteria: readonly Found[];
  /** See `Sharing`. */
  readonly size: number;
}

/** The first story of each number. */
function storiesByNumber(stories: readonly Part[]): ReadonlyMap<string, Told> {
  const told = new Map<string, Told>();
  for (const part of stories) {
    if (part.story === null || told.has(part.story)) continue;
    const criteria = criteriaOf(part);
    told.set(part.story, { part, criteria, size: sharedSize([textOf(part)], criteria) });
  }
  return told;
}

/** A part with its lines, the last one included. */
interface Place {
  readonly part: Part;
  readonly firstLine: number;
  readonly lastLine: number;
}

/** Finds the part of a file that a place is in; null if it is in none. Parts follow each other. */
class Places {
  readonly #parts: readonly Place[];

  constructor(parts: readonly Part[]) {
    this.#parts = parts.map((part) => {
      const { source, start, end } = part;
      const [firstLine, lastLine] = [locate(source.text, start).line, locate(source.text, end - 1).line];
      return { part, firstLine, lastLine };
    });
  }

  ofLine(line: number): Part | null {
    const last = this.#last(({ firstLine }) => firstLine <= line);
    return last !== undefined && line <= last.lastLine ? last.part : null;
  }

  ofOffset(offset: number): Part | null {
    const last = this.#last(({ part }) => part.start <= offset);
    return last !== undefined && offset < last.part.end ? last.part : null;
  }

  /** The last part that begins before a place. */
  #last(begins: (place: Place) => boolean): Place | undefined {
    let [low, high] = [0, this.#parts.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      const one = this.#parts[middle];
      if (one && begins(one)) low = middle + 1;
      else high = middle;
    }
    return this.#parts[low - 1];
  }
}

/**
 * The dependencies that `tasks.md` states, else those of the format: stories wait for the phases before the first of them.
 * Null for a phase that waits for too many; see `Sharing`.
 */
function dependencies(
  tasks: Source | null,
  keyed: readonly { readonly part: Part; readonly key: string }[],
  sharing: Sharing,
): ReadonlyMap<string, ReadonlySet<string> | null> {
  const waits = new Map<string, Set<string> | null>(keyed.map(({ key }) => [key, new Set<string>()]));
  if (tasks === null || !keyed.some(({ part }) => part.source === tasks)) return waits;
  const said = saidDependencies(tasks, keyed, sharing);
  const firstStory = keyed.findIndex(({ part }) => part.story !== null);
  let size = 0;
  const sizes = keyed.map(({ key }) => (size += key.length) - key.length);
  for (const [index, { part, key }] of keyed.entries()) {
    const stated = said.get(key);
    const count = part.story === null ? index : Math.max(firstStory, 0);
    if (stated === null || (stated === undefined && !sharing.take(sizes[count] ?? 0))) {
      waits.set(key, null);
      continue;
    }
    const before = stated ?? keyed.slice(0, count).map((one) => one.key);
    for (const other of before) if (other !== key) waits.get(key)?.add(other);
  }
  return waits;
}

/**
 * Lines below "Dependencies" such as "**User Story 2 (P2)**: Depends on Foundational (Phase 2)". Null for a phase that
 * waits for too many.
 */
function saidDependencies(
  tasks: Source,
  keyed: readonly { readonly part: Part; readonly key: string }[],
  sharing: Sharing,
): Map<string, readonly string[] | null> {
  const said = new Map<string, readonly string[] | null>();
  const named = namer(keyed);
  for (const section of headed(tasks, (title) => /^dependenc/i.test(title))) {
    const lines = section.source.text
      .slice(section.start, section.end)
      .split('\n')
      .filter((line) => line.length < 2000);
    for (const line of lines) {
      const [, subject = '', rest = ''] = /^\s*[-*]\s+(?:\*\*)?([^:*]+)(?:\*\*)?\s*[:：]\s*(.*)$/.exec(line) ?? [];
      const [of, ...others] = new Set(named(subject).flat());
      if (of === undefined || others.length > 0) continue;
      const sentence = rest.replace(/\bno dependenc.*$/i, '').split(/\bblocks?\b|\s[-–—]\s/i)[0] ?? '';
      const waits = /\b(?:depends? on|requires?|after|needs|extends?|builds? (?:up)?on)\b(.*)/i.exec(sentence)?.[1];
      if (waits === undefined) continue;
      const lists = named(waits);
      const isFree = sharing.take(lists.reduce((sum, keys) => sum + sharedSize(keys), 0));
      if (!isFree) said.set(of, null);
      else if (lists.length > 0) said.set(of, [...new Set(lists.flat())]);
    }
  }
  return said;
}

/** A function that finds the phases and stories that a text names: a list of keys for each name. */
function namer(
  keyed: readonly { readonly part: Part; readonly key: string }[],
): (text: string) => (readonly string[])[] {
  const byName = new Map<string, string[]>();
  for (const { part, key } of keyed) {
    const names = [part.story === null ? null : `us ${part.story}`, part.phase === null ? null : `phase ${part.phase}`];
    for (const name of names.flatMap((one) => one?.toLowerCase().replace(/\.+$/, '') ?? [])) {
      const keys = byName.get(name);
      if (keys) keys.push(key);
      else byName.set(name, [key]);
    }
  }
  return (text) => {
    const names = [...text.matchAll(reference)].map(([, story, phase = '']) =>
      (story === undefined ? `phase ${phase}` : `us ${story}`).toLowerCase().replace(/\.+$/, ''),
    );
    return [...new Set(names)].flatMap((name) => {
      const keys = byName.get(name) ?? byName.get(name.replace(/\..*$/, ''));
      return keys === undefined ? [] : [keys];
    });
  };
}

/** A story or a phase that a text names. */
const reference = /\b(?:(?:US|User Story )(\d+[a-z]?)|Phase (\d[\d.]*[a-z]?|[A-Z]))\b/gi;

function textOf({ source, start, end }: Part): string {
  return source.text.slice(start, end);
}

function slice({ text }: Source, node: RootContent): string {
  return text.slice(startOffset(node), endOffset(node));
}

function lineLength({ heading }: Part): number {
  return endOffset(heading) - startOffset(heading);
}

/** The section, its tasks without ticks, and its user story. */
function bodyOf(part: Part, story: Part | null, marks: readonly Mark[]): string {
  const { start, end, source } = part;
  const edits = marks.map((mark) => ({ start: mark.start - start, end: mark.end - start, text: ' ' }));
  const own = edited(source.text.slice(start, end), edits);
  const texts = story === null ? [own] : [textOf(story), own];
  return texts.join('\n\n').replace(/\r\n/g, '\n').trim();
}

/** True for a mark of a task that its author skipped, `[~]` or `[-]`. */
function isSkipped({ text }: Source): (mark: Mark) => boolean {
  return ({ start }) => text[start] === '~' || text[start] === '-';
}
