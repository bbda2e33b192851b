import type { ListItem } from 'mdast';
import { locate } from '../../model/diagnostic.ts';
import type { SpecDiagnostic } from '../../model/spec-rule.ts';
import { boxesIn, boxMark, readBox } from '../format/boxes.ts';
import { criterionOf, type ParsedCriterion, readItems } from '../format/criterion.ts';
import { derivedKey, type Draft, isTicked } from '../format/draft.ts';
import type { NotWork, Parsed, Reader } from '../format/format.ts';
import { type Edit, edited, type Mark } from '../format/mark.ts';
import { borrowed, heirOf } from '../format/left-over.ts';
import { pageOf } from '../format/page.ts';
import { readRegions } from '../format/regions.ts';
import { segmentsOf } from '../format/segments.ts';
import { leadingState, type State } from '../format/statuses.ts';
import { saidDone } from '../format/title-says.ts';
import { unknownStatus } from '../format/unknown-status.ts';
import { endOffset, fold, plainText, startOffset } from '../text/markdown.ts';
import type { Source } from '../text/source.ts';
import { isCheckpoint, passing } from './checkpoints.ts';
import { layoutOf, type Spec } from './layout.ts';
import { joining } from './joins.ts';
import { keysOf, orderOf } from './order.ts';
import { requirementsIn } from './references.ts';
import { type Numbered, readBugfix, readRequirements, type Requirements } from './requirements.ts';
import { type Range, type Task, tasksOf } from './tasks.ts';
import { sharedTooLarge } from '../format/sharing.ts';

export const reader: Reader = {
  parse(sources) {
    const [spec] = layoutOf(
      sources.map(({ file }) => file),
      true,
    ).specs;
    if (spec === undefined) return { drafts: [], diagnostics: [] };
    return readSpec(spec, sources);
  },
  looseMarks: (source) => (/(?:^|\/)tasks\.md$/.test(source.file) ? boxesIn(source) : []),
  segments: (source) => (source.file.endsWith('.md') ? segmentsOf(source) : null),
};

/**
 * A spec: each top-level task of `tasks.md` is a unit. Its criteria are those of the requirements that it names; of a task
 * that names none, its own items. Criteria that no task names belong to the last one (`heirOf`). Checkpoints are passed through.
 */
function readSpec(spec: Spec, sources: readonly Source[]): Parsed {
  const of = (name: string): Source | undefined =>
    sources.find(({ file }) => file === name || file.endsWith(`/${name}`));
  const [file, stated, bugfix] = [of('tasks.md'), of('requirements.md'), of('bugfix.md')];
  const requirements = joined([
    ...(stated === undefined ? [] : [readRequirements(stated)]),
    ...(bugfix === undefined ? [] : [readBugfix(bugfix)]),
  ]);
  const read = file === undefined ? { tasks: [], notWork: [], regions: [] } : tasksOf(file);
  const { regions } = read;
  const aside = read.notWork.map((one) =>
    one.key === undefined ? one : { ...one, key: [spec.key, one.key].filter((part) => part !== '').join('.') },
  );
  if (file === undefined || read.tasks.length === 0) {
    const main = stated ?? bugfix ?? file;
    return { drafts: main === undefined ? [] : [planned(spec, main, requirements)], diagnostics: [], notWork: aside };
  }
  const { offset } = pageOf(file);
  const { tasks, keys, order, checkpoints } = workIn(spec, read.tasks, file);
  const notWork = [...aside, ...checkpoints].toSorted((a, b) => a.line - b.line);
  const standing = tasks.map((task) => standingOf(task, file, offset));
  const heir = heirOf(standing);
  const joinOf = joining(requirements, file);
  const named = standing.map(({ task, isDone, hold }) => joinOf(task, !isDone && hold === undefined));
  const isNamed = new Set(named.flatMap(({ criteria }) => criteria));
  const apart = regions.map((nodes) => readRegions(nodes, file, offset));
  const unreadApart = apart.flatMap(({ unread }) => unread);
  const rest = [
    ...apart.flatMap(({ criteria }) => placed(criteria, file)),
    ...requirements.criteria.filter((one) => !isNamed.has(one)),
  ];
  const boxes = [...boxesIn(file), ...tasks.flatMap(({ mark }) => mark ?? [])].toSorted((a, b) => a.start - b.start);
  const drafts = standing.map(({ task, marks, isDone, unknown, ...held }, at): Draft => {
    const isLast = at === tasks.length - 1;
    const isHeir = at === heir;
    const join = named[at];
    const section = task.section === null ? null : readRegions(task.section, file, offset);
    const stands = placed(section?.criteria ?? [], file);
    const own = [...stands, ...(join?.criteria ?? [])];
    const asked = [...(own.length > 0 ? own : placed(ownItems(task, file, offset), file)), ...(isLast ? rest : [])];
    const criteria = numbered(asked, file);
    const lent = isHeir && !isLast ? borrowed(numbered(rest, file), criteria.length) : [];
    const ofCriteria = new Set(criteria.flatMap(({ mark }) => (mark?.file === file.file ? mark.start : [])));
    const start = task.ranges[0]?.start ?? 0;
    const waits = order[at];
    const tooLarge = waits === null ? [sharedTooLarge(file, { offset: start, length: task.title.length })] : [];
    const warnings = [
      ...[...unknown, ...(section?.unread ?? []), ...(join?.problems ?? [])],
      ...(isHeir ? [...requirements.problems, ...unreadApart] : []),
      ...tooLarge,
    ];
    return {
      ...(keys[at] ?? { key: '', isKeyExplicit: false }),
      ...{ title: task.title, file: file.file, line: locate(file.text, start).line, files: spec.files },
      body: bodyOf([...task.ranges.map((range) => opened(file, range, boxes)), ...(join?.texts ?? [])], spec),
      keys: { depends: waits ?? [] },
      criteria,
      ...(lent.length > 0 ? { borrowed: lent } : {}),
      marks: marks.filter((mark) => !ofCriteria.has(mark.start)),
      isDone,
      ...held,
      ...(task.isParallel ? { isParallel: true } : {}),
      joins: { resolved: join?.resolved ?? 0, dangling: join?.dangling ?? 0 },
      problems:
        isDone || held.hold !== undefined
          ? []
          : [...[...criteria, ...lent].flatMap((one) => one.problems), ...warnings],
      where: () => locate(file.text, start),
    };
  });
  return { drafts, diagnostics: [], notWork };
}

