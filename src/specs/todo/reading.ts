import type { ListItem, RootContent } from 'mdast';
import { locate } from '../../model/diagnostic.ts';
import { keyProblem } from '../../model/ids.ts';
import type { ParsedCriterion } from '../format/criterion.ts';
import type { NotWork } from '../format/format.ts';
import { readRegions } from '../format/regions.ts';
import { listItems, startOffset } from '../text/markdown.ts';
import { heldByTitle } from '../format/title-says.ts';
import { fieldStream } from './fields.ts';
import { readItem, topItems } from './items.ts';
import type { Section } from './outline.ts';
import { containing, isWithin } from './ranges.ts';
import { isTask, readSection } from './sections.ts';
import { holdOfList, isRule } from './states.ts';
import { hasOpenRows, readRow, taskTable } from './tables.ts';
import { type Around, boxedItems, itemsAsked, type NoTask, type Page, said, type Task, titleAndId } from './task.ts';

/** A task with its surroundings. */
export interface Placed {
  readonly task: Task;
  readonly around: Around;
}

/** Collects the tasks of a file, section by section. */
export class Reading {
  readonly tasks: Placed[] = [];
  readonly notWork: NotWork[] = [];
  /** Criteria of each task, as below "Definition of done". */
  readonly ofEach: ParsedCriterion[] = [];
  /** Criteria of the whole. */
  readonly ofAll: ParsedCriterion[] = [];
  /** Items without a box, which are tasks if there is nothing else. */
  readonly #bare: { readonly item: ListItem; readonly around: Around }[] = [];
  /** The levels of sections that are tasks: those of prose are tasks there, too. */
  readonly #depths = new Set<number>();
  /** True if nothing has a box or a state, so that sections of prose and items without a box are tasks. */
  #isLoose = false;
  readonly #known = new Map<Section, boolean>();
  readonly #page: Page;
  readonly #isPlan: boolean;

  constructor(page: Page, isPlan: boolean) {
    this.#page = page;
    this.#isPlan = isPlan;
  }

