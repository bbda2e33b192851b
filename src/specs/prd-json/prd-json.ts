import { own } from '../../util/values/own.ts';
import { locate } from '../../model/diagnostic.ts';
import type { SpecDiagnostic } from '../../model/spec-rule.ts';
import { derivedKey, type Draft } from '../format/draft.ts';
import { positioned, readEmbedded } from '../format/embedded.ts';
import type { Reader } from '../format/format.ts';
import { sharedTooLarge, Sharing } from '../format/sharing.ts';
import { knownState } from '../format/statuses.ts';
import { type Json, memberOf, readJsonTree, textOf, valuesOf } from '../text/json-tree.ts';
import type { Source } from '../text/source.ts';
import { criteriaOf } from './criteria.ts';
import { placeOfList } from './places.ts';
import { stateOf, type State, usualMark } from './states.ts';
import { criteriaNames, doneNames, listNames, namesIn, storiesIn, type Story } from './stories.ts';
import { addStory } from './append.ts';

/** Reads lists of stories: each story is a unit. */
export const reader: Reader = {
  parse(sources) {
    const drafts: Draft[] = [];
    const diagnostics: SpecDiagnostic[] = [];
    const files = sources.map(({ file }) => file);
    for (const source of sources) {
      const json = readJsonTree(source);
      if (!('severity' in json)) for (const draft of readStories(source, json, files)) drafts.push(draft);
      else if (looksLikeStories.test(source.text)) diagnostics.push(json);
    }
    return { drafts, diagnostics };
  },
  looseMarks: () => [],
  segments: () => null,
  add: addStory,
};

/** A list, or a name that one has. Other files may be called so, too: "prd" is also short for production. */
const looksLikeStories = new RegExp(
  `^\\uFEFF?\\s*\\[|"(?:${[...listNames, ...criteriaNames, ...doneNames].join('|')})"\\s*:`,
);

interface Entry extends Story, State {
  readonly key: string;
}

function readStories(source: Source, root: Json, files: readonly string[]): Draft[] {
  const stories = storiesIn(root);
  const place =
    placeOfList(source.file) || (files.indexOf(source.file) > 0 ? source.file.replace(/\/?prd\.json$/, '') : '');
  const prefix = place === '' ? [] : [derivedKey(place)];
  const usual = usualMark(stories.map(({ json }) => json)) ?? 'passes';
  const isAllDone = isDocumentDone(root);
  const used = new Map<string, number>();
  const entries = stories.map((story): Entry => {
    const state = stateOf(source, story.json, usual, story.title);
    const isUnmarked = state.mark.start === state.mark.end;
    const derived = derivedKey(...prefix, story.title);
    const key = story.id === '' ? unused(derived, used) : [...prefix, story.id].join('.');
    return { ...story, ...state, isDone: state.isDone || (isUnmarked && isAllDone), key };
  });
  const byId = new Map(entries.toReversed().map((entry) => [entry.id.toLowerCase(), entry]));
  const isNamed = entries.some(({ json }) => namesIn(json).length > 0);
  const order = isNamed ? null : orderOf(entries);
  const context = contextOf(root);
  const sharing = new Sharing();
  return entries.map((entry): Draft => {
    const { json, key, id, title, isDone, hold, mark, others } = entry;
    const isActive = !isDone && hold === null;
    const before = order?.get(entry);
    const named = namesIn(json).flatMap((at) => {
      const other = byId.get(textOf(at).toLowerCase());
      if (other === entry || (other === undefined && !isActive)) return [];
      return [{ name: other?.key ?? [...prefix, textOf(at)].join('.'), at }];
    });
    const depends = before === undefined ? named : [{ name: before.key, at: json }];
    const texts = textsOf(source, json);
    const stated = criteriaOf(source, json);
    const read = [...texts.flatMap(({ found }) => found.criteria), ...stated.criteria];
    const marked = read.some((one) => one.mark !== null);
    const marks = mark.start === mark.end && marked ? [] : [mark, ...others];
    const isTicked = marks.length === 0 && read.every((one) => one.mark === null || one.mark.isDone);
    const start = memberOf(json, 'id', 'title', 'name', 'description') ?? json;
    const hasContext = sharing.take(context.length, isActive && !isTicked);
    return {
      ...{ key, isKeyExplicit: id !== '', title, file: source.file, files: [...files] },
      line: locate(source.text, start.start).line,
      body: [...texts.map(({ body }) => body), hasContext ? context : ''].filter((text) => text !== '').join('\n\n'),
      keys: { depends: depends.map(({ name }) => name), priority: priorityOf(json), labels: labelsOf(json) },
      criteria: positioned(read),
      marks,
      isDone: isDone || isTicked,
      ...(hold === null || isDone || isTicked ? {} : { hold }),
      problems:
        isActive && !isTicked
          ? [
              ...texts.flatMap(({ found }) => found.problems),
              ...read.flatMap(({ problems }) => problems),
              ...stated.unread,
              ...(hasContext ? [] : [sharedTooLarge(source, { offset: start.start, length: start.end - start.start })]),
            ]
          : [],
      where: ([name, index]) => {
        const at = name === 'depends' && typeof index === 'number' ? (depends[index]?.at ?? start) : start;
        return locate(source.text, at.start, at.end - at.start);
      },
    };
  });
}

