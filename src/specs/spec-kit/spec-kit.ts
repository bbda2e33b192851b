import type { Heading, RootContent } from 'mdast';
import { type Diagnostic, locate } from '../../model/diagnostic.ts';
import { boxesIn, readBox } from '../format/boxes.ts';
import { criterionOf, type ParsedCriterion, readItems } from '../format/criterion.ts';
import { derivedKey, type Draft } from '../format/draft.ts';
import type { Parsed, Reader } from '../format/format.ts';
import { edited, type Mark } from '../format/mark.ts';
import { nextHeading, readRegions } from '../format/regions.ts';
import { segmentsOf } from '../format/segments.ts';
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
  const isOfPhase = (one: Found): boolean => phases.some((part) => isOf(one, part));
  const rest = [...(spec === null ? [] : requirementsOf(spec)), ...stated.filter((one) => !isOfPhase(one))];
  const used = new Set<string>();
  const keyed = parts.map((part) => {
    const own = part.story === null ? `phase-${part.phase ?? part.title}` : `us${part.story}`;
    let key = derivedKey(slug, own);
    if (used.has(key)) key = derivedKey(slug, part.phase === null ? part.title : `phase-${part.phase}`);
    used.add(key);
    return { part, key };
  });
  const order = dependencies(tasks, keyed);
  const boxes = tasks === null ? [] : boxesIn(tasks);
  const drafts = keyed.map(({ part, key }, index): Draft => {
    const story = part.story === null ? undefined : stories.find((one) => one.story === part.story);
    const marks = part.source === tasks ? boxes.filter((mark) => isWithin(mark.start, part)) : [];
    const isLast = index === keyed.length - 1;
    const inTasks = part.source === tasks ? stated.filter((one) => isOf(one, part)) : [];
    const ofPart = story ? criteriaOf(story) : part.source === tasks ? tasksOf(part) : criteriaOf(part);
    const known = new Set(ofPart.map(placeOf));
    const own = [...ofPart, ...inTasks.filter((one) => !known.has(placeOf(one)))];
    const criteria = [...own, ...(isLast ? rest : [])].map((one, position): ParsedCriterion => {
      const isElsewhere = one.file !== part.source.file;
      const criterion = { ...one.criterion, position, ...(isElsewhere ? { file: one.file } : {}) };
      return { ...one, criterion };
    });
    const problems: Diagnostic[] = criteria.flatMap((one) => one.problems);
    if (part.story !== null && !story && stories.length > 0) {
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

/** The dependencies that `tasks.md` states, else those of the format: stories wait for the phases before the first of them. */
function dependencies(
  tasks: Source | null,
  keyed: readonly { readonly part: Part; readonly key: string }[],
): ReadonlyMap<string, ReadonlySet<string>> {
  const waits = new Map(keyed.map(({ key }) => [key, new Set<string>()]));
  if (tasks === null || !keyed.some(({ part }) => part.source === tasks)) return waits;
  const said = saidDependencies(tasks, keyed);
  const firstStory = keyed.findIndex(({ part }) => part.story !== null);
  for (const [index, { part, key }] of keyed.entries()) {
    const stated = said.get(key);
    const before = keyed.slice(0, part.story === null ? index : Math.max(firstStory, 0)).map((one) => one.key);
    for (const other of stated ?? before) if (other !== key) waits.get(key)?.add(other);
  }
  return waits;
}

/** Lines below "Dependencies" such as "**User Story 2 (P2)**: Depends on Foundational (Phase 2)". */
function saidDependencies(
  tasks: Source,
  keyed: readonly { readonly part: Part; readonly key: string }[],
): Map<string, ReadonlySet<string>> {
  const said = new Map<string, ReadonlySet<string>>();
  const named = (text: string): string[] =>
    keyed.flatMap(({ part, key }) => {
      const isStory = part.story !== null && new RegExp(`\\b(?:US|User Story )${part.story}\\b`, 'i').test(text);
      const isPhase =
        part.phase !== null && new RegExp(`\\bPhase ${part.phase.replace('.', '\\.')}\\b`, 'i').test(text);
      return isStory || isPhase ? [key] : [];
    });
  for (const section of headed(tasks, (title) => /^dependenc/i.test(title))) {
    const lines = section.source.text
      .slice(section.start, section.end)
      .split('\n')
      .filter((line) => line.length < 2000);
    for (const line of lines) {
      const [, subject = '', rest = ''] = /^\s*[-*]\s+(?:\*\*)?([^:*]+)(?:\*\*)?\s*[:：]\s*(.*)$/.exec(line) ?? [];
      const [of, ...others] = named(subject);
      if (of === undefined || others.length > 0) continue;
      const sentence = rest.replace(/\bno dependenc.*$/i, '').split(/\bblocks?\b|\s[-–—]\s/i)[0] ?? '';
      const waits = /\b(?:depends? on|requires?|after|needs|extends?|builds? (?:up)?on)\b(.*)/i.exec(sentence)?.[1];
      if (waits !== undefined) said.set(of, new Set(named(waits)));
    }
  }
  return new Map([...said].filter(([, waits]) => waits.size > 0));
}

/** True for a criterion of `tasks.md` in this phase. */
function isOf({ criterion: { line } }: Found, { source, start, end }: Part): boolean {
  return line >= locate(source.text, start).line && line <= locate(source.text, end - 1).line;
}

function isWithin(offset: number, { start, end }: Part): boolean {
  return offset >= start && offset < end;
}

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
