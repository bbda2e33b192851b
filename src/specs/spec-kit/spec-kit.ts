import { locate } from '../../model/diagnostic.ts';
import type { SpecDiagnostic } from '../../model/spec-rule.ts';
import { boxesIn } from '../format/boxes.ts';
import type { ParsedCriterion } from '../format/criterion.ts';
import { derivedKey, type Draft } from '../format/draft.ts';
import type { Parsed, Reader } from '../format/format.ts';
import { borrowed, heirOf } from '../format/left-over.ts';
import { edited, type Mark } from '../format/mark.ts';
import { segmentsOf } from '../format/segments.ts';
import { sharedTooLarge, Sharing } from '../format/sharing.ts';
import { parseMarkdown, plainText } from '../text/markdown.ts';
import type { Source } from '../text/source.ts';
import { criteriaOf, demandsOf, type Found, placeOf, regionsOf, storiesByNumber, tasksOf } from './criteria.ts';
import { dependencies, type Keyed } from './dependencies.ts';
import { joinsOf } from './joins.ts';
import { headingLength, type Part, phasesOf, storiesOf, textOf, wholeOf } from './parts.ts';
import { Places } from './places.ts';
import { undecided } from './problems.ts';

export const reader: Reader = {
  parse(sources) {
    const of = (name: string): Source | undefined => sources.find(({ file }) => file.endsWith(`/${name}`));
    const [tasks, spec] = [of('tasks.md'), of('spec.md')];
    if (tasks || spec) return readFeature(tasks ?? null, spec ?? null, sources);
    return { drafts: [], diagnostics: [], notWork: sources.map(({ file }) => ({ file, line: 1, why: 'plans alone' })) };
  },
  looseMarks: (source) => (source.file.endsWith('/tasks.md') ? boxesIn(source) : []),
  segments: segmentsOf,
};

/**
 * A feature: each phase of `tasks.md` is a unit, and its tasks are its boxes. The criteria of a user story's phase are the
 * story's acceptance scenarios in `spec.md`; those of other phases are their tasks. What else the feature demands, and stories
 * that no phase names, belong to its last phase (`heirOf`). Without tasks, each story is a unit, and without stories, too, the
 * feature is one.
 */
