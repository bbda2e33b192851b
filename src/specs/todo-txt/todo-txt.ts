import { locate } from '../../model/diagnostic.ts';
import { keyProblem } from '../../model/ids.ts';
import { checksIn } from '../format/checks.ts';
import { criterionOf, type ParsedCriterion } from '../format/criterion.ts';
import { derivedKey, type Draft, stem } from '../format/draft.ts';
import type { Parsed, Reader } from '../format/format.ts';
import type { Mark } from '../format/mark.ts';
import { fold, parseMarkdown } from '../text/markdown.ts';
import { errorAt, type Source } from '../text/source.ts';
import { addLine } from './append.ts';
import { isTodoTxt, type Line, linesOf } from './lines.ts';

/**
 * The reader of todo.txt files. A done line begins with "x" and the day; `now` tells the day for lines that are ticked, and
 * whether the day before which a line must not be begun (`t:`) is over.
 */
export function readerOn(now: () => Date): Reader {
  return {
    parse: (sources) => parse(sources, now().toISOString().slice(0, 10)),
    looseMarks: () => [],
    segments: ({ text }) => text.split(/(?<=\n|\r(?!\n))/),
    add: (unit, spot) => addLine(unit, spot, parse(spot.sources, now().toISOString().slice(0, 10)).drafts),
  };
}

/** A line with its file. */
interface Placed {
  readonly source: Source;
  readonly line: Line;
}

function parse(sources: readonly Source[], today: string): Parsed {
  const [main] = sources;
  if (!main) return { drafts: [], diagnostics: [] };
  const own = linesOf(main.text);
  if (!isTodoTxt(own)) {
    const notWork = own.length === 0 ? [] : [{ file: main.file, line: 1, why: 'notes' }];
    return { drafts: [], diagnostics: [], notWork };
  }
  const placed = sources.flatMap((source) => linesOf(source.text).map((line): Placed => ({ source, line })));
  const keys = keysOf(placed, stem(main.file));
  const keyOf = new Map<string, string>();
  const partsOf = new Map<string, string[]>();
  for (const [index, { line }] of placed.entries()) {
    const key = keys[index] ?? '';
    const id = line.values.get('id')?.[0]?.toLowerCase();
    if (id !== undefined && !keyOf.has(id)) keyOf.set(id, key);
    for (const whole of line.values.get('p') ?? []) {
      const parts = partsOf.get(whole.toLowerCase()) ?? [];
      parts.push(key);
      partsOf.set(whole.toLowerCase(), parts);
    }
  }
  const all = { keyOf, partsOf, files: sources.map(({ file }) => file), today };
  return { drafts: placed.map((one, index) => draftOf(one, keys[index] ?? '', all)), diagnostics: [] };
}

/** What is known of all lines. */
interface All {
  /** The key of each `id:`, in lower case. */
  readonly keyOf: ReadonlyMap<string, string>;
  /** The keys of the lines with "p:7", which are parts of the one with "id:7". */
  readonly partsOf: ReadonlyMap<string, readonly string[]>;
  readonly files: readonly string[];
  readonly today: string;
}

function draftOf({ source, line }: Placed, key: string, { keyOf, partsOf, files, today }: All): Draft {
  const { text, isDone } = line;
  const hold = isDone ? null : holdOf(line, today);
  const criteria = criteriaOf(line, source);
  const waits = valuesOf(line, ['dep', 'deps', 'depends', 'after', 'blockedby']);
  const id = line.values.get('id')?.[0]?.toLowerCase();
  const known = waits.map((name) => keyOf.get(name.toLowerCase()) ?? name);
  // Parts belong to one line, however many have the same id.
  const parts = (id === undefined || keyOf.get(id) !== key ? undefined : partsOf.get(id)) ?? [];
  const depends = [...new Set([...known, ...parts])];
  const place = locate(source.text, line.start, line.end - line.start);
  const problems = criteria.flatMap((one) => one.problems);
  if (criteria.length === 0) {
    problems.push(
      errorAt(
        source,
        { offset: line.start, length: line.end - line.start },
        {
          code: 'no-criteria',
          message: 'this task has no check, so nothing could show that it is done; it is never run',
          hint: 'Write one at its end: check:`command`.',
        },
      ),
    );
  }
  return {
    ...{ key, isKeyExplicit: id !== undefined, title: line.title, file: source.file, files },
    ...{ line: place.line, body: line.title === fold(text) ? '' : fold(text), criteria },
    keys: {
      ...(depends.length === 0 ? {} : { depends }),
      ...(line.priority === null ? {} : { priority: 'Z'.charCodeAt(0) - line.priority.charCodeAt(0) + 1 }),
      ...(line.labels.length === 0 ? {} : { labels: [...line.labels] }),
    },
    marks: [markOf(line, source, today)],
    isDone,
    ...(hold === null ? {} : { hold }),
    problems: isDone || hold !== null ? [] : problems,
    where: () => place,
  };
}

/** The mark of a line: "x" in the first column, and the day. */
function markOf(line: Line, { file }: Source, today: string): Mark {
  return {
    file,
    start: line.first,
    end: line.isDone ? line.markEnd : line.first,
    isDone: line.isDone,
    done: `x ${today} `,
    open: '',
    of: line.text.trimStart(),
  };
}

function criteriaOf({ text, commands, textStart }: Line, source: Source): ParsedCriterion[] {
  if (commands.length === 0) return [];
  const isAll = (text.match(/`[^`]+`/g) ?? []).length <= commands.length;
  const [first] = isAll ? [] : parseMarkdown(text).children;
  const checks = first?.type === 'paragraph' ? checksIn([first]) : { commands };
  return [criterionOf({ source, start: textStart, text, ...checks, position: 0 })];
}

function holdOf({ values, labels, isUnclear }: Line, today: string): string | null {
  if (isUnclear) return 'has an "x" that is not a small one in the first column, so it may be done';
  const [begin] = values.get('t') ?? [];
  if (begin !== undefined && /^\d{4}-\d\d-\d\d$/.test(begin) && begin > today)
    return `is not to be begun before ${begin}`;
  if (values.get('h')?.includes('1') === true) return 'is hidden';
  const context = labels.find((label) =>
    /^(?:waiting(?:for)?|wait|someday|maybe|hold|on-?hold|blocked|deferred|later)$/i.test(label),
  );
  return context === undefined ? null : `is in @${context}`;
}

function valuesOf({ values }: Line, names: readonly string[]): string[] {
  return names
    .flatMap((name) => values.get(name) ?? [])
    .flatMap((value) => value.split(','))
    .filter((value) => value !== '');
}

/** The keys of lines: their `id:`, with the file's name if it is only a number, else from the title. */
function keysOf(placed: readonly Placed[], name: string): string[] {
  const used = new Map<string, number>();
  return placed.map(({ line }) => {
    const id = line.values.get('id')?.[0];
    const isFree = id !== undefined && /\p{L}/u.test(id) && keyProblem(id) === null;
    const wanted = isFree ? id : derivedKey(name, id ?? line.title);
    const count = (used.get(wanted.toLowerCase()) ?? 0) + 1;
    used.set(wanted.toLowerCase(), count);
    return count === 1 ? wanted : derivedKey(wanted, `again-${count}`);
  });
}
