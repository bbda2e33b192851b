import type { RootContent } from 'mdast';
import type { SpecDiagnostic } from '../../model/spec-rule.ts';
import { marksOf } from '../format/draft.ts';
import type { Mark } from '../format/mark.ts';
import { opensRegion } from '../format/region-names.ts';
import { unknownStatus } from '../format/unknown-status.ts';
import { endOffset, fold, plainText, startOffset } from '../text/markdown.ts';
import { type Field, fieldsOf, fieldStream } from './fields.ts';
import { dependsIn } from './items.ts';
import type { Section } from './outline.ts';
import { isWithin } from './ranges.ts';
import { holdIn, type Said, saidDone, type State, stateOf } from '../format/title-says.ts';
import { isToldDone } from './states.ts';
import { statusMark } from './status.ts';
import { taskTable } from './tables.ts';
import {
  type Around,
  askedIn,
  boxedItems,
  itemsAsked,
  type NoTask,
  type Page,
  said,
  strikeMarks,
  type Task,
  textOf,
  titleAndId,
  together,
} from './task.ts';

/** Labels that tell what a task is. */
const telling =
  /^(?:where|what|location|files?|problem|issue|bug|symptom|cause|root cause|impact|effort|severity|solution|action|todo|next step|resolution|workaround|carrying|why deferred|(?:proposed |suggested |possible |recommended )?fix(?: shape| sketch| idea)?|how to (?:fix|check|verify|reproduce).*|when it lands|done when)$/;
/** Labels that a group of tasks may have, too. */
const further =
  /^(?:why|status|state|priority|created|added|found|source|owner|notes?|context|waiting on|blocked by|depends(?: on)?(?: ?\/ ?blocked by)?|pros|cons|gate|trigger)$/;

/** True if a section is one task, by what is directly in it: criteria, labels such as "Fix", a box, a strike or a state. */
export function isTask(section: Section, page: Page, isPlan: boolean): boolean {
  const { heading, title, depth } = section;
  if (heading === null || depth === 1) return false;
  // What follows a rule is about the whole file.
  const rule = section.own.findIndex(({ type }) => type === 'thematicBreak');
  const own = rule < 0 ? section.own : section.own.slice(0, rule);
  if (section.content.kind === 'not-work' || section.content.kind === 'criteria') return false;
  const stream = fieldStream(own);
  const fields = fieldsOf(stream);
  if (asksInside(own, fields)) return true;
  const hasItems = boxedItems(own, page).length > 0 || own.some((node) => taskTable(node, page) !== null);
  const labels = new Set(fields.map(({ label }) => label));
  const told = [...labels].filter((label) => telling.test(label)).length;
  if (hasItems) return told >= 2;
  if (headingBox(section, page) !== null) return true;
  const count = told + [...labels].filter((label) => further.test(label)).length;
  if (count >= 2 || (told === 1 && !isPlan) || (count === 1 && statusOf(fields, page) !== null)) return true;
  if (section.content.kind !== 'tasks') return false;
  if (section.state !== null && section.state.kind !== 'open') return own.length > 0 || section.inside.length === 0;
  return isOwnKey(titleAndId(title).id) || (!isPlan && numberOf(title) !== null && own.length > 0);
}

/** True for the key of a task; decisions and requests for comments have keys, too. */
function isOwnKey(id: string | null): boolean {
  return id !== null && !/^(?:ADR|RFC|DEC|D|Q)[-_.]?\d/i.test(id);
}

function asksInside(own: readonly RootContent[], fields: readonly Field[]): boolean {
  return (
    fields.some(({ label }) => opensRegion(label)) ||
    own.some((node) => node.type === 'heading' && opensRegion(plainText(node))) ||
    own.some((node) => node.type === 'paragraph' && isBoldName(node) && opensRegion(plainText(node)))
  );
}

function isBoldName(node: RootContent): boolean {
  return node.type === 'paragraph' && node.children.length === 1 && node.children[0]?.type === 'strong';
}

/** The number before a title, as in "3. Search"; null without one. */
export function numberOf(title: string): string | null {
  return /^#?(\d{1,4}(?:\.\d{1,3}){0,3})[.):]?\s+\S/.exec(title.slice(0, 40))?.[1] ?? null;
}

/** The mark of a box in a heading: "## [ ] Title". */
function headingBox({ heading, title }: Section, page: Page): Mark | null {
  const first = heading?.children[0];
  if (first?.type !== 'text') return null;
  const start = startOffset(first);
  const found = /^\[([ xX])\]\s/.exec(page.body.slice(start, start + 5));
  if (!found) return null;
  const at = start + 1 + page.offset;
  return { file: page.source.file, start: at, end: at + 1, isDone: found[1] !== ' ', done: 'x', open: ' ', of: title };
}

