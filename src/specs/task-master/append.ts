import { type Addition, criteriaTexts, itemLines, type NewUnit, type Spot } from '../format/addition.ts';
import { derivedKey } from '../format/draft.ts';
import { withItem } from '../format/json-addition.ts';
import { memberOf, readJsonTree, textOf } from '../text/json-tree.ts';
import { tagsOf } from './tags.ts';

const priorities: ReadonlyMap<number, string> = new Map([
  [2, 'critical'],
  [1, 'high'],
  [0, 'medium'],
  [-1, 'low'],
]);

/** Adds a task at the end of the tasks of `master`, or of the first tag. */
export function addTask(unit: NewUnit, { file, sources }: Spot): Addition | null {
  const source = sources.find((one) => one.file === file);
  const priority = priorities.get(unit.priority ?? 0);
  if (source === undefined || priority === undefined || unit.touches.length > 0) return null;
  const root = readJsonTree(source);
  if ('severity' in root) return null;
  const tags = tagsOf(root);
  const tag = tags.find((one) => one.tag === 'master') ?? tags[0];
  if (tag === undefined) return null;
  const ids = tag.tasks.map((json) => textOf(memberOf(json, 'id')));
  const above = /^(.+)\/\.taskmaster\//.exec(file)?.[1];
  const prefix = [...(above === undefined ? [] : [derivedKey(above)]), ...(tags.length > 1 ? [tag.tag] : []), ''].join(
    '.',
  );
  const depends = unit.depends.map((key) =>
    key.toLowerCase().startsWith(prefix.toLowerCase()) ? key.slice(prefix.length) : '',
  );
  if (!depends.every((id) => ids.includes(id))) return null;
  const areTexts = tag.tasks.every((json) => memberOf(json, 'id')?.type === 'string');
  const written = (id: string): string | number => (areTexts || !/^\d+$/.test(id) ? id : Number(id));
  const next = Math.max(0, ...ids.filter((id) => /^\d{1,9}$/.test(id)).map(Number)) + 1;
  const task = {
    id: written(String(next)),
    title: unit.title.replace(/\s+/g, ' ').trim(),
    description: unit.body.trim(),
    details: '',
    testStrategy: strategyOf(criteriaTexts(unit)),
    status: unit.isDraft ? 'deferred' : 'pending',
    dependencies: depends.map(written),
    ...{ priority, subtasks: [] },
  };
  const text = tag.list === undefined ? null : withItem(source, tag.list, task);
  return text === null ? null : { file, text };
}

/** Several criteria are a list. */
function strategyOf(texts: readonly string[]): string {
  const [only = ''] = texts;
  return texts.length <= 1 ? only : texts.flatMap((text) => itemLines(text, '- ')).join('\n');
}