/** The tasks of a spec with their keys and what they wait for, and its checkpoints, unless there is nothing else. */
function workIn(spec: Spec, all: readonly Task[], file: Source) {
  const { offset } = pageOf(file);
  const found = all.map((task) => isCheckpoint(task, file, offset));
  const isPassed = found.includes(false) ? found : all.map(() => false);
  const keys = keysOf(spec, all);
  const order = passing(orderOf(all, keys, spec, file), keys, isPassed);
  const isWork = (_one: unknown, at: number): boolean => isPassed[at] === false;
  const checkpoints = all.flatMap(({ ranges }, at): NotWork[] => {
    if (isPassed[at] !== true) return [];
    const { line } = locate(file.text, ranges[0]?.start ?? 0);
    const waits = order[at] ?? null;
    const end = waits === null ? { hold: 'is behind more tasks than can be named' } : { standsFor: waits };
    return [{ file: file.file, line, why: 'checkpoints', key: keys[at]?.key ?? '', end }];
  });
  return { tasks: all.filter(isWork), keys: keys.filter(isWork), order: order.filter(isWork), checkpoints };
}

/** A task with its marks, and what they and its words say of it. */
interface Standing {
  readonly task: Task;
  readonly marks: readonly Mark[];
  readonly isDone: boolean;
  readonly hold?: string;
  /** A warning of a status that is not known. */
  readonly unknown: readonly SpecDiagnostic[];
}

function standingOf(task: Task, file: Source, offset: number): Standing {
  const marks = marksIn(task, file, offset);
  const said = saidOf(task, file);
  const isDone = marks.length > 0 ? isTicked({ marks, criteria: [] }) : said === 'done';
  const isUnknown = said !== null && typeof said === 'object' && 'severity' in said;
  const isSaidDone = said === 'done' && !isDone;
  const held = isSaidDone
    ? { hold: saidDone }
    : isDone || said === null || typeof said === 'string' || 'severity' in said
      ? {}
      : said;
  return { task, marks, isDone, ...held, unknown: isUnknown && marks.length === 0 ? [said] : [] };
}

/** A spec without tasks: nobody works on it yet. */
function planned(spec: Spec, main: Source, { criteria }: Requirements): Draft {
  const [first] = pageOf(main).nodes;
  const title = first?.type === 'heading' ? fold(plainText(first)) : '';
  return {
    ...{ key: spec.key || derivedKey(title || 'spec'), isKeyExplicit: spec.key !== '' },
    title: spec.key.split('.').at(-1) || title || 'spec',
    ...{ file: main.file, line: 1, files: spec.files, body: '', keys: {} },
    criteria: numbered(criteria, main),
    ...{ marks: [], isDone: false, hold: 'has no tasks yet', problems: [] },
    where: () => ({ line: 1, column: 1 }),
  };
}

function joined(all: readonly Requirements[]): Requirements {
  return {
    criteria: all.flatMap(({ criteria }) => criteria),
    texts: new Map(all.flatMap(({ texts }) => [...texts])),
    others: new Set(all.flatMap(({ others }) => [...others])),
    problems: all.flatMap(({ problems }) => problems),
  };
}

