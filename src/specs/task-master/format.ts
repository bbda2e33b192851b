import { aside, type Claimed, type Format, lazily } from '../format/format.ts';

/**
 * Task Master: `.taskmaster/tasks/tasks.json`, or `tasks/tasks.json` of older versions, with files that are generated from
 * it. All files of `.taskmaster` are claimed; only this one is read.
 */
export const taskMaster: Format = {
  name: 'task-master',
  hiddenFolders: ['.taskmaster'],
  claim(paths) {
    const all = new Set(paths);
    const groups: Claimed[] = [];
    const taken = new Set<string>();
    const add = (...files: string[]): void => {
      groups.push(files);
      for (const file of files) taken.add(file);
    };
    for (const path of paths) {
      const root = /^((?:.*\/)?)\.taskmaster\/tasks\/tasks\.json$/.exec(path)?.[1];
      if (root !== undefined) add(path, ...[`${root}tasks/tasks.json`].filter((old) => all.has(old)));
    }
    if (all.has('tasks/tasks.json') && !taken.has('tasks/tasks.json')) add('tasks/tasks.json');
    if (all.has('tasks.json') && paths.every(isOfTasks)) add('tasks.json');
    // The specs folder may be `.taskmaster` itself.
    const isInside = all.has('tasks/tasks.json') && all.has('config.json') && all.has('state.json');
    for (const path of paths) {
      const isGenerated =
        /^(?:tasks\/)?task_[^/]*\.(?:txt|md)$/.test(path) && taken.has(path.replace(/task_[^/]*$/, 'tasks.json'));
      if (!taken.has(path) && (isInside || isGenerated || /(?:^|\/)\.taskmaster\//.test(path)))
        groups.push(aside(path, /(?:^|\/)task_[^/]*$/.test(path) ? 'generated copies' : undefined));
    }
    return groups;
  },
  anyOf: /\.json$/i,
  howToAsk: 'Add "acceptanceCriteria" to it, a list of texts, or "testStrategy", a text',
  load: lazily(async () => (await import('./task-master.ts')).reader),
};

/** True for a file of the folder `tasks`, if that is the specs folder. */
function isOfTasks(path: string): boolean {
  return /^(?:tasks[^/]*\.json(?:\.[^/]*)?|task_[^/]*\.(?:txt|md))$/.test(path);
}
