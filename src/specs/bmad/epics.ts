import type { Heading, RootContent, Table } from 'mdast';
import { locate } from '../../model/diagnostic.ts';
import type { SpecDiagnostic } from '../../model/spec-rule.ts';
import { boxesIn } from '../format/boxes.ts';
import type { ParsedCriterion } from '../format/criterion.ts';
import { derivedKey, type Draft, stem } from '../format/draft.ts';
import type { NotWork, Parsed } from '../format/format.ts';
import { edited, type Mark } from '../format/mark.ts';
import { readRegions } from '../format/regions.ts';
import { stateNamed, type State } from '../format/statuses.ts';
import { splitFrontMatter } from '../text/front-matter.ts';
import { endOffset, fold, parseMarkdown, plainText, startOffset } from '../text/markdown.ts';
import type { Source } from '../text/source.ts';
import { foldedKey } from '../../model/ids.ts';
import { nameOf } from './places.ts';
import { problemOf, readTracked, stateIn } from './sprint.ts';
import { holdOf, tornStatus } from './story.ts';
import { lineAround, markOf, missingMark, type Said, statusIn, words } from './status.ts';

/** A story of a file with epics. Offsets are those of the file. */
interface Story {
  readonly heading: Heading;
  readonly nodes: readonly RootContent[];
  readonly number: string;
  readonly title: string;
  readonly start: number;
  readonly end: number;
}

/**
 * A file with epics: each section `### Story 1.2: Title` is a unit. Its status is a line of the section, or a row of a
 * table with stories and their statuses, and that of the tracker's entry with its number and title: the numbers of several
 * files with epics are their own. Stories of an epic are written in the order of work.
 */
export function readEpics(source: Source, sprint: Source | undefined): Parsed {
  const split = splitFrontMatter(source);
  if ('severity' in split) return { drafts: [], diagnostics: [split] };
  const offset = split.bodyOffset;
  const { children } = parseMarkdown(split.body);
  const stories = storiesIn(children, source, offset);
  const [first] = stories;
  if (!first) return { drafts: [], diagnostics: [] };
  const ofFile = statusIn(source.text, { start: offset, end: first.start });
  if (ofFile !== null && /archived|superseded|obsolete|deprecated/i.test(ofFile.text))
    return { drafts: [], diagnostics: [], notWork: [archived(source)] };

  const name = stem(nameOf(source.file));
  const listed = listedStatuses(children, source, offset);
  const boxes = boxesIn(source);
  const keys = keysOf(stories, name);
  const shared = criteriaOfEpics(children, stories, source, offset);
  const drafts = stories.map((story, index): Draft => {
    const criteria = readRegions(story.nodes, source, offset);
    const last = shared.criteria.filter((one) => one.story === story).map((one) => one.parsed);
    const unread = shared.unread.filter((one) => one.story === story).map((one) => one.parsed);
    const asked = criteria.cut.map(({ start, end }) => ({ start: start + offset, end: end + offset }));
    const said = statusIn(source.text, story, asked) ?? listed.get(story.number) ?? null;
    const isMarked = /[✅☑✔]/u.test(plainText(story.heading));
    const own: State | null = said?.text ? stateNamed(said.text) : isMarked ? 'done' : null;
    const tracked = readTracked(sprint, entryOf(story), null, story.title);
    const { state, isTorn, isUnknown } = stateIn(sprint, own, tracked);
    const isDone = state === 'done';
    const headingEnd = endOffset(story.heading) + offset;
    const mark =
      said === null
        ? missingMark(source, headingEnd, '**Status:** Done', story.title, 2)
        : markOf(source, said, story.title);
    const before = stories.findLastIndex((other, at) => at < index && epicOf(other) === epicOf(story));
    const where = locate(source.text, story.start);
    return {
      ...{ key: keys[index] ?? '', isKeyExplicit: true, title: story.title, file: source.file },
      files: sprint === undefined ? [source.file] : [source.file, sprint.file],
      line: where.line,
      body: bodyOf(
        source,
        story,
        [...criteria.cut.map((cut) => ({ start: cut.start + offset, end: cut.end + offset }))],
        said,
        boxes,
      ),
      twin: story.number,
      keys: { depends: before < 0 ? [] : [keys[before] ?? ''] },
      criteria: [...criteria.criteria, ...last].map((one, position) => ({
        ...one,
        criterion: { ...one.criterion, position },
      })),
      marks: [...(isDone && said === null ? [] : [mark]), ...(tracked?.mark ? [tracked.mark] : [])],
      isDone,
      ...holdOf(isDone, state),
      problems: isTorn
        ? [tornStatus(source, said, nameOf(sprint?.file ?? ''), tracked?.status ?? '')]
        : state === 'open'
          ? [...problemOf(sprint), ...criteria.problems, ...last.flatMap((one) => one.problems), ...unread]
          : isUnknown
            ? problemOf(sprint)
            : [],
      where: () => where,
    };
  });
  return { drafts, diagnostics: [] };
}

/** The name of a story's file, which a tracker has as a key: `1-2-reset-the-password.md`. */
function entryOf({ number, title }: Story): string {
  return `${[number.toLowerCase(), foldedKey(title)].join('-').replace(/[^a-z0-9]+/g, '-')}.md`;
}

function archived({ file }: Source): NotWork {
  return { file, line: 1, why: 'archived epics' };
}

const storyTitle =
  /^(?:user |technical )?story\s+([A-Z]{0,3}-?\d+(?:[.-]\d+)*[a-z]?)\s*(?:[:：.–—-]\s*|\s(?=\S)|$)(.*)$/i;

