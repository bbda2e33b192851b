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

/** What an error says about the machine, in words; null when it is about something else. */
export function machineTrouble(error: unknown): string | null {
  const code = (error as NodeJS.ErrnoException | null)?.code ?? '';
  const known = machineCodes[code];
  const text = error instanceof Error ? error.message : '';
  if (known !== undefined) return `${known} (${text || code})`;
  const said = /No space left on device|Disk quota exceeded|Read-only file system|Input\/output error/i.exec(text);
  return said ? `git says: ${said[0]}` : null;
}
