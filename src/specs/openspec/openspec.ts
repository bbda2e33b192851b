import { boxesIn, readBox } from '../format/boxes.ts';
import { type ParsedCriterion, readItems } from '../format/criterion.ts';
import { derivedKey, type Draft, isTicked } from '../format/draft.ts';
import type { Parsed, Reader } from '../format/format.ts';
import { edited, type Mark } from '../format/mark.ts';
import { pageOf } from '../format/page.ts';
import { readRegions } from '../format/regions.ts';
import { segmentsOf } from '../format/segments.ts';
import { fold, listItems, plainText, startOffset } from '../text/markdown.ts';
import type { Source } from '../text/source.ts';
import { isDelta, readDelta, type Stated } from './deltas.ts';
import { type Change, layoutOf } from './layout.ts';

export const reader: Reader = {
  parse(sources) {
    const [change] = layoutOf(sources.map(({ file }) => file)).changes;
    return change === undefined ? { drafts: [], diagnostics: [] } : readChange(change, sources);
  },
  looseMarks: (source) => (/(?:^|\/)tasks\.md$/.test(source.file) ? tasksIn(source) : []),
  segments: (source) => (source.file.endsWith('.md') ? segmentsOf(source) : null),
};

/**
 * A change is a unit. Its criteria are the scenarios of its delta specs, or its tasks if there are none. It is done once all
 * of its tasks are.
 */