function storiesIn(nodes: readonly RootContent[], source: Source, offset: number): Story[] {
  let epic = '';
  return nodes.flatMap((heading, at): Story[] => {
    if (heading.type !== 'heading') return [];
    const said = fold(plainText(heading));
    epic = /^epic\s+(\d+)/i.exec(said)?.[1] ?? epic;
    const [, number, title = ''] = storyTitle.exec(said) ?? [];
    if (number === undefined) return [];
    let next = at + 1;
    while (next < nodes.length && !endsStory(nodes[next], heading.depth)) next++;
    const after = nodes[next];
    const isWhole = /[.-]/.test(number) || epic === '';
    return [
      {
        heading,
        nodes: nodes.slice(at + 1, next),
        number: isWhole ? number.replace('-', '.') : `${epic}.${number}`,
        title: title.replace(/\s*[✅☑✔]\uFE0F?\s*$/u, '').trim() || said,
        start: startOffset(heading) + offset,
        end: after ? startOffset(after) + offset : source.text.length,
      },
    ];
  });
}

function endsStory(node: RootContent | undefined, depth: number): boolean {
  return node?.type === 'heading' && (node.depth <= depth || storyTitle.test(fold(plainText(node))));
}

function epicOf({ number }: Story): string {
  return number.replace(/[.-][^.-]*$/, '');
}

/** Names of their regions. */
const ofEpic: ReadonlySet<string> = new Set([
  ...['success metrics', 'epic acceptance criteria', 'epic definition of done', 'epic success criteria'],
]);

interface OfStory<T> {
  readonly parsed: T;
  readonly story: Story | undefined;
}

/** Criteria of whole epics, and what is not read among them, each with the last story of its epic. */
function criteriaOfEpics(
  nodes: readonly RootContent[],
  stories: readonly Story[],
  source: Source,
  offset: number,
): { readonly criteria: readonly OfStory<ParsedCriterion>[]; readonly unread: readonly OfStory<SpecDiagnostic>[] } {
  const owned = new Set(stories.flatMap((story) => story.nodes));
  const { criteria, unread } = readRegions(
    nodes.filter((node) => !owned.has(node)),
    source,
    offset,
    ofEpic,
  );
  const epics = nodes.filter((node) => node.type === 'heading' && /^epic\s+\d/i.test(plainText(node)));
  const lines = epics.map((node) => locate(source.text, startOffset(node) + offset).line);
  const storyAt = (at: number): Story | undefined => {
    const next = epics[lines.findIndex((line) => line > at)];
    const before = stories.findLast((story) => next === undefined || story.start < startOffset(next) + offset);
    return before ?? stories.at(-1);
  };
  return {
    criteria: criteria.map((parsed) => ({ parsed, story: storyAt(parsed.criterion.line) })),
    unread: unread.map((parsed) => ({ parsed, story: storyAt(parsed.line ?? 1) })),
  };
}

/** Numbers are unique in a file, not in a project: `epics.1.2`. */
function keysOf(stories: readonly Story[], name: string): string[] {
  const used = new Set<string>();
  return stories.map(({ number, title }) => {
    const key = `${name}.${number}`;
    const own = used.has(key) ? derivedKey(name, number, title) : key;
    used.add(own);
    return own;
  });
}

/** The statuses in tables with a column of story numbers and one of statuses, by number. */
function listedStatuses(nodes: readonly RootContent[], source: Source, offset: number): Map<string, Said> {
  const found = new Map<string, Said>();
  for (const table of nodes.filter((node): node is Table => node.type === 'table')) {
    const [head, ...rows] = table.children;
    const column = (name: RegExp): number =>
      head?.children.findIndex((cell) => name.test(plainText(cell).trim())) ?? -1;
    const [numbers, statuses] = [column(/^(?:story|#|id|number)\b/i), column(/^(?:story )?status$/i)];
    if (numbers < 0 || statuses < 0) continue;
    for (const row of rows) {
      const number = /\d+\.\d+[a-z]?/.exec(row.children[numbers] ? plainText(row.children[numbers]) : '')?.[0];
      const cell = row.children[statuses];
      if (number === undefined || !cell || found.has(number)) continue;
      const start = startOffset(cell) + offset;
      const value = source.text.slice(start, endOffset(cell) + offset);
      const bar = value.startsWith('|') ? 1 : 0;
      found.set(number, words(value.slice(bar), start + bar));
    }
  }
  return found;
}

/** The section without criteria, its status and ticks. */
function bodyOf(
  source: Source,
  { start, end }: Story,
  cuts: readonly { readonly start: number; readonly end: number }[],
  said: Said | null,
  boxes: readonly Mark[],
): string {
  const isWithin = (at: number): boolean => at >= start && at < end;
  const isCut = (at: number): boolean => cuts.some((cut) => at >= cut.start && at < cut.end);
  const own = boxes.filter((box) => isWithin(box.start) && !isCut(box.start)).map((box) => ({ ...box, text: ' ' }));
  const status = said !== null && isWithin(said.start) ? [{ ...lineAround(source.text, said), text: '' }] : [];
  const edits = [...cuts.map((cut) => ({ ...cut, text: '' })), ...own, ...status];
  return edited(source.text.slice(0, end), [{ start: 0, end: start, text: '' }, ...edits])
    .replace(/\r\n?/g, '\n')
    .replace(/\n{3,}/g, '\n\n')
    .trim();
}
