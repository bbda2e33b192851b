import { locate } from '../../model/diagnostic.ts';
import { type Draft } from '../format/draft.ts';
import { type Embedded, positioned, readEmbedded } from '../format/embedded.ts';
import type { NotWork, Reader } from '../format/format.ts';
import { readStated } from '../format/json-criteria.ts';
import { memberMark } from '../format/member-mark.ts';
import { sharedTooLarge, Sharing } from '../format/sharing.ts';
import { type Json, memberOf, textOf, valuesOf } from '../text/json-tree.ts';
import type { Source } from '../text/source.ts';
import { addIssue } from './append.ts';
import { type Issue, type Kind, readIssues } from './issues.ts';
import { Joins } from './joins.ts';

/** Reads lists of issues: each issue is a unit, except epics and what is no work. */
export const reader: Reader = {
  parse(sources) {
    const read = readIssues(sources);
    const joins = new Joins(read);
    const contexts = new Contexts();
    const files = sources.map(({ file }) => file);
    const drafts: Draft[] = [];
    const notWork: NotWork[] = [...read.notWork];
    for (const issue of read.issues) {
      const why = issue.state.kind === 'deleted' ? 'tombstones' : reasons[issue.kind];
      if (why === null) drafts.push(draftOf(issue, joins, files, contexts));
      else notWork.push({ file: issue.source.file, line: issue.line, why });
    }
    return { drafts, diagnostics: read.diagnostics, notWork };
  },
  looseMarks: () => [],
  segments: ({ text }) => text.split(/(?<=\n)/),
  add: addIssue,
};

/** Why an issue is no work; null if it is. */
const reasons: Readonly<Record<Kind, string | null>> = {
  work: null,
  epic: 'epics',
  gate: 'gates',
  ephemeral: 'ephemeral issues',
  template: 'templates',
  record: 'messages and other records',
};

function draftOf(issue: Issue, joins: Joins, files: readonly string[], contexts: Contexts): Draft {
  const { source, json, id, line, title, state } = issue;
  const texts = textsOf(issue);
  const stated = texts.flatMap(({ found }) => found.criteria);
  const { depends, problems, hold } = joins.waitingOf(issue);
  const why = state.kind === 'held' ? state.why : state.kind === 'done' ? null : hold;
  const isActive = state.kind === 'open' && why === null;
  const epic = [...joins.above(issue)].find(({ kind }) => kind === 'epic');
  const context = epic === undefined ? '' : contexts.of(epic, isActive);
  const start = memberOf(json, 'id') ?? json;
  const tooLarge =
    context === null ? [sharedTooLarge(source, { offset: start.start, length: start.end - start.start })] : [];
  return {
    ...{ key: id, isKeyExplicit: true, title, file: source.file, files, line },
    body: [...texts.map(({ body }) => body), context ?? ''].filter((text) => text !== '').join('\n\n'),
    keys: {
      depends: depends.map(({ name }) => name),
      priority: priorityOf(json),
      labels: valuesOf(memberOf(json, 'labels')).map(textOf),
    },
    criteria: positioned(stated),
    marks: [
      memberMark(source, json, {
        ...{ name: 'status', isDone: state.kind === 'done', done: '"closed"', open: '"open"', of: title },
      }),
    ],
    isDone: state.kind === 'done',
    ...(why === null ? {} : { hold: why }),
    problems: isActive ? [...texts.flatMap(({ found }) => found.problems), ...problems, ...tooLarge] : [],
    where: ([name, index]) => {
      const at = name === 'depends' && typeof index === 'number' ? depends[index]?.at : undefined;
      return placeOf(source, at ?? start);
    },
  };
}

const also: ReadonlySet<string> = new Set(['verification', 'final verification']);

/** What a text of an issue asks for, and what else it says. */
interface Text {
  readonly found: Pick<Embedded, 'criteria' | 'problems'>;
  readonly body: string;
}

/** The texts of an issue: its Markdown with regions of criteria, and a text or a list that is one. */
function textsOf({ source, json }: Issue): Text[] {
  return ['description', 'design', 'acceptance_criteria', 'notes'].flatMap((name): Text[] => {
    const value = memberOf(json, name);
    const isWhole = name === 'acceptance_criteria';
    if (isWhole && (value?.type === 'array' || value?.type === 'object')) {
      const { criteria, unread } = readStated(source, value);
      return [{ found: { criteria, problems: [...criteria.flatMap((one) => one.problems), ...unread] }, body: '' }];
    }
    if (value?.type !== 'string' || textOf(value) === '') return [];
    const found = readEmbedded(source, value, { isWhole, also });
    const heading = name === 'design' ? '## Design\n\n' : name === 'notes' ? '## Notes\n\n' : '';
    return [{ found, body: found.rest === '' ? '' : `${heading}${found.rest}` }];
  });
}

/** What epics say to their issues. */
class Contexts {
  readonly #known = new Map<Issue, string>();
  readonly #sharing = new Sharing();

  /** What an epic says to one more of its issues; null if that is too large for all of them. */
  of(epic: Issue, isOpen: boolean): string | null {
    const text = this.#known.get(epic) ?? contextOf(epic);
    this.#known.set(epic, text);
    return this.#sharing.take(text.length, isOpen) ? text : null;
  }
}

/** What an epic says to its issues. */
function contextOf({ source, json, id, title }: Issue): string {
  const string = memberOf(json, 'description');
  const text = string?.type === 'string' ? readEmbedded(source, string, { also }).rest : '';
  return [`## Part of ${id}: ${title}`, text].filter((part) => part !== '').join('\n\n');
}

/** From 0, the most urgent, to 4; 2 is the default. */
function priorityOf(json: Json): number {
  const level = /^P?([0-4])$/i.exec(textOf(memberOf(json, 'priority')))?.[1];
  return level === undefined ? 0 : 2 - Number(level);
}

function placeOf({ text }: Source, { start, end }: Json) {
  return locate(text, start, end - start);
}
