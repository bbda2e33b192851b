import { rmSync, statfsSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** System errors that say something about the disk or the machine, not about the program. */
const machineCodes: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EROFS: 'the disk can only be read',
  EIO: 'the disk reports an error',
  EMFILE: 'too many files are open',
  ENFILE: 'too many files are open on this machine',
  ENOMEM: 'there is not enough memory',
};

/** Bytes below which a disk counts as full, once a program has said so. */
const leastFree = 16 * 1024 * 1024;

/**
 * What an error says about the machine, in words; null when it is about something else. What a program said is not
 * believed, since a file's name can say it, too: an error that names its `folder` has the disk asked there.
 */
export function machineTrouble(error: unknown): string | null {
  if (!(error instanceof Error)) return null;
  const { code, folder } = error as NodeJS.ErrnoException & { readonly folder?: unknown };
  const known = typeof code === 'string' ? machineCodes[code] : undefined;
  if (known !== undefined) return `${known} (${error.message || code})`;
  const trouble = typeof folder === 'string' ? diskTrouble(folder) : null;
  return trouble === null ? null : `${trouble} (${error.message.split('\n').at(-1) ?? ''})`;
}

/** What is wrong with the disk of a folder of ours; null when it takes what is written. */
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
