import type { RootContent } from 'mdast';
import { locate } from '../../model/diagnostic.ts';
import { boxesIn } from '../format/boxes.ts';
import { type Draft, isTicked } from '../format/draft.ts';
import type { Parsed, Reader } from '../format/format.ts';
import { edited, type Mark } from '../format/mark.ts';
import { type Found, readRegions } from '../format/regions.ts';
import { segmentsOf } from '../format/segments.ts';
import { type StatusMeaning, statusMark } from '../format/status-mark.ts';
import type { State } from '../format/statuses.ts';
import { type Split, splitFrontMatter } from '../text/front-matter.ts';
import { fold, parseMarkdown, plainText, startOffset } from '../text/markdown.ts';
import type { Source } from '../text/source.ts';
import { addTask } from './append.ts';
import { configured } from './configured.ts';
import { type Place, placesOf } from './places.ts';
import { type Front, readFront } from './front.ts';
import type { Statuses } from './statuses.ts';

export const reader: Reader = {
  parse(sources) {
    const [place] = placesOf(sources.map(({ file }) => file));
    const source = sources.find(({ file }) => file === place?.file);
    if (place && source && place.id !== null)
      return readTask(
        source,
        { ...place, id: place.id },
        configured(sources.find(({ file }) => file === place.config)),
      );
    return { drafts: [], diagnostics: [] };
  },
  looseMarks: (source) => (isMarkdown(source) ? boxesIn(source) : []),
  segments: (source) => (isMarkdown(source) ? segmentsOf(source) : null),
  add: addTask,
};

function isMarkdown({ file }: Source): boolean {
  return /\.md$/i.test(file);
}

type Task = Place & { readonly id: string };

/** A task: its front matter, a description, acceptance criteria and a definition of done. */
function readTask(source: Source, place: Task, statuses: Statuses): Parsed {
  const split = splitFrontMatter(source);
  if ('severity' in split) return { drafts: [], diagnostics: [split] };
  const front = readFront(source, split);
  const isCompleted = place.kind === 'completed';
  if (front.diagnostics.length > 0 && !isCompleted) return { drafts: [], diagnostics: front.diagnostics };
  const { children } = parseMarkdown(split.body);
  const heading = children.find((node) => node.type === 'heading' && node.depth === 1);
  const headline = heading ? fold(plainText(heading)) : null;
  const criteria = readRegions(withoutReports(children, split.body), source, split.bodyOffset);
  const said = split.yaml === null ? saidStatus(split.body) : null;
  const status = front.text('status') ?? said?.text ?? null;
  const state: State = status === null ? 'open' : statuses.stateOf(status);
  const key = front.text('id') ?? place.id;
  const title = front.text('title') ?? titled(headline, place);
  const meaning = { isDone: state === 'done', of: title, statuses, wordsOf: statuses.wordsOf };
  const mark = said === null ? statusMark(source, front.places, meaning) : bodyMark(source, said, split, meaning);
  const marks = mark === null ? [] : [mark];
  const isDone =
    isCompleted || state === 'done' || (status === null && isTicked({ marks: [], criteria: criteria.criteria }));
  const titleOffset = front.places.member('title')?.key ?? (heading ? startOffset(heading) + split.bodyOffset : 0);
  const hold = isDone || typeof state === 'string' ? {} : state;
  const draft: Draft = {
    ...{ key, isKeyExplicit: true, title, file: source.file },
    files: place.config === null ? [source.file] : [source.file, place.config],
    line: locate(source.text, titleOffset).line,
    body: bodyOf(front, split, criteria),
    keys: { depends: dependencies(front, key), labels: [...front.list('labels')], ...priorityOf(front) },
    criteria: criteria.criteria,
    marks,
    isDone,
    ...hold,
    problems: isDone || 'hold' in hold ? [] : criteria.problems,
    where: ([first, ...rest]) => front.where([first === 'depends' ? 'dependencies' : (first ?? ''), ...rest]),
  };
  return { drafts: [draft], diagnostics: [] };
}

/** The blocks without what was written about the work afterwards: notes, a summary, comments. */
function withoutReports(nodes: readonly RootContent[], body: string): RootContent[] {
  const ranges = reportsIn(body);
  let isReport = false;
  return nodes.filter((node) => {
    const start = startOffset(node);
    if (ranges.some((range) => start >= range.start && start < range.end)) return false;
    if (node.type === 'heading' && node.depth <= 2)
      isReport = /^(?:implementation notes|final summary|comments)\b/i.test(plainText(node).trim());
    return !isReport;
  });
}

const reportMarker = /<!-- (SECTION:NOTES|SECTION:FINAL_SUMMARY|COMMENTS):(BEGIN|END) -->/g;

