import type { UnitSpec } from '../../model/unit.ts';
import type { Proposal } from '../../queue/proposals.ts';
import type { Repository } from '../../repo/git/repository.ts';
import { changedPaths, treeOf } from '../../repo/objects/tree.ts';
import { listSome } from '../../model/list-some.ts';
import { printableLine } from '../../util/text/printable.ts';
import { addedTodos, type Todo } from './left-todos.ts';
import { propose, type Proposing } from './propose.ts';
import { shared } from './share.ts';

/** The most comments of one change that are proposals of their own. */
const mostTodos = 20;
/** The most others that are named. */
const mostNamed = 100;

/** Proposes to do what comments of a unit's landed change leave to do. Those for which there is no room are one proposal together. */
export function proposeLeft(proposing: Proposing, unit: UnitSpec, todos: readonly Todo[]): void {
  const { taken, left } = shared(todos, ({ file }) => file, mostTodos);
  propose(proposing, [...taken.map((todo) => leftBy(unit, todo)), ...restOf(unit, left)]);
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

function restOf(unit: UnitSpec, todos: readonly Todo[]): Proposal[] {
  const [first] = todos;
  if (first === undefined) return [];
  const files = [...new Set(todos.map(({ file }) => file))];
  const comments = todos.length === 1 ? '1 more comment' : `${todos.length} more comments`;
  const title = printableLine(`See to ${comments} that ${unit.key} left in ${listSome(files, 1)}`, 200);
  const named = todos.slice(0, mostNamed).map(({ file, line, text }) => `- ${file}:${line}: ${text}`);
  const others = todos.length > mostNamed ? [`- and ${todos.length - mostNamed} more`] : [];
  const body = [`The work of ${unit.key} left more to do than is proposed one by one:`, '', ...named, ...others].join(
    '\n',
  );
  const identity = JSON.stringify([unit.id, todos.map(({ file, text }) => [file, text])]);
  return [{ title, body, criteria: [], why: `left by ${unit.id} in ${first.file}:${first.line}`, identity }];
}
