import { type Addition, criteriaTexts, type NewUnit, type Spot } from '../format/addition.ts';
import { withItem } from '../format/json-addition.ts';
import { type Json, memberOf, readJsonTree, textOf } from '../text/json-tree.ts';
import { usualMark } from './states.ts';
import { namesIn, storiesIn } from './stories.ts';

/** Adds a story at the end of a list. In a list whose priorities are an order, it comes last. */
export function addStory(unit: NewUnit, { file, sources }: Spot): Addition | null {
  const source = sources.find((one) => one.file === file);
  if (source === undefined || unit.touches.length > 0 || unit.isDraft) return null;
  const root = readJsonTree(source);
  if ('severity' in root) return null;
  const stories = storiesIn(root).map(({ json }) => json);
  const last = stories.at(-1);
  const list = last === undefined ? null : listOf(root, last);
  if (last === undefined || list === null) return null;
  const usual = usualMark(stories) ?? 'passes';
  const numbers = stories.map((json) => Number(textOf(memberOf(json, 'priority'))));
  const isNumbered = stories.every((json) => /^\d{1,6}$/.test(textOf(memberOf(json, 'priority'))));
  const next = numbers.reduce((most, number) => Math.max(most, number), 0) + 1;
  const isNamed = stories.some((json) => namesIn(json).length > 0);
  const isOrder = isNumbered && !isNamed && new Set(numbers).size === stories.length;
  if (isOrder && (unit.depends.length > 0 || unit.priority !== null)) return null;
  const story = {
    ...nextId(stories),
    title: unit.title.replace(/\s+/g, ' ').trim(),
    description: unit.body.trim(),
    acceptanceCriteria: criteriaTexts(unit),
    ...priorityOf(unit, isOrder, next),
    ...(usual === 'status' ? { status: 'pending' } : { [usual]: false }),
    ...(unit.depends.length === 0 ? {} : { dependsOn: unit.depends }),
    ...(last.members.has('notes') ? { notes: '' } : {}),
  };
  const text = withItem(source, list, story);
  return text === null ? null : { file, text, isInOrder: isOrder };
}

function priorityOf({ priority }: NewUnit, isOrder: boolean, next: number): { readonly priority?: number } {
  if (isOrder) return { priority: next };
  return priority === null ? {} : { priority: -priority };
}

/** The list that a story is in. */
function listOf(root: Json, story: Json): Json | null {
  if (root.items.includes(story)) return root;
  for (const child of [...root.items, ...root.members.values()]) {
    const found = listOf(child, story);
    if (found !== null) return found;
  }
  return null;
}

/** The id after the highest one of those that are written as the last one is. */
function nextId(stories: readonly Json[]): { readonly id?: string | number } {
  const ids = stories.map((json) => /^(.*?)(\d{1,9})$/.exec(textOf(memberOf(json, 'id'))));
  const [, before = '', digits = ''] = ids.at(-1) ?? [];
  const numbers = ids.flatMap((id) => (id?.[1] === before ? Number(id[2]) : []));
  const next = Math.max(0, ...numbers) + 1;
  const last = stories.at(-1);
  if (digits === '' || last === undefined) return {};
  const isNumber = memberOf(last, 'id')?.type === 'number';
  return { id: isNumber ? next : `${before}${String(next).padStart(digits.length, '0')}` };
}
