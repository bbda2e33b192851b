import type { ListItem, Paragraph, PhrasingContent, RootContent } from 'mdast';
import { boxMark, isWaiving } from '../format/boxes.ts';
import { checksIn } from '../format/checks.ts';
import { criterionOf } from '../format/criterion.ts';
import { marksOf } from '../format/draft.ts';
import { endOffset, fold, listItems, startOffset } from '../text/markdown.ts';
import { fieldsOf, fieldStream } from './fields.ts';
import { isWithin } from './ranges.ts';
import { boldState, holdAs, holdIn, type State, titleState } from '../format/title-says.ts';
import { isToldDone } from './states.ts';
import {
  type Around,
  type Asked,
  askedIn,
  behindCheck,
  boxedItems,
  boxOf,
  isStruck,
  itemsAsked,
  type NoTask,
  type Page,
  said,
  shortened,
  strikeMarks,
  type Task,
  textOf,
  titleAndId,
  together,
} from './task.ts';
import { trimmedEnd } from '../../util/text/trimmed-end.ts';

/** An item of a list as a task, or why it is none. */
export function readItem(item: ListItem, page: Page, around: Around): Task | NoTask {
  const box = boxOf(item, page);
  const first = item.children[0];
  const lead = first?.type === 'paragraph' ? first : null;
  const isText = box !== null && typeof item.checked !== 'boolean';
  const named = nameOf(isText ? withoutBoxText(lead?.children ?? []) : (lead?.children ?? []), box !== null);
  if (isWaiving(box)) return { why: 'items that do not apply', id: named.id };
  const isDropped = named.isStruck && box?.state !== 'done' && box !== null;
  if (isDropped || named.state?.kind === 'dropped') return { why: 'cancelled tasks', id: named.id };
  const nested = item.children.slice(lead === null ? 0 : 1);
  const asked = criteriaIn(item, lead === null ? null : withoutStrike(lead), nested, page);
  const fields = fieldsOf(fieldStream(nested));
  const start = startOffset(item) + page.offset;
  const mark = boxMark(page.source.file, start, box, named.title);
  const marks = mark === null ? strikeMarks(lead?.children ?? [], page, named.title) : [mark];
  const isTold = asked.criteria.length === 0 && isToldDone(said(lead === null ? [] : [lead]));
  const isSaidDone = named.isStruck || around.isDone || named.state?.kind === 'done' || isTold;
  const isDone = mark === null ? isSaidDone : mark.isDone;
  const text = textStart(item, lead, page);
  const rest = { start: lead === null || named.isShort ? text : endOffset(lead), end: endOffset(item) };
  const context = around.path.length === 0 ? '' : `Section: ${around.path.join(' › ')}\n\n`;
  const prose = textOf(page, rest, marksOf({ marks, criteria: asked.criteria }), asked.cut);
  return {
    ...{ id: named.id, title: named.title, start, place: 'item' },
    body: `${context}${prose}`.trim(),
    ...{ criteria: asked.criteria, problems: asked.problems, marks, isDone },
    hold: isDone ? null : holdOf(named, around, box !== null, said(lead === null ? [] : [lead])),
    depends: [
      ...dependsIn(fields.map(({ label, value }) => [label, value])),
      ...mentioned(said(lead === null ? [] : [lead])),
    ],
  };
}

interface Named {
  readonly title: string;
  readonly id: string | null;
  readonly state: State | null;
  readonly isStruck: boolean;
  /** True if the title does not say all of the paragraph. */
  readonly isShort: boolean;
}

/** The title of an item: its bold beginning, or its first sentence. */
function nameOf(children: readonly PhrasingContent[], hasBox: boolean): Named {
  const [first] = children;
  const text = said(children).replace(hasBox ? /^\[.?\]\*?\s*/u : /^(?!)/, '');
  const rest = children.filter((node) => node.type !== 'text' || node.value.trim() !== '');
  const struckFirst = rest[0]?.type === 'delete' ? rest[0] : null;
  const strongFirst = [rest[0], struckFirst?.children[0]].find((node) => node?.type === 'strong') ?? null;
  const bold = strongFirst === null ? '' : trimmedEnd(said([strongFirst]), /[\s.:：]/);
  const led = strongFirst === null ? null : boldState(`**${bold}** ${text.slice(bold.length).trim()}`);
  const isLead = led === null && bold.length >= 8 && text.length > bold.length + 2;
  const chosen =
    led !== null
      ? text.slice(bold.length).replace(/^[\s.:：–—-]+/u, '')
      : isLead
        ? bold
        : struckFirst !== null && rest.length > 1
          ? said([struckFirst])
          : text;
  const isChecked = /(?:^|[^\w])checks?:(?:\s|$)/i.test(text);
  const stated = titleState(shortened(isChecked ? withoutCheck(chosen) : chosen));
  const { title, id } = titleAndId(stated.title);
  return {
    title,
    id: id ?? (isLead || strongFirst === null ? null : (titleAndId(`${bold}: x`).id ?? null)),
    state: led?.state ?? stated.state,
    isStruck: first !== undefined && (isStruck(rest) || struckFirst !== null),
    isShort: fold(stated.title) !== fold(text),
  };
}