function readChange({ key, files }: Change, sources: readonly Source[]): Parsed {
  const inOrder = files.flatMap((file) => sources.find((source) => source.file === file) ?? []);
  const of = (name: string): Source | undefined =>
    inOrder.find(({ file }) => file === name || file.endsWith(`/${name}`));
  const [proposal, tasks, design] = [of('proposal.md'), of('tasks.md'), of('design.md')];
  const main = proposal ?? tasks ?? inOrder[0];
  if (main === undefined) return { drafts: [], diagnostics: [] };
  const title = titleOf(main);
  const known = new Set([proposal, tasks, design]);
  const deltas = inOrder
    .filter((source) => !known.has(source) && (/(?:^|\/)specs\//.test(source.file) || isDelta(source)))
    .map(readDelta);
  const read = tasks === undefined ? undefined : withoutLooseTicks(tasks);
  const regions = [proposal, read].flatMap((source) => (source === undefined ? [] : [regionsIn(source)]));
  const stated = [...deltas, ...regions].flatMap(placed);
  const asked = stated.length > 0 || read === undefined ? stated : placed({ source: read, criteria: itemsIn(read) });
  const criteria = asked.map(({ file, ...parsed }, position): ParsedCriterion => {
    const elsewhere = file === main.file ? {} : { file };
    const one = file === tasks?.file ? asWritten(parsed, tasks) : parsed;
    return { ...one, criterion: { ...one.criterion, position, ...elsewhere } };
  });
  const marks = tasks === undefined ? [] : tasksIn(tasks);
  const isDone = isTicked({ marks, criteria: [] });
  const inTasks = criteria.flatMap(({ mark }) => (mark !== null && mark.file === tasks?.file ? mark : []));
  const ofCriteria = new Set(inTasks.map(({ start }) => start));
  const bodies = [
    ...regions.filter(({ source }) => source === proposal).map(withoutCuts),
    design?.text ?? '',
    ...deltas.map(withoutCuts),
    tasks === undefined
      ? ''
      : edited(
          tasks.text,
          [...marks, ...inTasks].map((mark) => ({ ...mark, text: mark.open })),
        ),
  ];
  const problems = [...deltas, ...regions].flatMap((part) => part.problems);
  const draft: Draft = {
    key: key === '' ? derivedKey(title ?? 'change') : key,
    isKeyExplicit: key !== '',
    title: title ?? (key.split('.').at(-1) || 'change'),
    ...{ file: main.file, line: 1, files },
    body: bodyOf(bodies),
    keys: {},
    criteria,
    marks: marks.filter(({ start }) => !ofCriteria.has(start)),
    isDone,
    ...(criteria.length === 0 ? { hold: 'has neither specs nor tasks yet' } : {}),
    problems: isDone ? [] : [...new Set([...criteria.flatMap((one) => one.problems), ...problems])],
    where: () => ({ line: 1, column: 1 }),
  };
  return { drafts: [draft], diagnostics: [] };
}

/** The title of a change's main file; null for a heading that names a part of it, as in "Why" or "Tasks". */
function titleOf(source: Source): string | null {
  const { nodes } = pageOf(source);
  const [heading] = nodes;
  if (heading?.type !== 'heading' || heading.depth > 1) return null;
  const title = fold(plainText(heading)).replace(/^(?:change(?: proposal)?|proposal|tasks)\s*[:：]\s*/i, '');
  return /^(?:(?:change )?proposal|(?:implementation )?(?:tasks?|checklist|plan)|why|)$/i.test(title) ? null : title;
}

type Placed = ParsedCriterion & { readonly file: string };

function placed({ source, criteria }: Pick<Stated, 'source' | 'criteria'>): Placed[] {
  return criteria.map((one) => ({ ...one, file: source.file }));
}

/** The acceptance criteria that a proposal or its tasks state beside the delta specs. */
function regionsIn(source: Source): Stated {
  const { nodes, offset } = pageOf(source);
  const { criteria, problems, cut } = readRegions(nodes, source, offset);
  return {
    ...{ source, criteria, problems },
    cut: cut.map(({ start, end }) => ({ start: start + offset, end: end + offset })),
  };
}

function withoutCuts({ source, cut }: Stated): string {
  return edited(
    source.text,
    cut.map((range) => ({ ...range, text: '' })),
  );
}

/** The tasks as criteria; in a file without boxes, its list items. */
function itemsIn(source: Source): ParsedCriterion[] {
  const { nodes, offset } = pageOf(source);
  const items = listItems(nodes);
  const boxed = items.filter((item) => readBox(source.text.slice(startOffset(item) + offset).slice(0, 200)) !== null);
  return readItems(boxed.length > 0 ? boxed : items, { source, offset });
}

/**
 * The boxes of `tasks.md`. Like OpenSpec, it counts those in code and comments, too: a stray fence would hide tasks, and a
 * change with an open one is not complete for OpenSpec.
 */
function tasksIn(source: Source): Mark[] {
  const marks = boxesIn(source);
  return [...marks, ...looseTasks(source, marks)].toSorted((a, b) => a.start - b.start);
}

/** The boxes of lines that are no items for Markdown. */
function looseTasks({ file, text }: Source, marks: readonly Mark[]): Mark[] {
  const known = new Set(marks.map(({ start }) => start));
  return [...text.matchAll(/^[^\S\r\n\u2028\u2029]*[-*][^\S\r\n\u2028\u2029]*\[([ xX])\](.*)/gm)].flatMap(
    (found): Mark[] => {
      const [line, state = '', said = ''] = found;
      const start = found.index + line.indexOf('[') + 1;
      if (known.has(start)) return [];
      return [{ file, start, end: start + 1, isDone: state !== ' ', done: 'x', open: ' ', of: fold(said) }];
    },
  );
}

/** The same with those boxes open, which may be in the text of a criterion. */
function withoutLooseTicks(source: Source): Source {
  const loose = looseTasks(source, boxesIn(source));
  if (loose.every(({ isDone }) => !isDone)) return source;
  return {
    file: source.file,
    text: edited(
      source.text,
      loose.map((mark) => ({ ...mark, text: mark.open })),
    ),
  };
}

/** A criterion with the state of its box in the file. */
function asWritten(one: ParsedCriterion, { text }: Source): ParsedCriterion {
  const { mark, criterion } = one;
  const isDone = mark !== null && (mark.isDone || /^[xX]$/.test(text.slice(mark.start, mark.end)));
  return isDone ? { ...one, mark: { ...mark, isDone }, criterion: { ...criterion, isTicked: true } } : one;
}

function bodyOf(texts: readonly string[]): string {
  return texts
    .map((text) =>
      text
        .replace(/^\uFEFF/, '')
        .replace(/\r\n/g, '\n')
        .replace(/\n{3,}/g, '\n\n')
        .trim(),
    )
    .filter((text) => text !== '')
    .join('\n\n');
}
