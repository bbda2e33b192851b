import type { Heading, RootContent } from 'mdast';
import { z } from 'zod';
import { locate } from '../../model/diagnostic.ts';
import type { SpecDiagnostic } from '../../model/spec-rule.ts';
import { boxesIn } from '../format/boxes.ts';
import { type Draft, stem } from '../format/draft.ts';
import type { Parsed } from '../format/format.ts';
import { edited, type Mark } from '../format/mark.ts';
import { type Found, readRegions } from '../format/regions.ts';
import { statusMark } from '../format/status-mark.ts';
import { stateNamed, type State } from '../format/statuses.ts';
import { parseYaml, type Split, splitFrontMatter } from '../text/front-matter.ts';
import { endOffset, fold, parseMarkdown, plainText, startOffset } from '../text/markdown.ts';
import { errorAt, type Source } from '../text/source.ts';
import type { YamlPlaces } from '../text/yaml-places.ts';
import { readJoins } from './joins.ts';
import { nameOf } from './places.ts';
import { problemOf, readTracked, stateIn } from './sprint.ts';
import { lineAround, markOf, missingMark, namesLike, type Said, statusIn, words } from './status.ts';

/** A story in a file of its own. */
export function readStory(source: Source, sprint: Source | undefined): Parsed {
  const split = splitFrontMatter(source);
  if ('severity' in split) return { drafts: [], diagnostics: [split] };
  const offset = split.bodyOffset;
  const { children } = parseMarkdown(split.body);
  const records = recordsIn(children, split.body.length);
  const nodes = children.filter((node) => !records.some((range) => isIn(startOffset(node), range)));
  const criteria = readRegions(nodes, source, offset, gates);
  const isStory = criteria.criteria.length > 0 || nodes.some((node) => isTitled(node, /^(?:user )?story$|^tasks\b/i));
  if (!isStory)
    return { drafts: [], diagnostics: [], notWork: [{ file: source.file, line: 1, why: 'notes on stories' }] };

  const heading = nodes.find((node) => isHeadline(node));
  const number = numberOf(source.file);
  const title = titleOf(heading, split, source.file);
  const front = parseYaml({ source, yaml: split.yaml ?? '', yamlOffset: split.yamlOffset, schema: z.unknown() });
  const said = statusOf(source, split, nodes, front.places, criteria);
  const boxes = boxesIn(source);
  const tracked = readTracked(sprint, source.file, number, title);
  const own = said?.text ? stateNamed(said.text) : null;
  const { state, isTorn, isUnknown } = stateIn(sprint, own, tracked);
  const unreadable = problemOf(sprint);
  const isDone = state === 'done';
  const mark =
    said === null ? inserted(source, split, heading, title, front.places) : markIn(source, said, title, front.places);
  const tasks = tasksIn(children, split.body.length).map(({ start, end }) => ({
    start: start + offset,
    end: end + offset,
  }));
  const owned = new Set(criteria.criteria.flatMap((one) => one.mark?.start ?? []));
  const ofTasks = boxes.filter((box) => !owned.has(box.start) && tasks.some((range) => isIn(box.start, range)));
  const joins = readJoins(source, tasks, criteria.criteria);
  const place = heading ? startOffset(heading) + offset : keyOffset(split, 'title');
  const draft: Draft = {
    ...{ key: number ?? stem(nameOf(source.file)), isKeyExplicit: true, title, file: source.file },
    files: sprint === undefined ? [source.file] : [source.file, sprint.file],
    line: locate(source.text, place).line,
    body: bodyOf(split, { criteria, records, said, boxes }),
    keys: {},
    after: number === null ? [] : earlier(number),
    criteria: criteria.criteria,
    marks: [
      ...[...(mark === null ? [] : [mark]), ...ofTasks].toSorted((a, b) => a.start - b.start),
      ...(tracked?.mark ? [tracked.mark] : []),
    ],
    ...{ isDone, ...holdOf(isDone, state) },
    joins: { resolved: joins.resolved, dangling: joins.dangling.length },
    problems: isTorn
      ? [tornStatus(source, said, nameOf(sprint?.file ?? ''), tracked?.status ?? '')]
      : state === 'open'
        ? [...unreadable, ...criteria.problems, ...joins.dangling]
        : isUnknown
          ? unreadable
          : [],
    where: () => locate(source.text, place),
  };
  return { drafts: [draft], diagnostics: [] };
}

