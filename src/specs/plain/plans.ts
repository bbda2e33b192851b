import type { Heading, ListItem, Nodes, RootContent } from 'mdast';
import { locate } from '../../model/diagnostic.ts';
import { boxMark, readBox } from '../format/boxes.ts';
import { type ParsedCriterion, readItems } from '../format/criterion.ts';
import { type Draft, isTicked } from '../format/draft.ts';
import type { Parsed } from '../format/format.ts';
import { readFrontKeys } from '../format/front-keys.ts';
import type { Mark } from '../format/mark.ts';
import { type Found, readBlock, readRegions } from '../format/regions.ts';
import { sharedTooLarge, Sharing } from '../format/sharing.ts';
import { cancelled } from '../format/statuses.ts';
import { boldState, holdAs } from '../format/title-says.ts';
import { splitFrontMatter } from '../text/front-matter.ts';
import { endOffset, fold, listItems, plainText, startOffset } from '../text/markdown.ts';
import type { Source } from '../text/source.ts';
import { blocksOf, bodyOf, openedText } from './body.ts';
import { type Named, referredIn } from './refs.ts';
import { readUnits } from './units.ts';

const taskTitle = /^task\s+(\d+(?:\.\d+)*[a-z]?)\b\s*[-–—:：.]?\s*(.*)$/iu;
const stepTitle = /^step\s+(\d+(?:\.\d+)*[a-z]?)\b\s*[-–—:：.]?\s*(.*)$/iu;

/** A task of a plan. */
interface Task extends Named {
  readonly heading: Heading;
  readonly nodes: readonly RootContent[];
  readonly start: number;
  readonly end: number;
  /** Why nobody works on it, by its own title; null if that does not say so. */
  readonly hold: string | null;
}

/** A plan, with its texts. `offset` is the offset of its body in the file. */
interface Plan {
  readonly source: Source;
  readonly offset: number;
  readonly body: string;
  /** The body with all boxes open. */
  readonly opened: string;
  readonly tasks: readonly Task[];
  /** The items with a box that name a task by its number, before the first of them. */
  readonly checklist: ReadonlyMap<string, readonly ListItem[]>;
  readonly files: readonly string[];
  /** What is above the first task. */
  readonly intro: string;
  readonly sharing: Sharing;
  /** False if its status says that it is done, or held. */
  readonly isOpen: boolean;
}

/**
 * A plan with headings `Task N: …`, or `Step N: …`, has a unit for each. Its criteria are those that it states, otherwise what its
 * steps, its tests and its demo say. A task waits for the one before, unless it names others. Other plans are read as a whole.
 */
export function readPlan(source: Source, own: Named, files: readonly string[]): Parsed {
  const split = splitFrontMatter(source);
  if ('severity' in split) return { drafts: [], diagnostics: [split] };
  const children = blocksOf(split.body);
  const tasks = [taskTitle, stepTitle]
    .map((title) => tasksIn(children, title, own, split.body.length))
    .find((all) => all.length > 0);
  if (tasks === undefined) {
    const whole = readUnits(source, { kind: 'spec', own, neighbours: [], files });
    const hasWork = whole.drafts.some(({ criteria }) => criteria.length > 0);
    const isKnown = !hasWork && /(?:^|\/)plans\//.test(source.file);
    return isKnown
      ? { drafts: [], diagnostics: [], notWork: [{ file: source.file, line: 1, why: 'plans without tasks' }] }
      : whole;
  }
  const front = readFrontKeys({ source, yaml: split.yaml ?? '', yamlOffset: split.yamlOffset, isForeign: true });
  const first = tasks[0]?.start ?? 0;
  const listed = listItems(children.filter((node) => startOffset(node) < first));
  const checklist = Map.groupBy(listed, (item) => numberOf(item, split.body));
  const opened = openedText(source).slice(split.bodyOffset);
  const isDone = front.state === 'done';
  const hold = front.state === null || typeof front.state === 'string' ? {} : front.state;
  const plan: Plan = {
    ...{ source, offset: split.bodyOffset, body: split.body, opened, tasks, checklist, files },
    intro: bodyOf(opened, 0, first, []),
    sharing: new Sharing(),
    isOpen: !isDone && !('hold' in hold),
  };
  const { id: _id, title: _title, ...keys } = front.keys;
  return {
    drafts: tasks.map((task, index) => {
      const draft = taskDraft(task, index, plan);
      const settled = isDone || draft.isDone;
      return {
        ...draft,
        keys: { ...keys, ...draft.keys },
        isDone: settled,
        ...(settled ? {} : hold),
        problems: settled || 'hold' in hold ? [] : draft.problems,
      };
    }),
    diagnostics: front.diagnostics,
  };
}

