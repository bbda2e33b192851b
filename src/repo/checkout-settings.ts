import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { writeConfined } from '../util/files/confined-file.ts';
import { sha256 } from '../util/values/hash.ts';
import { userGit } from './user-git.ts';
import { userRules } from './user-rules.ts';

/** What of the user's settings decides how a checkout shows the files of a tree, as it was when they were read. */
export interface CheckoutSettings {
  readonly autocrlf: 'true' | 'input' | 'false';
  readonly eol: 'crlf' | 'lf';
  /** Attributes of the user's own: for all repositories, and for this one. */
  readonly everywhere: Buffer;
  readonly here: Buffer;
  /** Names all of the above. */
  readonly digest: string;
}

/** Reads what git itself would go by in this working tree. */
export async function readCheckoutSettings(repository: {
  readonly root: string;
  readonly gitDir: string;
}): Promise<CheckoutSettings> {
  const [told, { everywhere, here }] = await Promise.all([
    userGit(repository.root, 'config', '-z', '--get-regexp', String.raw`^core\.(autocrlf|eol)$`),
    userRules(repository, 'attributes'),
  ]);
  // The last one counts; one without a value is true.
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

/** True where text without a rule of its own for line ends has CRLF in a working tree. */
export function endsLinesWithCrlf({ autocrlf, eol }: CheckoutSettings): boolean {
  return autocrlf === 'true' || eol === 'crlf';
}

/** Attributes that hold whatever a tree says: no filter runs, since filters are foreign programs. */
const noFilters = '* -filter -export-ignore -export-subst\n';

/**
 * A git dir that goes by these settings, and by the attributes of the tree, as the user's git would; with the flags that
 * go with it. It is made once for each state of the settings, so that a change of them meets no run half-way.
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
  // Whole files, by renaming: another process that makes the same meets nothing half-way.
  writeConfined(gitDir, 'everywhere', everywhere);
  writeConfined(gitDir, 'info/attributes', attributes);
  writeConfined(gitDir, 'config', '[core]\n\trepositoryformatversion = 0\n\tbare = true\n');
  writeConfined(gitDir, 'HEAD', 'ref: refs/heads/none\n');
}

/** The same for the git of whoever works in a workspace: lines of its configuration. */
export function workspaceConfig({ autocrlf, eol }: CheckoutSettings): string {
  return (autocrlf === 'false' ? '' : `\tautocrlf = ${autocrlf}\n`) + (eol === 'lf' ? '' : `\teol = ${eol}\n`);
}
