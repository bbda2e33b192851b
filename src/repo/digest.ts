import { createHash } from 'node:crypto';
import { plumb, type Repository } from './repository.ts';

/**
 * Names a change, whatever it lies on: the lines that go and come, file by file, without their places. The same change
 * on another tip has the same digest as long as nothing in it is different.
 */
export async function changeDigest(repository: Repository, before: string, after: string): Promise<string> {
  const result = await plumb(
    repository,
    {},
    ...['diff-tree', '-r', '-p', '-U0', '--no-color', '--no-ext-diff', '--no-textconv', '--no-renames', '--binary'],
    ...[before, after],
  );
  const hash = createHash('sha256');
  for (const line of result.stdout.toString('latin1').split('\n'))
    if (!/^(?:@@ |index )/.test(line)) hash.update(`${line}\n`);
  return hash.digest('hex');
}