function tasksIn(children: readonly RootContent[], pattern: RegExp, own: Named, length: number): Task[] {
  const counts = new Map<string, number>();
  return children.flatMap((heading, at): Task[] => {
    if (heading.type !== 'heading' || heading.depth < 2) return [];
    const [, number, said = ''] = pattern.exec(fold(plainText(heading)).slice(0, 500)) ?? [];
    if (number === undefined) return [];
    let next = at + 1;
    while (next < children.length && !isHeading(children[next], heading.depth)) next++;
    const after = children[next];
    const word = pattern === taskTitle ? 'task' : 'step';
    const first = `${own.key}.${word}-${number}`;
    const count = (counts.get(first.toLowerCase()) ?? 0) + 1;
    counts.set(first.toLowerCase(), count);
    const key = count === 1 ? first : `${first}.again-${count}`;
    const name = said.replace(/\s*[✅☑✔]\uFE0F?\s*$/u, '').trim();
    return [
      {
        ...{ key, number, name: name === '' ? `${word} ${number}` : name, heading },
        nodes: children.slice(at + 1, next),
        ...{ start: startOffset(heading), end: after ? startOffset(after) : length },
        hold: holdOf(heading, said),
      },
    ];
  });
}

/** Why nobody works on a task whose heading is struck through or begins with a state in bold: `### Task 1: **Deferred** search`. */
function holdOf({ children }: Heading, said: string): string | null {
  const marked = children.find(({ type }, at) => at < 2 && (type === 'delete' || type === 'strong'));
  if (marked === undefined || !said.startsWith(fold(plainText(marked)))) return null;
  if (marked.type === 'delete') return cancelled.hold;
  const text = fold(plainText(marked));
  return holdAs(boldState(`**${text}**${said.slice(text.length)}`)?.state ?? null);
}

function isHeading(node: RootContent | undefined, depth: number): boolean {
  return node?.type === 'heading' && node.depth <= depth;
}

function taskDraft(task: Task, index: number, plan: Plan): Draft {
  const { source, offset, opened, intro, sharing } = plan;
  const found = readRegions(task.nodes, source, offset);
  const boxes = boxedItems(task.nodes, plan);
  const outside = boxes.filter((item) => !found.cut.some(({ start, end }) => isWithin(item, start, end)));
  const criteria = criteriaOf(task, found, outside, plan);
  const listed = plan.checklist.get(task.number ?? '') ?? [];
  const hasBoxes = criteria.some(({ mark }) => mark !== null);
  const marks = [...listed, ...(hasBoxes ? [] : outside)].flatMap((item) => markOf(item, plan));
  const isSaidDone = /[✅☑✔]\uFE0F?\s*$/u.test(plainText(task.heading).trim());
  const isDone = isSaidDone || isTicked({ marks, criteria });
  const isOpen = plan.isOpen && !isDone;
  const hasIntro = sharing.take(intro.length, isOpen);
  const depends = dependsOf(task, index, plan, isOpen);
  const place = (): ReturnType<typeof locate> =>
    locate(source.text, task.start + offset, endOffset(task.heading) - task.start);
  return {
    ...{
      key: task.key,
      isKeyExplicit: true,
      title: task.name,
      file: source.file,
      files: plan.files,
      line: place().line,
    },
    body: [hasIntro ? intro : '', bodyOf(opened, task.start, task.end, found.cut)]
      .filter((text) => text !== '')
      .join('\n\n'),
    keys: { depends: depends ?? [] },
    ...{ criteria, marks, isDone },
    ...(isDone || task.hold === null ? {} : { hold: task.hold }),
    problems: isDone
      ? []
      : [
          ...criteria.flatMap((one) => one.problems),
          ...found.problems.filter((one) => one.code === 'unread-criterion'),
          ...(hasIntro && depends !== null
            ? []
            : [sharedTooLarge(source, { offset: task.start + offset, length: task.name.length })]),
        ],
    where: place,
  };
}

/** Labels of what shows that a step is done. */
const proofs =
  /^(?:test requirements?|tests?|testing|demo|verif(?:y|ication)|validation|expected(?: result)?|how to test)\b/i;

