import { plumb, type Repository } from '../../../src/repo/git/repository.ts';

type Stores = Pick<Repository, 'plumbing' | 'gitDir'>;

/** The objects that these names need and the other side lacks, in base64; it is taken to have all that `has` names need. */
export async function packOf(repository: Stores, names: readonly string[], has: Set<string>): Promise<string> {
  const fresh = names.filter((name) => !has.has(name));
  if (fresh.length === 0) return '';
  const input = [...fresh, ...[...has].map((name) => `^${name}`), ''].join('\n');
  const packed = await plumb(repository, { input }, 'pack-objects', '--revs', '--stdout', '-q');
  for (const name of fresh) has.add(name);
  return packed.stdout.toString('base64');
}

/** Takes in what the other side packed. */
export async function unpack(repository: Stores, pack: string): Promise<void> {
  if (pack !== '') await plumb(repository, { input: Buffer.from(pack, 'base64') }, 'unpack-objects', '-q');
}
