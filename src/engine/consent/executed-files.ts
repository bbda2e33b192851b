import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import path from 'node:path';
import { committedFiles } from '../../repo/worktrees/committed.ts';
import type { ExecutedFile, RepositoryFiles } from '../../specs/config/consent.ts';

/** Looks up files by the names that a first pass of `visit` asks for. */
export async function lookUpFiles(
  it: {
    /** Absolute path of the repository's root, or of the specs folder without one; links resolved. */
    readonly root: string;
    /** Folder from which programs are looked up. */
    readonly base: string;
  },
  visit: (files: RepositoryFiles) => unknown,
): Promise<RepositoryFiles> {
  const names = new Set<string>();
  const program = (name: string): ExecutedFile | null => programFile(it, name);
  const onDisk = (name: string): ExecutedFile | null => namedOnDisk(it.root, name);
  visit({
    program,
    onDisk: () => null,
    inCheckout: (name) => {
      names.add(name);
      return null;
    },
  });
  const committed = await committedFiles(it.root, [...names]);
  return {
    program,
    onDisk,
    inCheckout: (name) => {
      const file = path.posix.normalize(name);
      const content = committed.get(file);
      return content === undefined ? null : { path: file, content };
    },
  };
}

/** A program in the repository, as it is on the disk, since that is what starts. */
export function programFile(
  { root, base }: { readonly root: string; readonly base: string },
  name: string,
): ExecutedFile | null {
  if (!name.includes('/')) return null;
  const file = path.resolve(base, name);
  const shown = path.relative(root, file).replaceAll(path.sep, '/');
  const isNamedInside = isInside(root, file);
  try {
    const real = realpathSync(file);
    if (isInside(root, real)) return { path: shown, content: blobName(readFileSync(real)) };
    return isNamedInside ? { path: shown, content: `link to ${real}` } : null;
  } catch {
    return isNamedInside ? { path: shown, content: 'not there' } : null;
  }
}

/** The most files, and bytes, of a folder that are compared. */
const most = { files: 1000, bytes: 16 * 1024 * 1024 };

/**
 * A file of a repository, or a folder with its files, that a command names from the root; of the root, the files directly in
 * it. Null for anything else.
 */
export function namedOnDisk(root: string, name: string): ExecutedFile | null {
  const file = path.resolve(root, name);
  if (name.includes('\0') || !isInside(root, file)) return null;
  if (file === root) return { path: '.', content: folderName(root, false) };
  const shown = path.relative(root, file).replaceAll(path.sep, '/');
  if (/^\.git(?:\/|$)/i.test(shown)) return null;
  try {
    const real = realpathSync(file);
    if (!isInside(root, real)) return { path: shown, content: `link to ${real}` };
    const found = statSync(real);
    if (found.isFile()) return { path: shown, content: blobName(readFileSync(real)) };
    return found.isDirectory() ? { path: shown, content: folderName(real, true) } : null;
  } catch {
    return null;
  }
}

/** A digest of the files in a folder, also of those in its folders if it is `deep`; links are not followed. */
function folderName(folder: string, isDeep: boolean): string {
  const digest = createHash('sha1');
  let [files, bytes] = [0, 0];
  const visit = (at: string): void => {
    for (const entry of readdirSync(at, { withFileTypes: true }).toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
      const full = path.join(at, entry.name);
      if (isDeep && entry.isDirectory() && entry.name !== 'node_modules' && entry.name !== '.git') visit(full);
      if (!entry.isFile()) continue;
      const { size } = statSync(full);
      files++;
      bytes += size;
      if (files > most.files || bytes > most.bytes) throw new Error('too much');
      digest.update(`${path.relative(folder, full)}\0${blobName(readFileSync(full))}\n`);
    }
  };
  try {
    visit(folder);
  } catch {
    return 'a folder that is too large to compare';
  }
  return `folder ${digest.digest('hex')}`;
}

/** True for a folder itself or a path below it. */
export function isInside(folder: string, file: string): boolean {
  const relative = path.relative(folder, file);
  return relative !== '..' && !relative.startsWith(`..${path.sep}`) && !path.isAbsolute(relative);
}

/** The object name that git gives to a content. */
function blobName(data: Buffer): string {
  return createHash('sha1').update(`blob ${data.length}\0`).update(data).digest('hex');
}