interface Range {
  readonly start: number;
  readonly end: number;
}

function isIn(offset: number, { start, end }: Range): boolean {
  return offset >= start && offset < end;
}

/** The diagnostic for a story that only one of its file and its tracker calls done. */
export function tornStatus(source: Source, said: Said | null, tracker: string, status: string): SpecDiagnostic {
  const { start = 0, end = 0, text = '' } = said ?? {};
  const problem = {
    code: 'half-done' as const,
    message: `this story is "${text}" here, and "${status}" in ${tracker}`,
    hint: 'Set both to what is true. Until then, it is held back.',
  };
  return { ...errorAt(source, { offset: start, length: end - start }, problem), severity: 'warning' };
}

export function holdOf(isDone: boolean, state: State): { readonly hold?: string } {
  return isDone || typeof state === 'string' ? {} : state;
}

/** Gates that some projects add to each story. */
const gates: ReadonlySet<string> = new Set(['quality gates', 'quality gate']);

function isTitled(node: RootContent, title: RegExp): node is Heading {
  return node.type === 'heading' && node.depth <= 3 && title.test(plainText(node).trim());
}

/** What agents and reviewers write into a story afterwards. */
const recordTitle =
  /^(?:dev agent record|qa results|change ?log|code review|(?:senior )?developer review|file list|(?:spec change|review triage) log|ac-to-test mapping|review notes|completion (?:notes|status)|story completion)/i;

function recordsIn(nodes: readonly RootContent[], length: number): Range[] {
  return sectionsOf(nodes, length, (node) => isTitled(node, recordTitle));
}

function tasksIn(nodes: readonly RootContent[], length: number): Range[] {
  return sectionsOf(nodes, length, (node) => isTitled(node, /^(?:tasks\b|implementation (?:tasks|plan)$)/i));
}

/** The sections with some headings, each up to the next heading of its level or above. */
function sectionsOf(nodes: readonly RootContent[], length: number, isWanted: (node: RootContent) => boolean): Range[] {
  const ranges: Range[] = [];
  let open: { readonly start: number; readonly depth: number } | null = null;
  for (const node of nodes) {
    if (node.type !== 'heading') continue;
    if (open !== null && node.depth <= open.depth) {
      ranges.push({ start: open.start, end: startOffset(node) });
      open = null;
    }
    if (open === null && isWanted(node)) open = { start: startOffset(node), depth: node.depth };
  }
  return open === null ? ranges : [...ranges, { start: open.start, end: length }];
}

/** `1.2` of `1.2.story.md`, `1-2-login.md`, `story-1.2.md` and `spec-1-2-login.md`; null for other names. */
function numberOf(file: string): string | null {
  const [, epic, story] = /^(?:(?:story|spec)[-_.])?(\d+)[.-](\d+[a-z]?)(?=[.-])/i.exec(nameOf(file)) ?? [];
  return epic === undefined || story === undefined ? null : `${epic}.${story}`;
}

/** Stories are written in the order of work: the ones before a story in its epic. */
function earlier(number: string): string[] {
  const [epic = '', story = ''] = number.split('.');
  const count = Math.min(Number.parseInt(story, 10) - 1, 100);
  return Array.from({ length: Math.max(0, count) }, (_, index) => `${epic}.${index + 1}`);
}

function isHeadline(node: RootContent): node is Heading {
  return node.type === 'heading' && (node.depth === 1 || /^story\s+\d/i.test(plainText(node)));
}

/** The title of `# Story 1.2: Login`, `# Tech-Spec: Login` or `title: Login`. */
function titleOf(heading: Heading | undefined, { yaml }: Split, file: string): string {
  const front = words(/^title:(.*)$/m.exec(yaml ?? '')?.[1] ?? '', 0).text;
  const said = heading ? fold(plainText(heading)) : '';
  return withoutNumber(said) || front || said || stem(nameOf(file));
}

