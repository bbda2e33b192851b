import type { UnitSpec } from '../../model/unit.ts';
import type { Proposal } from '../../queue/proposals.ts';
import type { Repository } from '../../repo/git/repository.ts';
import { changedPaths, treeOf } from '../../repo/objects/tree.ts';
import { printableLine } from '../../util/text/printable.ts';
import { addedTodos, type Todo } from './left-todos.ts';
import { propose, type Proposing } from './propose.ts';

/** Proposes to do what comments of a unit's landed change leave to do. */
export function proposeLeft(proposing: Proposing, unit: UnitSpec, todos: readonly Todo[]): void {
  propose(
    proposing,
    todos.map((todo) => leftBy(unit, todo)),
  );
}

/** The same for a landing that a killed run could not finish, from its commit. What was proposed already is left out. */
export async function proposeLeftIn(
  repository: Repository,
  proposing: Proposing,
  unit: UnitSpec,
  commit: string,
): Promise<void> {
  const [before, after] = [await treeOf(repository, `${commit}^`), await treeOf(repository, commit)];
  const files = (await changedPaths(repository, before, after)).flatMap(({ path, after: is }) => (is ? [path] : []));
  proposeLeft(proposing, unit, await addedTodos(repository, before, after, files));
}

function leftBy(unit: UnitSpec, { file, line, text }: Todo): Proposal {
  const title = printableLine(text, 200);
  const body = `The work of ${unit.key} left this to do in ${file}:${line}.`;
  return { title, body, criteria: [], why: `left by ${unit.id} in ${file}:${line}`, identity: `${file}\n${text}` };
}
