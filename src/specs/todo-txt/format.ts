import { type Format, isHidden, lazily } from '../format/format.ts';

/** todo.txt: a task on each line. `done.txt` beside it has those that were moved away. */
export const todoTxt: Format = {
  name: 'todo-txt',
  hiddenFolders: [],
  claim(paths) {
    const all = new Set(paths);
    const files = paths.filter((path) => /(?:^|\/)todo\.txt$/i.test(path) && !isHidden(path));
    return files.map((file) => [file, ...[doneOf(file)].filter((done) => all.has(done))]);
  },
  anyOf: /\.txt$/i,
  load: lazily(async () => (await import('./todo-txt.ts')).readerOn(() => new Date())),
};

/** The file into which programs move what is done. */
function doneOf(file: string): string {
  return `${file.slice(0, -'todo.txt'.length)}done.txt`;
}