function readFeature(tasks: Source | null, spec: Source | null, sources: readonly Source[]): Parsed {
  const files = sources.map(({ file }) => file);
  const folder = (tasks ?? spec)?.file.split('/').slice(0, -1) ?? [];
  const slug = folder.at(-1) ?? '';
  const stories = spec === null ? [] : storiesOf(spec);
  const phases = tasks === null ? [] : phasesOf(tasks);
  const whole = spec !== null && phases.length + stories.length === 0 ? [wholeOf(spec)] : [];
  const parts = phases.length > 0 ? phases : [...stories, ...whole];
  const stated = tasks === null ? { criteria: [], unread: [] } : regionsOf(tasks, parseMarkdown(tasks.text).children);
  const places = new Places(phases);
  const statedIn = Map.groupBy(stated.criteria, (one) => places.ofLine(one.criterion.line));
  const unreadIn = Map.groupBy(stated.unread, ({ line = 1 }) => places.ofLine(line));
  const keyed = withKeys(parts, slug);
  const sharing = new Sharing();
  const order = dependencies(tasks, keyed, sharing);
  const specBoxes = spec === null ? [] : boxesIn(spec);
  const boxes = Map.groupBy(tasks === null ? [] : boxesIn(tasks), ({ start }) => places.ofOffset(start));
  const storyOf = storiesByNumber(stories);
  const numbers = new Set(storyOf.keys());
  const named = new Set(parts.map(({ story }) => story));
  const asked = [
    // Without phases, each story is a unit of its own.
    ...[...(phases.length > 0 ? storyOf : [])].flatMap(([number, told]) => (named.has(number) ? [] : [told])),
    ...(spec === null ? [] : [demandsOf(spec, stories)]),
    { criteria: statedIn.get(null) ?? [], unread: unreadIn.get(null) ?? [] },
  ];
  const rest = asked.flatMap(({ criteria }) => criteria);
  const standing = keyed.map(({ part, key }) => {
    const marks = part.source === tasks ? (boxes.get(part) ?? []) : [];
    return { part, key, marks, isDone: isPartDone(part, marks) };
  });
  const heir = heirOf(standing);
  const drafts = standing.map(({ part, key, marks, isDone }, index): Draft => {
    const told = part.story === null ? undefined : storyOf.get(part.story);
    const isShared = told === undefined || sharing.take(told.size, !isDone);
    const story = isShared ? told?.part : undefined;
    const isLast = index === keyed.length - 1;
    const isHeir = index === heir;
    const inTasks = part.source === tasks ? (statedIn.get(part) ?? []) : [];
    const tasked = { criteria: part.source === tasks ? tasksOf(part) : [], unread: [] };
    const ofSpec = whole.length > 0 ? { criteria: [], unread: [] } : criteriaOf(part);
    const own = story && told ? told : part.source === tasks ? tasked : ofSpec;
    const unread = [
      ...own.unread,
      ...(part.source === tasks ? (unreadIn.get(part) ?? []) : []),
      ...(isHeir ? asked.flatMap((one) => one.unread) : []),
    ];
    const known = new Set(own.criteria.map(placeOf));
    const all = [...own.criteria, ...inTasks.filter((one) => !known.has(placeOf(one))), ...(isLast ? rest : [])];
    const criteria = all.map((one, position) => placed(one, position, part.source));
    const lent =
      isHeir && !isLast
        ? borrowed(
            rest.map((one) => placed(one, 0, part.source)),
            criteria.length,
          )
        : [];
    const problems: SpecDiagnostic[] = [...criteria, ...lent].flatMap((one) => one.problems);
    if (!isDone && (!isShared || order.get(key) === null))
      problems.push(sharedTooLarge(part.source, { offset: part.start, length: headingLength(part) }));
    problems.push(...undecided(story ? [story, part] : [part]));
    const ofCriteria = new Set(criteria.flatMap(({ mark }) => (mark?.file === part.source.file ? mark.start : [])));
    const joins = part.source === tasks && spec !== null ? joinsOf(part, numbers) : { resolved: 0, dangling: [] };
    if (!isDone) problems.push(...joins.dangling, ...unread);
    return {
      ...{ key, isKeyExplicit: true, title: part.title, file: part.source.file, files },
      line: locate(part.source.text, part.start).line,
      body: bodyOf(part, story ?? null, [
        ...(part.source === tasks ? marks : specBoxes),
        ...criteria.flatMap(({ mark }) => (mark?.file === part.source.file ? mark : [])),
      ]),
      keys: { depends: [...(order.get(key) ?? [])] },
      criteria,
      ...(lent.length > 0 ? { borrowed: lent } : {}),
      marks: marks.filter(({ start }) => !ofCriteria.has(start)),
      isDone,
      joins: { resolved: joins.resolved, dangling: joins.dangling.length },
      problems,
      where: () => locate(part.source.text, part.start, headingLength(part)),
    };
  });
  return { drafts, diagnostics: [] };
}

/** Parts with their keys: by story or phase, and by phase or title where another part has that key. */
function withKeys(parts: readonly Part[], slug: string): Keyed[] {
  const used = new Set<string>();
  return parts.map((part) => {
    const section = part.phase === null ? (part.heading.depth === 1 ? 'tasks' : part.title) : `phase-${part.phase}`;
    const isWhole = part.story === null && !part.source.file.endsWith('/tasks.md');
    let key = isWhole ? derivedKey(slug) : derivedKey(slug, part.story === null ? section : `us${part.story}`);
    if (used.has(key)) key = derivedKey(slug, section);
    used.add(key);
    return { part, key };
  });
}

/** A criterion at its position in a unit of the file `unit`. */
function placed(one: Found, position: number, unit: Source): ParsedCriterion {
  const file = one.file === unit.file ? {} : { file: one.file };
  return { ...one, criterion: { ...one.criterion, position, ...file } };
}

/** The section, its tasks without ticks, and its user story. */
function bodyOf(part: Part, story: Part | null, marks: readonly Mark[]): string {
  const { start, end, source } = part;
  const edits = marks
    .filter((mark) => mark.start >= start && mark.end <= end)
    .map((mark) => ({ start: mark.start - start, end: mark.end - start, text: ' ' }));
  const own = edited(source.text.slice(start, end), edits);
  const texts = story === null ? [own] : [textOf(story), own];
  return texts.join('\n\n').replace(/\r\n/g, '\n').trim();
}

/** True if all tasks of a part are ticked, or if its heading says that it is done, and the others are skipped. */
function isPartDone({ heading, source }: Part, marks: readonly Mark[]): boolean {
  const open = marks.filter((mark) => !mark.isDone);
  const isSaidDone = /[✅✔☑]\s*$/u.test(plainText(heading).trim());
  return marks.length > 0 ? open.length === 0 || (isSaidDone && open.every(isSkipped(source))) : isSaidDone;
}

/** True for a mark of a task that its author skipped, `[~]` or `[-]`. */
function isSkipped({ text }: Source): (mark: Mark) => boolean {
  return ({ start }) => text[start] === '~' || text[start] === '-';
}
