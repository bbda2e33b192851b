import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { writeConfined } from '../../util/files/confined-file.ts';
import { sha256 } from '../../util/values/hash.ts';
import { userGit, type UserPlace } from './user-git.ts';
import { userRules } from './user-rules.ts';

/** The user's settings that decide how a checkout shows a tree's files, as of when they were read. */
export interface CheckoutSettings {
  readonly autocrlf: 'true' | 'input' | 'false';
  readonly eol: 'crlf' | 'lf';
  /** The user's own attributes: for all repositories, and for this one. */
  readonly everywhere: Buffer;
  readonly here: Buffer;
  /** Digest of all of the above. */
  readonly digest: string;
}

/** Reads the settings that git applies in this working tree. */
export async function readCheckoutSettings(
  repository: UserPlace & { readonly gitDir: string },
): Promise<CheckoutSettings> {
  const [told, { everywhere, here }] = await Promise.all([
    userGit(repository, 'config', '-z', '--get-regexp', String.raw`^core\.(autocrlf|eol)$`),
    userRules(repository, 'attributes'),
  ]);
  // The last value counts; a key without a value is true.
  const values = new Map(
    (told.text ?? '').split('\0').map((line): [string, string] => {
      const [key = '', value = 'true'] = line.split('\n', 2);
      return [key, value.toLowerCase()];
    }),
  );
  const crlf = values.get('core.autocrlf') ?? 'false';
  const autocrlf = crlf === 'input' ? crlf : /^(?:true|yes|on|[1-9]\d*)$/.test(crlf) ? 'true' : 'false';
  const eol = autocrlf === 'false' && values.get('core.eol') === 'crlf' ? 'crlf' : 'lf';
  const digest = sha256(JSON.stringify([autocrlf, eol, everywhere.toString('latin1'), here.toString('latin1')]));
  return { autocrlf, eol, everywhere, here, digest };
}

/** True if text files without attributes have CRLF in a working tree. */
export function endsLinesWithCrlf({ autocrlf, eol }: CheckoutSettings): boolean {
  return autocrlf === 'true' || eol === 'crlf';
}

/** Attributes that override a tree's: filters are foreign programs, so none runs. */
const noFilters = '* -filter -export-ignore -export-subst\n';

/**
 * A git dir with these settings and the tree's attributes, as in the user's checkout, and the flags to use with it. There
 * is one per state of the settings, so that a change of them does not affect a run in progress.
 */
export async function checkoutGitDir(repository: {
  readonly plumbing: string;
  readonly checkout: CheckoutSettings;
}): Promise<{ readonly gitDir: string; readonly flags: readonly string[] }> {
  const { autocrlf, eol, digest } = repository.checkout;
  const gitDir = path.join(repository.plumbing, 'checkout', digest.slice(0, 16));
  const made = making.get(gitDir) ?? makeGitDir(gitDir, repository.checkout);
  making.set(gitDir, made);
  made.catch(() => making.delete(gitDir));
  await made;
  const set = { autocrlf, eol, attributesFile: path.join(gitDir, 'everywhere') };
  return { gitDir, flags: Object.entries(set).flatMap(([key, value]) => ['-c', `core.${key}=${value}`]) };
}

const making = new Map<string, Promise<void>>();

async function makeGitDir(gitDir: string, { everywhere, here }: CheckoutSettings): Promise<void> {
  for (const name of ['objects', 'refs', 'info']) await mkdir(path.join(gitDir, name), { recursive: true });
  const attributes = Buffer.concat([here, Buffer.from(`\n${noFilters}`)]);
  // Written atomically: another process may be making the same folder.
  writeConfined(gitDir, 'everywhere', everywhere);
  writeConfined(gitDir, 'info/attributes', attributes);
  writeConfined(gitDir, 'config', '[core]\n\trepositoryformatversion = 0\n\tbare = true\n');
  writeConfined(gitDir, 'HEAD', 'ref: refs/heads/none\n');
}

/** The same settings as lines of a workspace's git configuration. */
export function workspaceConfig({ autocrlf, eol }: CheckoutSettings): string {
  return (autocrlf === 'false' ? '' : `\tautocrlf = ${autocrlf}\n`) + (eol === 'lf' ? '' : `\teol = ${eol}\n`);
}
