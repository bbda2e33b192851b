import { fieldsOf } from '../git/git.ts';
import { plumb, type Repository } from '../git/repository.ts';

/** Lines added and removed between two trees; binary files count 0. */
export async function lineCounts(
  repository: Repository,
  before: string,
  after: string,
  files: readonly string[] = [],
): Promise<{ readonly added: number; readonly removed: number }> {
  const fields = fieldsOf(
    await plumb(repository, {}, 'diff-tree', '-r', '-z', '--no-renames', '--numstat', before, after),
  );
  const counted = new Set(files);
  let added = 0;
  let removed = 0;
  for (const field of fields) {
    const [plus = '', minus = '', ...path] = field.split('\t');
    if (counted.size > 0 && !counted.has(path.join('\t'))) continue;
    added += Number(plus) || 0;
    removed += Number(minus) || 0;
  }
  return { added, removed };
}

/** The change between two trees as a patch for people and reviewers, of at most `maxBytes`. */
export async function diffText(
  repository: Repository,
  before: string,
  after: string,
  maxBytes = 400_000,
): Promise<string> {
  const kept: Buffer[] = [];
  let [room, more] = [maxBytes, 0];
  const onOutput = (chunk: Buffer): void => {
    if (room > 0) kept.push(chunk.subarray(0, room));
    more += Math.max(0, chunk.length - room);
    room = Math.max(0, room - chunk.length);
  };
  const patch = ['diff-tree', '-r', '-p', '--no-color', '--no-ext-diff', '--no-textconv', '-M', before, after];
  await plumb(repository, { onOutput }, ...patch);
  const text = Buffer.concat(kept).toString('utf8');
  return more === 0 ? text : `${text}\n[… ${more} more bytes …]\n`;
}