  read(root: Section): void {
    if (!this.#isPlan) this.#findDepths(root);
    this.#isLoose = !this.#isPlan && !this.#hasItems(root) && !this.#asks(root);
    this.#section(root, { path: [], hold: null, isDone: false });
    this.#leaveSummaries();
    for (const { item, around } of this.#isLoose ? this.#bare : []) {
      if (isRule(said(item.children))) this.#note(startOffset(item), 'rules');
      else this.#add(readItem(item, this.#page, around), startOffset(item), around);
    }
    if (this.tasks.length === 0 && this.ofAll.length === 0 && root.all.length > 0) this.#note(root.start, 'notes');
  }

  #findDepths(section: Section): void {
    const { content, depth, inside } = section;
    if (content.kind === 'notes' || content.kind === 'not-work') return;
    const isOne = this.#isTask(section) && !inside.some((one) => this.#hasTask(one));
    if (isOne) this.#depths.add(depth);
    else inside.forEach((one) => this.#findDepths(one));
  }

  #section(section: Section, outside: Around): void {
    const { content, state, heading, depth } = section;
    if (content.kind === 'not-work') {
      this.#note(section.start, content.why, titleAndId(section.title).id);
      return;
    }
    if (content.kind === 'criteria') {
      const asked = itemsAsked(listItems(section.all), this.#page).criteria;
      for (const one of content.isHuman ? asked.map(human) : asked) this.ofAll.push(one);
      return;
    }
    if (content.kind === 'notes') {
      this.#notes(section, outside);
      return;
    }
    const isOne = this.#isTask(section) && !section.inside.some((one) => this.#hasTask(one));
    if (isOne) {
      this.#prose(section, outside);
      return;
    }
    const said = content.kind === 'hold' ? content.why : state?.kind === 'hold' ? state.why : null;
    const held = said ?? outside.hold ?? heldByTitle(section.title);
    const around: Around = {
      path: heading === null || depth === 1 ? outside.path : [...outside.path, section.title],
      hold: held,
      isDone: outside.isDone || content.kind === 'done' || state?.kind === 'done',
    };
    this.#own(section, around);
    for (const one of section.inside) {
      if ((this.#isLoose || this.#depths.has(one.depth)) && this.#isProse(one)) this.#prose(one, around);
      else this.#section(one, around);
    }
  }

  /** In a plan whose sections have criteria, a list of next steps repeats them. */
  #leaveSummaries(): void {
    if (!this.#isPlan || !this.tasks.some(({ task }) => task.place !== 'item' && task.criteria.length > 0)) return;
    const isSummary = ({ task, around }: Placed): boolean =>
      task.place === 'item' &&
      around.path.some((title) => /^(?:(?:immediate )?next (?:steps|actions)|action items)$/i.test(title));
    const [repeated, others] = [this.tasks.filter(isSummary), this.tasks.filter((placed) => !isSummary(placed))];
    for (const { task } of repeated) this.#note(task.start - this.#page.offset, 'summaries');
    this.tasks.splice(0, this.tasks.length, ...others);
  }

  /** A section of notes, in which only what has a box is a task. */
  #notes(section: Section, outside: Around): void {
    const around = { ...outside, path: [...outside.path, section.title] };
    const { boxed } = topItems(section.all, this.#page);
    for (const item of boxed) this.#add(readItem(item, this.#page, around), startOffset(item), around);
    if (boxed.length === 0) this.#note(section.start, 'notes');
  }

  #hasTask(section: Section): boolean {
    if (section.content.kind === 'notes') return false;
    return this.#isTask(section) || section.inside.some((one) => this.#hasTask(one));
  }

  #isTask(section: Section): boolean {
    const known = this.#known.get(section);
    const is = known ?? isTask(section, this.#page, this.#isPlan);
    if (known === undefined) this.#known.set(section, is);
    return is;
  }

  /** True for a section that only tells something, perhaps in steps. */
  #isProse({ content, own, inside, depth, title }: Section): boolean {
    if (content.kind !== 'tasks' || inside.length > 0 || depth === 1) return false;
    const hasItems = own.some((node) => taskTable(node, this.#page) !== null) || boxedItems(own, this.#page).length > 0;
    const texts = own.filter(({ type }) => type !== 'thematicBreak' && type !== 'html');
    const last = texts.at(-1);
    const isCollection = collection.test(title) && texts.some((node) => node.type === 'list' && node.ordered !== true);
    const isList = isCollection || (texts.length <= 2 && last?.type === 'list' && last.ordered !== true);
    return !hasItems && !isList && own.some(({ type }) => type === 'paragraph');
  }

  /** A section of prose. If it lists what is left of it, those are tasks, and the section itself only if it is done. */
  #prose(section: Section, around: Around): void {
    const isDone = section.state?.kind === 'done';
    const left = section.own.filter((node, index) => {
      const before = section.own[index - 1];
      const isLast = before?.type === 'paragraph' && (index > 1 || isDone) && isLeftOver(said([before]));
      return this.#isLoose && node.type === 'list' && isLast;
    });
    if (left.length === 0 || isDone) this.#add(readSection(section, this.#page, around), section.start, around);
    const within = { ...around, path: [...around.path, section.title] };
    for (const item of listItems(left)) this.#bare.push({ item, around: within });
  }

  /** True if there are items with boxes or states outside of sections that are tasks. */
  #hasItems(section: Section): boolean {
    const { content, own, inside } = section;
    if (content.kind === 'not-work' || content.kind === 'criteria') return false;
    if (this.#isTask(section) && !inside.some((one) => this.#hasTask(one))) return false;
    if (boxedItems(own, this.#page).length > 0 || own.some((node) => taskTable(node, this.#page) !== null)) return true;
    return inside.some((one) => this.#hasItems(one));
  }

  /** True if the whole file has criteria. */
  #asks(root: Section): boolean {
    const { source, offset } = this.#page;
    const own = [root, ...root.inside.filter(({ depth }) => depth === 1)].flatMap((section) => section.own);
    return readRegions(fieldStream(own), source, offset).criteria.length > 0;
  }

  /** What is directly in a section that is no task. */
  #own({ own }: Section, around: Around): void {
    const page = this.#page;
    const regions = readRegions(fieldStream(own), page.source, page.offset);
    const lines = regions.cut.map(({ start, end }) => {
      const label = page.body.slice(start, start + 100).split('\n')[0] ?? '';
      const [from, to] = [start, end].map((place) => locate(page.source.text, place + page.offset).line);
      const isOfEach = /definition of done|done (?:when|criteria)/i.test(label);
      return { start: from ?? 0, end: to ?? 0, isOfEach };
    });
    const regionOf = containing(lines);
    for (const one of regions.criteria) {
      const { line } = one.criterion;
      const isOfEach = regionOf({ start: line, end: line })?.isOfEach === true;
      (isOfEach ? this.ofEach : this.ofAll).push(one);
    }
    const isCriteria = isWithin(regions.cut);
    const rest = own.filter((node) => !isCriteria(node));
    let held: string | null = null;
    for (const node of rest) {
      if (node.type === 'paragraph') held = holdOfList(said([node]));
      this.#node(node, { ...around, hold: around.hold ?? held }, around);
    }
  }

  #node(node: RootContent, ofBare: Around, around: Around): void {
    const page = this.#page;
    const table = taskTable(node, page);
    if (table !== null && node.type === 'table')
      for (const row of table.rows) this.#add(readRow(row, table, node, page, around), startOffset(row), around);
    if (node.type === 'table' && hasOpenRows(node, page)) this.#note(startOffset(node), 'tables that name no tasks');
    const { boxed, bare } = topItems([node], page);
    for (const item of boxed) this.#add(readItem(item, page, around), startOffset(item), around);
    for (const item of bare) this.#bare.push({ item, around: ofBare });
  }

  #add(task: Task | NoTask, start: number, around: Around): void {
    if ('why' in task) this.#note(start, task.why, task.id ?? null);
    else if (task.title === '') this.#note(start, 'empty items');
    else this.tasks.push({ task, around });
  }

  /** `id` is that of a task that is given up. */
  #note(start: number, why: string, id: string | null = null): void {
    const { source, offset } = this.#page;
    // A number alone is the key of no unit.
    const isKey = id !== null && /\p{L}/u.test(id) && keyProblem(id) === null;
    const unit = isKey ? ({ key: id, end: 'cancelled' } as const) : {};
    this.notWork.push({ file: source.file, line: locate(source.text, start + offset).line, why, ...unit });
  }
}

/** Names of sections that collect tasks. */
const collection =
  /\b(?:triage|inbox|grab[- ]bag|misc(?:ellaneous)?|scribbles|odds and ends|wish ?list|nits|cleanups)\b/i;

/** True for a line before a list of what is left: "Still open:". */
function isLeftOver(text: string): boolean {
  return /(?:^|[.!] )(?:still (?:open|worth doing|to do|missing)|remaining|left to do|open (?:items|points))(?![\p{L}])[^.]{0,80}[:：]$/iu.test(
    text.slice(-200),
  );
}

/** A criterion that people judge. */
function human(one: ParsedCriterion): ParsedCriterion {
  return { ...one, criterion: { ...one.criterion, kind: 'human', command: null } };
}
