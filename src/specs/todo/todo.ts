import type { RootContent } from 'mdast';
import { locate } from '../../model/diagnostic.ts';
import { keyProblem } from '../../model/ids.ts';
import type { ParsedCriterion } from '../format/criterion.ts';
import { edited } from '../format/mark.ts';
import { derivedKey, type Draft, isTicked, stem } from '../format/draft.ts';
import type { Parsed, Reader } from '../format/format.ts';
import { borrowed, heirOf } from '../format/left-over.ts';
import { markdownReader } from '../format/markdown-reader.ts';
import { sharedSize, sharedTooLarge, Sharing } from '../format/sharing.ts';
import { unitKeysSchema } from '../format/unit-keys.ts';
import { parseYaml, splitFrontMatter } from '../text/front-matter.ts';
import { fold, parseMarkdown, plainText } from '../text/markdown.ts';
import { errorAt, type Source } from '../text/source.ts';
import { addItem } from './append.ts';
import { isPlan } from './names.ts';
import { outlineOf, type Section } from './outline.ts';
import { type Placed, Reading } from './reading.ts';
import { isTask } from './sections.ts';
import { type Page, renumbered, type Task } from './task.ts';
import { trimmedEnd } from '../../util/text/trimmed-end.ts';

export const reader: Reader = {
  ...markdownReader(parseTodo),
  add: (unit, spot) =>
    addItem(
      unit,
      spot,
      spot.sources.flatMap((source) => parseTodo(source).drafts),
    ),
};

/**
 * A list of tasks: each item with a box, each row of a table with a state, and each section that is a task (`isTask`). Only
 * if there are none, items without a box are tasks, but not in plans. Sections named "Done", "Deferred" or "Rules" say so of
 * what is in them. A file with criteria and no tasks is one task. Prose alone is no work.
 */
export function parseTodo(source: Source): Parsed {
  const split = splitFrontMatter(source);
  if ('severity' in split) return { drafts: [], diagnostics: [split] };
  const page = pageOf(source, split.body, split.bodyOffset);
  const unit = /^##\s+Unit:/im.exec(split.body);
  if (unit) return { drafts: [], diagnostics: [nativeUnit(source, unit.index + split.bodyOffset)] };
  const root = outlineOf(parseMarkdown(split.body).children);
  const reading = new Reading(page, isPlan(source.file));
  reading.read(root);
  const { tasks, notWork, ofAll, ofEach } = reading;
  const isWhole = tasks.length === 0 && ofAll.length + ofEach.length > 0;
  const drafts = isWhole
    ? [wholeFile(page, root, [...ofAll, ...ofEach], split)]
    : draftsOf(withCommon(tasks, ofEach, ofAll, source), source);
  return { drafts, diagnostics: [], notWork };
}

function pageOf(source: Source, body: string, offset: number): Page {
  return { source, body, offset, saysClosed: /\bclosed\b/i.test(body) };
}

/** True if some sections of a file are tasks by themselves. `body` is the text that was parsed into `nodes`. */
export function hasTaskSections(source: Source, body: string, nodes: readonly RootContent[]): boolean {
  const page = pageOf(source, body, source.text.length - body.length);
  const has = (section: Section): boolean => isTask(section, page, false) || section.inside.some(has);
  return has(outlineOf(nodes));
}

function nativeUnit(source: Source, offset: number) {
  const message = 'this file is read as a list of tasks because of its name, but has "## Unit:" sections';
  const hint = 'Give the file another name.';
  return errorAt(source, { offset, length: '## Unit:'.length }, { code: 'unit-in-todo', message, hint });
}

/** The tasks with the criteria that hold for each of them; those of the whole file belong to the last that is not below "Done" (`heirOf`). */
function withCommon(
  tasks: readonly Placed[],
  ofEach: readonly ParsedCriterion[],
  ofAll: readonly ParsedCriterion[],
  source: Source,
): Task[] {
  const sorted = tasks.toSorted((a, b) => a.task.start - b.task.start);
  const last = sorted.findLast(({ around }) => !around.isDone && around.hold === null) ?? sorted.at(-1);
  const heir = last && sorted[heirOf([...sorted, last].map(({ task }) => task))];
  // A box that stands for several tasks is not ticked by one of them.
  const shared = ofEach.map((one) => ({ ...one, criterion: { ...one.criterion, isTicked: null }, mark: null }));
  const size = sharedSize([], shared);
  const sharing = new Sharing();
  return sorted.map((placed) => {
    const { task } = placed;
    const hasShared = sharing.take(size, !task.isDone && task.hold === null);
    const common = [...(hasShared ? shared : []), ...(placed === last ? ofAll : [])];
    const criteria = [...task.criteria, ...common].map((one, position) => renumbered(one, position));
    const lent = placed === heir && placed !== last ? { borrowed: borrowed(ofAll, criteria.length) } : {};
    if (hasShared) return { ...task, ...lent, criteria };
    const problem = sharedTooLarge(source, { offset: task.start, length: lineLength(source, task.start) });
    return { ...task, ...lent, criteria, problems: [...task.problems, problem] };
  });
}