/** The criteria that a task states; otherwise its steps, or what its tests and demo say, or its item of the checklist. */
function criteriaOf(task: Task, found: Found, steps: readonly ListItem[], plan: Plan): readonly ParsedCriterion[] {
  const { source, offset } = plan;
  if (found.criteria.length > 0) return found.criteria;
  if (steps.length > 0) return readItems(steps, { source, offset });
  const said = task.nodes.filter(isNamedStep);
  if (said.length > 0) return said.map((node, position) => readBlock([node], { source, offset, position }));
  const shown = proofsOf(task, plan);
  if (shown.length > 0) return shown;
  const unmarked = readItems(plan.checklist.get(task.number ?? '') ?? [], { source, offset });
  return unmarked.map((one) => ({ ...one, mark: null, criterion: { ...one.criterion, isTicked: null } }));
}

/** True for a heading or a bold label such as "Step 1: …". */
function isNamedStep(node: RootContent): boolean {
  const named = node.type === 'heading' ? node : node.type === 'paragraph' ? node.children[0] : undefined;
  return (
    (named?.type === 'heading' || named?.type === 'strong') && stepTitle.test(fold(plainText(named)).slice(0, 500))
  );
}

/** What the labels of tests and of a demo say: the list below, or the rest of the paragraph. */
function proofsOf({ nodes }: Task, { source, offset }: Plan): ParsedCriterion[] {
  const shown: ParsedCriterion[] = [];
  for (const [at, node] of nodes.entries()) {
    const label = node.type === 'paragraph' ? node.children[0] : undefined;
    if (label?.type !== 'strong' || !proofs.test(plainText(label))) continue;
    const list = nodes[at + 1];
    const [whole, alone] = [node, label].map((one) => fold(plainText(one)).replace(/[:：]$/, ''));
    if (whole !== alone) shown.push(readBlock([node], { source, offset, position: shown.length }));
    else if (list?.type === 'list')
      for (const one of readItems(list.children, { source, offset, first: shown.length })) shown.push(one);
  }
  return shown;
}

/** What the key of a task takes that another one waits for, in characters. */
const keySize = 50;

/** The tasks that it names, otherwise the one before. Null if it names too many; see `Sharing`. */
function dependsOf(task: Task, index: number, { tasks, body, sharing }: Plan, isOpen: boolean): string[] | null {
  const said = task.nodes.flatMap((node) => {
    if (node.type !== 'paragraph' && node.type !== 'list') return [];
    const text = body.slice(startOffset(node), endOffset(node));
    return text
      .split('\n')
      .flatMap(
        (line) =>
          /^[\s*+_-]*(?:depends on|dependencies|blocked by|requires)[*_]*:[*_]*\s*(.*)$/i.exec(
            line.slice(0, 500),
          )?.[1] ?? [],
      );
  });
  if (said.length > 0) {
    const keys = new Set<string>();
    for (const text of said) {
      const named = referredIn(text, tasks, task);
      if (!sharing.take(named.length * keySize, isOpen)) return null;
      for (const key of named) keys.add(key);
    }
    return [...keys];
  }
  const before = tasks[index - 1];
  return before ? [before.key] : [];
}

/** The topmost items with a box. */
function boxedItems(nodes: readonly RootContent[], { body }: Plan): ListItem[] {
  const found: ListItem[] = [];
  const visit = (node: Nodes): void => {
    const isBoxed = node.type === 'listItem' && readBox(body.slice(startOffset(node)).slice(0, 200)) !== null;
    if (isBoxed) found.push(node);
    else if ('children' in node) node.children.forEach(visit);
  };
  nodes.forEach(visit);
  return found;
}

function markOf(item: ListItem, { source, offset, body }: Plan): Mark[] {
  const line = /^.*/.exec(body.slice(startOffset(item)).slice(0, 10_000))?.[0] ?? '';
  const box = readBox(line);
  return [boxMark(source.file, startOffset(item) + offset, box, fold(line.slice(box?.textStart)))].flatMap(
    (mark) => mark ?? [],
  );
}

/** The number of the task that an item with a box names; empty if it names none. */
function numberOf(item: ListItem, body: string): string {
  const line = body.slice(startOffset(item)).slice(0, 200);
  const box = readBox(line);
  const text = line.slice(box?.textStart ?? 0).replace(/^[*_]+/, '');
  return box === null ? '' : (/^(?:task|step)\s+(\d+(?:\.\d+)*[a-z]?)\b/i.exec(text)?.[1] ?? '');
}

function isWithin(node: Nodes, start: number, end: number): boolean {
  return startOffset(node) >= start && endOffset(node) <= end;
}
