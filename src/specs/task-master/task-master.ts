import { own } from '../../util/values/own.ts';
import { locate } from '../../model/diagnostic.ts';
import type { SpecDiagnostic } from '../../model/spec-rule.ts';
import type { ParsedCriterion } from '../format/criterion.ts';
import { derivedKey, type Draft } from '../format/draft.ts';
import { criterionIn, positioned, readEmbedded } from '../format/embedded.ts';
import { readStated } from '../format/json-criteria.ts';
import type { NotWork, Parsed, Reader } from '../format/format.ts';
import type { Mark } from '../format/mark.ts';
import { memberMark } from '../format/member-mark.ts';
import { type Json, memberOf, readJsonTree, textOf, trimmed } from '../text/json-tree.ts';
import { fold } from '../text/markdown.ts';
import { errorAt, type Source } from '../text/source.ts';
import { joinTasks, type Joined, type Task } from './joins.ts';
import { addTask } from './append.ts';
import { stateOf } from './states.ts';
import { tagsOf } from './tags.ts';

/**
 * Reads `tasks.json`: each task of each tag is a unit. Its subtasks are part of it. Its criteria are its test strategy and
 * those of its subtasks; without any, its subtasks.
 */
export const reader: Reader = {
  parse(sources) {
    const [main, ...others] = sources
      .filter(({ file }) => /(?:^|\/)tasks\.json$/.test(file) || (sources.length === 1 && isNamedByPerson(file)))
      .toSorted((a, b) => Number(b.file.includes('.taskmaster/')) - Number(a.file.includes('.taskmaster/')));
    const notWork = others.map(({ file }): NotWork => ({ file, line: 1, why: 'older copies' }));
    if (main === undefined) return { drafts: [], diagnostics: [], notWork };
    const json = readJsonTree(main);
    if ('severity' in json) return { drafts: [], diagnostics: [json], notWork };
    const parsed = readTags(
      main,
      json,
      [main, ...others].map(({ file }) => file),
    );
    return { ...parsed, notWork: [...notWork, ...(parsed.notWork ?? [])] };
  },
  looseMarks: () => [],
  segments: () => null,
  add: addTask,
};

/** True for a list of tasks with another name, which a person named; not for the settings beside `tasks.json`. */
function isNamedByPerson(file: string): boolean {
  return /\.json$/i.test(file) && !/(?:^|\/)(?:config|state)\.json$|(?:^|\/)\.taskmaster\//.test(file);
}

function readTags(source: Source, root: Json, files: readonly string[]): Parsed {
  const tags = tagsOf(root);
  const isQualified = tags.length > 1;
  const above = /^(.+)\/\.taskmaster\//.exec(source.file)?.[1];
  const prefix = above === undefined ? [] : [derivedKey(above)];
  const notWork: NotWork[] = [];
  const drafts = tags.flatMap(({ tag, tasks }) => {
    const qualified = [...prefix, ...(isQualified ? [tag] : [])];
    const keyOf = (name: string): string => [...qualified, name].join('.');
    const named = tasks.map((json): Task => {
      const id = textOf(memberOf(json, 'id'));
      const title = textOf(memberOf(json, 'title'));
      return { json, id, key: id === '' ? derivedKey(...qualified, title) : keyOf(id), tag };
    });
    const joined = joinTasks(source, named, keyOf);
    return named.flatMap((task) => {
      if (stateOf(task.json).kind !== 'cancelled') return [draftOf(source, task, joined, files)];
      const unit = task.id === '' ? {} : ({ key: task.key, end: 'cancelled' } as const);
      notWork.push({ file: source.file, line: lineOf(source, task.json), why: 'cancelled tasks', ...unit });
      return [];
    });
  });
  return { drafts, diagnostics: [], notWork };
}