function draftsOf(tasks: readonly Task[], source: Source): Draft[] {
  const keys = keysOf(tasks, stem(source.file));
  const names = new Map<string, string>();
  for (const [index, { id, title }] of tasks.entries()) {
    const key = keys[index] ?? '';
    for (const name of [id, title])
      if (name !== null && !names.has(fold(name).toLowerCase())) names.set(fold(name).toLowerCase(), key);
  }
  return tasks.map((task, index): Draft => {
    const key = keys[index] ?? '';
    const { depends, isVague } = dependsOf(task, key, names);
    const hold = task.hold ?? (isVague && !task.isDone ? 'depends on something that is no task of this file' : null);
    const place = locate(source.text, task.start);
    const isOpen = !task.isDone && hold === null;
    return {
      ...{ key, isKeyExplicit: task.id !== null, title: task.title, file: source.file, files: [source.file] },
      ...{ line: place.line, body: task.body, criteria: task.criteria, marks: task.marks, isDone: task.isDone },
      ...(task.borrowed === undefined ? {} : { borrowed: task.borrowed }),
      keys: depends.length === 0 ? {} : { depends },
      ...(hold === null ? {} : { hold }),
      problems: isOpen ? [...task.problems, ...noCriteria(task, source)] : [],
      where: () => place,
    };
  });
}

/** The keys of tasks, unique in their file: the author's, with the file's name if it is only a number, else from the title. */
function keysOf(tasks: readonly Task[], name: string): string[] {
  const counts = new Map<string, number>();
  for (const { id } of tasks) if (id !== null) counts.set(id, (counts.get(id) ?? 0) + 1);
  const used = new Map<string, number>();
  return tasks.map(({ id, title }) => {
    const isOwn = id !== null && counts.get(id) === 1;
    const isFree = isOwn && /\p{L}/u.test(id) && keyProblem(id) === null;
    const wanted = isFree ? id : isOwn ? derivedKey(name, id) : derivedKey(name, title);
    const count = (used.get(wanted.toLowerCase()) ?? 0) + 1;
    used.set(wanted.toLowerCase(), count);
    return count === 1 ? wanted : derivedKey(wanted, `again-${count}`);
  });
}

/** The keys that a task depends on. `isVague` if it depends on something else. */
function dependsOf(
  task: Task,
  own: string,
  names: ReadonlyMap<string, string>,
): { readonly depends: string[]; readonly isVague: boolean } {
  const depends = new Set<string>();
  let isVague = false;
  for (const text of task.depends) {
    const whole = names.get(trimmedEnd(fold(text).toLowerCase(), /[.\s]/));
    const words = text.split(/[\s,;&()`"'[\]*]+/).map((word) => trimmedEnd(word, /[.:]/));
    const known = words.flatMap((word) => names.get(word.replace(/^#/, '').toLowerCase()) ?? []);
    const found = whole === undefined ? known : [whole];
    const isList = words.every(
      (word) => word === '' || /^(?:and|und|y|et)$/i.test(word) || /^[A-Za-z]{1,20}[-_.]?\d[\w.-]*$/.test(word),
    );
    if (found.length > 0) found.forEach((key) => depends.add(key));
    if (isList && !task.isDone)
      words.filter((word) => /\d/.test(word) && !names.has(word.toLowerCase())).forEach((word) => depends.add(word));
    else if (found.length === 0) isVague = true;
  }
  depends.delete(own);
  return { depends: [...depends], isVague };
}

function lineLength({ text }: Source, start: number): number {
  return /^.*/.exec(text.slice(start, start + 400))?.[0].length ?? 1;
}

function noCriteria({ criteria, problems, start, place }: Task, source: Source) {
  if (criteria.length > 0 || problems.some(({ code }) => code === 'shared-too-large')) return [];
  const length = lineLength(source, start);
  const message = 'this task has no acceptance criteria, so nothing could show that it is done; it is never run';
  const check = '"- [ ] … — check: `command`"';
  const hints: Readonly<Record<Task['place'], string>> = {
    item: `Write them as items below it: a check as ${check}, or a claim in plain words.`,
    section: `Write "**Done when:**" and a list below it: a check as ${check}, or a claim in plain words.`,
    row: 'Write "check: `command`" into a cell of the row, or claims into a column "Acceptance criteria".',
  };
  const hint = hints[place];
  return [errorAt(source, { offset: start, length }, { code: 'no-criteria', message, hint })];
}

/** A file with criteria, and no tasks. */
function wholeFile(
  page: Page,
  root: Section,
  criteria: readonly ParsedCriterion[],
  split: { readonly yaml: string | null; readonly yamlOffset: number },
): Draft {
  const { source, body, offset } = page;
  const front = parseYaml({ source, yaml: split.yaml ?? '', yamlOffset: split.yamlOffset, schema: unitKeysSchema });
  const heading = root.inside.find(({ depth }) => depth === 1)?.heading ?? null;
  const keys = front.value ?? {};
  const name = stem(source.file);
  const boxes = criteria.flatMap(({ mark }) => mark ?? []);
  const opened = boxes.map(({ start, end, open }) => ({ start: start - offset, end: end - offset, text: open }));
  return {
    key: keys.id ?? derivedKey(name),
    isKeyExplicit: keys.id !== undefined,
    title: keys.title ?? (heading === null ? name : fold(plainText(heading))),
    ...{ file: source.file, files: [source.file], keys, criteria, marks: [] },
    line: heading?.position === undefined ? 1 : locate(source.text, (heading.position.start.offset ?? 0) + offset).line,
    body: edited(body, opened)
      .replace(/\[[xX]\]/g, '[ ]')
      .replace(/\r\n?/g, '\n')
      .trim(),
    isDone: isTicked({ marks: [], criteria }),
    problems: [...front.diagnostics, ...criteria.flatMap((one) => one.problems)],
    where: front.where,
  };
}