/** A key that is not used yet: the second `x` is `x-2`. */
function unused(key: string, used: Map<string, number>): string {
  let count = (used.get(key) ?? 0) + 1;
  while (count > 1 && used.has(`${key}-${count}`)) count++;
  used.set(key, count);
  const free = count === 1 ? key : `${key}-${count}`;
  if (count > 1) used.set(free, 1);
  return free;
}

/** True if the document says of itself that it is done; its stories may have no marks then. */
function isDocumentDone(root: Json): boolean {
  return knownState(textOf(memberOf(memberOf(root, 'prd') ?? root, 'status'))) === 'done';
}

/**
 * What each story waits for if priorities are an order: all of them are different numbers. A loop works on one story at a
 * time, in this order, and later ones may build on earlier ones. Stories that are held are passed over.
 */
function orderOf(entries: readonly Entry[]): ReadonlyMap<Entry, Entry> {
  const numbered = entries.map((entry) => ({ entry, at: numberOf(entry.json) }));
  const order = new Map<Entry, Entry>();
  if (new Set(numbered.map(({ at }) => at)).size < entries.length) return order;
  if (numbered.some(({ at }) => at === null)) return order;
  const sorted = numbered.toSorted((a, b) => (a.at ?? 0) - (b.at ?? 0)).map(({ entry }) => entry);
  let last: Entry | null = null;
  for (const entry of sorted) {
    if (last !== null) order.set(entry, last);
    if (entry.hold === null) last = entry;
  }
  return order;
}

function numberOf(json: Json): number | null {
  const priority = textOf(memberOf(json, 'priority'));
  return /^-?\d{1,9}(?:\.\d{1,9})?$/.test(priority) ? Number(priority) : null;
}

const priorities: Readonly<Record<string, number>> = { critical: 2, p0: 2, high: 1, p1: 1, low: -1, p3: -1, p4: -2 };

/** Lower numbers go first in a list of stories. */
function priorityOf(json: Json): number {
  const number = numberOf(json);
  if (number !== null) return Math.max(-1000, Math.min(1000, -Math.trunc(number))) + 0;
  return own(priorities, textOf(memberOf(json, 'priority')).toLowerCase()) ?? 0;
}

function labelsOf(json: Json): string[] {
  return valuesOf(memberOf(json, 'labels', 'tags')).map(textOf);
}

/** The texts of a story for the agent, each below its name. */
const textNames: ReadonlyMap<string, string> = new Map([
  ...['description', 'desc', 'story', 'userStory', 'user_story', 'goal', 'summary'].map((name) => [name, ''] as const),
  ...[
    ['asA', 'As a'],
    ['iWant', 'I want'],
    ['soThat', 'So that'],
    ['category', 'Category'],
    ['details', 'Details'],
    ['context', 'Context'],
    ['rationale', 'Rationale'],
    ['includes', 'Includes'],
    ['technicalNotes', 'Technical notes'],
    ['technical_notes', 'Technical notes'],
    ['implementationNotes', 'Implementation notes'],
    ['implementation_notes', 'Implementation notes'],
    ['files', 'Files'],
    ['filesToModify', 'Files'],
    ['notes', 'Notes'],
  ].map(([name = '', label = '']) => [name, label] as const),
]);

function textsOf(source: Source, json: Json) {
  return [...textNames].flatMap(([name, label]) =>
    valuesOf(memberOf(json, name)).flatMap((string) => {
      if (string.type !== 'string') return [];
      const found = readEmbedded(source, string);
      return [{ found, body: found.rest === '' || label === '' ? found.rest : `**${label}:** ${found.rest}` }];
    }),
  );
}

/** What the document says to all stories. */
function contextOf(root: Json): string {
  const document = memberOf(root, 'prd') ?? root;
  const name = textOf(memberOf(document, 'project', 'projectName', 'productName', 'name', 'title'));
  const text = textOf(memberOf(document, 'description', 'overview', 'oneLiner', 'goal', 'task'));
  return name === '' && text === '' ? '' : [`## Project${name === '' ? '' : `: ${name}`}`, text].join('\n\n').trim();
}
