import { rmSync, statfsSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** System errors that mean trouble with the machine rather than the program. */
const machineCodes: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EROFS: 'the disk can only be read',
  EIO: 'the disk reports an error',
  EMFILE: 'too many files are open',
  ENFILE: 'too many files are open on this machine',
  ENOMEM: 'there is not enough memory',
};

/** Free bytes below which a disk counts as full, once a program has reported an error. */
const leastFree = 16 * 1024 * 1024;

/**
 * The trouble with the machine that an error reports; null for any other error. A program's message is not trusted, since
 * a file name could contain it: for an error that names its `folder`, the disk there is probed.
 */
export function machineTrouble(error: unknown): string | null {
  if (!(error instanceof Error)) return null;
  const { code, folder } = error as NodeJS.ErrnoException & { readonly folder?: unknown };
  const known = typeof code === 'string' ? machineCodes[code] : undefined;
  if (known !== undefined) return `${known} (${error.message || code})`;
  const trouble = typeof folder === 'string' ? diskTrouble(folder) : null;
  return trouble === null ? null : `${trouble} (${error.message.split('\n').at(-1) ?? ''})`;
}

/** What is wrong with the disk of one of our folders; null if it accepts writes. */
function diskTrouble(folder: string): string | null {
  const probe = path.join(folder, `.backlog-probe-${process.pid}`);
  try {
    const { bavail, bsize, ffree, files } = statfsSync(folder);
    if (bavail * bsize < leastFree || (files > 0 && ffree === 0)) return machineCodes['ENOSPC'] ?? null;
    writeFileSync(probe, Buffer.alloc(64 * 1024), { flag: 'wx' });
    return null;
  } catch (error) {
    return machineCodes[(error as NodeJS.ErrnoException).code ?? ''] ?? null;
  } finally {
    rmSync(probe, { force: true });
  }
}