/** The nodes of an item without a box that is text in Markdown, such as `[-]`. */
function withoutBoxText(nodes: readonly PhrasingContent[]): PhrasingContent[] {
  const [first, ...rest] = nodes;
  if (first?.type !== 'text') return [...nodes];
  return [{ ...first, value: first.value.replace(/^\[.?\]\*?\s*/u, '') }, ...rest];
}

/** A text up to its first check. */
function withoutCheck(text: string): string {
  const at = /(?:^|[^\w])checks?:(?:\s|$)/i.exec(text)?.index ?? 0;
  return at === 0 ? text : trimmedEnd(text.slice(0, at), /[\s,;:(–—-]/);
}

function holdOf(named: Named, around: Around, hasBox: boolean, text: string): string | null {
  const stated = holdAs(named.state);
  if (stated !== null) return stated;
  if (around.isDone && hasBox) return 'is listed as done, but its box is open';
  return around.hold ?? holdIn(text);
}

/** Where the text of an item begins, after its box. */
function textStart(item: ListItem, lead: Paragraph | null, page: Page): number {
  const box = boxOf(item, page);
  return box === null ? startOffset(lead ?? item) : startOffset(item) + box.textStart;
}

/** A paragraph without the strike through all of it. */
function withoutStrike(lead: Paragraph): Paragraph {
  const [only] = lead.children;
  const [first, last] = only?.type === 'delete' ? [only.children[0], only.children.at(-1)] : [];
  if (only?.type !== 'delete' || lead.children.length > 1 || !first?.position || !last?.position) return lead;
  const position = { start: first.position.start, end: last.position.end };
  return { type: 'paragraph', children: only.children, position };
}

/** The criteria of an item: nested items with a box, regions such as "Done when:", and checks, also of the item itself. */
function criteriaIn(item: ListItem, lead: Paragraph | null, nested: readonly RootContent[], page: Page): Asked {
  const own: Asked[] = [];
  const checks = checksIn(lead === null ? [] : [lead, ...behindCheck(fieldStream(nested), 0, page)]);
  if (lead !== null && checks.commands.length + checks.scripts.length > 0) {
    const start = Math.max(startOffset(lead), textStart(item, lead, page));
    const text = page.body.slice(start, endOffset(lead));
    const one = criterionOf({ source: page.source, start: start + page.offset, text, ...checks, position: 0 });
    own.push({ criteria: [one], problems: one.problems, cut: [] });
  }
  const regions = askedIn(nested, page);
  const isIn = isWithin(regions.cut);
  const boxed = boxedItems(nested, page).filter((item) => !isIn(item));
  return together([...own, itemsAsked(boxed, page), regions]);
}

/** The values of labels such as "Depends on". */
export function dependsIn(fields: readonly (readonly [label: string, value: string])[]): string[] {
  return fields.flatMap(([label, value]) => {
    if (
      !/^(?:depends(?: on)?|dependenc(?:y|ies)|requires|blocked by|needs|after|depends on ?\/ ?blocked by)$/.test(label)
    )
      return [];
    return value === '' || /^(?:none|nothing|n\/a|no(?:ne)? dependencies|no|keine?|[-–—])(?![\p{L}])/iu.test(value)
      ? []
      : [value];
  });
}

/** What a sentence says that its task depends on: "(depends on F-7, F-8)". */
function mentioned(text: string): string[] {
  return [
    ...text.slice(0, 5000).matchAll(/[([](?:depends on|blocked by|requires|after)[: ]+([^()[\]]{1,100})[)\]]/gi),
  ].map((found) => found[1] ?? '');
}

/** All items of lists, with boxes or without, that are tasks of a list: those with a box, else those at the top. */
export function topItems(
  nodes: readonly RootContent[],
  page: Page,
): { readonly boxed: ListItem[]; readonly bare: ListItem[] } {
  const boxed = boxedItems(
    nodes.filter(({ type }) => type === 'list' || type === 'blockquote'),
    page,
  );
  const bare = listItems(nodes).filter((item) => boxOf(item, page) === null && boxedItems([item], page).length === 0);
  return { boxed, bare };
}
