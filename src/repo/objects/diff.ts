import { StringDecoder } from 'node:string_decoder';
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

/** A commit with one parent, or two trees. */
export type Change = { readonly commit: string } | { readonly before: string; readonly after: string };

/** The patches of some changes, each of at most about `maxChars` characters, by one process. All objects must exist. */
export async function diffTexts(
  repository: Repository,
  changes: readonly Change[],
  maxChars: number,
): Promise<string[]> {
  if (changes.length === 0) return [];
  const names = changes.map((change) => ('commit' in change ? change.commit : `${change.before} ${change.after}`));
  // A line of a patch begins with a sign or a word: no patch contains a heading.
  const heading = /^[0-9a-f]{40,64}(?: [0-9a-f]{40,64})?$/;
  const found = new Map<string, { text: string; more: number }>();
  let current: { text: string; more: number } | undefined;
  const decoder = new StringDecoder('utf8');
  let rest = '';
  const take = (line: string): void => {
    if (heading.test(line)) {
      current = { text: '', more: 0 };
      found.set(line, current);
    } else if (current !== undefined) {
      if (current.text.length + line.length <= maxChars && current.more === 0) current.text += `${line}\n`;
      else current.more += 1;
    }
  };
  const onOutput = (chunk: Buffer): void => {
    const lines = (rest + decoder.write(chunk)).split('\n');
    rest = (lines.pop() ?? '').slice(0, maxChars + 1); // the start of a line without an end is enough
    for (const line of lines) take(line);
  };
  const how = ['-r', '-p', '--root', '--no-color', '--no-ext-diff', '--no-textconv', '-M'];
  const input = [...new Set(names)].map((name) => `${name}\n`).join('');
  await plumb(repository, { input, onOutput }, 'diff-tree', '--stdin', ...how);
  if (rest !== '') take(rest);
  return names.map((name) => {
    const { text, more } = found.get(name) ?? { text: '', more: 0 };
    return more === 0 ? text : `${text}[… ${more} more lines …]\n`;
  });
}