/** A title without "Story 1.2:" before it. */
export function withoutNumber(title: string): string {
  const number =
    /^(?:(?:user |technical )?story|tech[- ]?spec|spec)(?:\s+(?=\S*\d)[A-Za-z]?[\d.-]+[a-z]?)?\s*(?:[:：–—-]\s*|\s(?=\S)|$)/i;
  return title.replace(number, '').trim();
}

function keyOffset({ yaml, yamlOffset }: Split, key: string): number {
  const found = new RegExp(`^${key}:`, 'm').exec(yaml ?? '');
  return found ? yamlOffset + found.index : 0;
}

/** The status before the story's text, that of the front matter, or a section anywhere. Reviews have statuses of their own. */
function statusOf(
  source: Source,
  split: Split,
  nodes: readonly RootContent[],
  places: YamlPlaces,
  { cut }: Found,
): Said | null {
  const { body, bodyOffset, yaml, yamlOffset } = split;
  const isFirst = (node: RootContent): boolean =>
    node.type === 'heading' && node.depth >= 2 && !/^(?:status|story \d)/i.test(plainText(node).trim());
  const first = nodes.find(isFirst);
  const end = bodyOffset + (first ? startOffset(first) : body.length);
  const criteria = cut.map((range) => ({ start: range.start + bodyOffset, end: range.end + bodyOffset }));
  const before = statusIn(source.text, { start: bodyOffset, end }, criteria);
  if (before !== null) return before;
  const inYaml = places.member('status')?.value;
  if (inYaml) return inYaml;
  // Titles with a colon are no YAML, and common.
  const front = places.gap === null ? /^status:([^\r\n]*)/m.exec(yaml ?? '') : null;
  if (front?.[1] !== undefined) {
    const value = front[1].replace(/\s#.*$/, '');
    return words(value, yamlOffset + front.index + 'status:'.length);
  }
  const later = nodes.find((node) => isTitled(node, /^status(?:\s*:.*)?$/i));
  if (later === undefined) return null;
  return statusIn(source.text, { start: bodyOffset + startOffset(later), end: bodyOffset + body.length }, criteria);
}

/** The mark of a status in the text or in the front matter. */
function markIn(source: Source, said: Said, of: string, places: YamlPlaces): Mark | null {
  const value = places.member('status')?.value;
  if (value?.start !== said.start) return markOf(source, said, of);
  const isDone = stateNamed(said.text) === 'done';
  return statusMark(source, places, { isDone, of, statuses: namesLike(said.text) });
}

/** A status for a story without one. */
function inserted(
  source: Source,
  { yaml, yamlOffset, bodyOffset }: Split,
  heading: Heading | undefined,
  of: string,
  places: YamlPlaces,
): Mark | null {
  if (heading && places.member('status') === null)
    return missingMark(source, endOffset(heading) + bodyOffset, 'Status: done', of, 2);
  if (yaml !== null && yaml.trim() !== '' && places.gap === null)
    return missingMark(source, yamlOffset + yaml.length, 'status: done', of, 1);
  return statusMark(source, places, { isDone: false, of, statuses: namesLike('') });
}

interface Parts {
  readonly criteria: Found;
  readonly records: readonly Range[];
  readonly said: Said | null;
  readonly boxes: readonly Mark[];
}

/** The text without criteria, records, status and ticks. */
function bodyOf({ body, bodyOffset }: Split, { criteria, records, said, boxes }: Parts): string {
  const cuts = [...criteria.cut, ...records];
  const inBody = said === null || said.start < bodyOffset ? null : said;
  const moved = inBody && { start: inBody.start - bodyOffset, end: inBody.end - bodyOffset };
  const line = moved === null ? [] : [{ ...lineAround(body, moved), text: '' }];
  const open = boxes
    .map(({ start, end }) => ({ start: start - bodyOffset, end: end - bodyOffset, text: ' ' }))
    .filter(({ start }) => !cuts.some((cut) => isIn(start, cut)));
  const outermost = cuts.filter(
    (cut) => !cuts.some((other) => other !== cut && isIn(cut.start, other) && other.end >= cut.end),
  );
  return edited(body, [...outermost.map((cut) => ({ ...cut, text: '' })), ...line, ...open])
    .replace(/\r\n?/g, '\n')
    .replace(/\n{3,}/g, '\n\n')
    .trim();
}
