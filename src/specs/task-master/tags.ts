import { type Json, memberOf, textOf } from '../text/json-tree.ts';

/** A named list of tasks. */
export interface Tag {
  readonly tag: string;
  readonly list: Json | undefined;
  readonly tasks: readonly Json[];
}

/** The tags with tasks, each with its tasks. A file of an older version has its tasks at the top. */
export function tagsOf(root: Json): Tag[] {
  const tags = [
    { tag: 'master', list: root.members.get('tasks') },
    ...[...root.members].map(([tag, json]) => ({ tag, list: json.members.get('tasks') })),
  ];
  return tags.flatMap(({ tag, list }) => {
    const tasks = (list?.items ?? []).filter((json) => textOf(memberOf(json, ...texts)) !== '' || hasId(json));
    // Other tools keep tasks in files of this name, which have no ids.
    return tasks.some((json) => hasId(json) && json.members.size > 1) ? [{ tag, list, tasks }] : [];
  });
}

const texts = ['title', 'description', 'details', 'testStrategy', 'test_strategy'];

function hasId(json: Json): boolean {
  return textOf(memberOf(json, 'id')) !== '';
}
