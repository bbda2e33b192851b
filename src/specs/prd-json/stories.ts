import { type Json, memberOf, textOf, valuesIn } from '../text/json-tree.ts';

/** A story of a list. */
export interface Story {
  readonly json: Json;
  /** As the author wrote it; empty without one. */
  readonly id: string;
  readonly title: string;
}

/** Lists of stories have such a name. */
export const listNames: ReadonlySet<string> = new Set([
  ...['userStories', 'user_stories', 'userstories', 'stories', 'tasks', 'features', 'items', 'backlog', 'issues'],
]);
/** Lists of parts that have lists of stories. */
const groupNames: ReadonlySet<string> = new Set([
  ...['phases', 'epics', 'sprints', 'milestones', 'releases', 'modules', 'groups', 'iterations'],
]);

/** Members with the criteria of a story. */
export const criteriaNames = [
  ...['acceptanceCriteria', 'acceptance_criteria', 'acceptance', 'criteria', 'successCriteria', 'success_criteria'],
  ...['doneWhen', 'done_when', 'definitionOfDone', 'definition_of_done', 'steps', 'verificationSteps', 'testSteps'],
] as const;
/** Members that say whether a story or criterion is done. */
export const doneNames = [
  ...['passes', 'passed', 'complete', 'completed', 'done', 'isComplete', 'isDone', 'implemented', 'finished'],
] as const;

/** The stories of a document, in lists with a usual name, or in any list of objects with criteria. */
export function storiesIn(root: Json): Story[] {
  const lists: { readonly isNamed: boolean; readonly stories: readonly Story[] }[] = [];
  const visit = (json: Json, name: string): void => {
    const isNamed = listNames.has(name) || (json === root && json.type === 'array');
    const stories = groupNames.has(name) && json.items.some(hasList) ? [] : storiesOf(json, isNamed);
    if (stories.length > 0) lists.push({ isNamed, stories });
    else {
      for (const item of json.items) visit(item, '');
      for (const [key, value] of json.members) visit(value, key);
    }
  };
  visit(root, '');
  const named = lists.filter(({ isNamed }) => isNamed);
  return (named.length > 0 ? named : lists).flatMap(({ stories }) => stories);
}

function hasList(json: Json): boolean {
  return [...json.members.keys()].some((name) => listNames.has(name));
}

/** The stories of a list, or of an object with a story for each id; none if it is something else. */
function storiesOf(json: Json, isNamed: boolean): Story[] {
  const each: [string, Json][] = json.type === 'array' ? json.items.map((item) => ['', item]) : [...json.members];
  const objects = each.filter(([, item]) => item.type === 'object' && (titleOf(item) !== '' || asks(item)));
  const isList = json.type === 'array' || (isNamed && objects.length === each.length);
  if (!isList || !objects.some(([, item]) => isStory(item, isNamed))) return [];
  return objects.map(([key, item]) => ({
    json: item,
    id: textOf(memberOf(item, 'id', 'storyId', 'story_id', 'key')) || key,
    title: titleOf(item),
  }));
}

function asks(json: Json): boolean {
  return criteriaNames.some((name) => json.members.has(name));
}

function isStory(json: Json, isNamed: boolean): boolean {
  const has = (names: readonly string[]): boolean => names.some((name) => json.members.has(name));
  return asks(json) || (has([...doneNames, ...(isNamed ? ['status'] : [])]) && has(['id', 'title', 'description']));
}

function titleOf(json: Json): string {
  const title = textOf(memberOf(json, 'title', 'name', 'summary', 'description', 'desc', 'goal', 'story', 'iWant'));
  return title.replace(/\s+/g, ' ').slice(0, 200).trim();
}

/** The names of the stories that a story waits for. */
export function namesIn(json: Json): readonly Json[] {
  const names = ['dependsOn', 'depends_on', 'dependencies', 'blockedBy', 'blocked_by', 'requires'];
  return valuesIn(json, ...names);
}