function reportsIn(body: string): { readonly start: number; readonly end: number }[] {
  const ranges: { start: number; end: number }[] = [];
  const open = new Map<string, number>();
  for (const { index, 1: name = '', 2: side } of body.matchAll(reportMarker)) {
    const start = open.get(name);
    if (side === 'BEGIN' && start === undefined) open.set(name, index);
    if (side === 'END' && start !== undefined) {
      ranges.push({ start, end: index });
      open.delete(name);
    }
  }
  return ranges;
}

/** A status in a text, with its offset there. */
interface SaidStatus {
  readonly text: string;
  readonly start: number;
}

/** The status in the text of a file without front matter: `**Status**: Done`, `Status: Done`, or below `## Status`. */
function saidStatus(body: string): SaidStatus | null {
  const start = body.slice(0, 4000).replace(/<!--[^]*?-->/g, (comment) => comment.replace(/[^\r\n]/g, ' '));
  const label = /^[^\S\r\n]*(?:[-*][^\S\r\n]+)?\*{0,2}Status\*{0,2}:\*{0,2}[^\S\r\n]*(\S.*)$/im.exec(start);
  const found = label ?? /^##[^\S\r\n]+Status[^\S\r\n]*[\r\n]\s*(\S.*)$/im.exec(start);
  if (found === null) return null;
  const value = found[1] ?? '';
  const lead = /^[*_`\s]*/.exec(value)?.[0].length ?? 0;
  const text = value.slice(lead).replace(/[*_`\s]+$/, '');
  return { text, start: found.index + found[0].length - value.length + lead };
}

/** The mark of a status in the text. A remark behind it stays. */
function bodyMark(
  { file, text }: Source,
  { text: said, start }: SaidStatus,
  { bodyOffset }: Split,
  { isDone, of, statuses }: StatusMeaning & { readonly statuses: Statuses },
): Mark {
  const from = bodyOffset + start;
  const end = from + statuses.wordsOf(said).replace(/[*_`\s]+$/, '').length;
  const open = isDone ? statuses.open : text.slice(from, end);
  return { file, start: from, end, isDone, done: statuses.done, open, of };
}

/** The title from a heading such as `# task-96 - Fix it`, else from the file's name. */
function titled(headline: string | null, { file, id }: Task): string {
  const name = file.slice(file.lastIndexOf('/') + 1).replace(/\.md$/i, '');
  const said = headline ?? name.slice(id.length).replaceAll('-', ' ');
  const isNamed = said.toLowerCase().startsWith(id.toLowerCase());
  return fold(isNamed ? said.slice(id.length) : said).replace(/^[\s:–—-]+/u, '') || name;
}

/** Ids as they are, those in `task-1 - Title`, and numbers alone with the task's own prefix. */
function dependencies(front: Front, key: string): string[] {
  const prefix = /^(.*?)-\d+(?:\.\d+)*$/.exec(key)?.[1];
  return front.list('dependencies').map((name) => {
    const plain = name.replace(/^\[\[|\]\]$/g, '');
    if (/^\d+(?:\.\d+)*$/.test(plain) && prefix !== undefined) return `${prefix}-${plain}`;
    return /^(\p{L}[\p{L}\p{N}-]*-\d+(?:\.\d+)*)(?:\s.*|\.md)$/u.exec(plain)?.[1] ?? plain;
  });
}

function priorityOf(front: Front): { readonly priority?: number } {
  const values = new Map([
    ['critical', 2],
    ['urgent', 2],
    ['high', 1],
    ['low', -1],
  ]);
  const priority = values.get(front.text('priority')?.toLowerCase() ?? '');
  return priority === undefined ? {} : { priority };
}

/** What the front matter says for the agent, and the text without criteria and markers. */
function bodyOf(front: Front, { body }: Split, { cut }: Found): string {
  const parent = front.text('parent_task_id');
  const named = [
    ...(parent === null ? [] : [`Part of: ${parent}`]),
    ...['references', 'documentation'].flatMap((key) => {
      const values = front.list(key);
      const label = key === 'references' ? 'References' : 'Documentation';
      return values.length === 0 ? [] : [`${label}: ${values.join(', ')}`];
    }),
  ];
  const text = edited(
    body,
    cut.map((range) => ({ ...range, text: '' })),
  )
    .replace(/\r\n/g, '\n')
    .replace(/^<!-- (?:SECTION:[A-Z_]+|COMMENTS?|AC|DOD):(?:BEGIN|END) -->[^\S\n]*\n?/gm, '')
    .replace(/\n{3,}/g, '\n\n')
    .trim();
  return [named.join('\n'), text].filter((part) => part !== '').join('\n\n');
}
