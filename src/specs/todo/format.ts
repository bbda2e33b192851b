import { type Format, isHidden, lazily } from '../format/format.ts';
import { isTodo } from './names.ts';

/** Lists of tasks as other projects keep them: `TODO.md`, `FOLLOWUPS.md`, `fix_plan.md`, `ROADMAP.md`. */
export const todo: Format = {
  name: 'todo',
  hiddenFolders: ['.ralph'],
  claim: (paths) => paths.filter((path) => isTodo(path) && isVisible(path)).map((file) => [file]),
  anyOf: /\.(?:md|markdown)$/i,
  load: lazily(async () => (await import('./todo.ts')).reader),
};

/** Ralph keeps its plan in a hidden folder. */
function isVisible(path: string): boolean {
  return !isHidden(path.replace(/(?:^|\/)\.ralph\/(?=[^/]*$)/, '/'));
}