function draftOf(source: Source, task: Task, joined: Joined, files: readonly string[]): Draft {
  const { json, key, id } = task;
  const state = stateOf(json);
  const subtasks = (memberOf(json, 'subtasks')?.items ?? []).filter(
    (one) => one.type === 'object' && stateOf(one).kind !== 'cancelled',
  );
  const parts = [json, ...subtasks].map((one) => partOf(source, one));
  const stated = parts.flatMap((part) => part.criteria);
  const criteria = stated.length > 0 ? stated : subtasks.flatMap((one) => taskCriterion(source, one));
  const { depends, problems } = joined.of(task);
  const isActive = state.kind === 'open';
  const title = titleOf(json);
  const where = memberOf(json, 'id', 'title') ?? json;
  return {
    ...{ key, isKeyExplicit: id !== '', title, file: source.file, files: [...files] },
    line: lineOf(source, json),
    body: [
      parts[0]?.body ?? '',
      ...subtasks.map((one, index) =>
        [`### ${id}.${textOf(memberOf(one, 'id'))} ${titleOf(one)}`, parts[index + 1]?.body ?? '']
          .filter((text) => text !== '')
          .join('\n\n'),
      ),
    ]
      .filter((text) => text !== '')
      .join('\n\n'),
    keys: { depends: depends.map(({ name }) => name), priority: priorityOf(json) },
    criteria: positioned(criteria),
    marks: [json, ...subtasks].map((one) => statusMark(source, one)),
    isDone: state.kind === 'done',
    ...(state.kind === 'held' ? { hold: state.why } : {}),
    problems: [
      ...(isActive ? [...parts.flatMap((part) => part.problems), ...problems] : []),
      ...halfDone(source, json, subtasks),
    ],
    where: ([name, index]) => {
      const at = name === 'depends' && typeof index === 'number' ? (depends[index]?.at ?? where) : where;
      return locate(source.text, at.start, at.end - at.start);
    },
  };
}

/** A warning of a task that says something else than its subtasks. */
function halfDone(source: Source, json: Json, subtasks: readonly Json[]): SpecDiagnostic[] {
  const { kind } = stateOf(json);
  const open = subtasks.filter((one) => stateOf(one).kind !== 'done');
  const [first] = open;
  const at = kind === 'done' ? first : kind === 'open' && subtasks.length > 0 && open.length === 0 ? json : undefined;
  if (at === undefined) return [];
  const id = textOf(memberOf(json, 'id'));
  const { start, end } = memberOf(at, 'status') ?? memberOf(at, 'id', 'title') ?? at;
  const problem = {
    code: 'half-done' as const,
    message:
      at === json
        ? 'all subtasks are done, but the task is not marked as done'
        : `${open.length === 1 ? 'this subtask is' : `${open.length} subtasks are`} open, but task ${id} is marked as done`,
    hint:
      at === json
        ? 'Mark it as done, or reopen what is left to do. It will be worked on.'
        : 'Mark it as done, or reopen the task. A done task is not worked on.',
  };
  return [{ ...errorAt(source, { offset: start, length: end - start }, problem), severity: 'warning' }];
}

interface Part {
  readonly body: string;
  readonly criteria: readonly ParsedCriterion[];
  readonly problems: readonly SpecDiagnostic[];
}

/** Members with criteria. An author, or two tools, may use both spellings. */
const criteriaNames = ['acceptanceCriteria', 'acceptance_criteria', 'testStrategy', 'test_strategy'];

/** What a task or subtask says by itself. */
function partOf(source: Source, json: Json): Part {
  const texts = ['description', 'details'].flatMap((name) => {
    const string = memberOf(json, name);
    return string?.type === 'string' ? [readEmbedded(source, string)] : [];
  });
  const stated = criteriaNames.map((name) => readStated(source, json.members.get(name)));
  const all = stated.flatMap(({ criteria }) => criteria);
  const own = [...new Map(all.toReversed().map((one) => [one.criterion.hash, one])).values()].toReversed();
  return {
    body: texts
      .map(({ rest }) => rest)
      .filter((text) => text !== '')
      .join('\n\n'),
    criteria: [...texts.flatMap(({ criteria }) => criteria), ...own],
    problems: [...[...texts, ...own].flatMap(({ problems }) => problems), ...stated.flatMap(({ unread }) => unread)],
  };
}

/** A subtask as a criterion of its task. */
function taskCriterion(source: Source, json: Json): ParsedCriterion[] {
  const [title, description] = [memberOf(json, 'title'), memberOf(json, 'description')];
  const string = [title, description].find((one) => textOf(one) !== '');
  if (string?.type !== 'string') return [];
  const text = [textOf(title), textOf(description)].filter((part) => part !== '').join(' — ');
  return [criterionIn(source, { ...trimmed(string), text })];
}

function titleOf(json: Json): string {
  return fold(textOf(memberOf(json, 'title', 'description'))).slice(0, 200);
}

function statusMark(source: Source, json: Json): Mark {
  const isDone = stateOf(json).kind === 'done';
  return memberMark(source, json, { name: 'status', isDone, done: '"done"', open: '"pending"', of: titleOf(json) });
}

const priorities: Readonly<Record<string, number>> = { critical: 2, high: 1, low: -1 };

function priorityOf(json: Json): number {
  return own(priorities, textOf(memberOf(json, 'priority')).toLowerCase()) ?? 0;
}

function lineOf({ text }: Source, json: Json): number {
  return locate(text, (memberOf(json, 'id', 'title') ?? json).start).line;
}