/** A section as a task. Its boxes outside of its criteria are its marks; without any mark, its title is struck through. */
export function readSection(section: Section, page: Page, around: Around): Task | NoTask {
  const fields = fieldsOf(fieldStream(section.all));
  const status = statusOf(fields, page)?.said.state ?? null;
  if (section.state?.kind === 'dropped' || status?.kind === 'dropped')
    return { why: 'cancelled tasks', id: titleAndId(section.title).id };
  const asked = askedIn(section.all, page);
  const isAsked = isWithin(asked.cut);
  const boxed = boxedItems(section.all, page).filter((item) => !isAsked(item));
  const steps = itemsAsked(boxed, page);
  const hasOwn = asked.criteria.length > 0;
  const criteria = hasOwn ? asked.criteria : together([steps]).criteria;
  const number = numberOf(section.title);
  const named = titleAndId(number === null ? section.title : section.title.replace(/^#?[\d.]+[.):]?\s+/, ''));
  const marks = marksOfSection(section, fields, page);
  const stepMarks = hasOwn ? steps.criteria.flatMap(({ mark }) => mark ?? []) : [];
  const isStrike = marks.length > 0 && marks.every(({ done }) => done === '~~');
  const boxes = marksOf({ marks: stepMarks, criteria });
  const all = isStrike && boxes.length > 0 ? boxes : [...marks, ...boxes];
  const ownMarks = isStrike && boxes.length > 0 && !marks.some(({ isDone }) => isDone) ? [] : marks;
  const isTold =
    criteria.length === 0 && section.own.some((node) => node.type === 'paragraph' && isToldDone(said([node])));
  const isOpenBox = headingBox(section, page)?.isDone === false;
  const isStated = isTold || section.state?.kind === 'done';
  const isSaidDone = (isStated && !isOpenBox) || around.isDone || marks.some(({ isDone }) => isDone);
  const isDone = isSaidDone || (all.length > 0 && all.every((mark) => mark.isDone));
  const after = section.heading === null ? 0 : endOffset(section.heading);
  const cut = hasOwn ? asked.cut : steps.cut;
  const text = textOf(page, { start: after, end: section.end }, [...marks, ...boxes], cut);
  const context = around.path.length === 0 ? '' : `Section: ${around.path.join(' › ')}\n\n`;
  return {
    id: named.id ?? number,
    title: fold(named.title),
    start: section.start + page.offset,
    body: `${context}${text}`.trim(),
    criteria,
    problems: [...asked.problems, ...(hasOwn ? [] : steps.problems), ...unknownIn(fields, page)],
    marks: [...ownMarks, ...stepMarks],
    isDone,
    hold: isDone ? null : isStated ? saidDone : holdOf(section, fields, status, around),
    depends: dependsIn(fields.map(({ label, value }) => [label, value])),
    place: 'section',
  };
}

function holdOf(section: Section, fields: readonly Field[], status: State | null, around: Around): string | null {
  const stated = [section.state, status].find((state) => state?.kind === 'hold');
  if (stated?.kind === 'hold') return stated.why;
  if (section.content.kind === 'hold') return section.content.why;
  const waits = fields.find(
    ({ label, value }) => label === 'waiting on' && !/^(?:nothing|none|n\/a|[-–—]$)/i.test(value),
  );
  if (waits) return 'waits for something else';
  return around.hold ?? holdIn(section.title);
}

function marksOfSection(section: Section, fields: readonly Field[], page: Page): Mark[] {
  const box = headingBox(section, page);
  if (box !== null) return [box];
  const status = statusOf(fields, page);
  if (status !== null) {
    const mark = statusMark(status.said, status.start, status.text, page, section.title);
    return mark === null ? [] : [mark];
  }
  const isSetext = section.heading !== null && !page.body.startsWith('#', section.start);
  return section.state !== null || isSetext ? [] : strikeMarks(section.heading?.children ?? [], page, section.title);
}

/** The status among fields, and its place in the parsed text. */
function statusOf(fields: readonly Field[], page: Page): { said: Said; start: number; text: string } | null {
  for (const { start, text } of statusesIn(fields, page)) {
    const said = stateOf(text);
    if (said !== null) return { said, start, text };
  }
  return null;
}

/** The first lines of the statuses among fields. */
function statusesIn(fields: readonly Field[], { body }: Page): { readonly start: number; readonly text: string }[] {
  return fields
    .filter(({ label }) => label === 'status' || label === 'state')
    .map(({ start, end }) => ({ start, text: body.slice(start, end).split('\n')[0] ?? '' }));
}

/** A warning if there is a status, and none that is known. */
function unknownIn(fields: readonly Field[], page: Page): SpecDiagnostic[] {
  if (statusOf(fields, page) !== null) return [];
  const first = statusesIn(fields, page).find(({ text }) => /\p{L}/u.test(text));
  if (first === undefined) return [];
  const before = first.text.search(/[\p{L}\p{N}]/u);
  return [unknownStatus(page.source, first.start + page.offset + before, first.text.slice(before))];
}