function placed(criteria: readonly ParsedCriterion[], { file }: Source): Numbered[] {
  return criteria.map((criterion) => ({ number: null, file, criterion }));
}

/** The criteria of a unit in `main`, in order, each with its place. */
function numbered(criteria: readonly Numbered[], main: Source): ParsedCriterion[] {
  return criteria.map(({ file, criterion: one }, position) => {
    const elsewhere = file === main.file ? {} : { file };
    return { ...one, criterion: { ...one.criterion, position, ...elsewhere } };
  });
}

/** The boxes that say whether a task is done; not those of optional parts, `[ ]*`. */
function marksIn({ items, mark: own }: Task, { file, text }: Source, offset: number): Mark[] {
  const marks = own === null ? [] : [own];
  const visit = (item: ListItem): void => {
    const start = startOffset(item) + offset;
    const line = /^.*/.exec(text.slice(start, start + 2000))?.[0] ?? '';
    const box = readBox(line);
    if (box?.isOptional === true) return;
    const mark = boxMark(file, start, box, fold(line.slice(box?.textStart)));
    if (mark !== null) marks.push(mark);
    for (const child of item.children) if (child.type === 'list') child.children.forEach(visit);
  };
  items.forEach(visit);
  return marks;
}

/**
 * The parts of a task as criteria: those with a box, else all of them but references; without any, the task itself. Optional
 * parts are none.
 */
function ownItems(task: Task, source: Source, offset: number): ParsedCriterion[] {
  const { text } = source;
  const textOf = (item: ListItem): string => text.slice(startOffset(item) + offset, endOffset(item) + offset);
  const nested = task.items.flatMap((item) =>
    item.children.flatMap((node) => (node.type === 'list' ? node.children : [])),
  );
  const parts = task.section === null ? [...nested, ...task.items.slice(1)] : task.items;
  const boxed = parts.filter((item) => readBox(textOf(item)) !== null);
  const wanted = boxed.length > 0 ? boxed : parts.filter((item) => !isReference(textOf(item)));
  const required = new Set(marksIn(task, source, offset).map(({ start }) => start));
  const criteria = readItems(wanted, { source, offset, areTasks: true }).filter(
    ({ mark }) => mark === null || required.has(mark.start),
  );
  if (criteria.length > 0) return criteria;
  const start = task.ranges[0]?.start ?? 0;
  return [criterionOf({ source, start, text: task.title, commands: [], position: 0 })];
}

/** True for an item such as `_Requirements: 1.2_`. */
function isReference(text: string): boolean {
  return /^\s*[-*+]\s+[*_]{0,3}\p{L}[\p{L} ]{0,30}[*_]{0,3}[:：]/u.test(text) && requirementsIn(text).isStated;
}

const statusLabel =
  /^[^\S\r\n\u2028\u2029]*(?:[-*][^\S\n]+)?\*\*(?:status|状态|ステータス)\*{0,2}[:：]\*{0,2}[^\S\n]*(\S.*)/imu;

/** What a task says of itself, in a label or in its heading: null if nothing, a warning if nothing that is known. */
function saidOf({ isSaidDone, ranges }: Task, source: Source): State | SpecDiagnostic | null {
  if (isSaidDone) return 'done';
  for (const { start, end } of ranges) {
    const found = statusLabel.exec(source.text.slice(start, end));
    const [whole, label = ''] = found ?? [];
    if (found === null || whole === undefined) continue;
    const words = label.replace(/^[^\p{L}\p{N}✅✔☑]+/u, '');
    if (/^[✅✔☑]/u.test(words)) return 'done';
    const state = leadingState(words, false)?.state;
    if (state !== undefined) return state;
    if (words !== '') return unknownStatus(source, start + found.index + whole.length - words.length, words);
  }
  return null;
}

/** A part of a file with open boxes; `boxes` are in order. */
function opened({ text }: Source, { start, end }: Range, boxes: readonly Mark[]): string {
  let [low, high] = [0, boxes.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((boxes[middle]?.start ?? 0) < start) low = middle + 1;
    else high = middle;
  }
  const edits: Edit[] = [];
  for (let at = low; (boxes[at]?.start ?? end) < end; at++) {
    const box = boxes[at];
    if (box) edits.push({ start: box.start - start, end: box.end - start, text: box.open });
  }
  return edited(text.slice(start, end), edits);
}

function bodyOf(texts: readonly string[], { files }: Spec): string {
  const others = files.filter((file) => /(?:^|\/)(?:requirements|bugfix|design)\.md$/.test(file));
  const around = others.length === 0 ? [] : [`The spec around it: ${others.join(', ')}`];
  return [...texts, ...around]
    .map((text) =>
      text
        .replace(/\r\n/g, '\n')
        .replace(/\n{3,}/g, '\n\n')
        .trim(),
    )
    .filter((text) => text !== '')
    .join('\n\n');
}
