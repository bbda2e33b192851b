import path from 'node:path';
import { NotWritten, PathRefused, readConfined, writeConfined } from '../../util/files/confined-file.ts';

/*
 * What is laid into the specs folder for people to read, below `.backlog/`. Nothing of it is ever read back: a clone or
 * a checkout can write there.
 */

/** What the system says where somebody else decides who writes. */
const mayNot: ReadonlySet<string> = new Set(['EACCES', 'EPERM', 'EROFS']);

/** Lays a file below `.backlog/`, hidden from git; returns its path, or null where something is in the way: a link, or that nobody may write there. */
export async function layShown(specsFolder: string, name: string, text: string): Promise<string | null> {
  const file = `.backlog/${name}`;
  try {
    const ignored = readConfined(specsFolder, '.backlog/.gitignore', 1024 * 1024);
    // An empty one hides nothing: a full disk left it, or a kill, while an older version wrote it.
    if ((ignored ?? '').toString().trim() === '') writeConfined(specsFolder, '.backlog/.gitignore', '*\n');
    writeConfined(specsFolder, file, text);
    return path.join(specsFolder, file);
  } catch (error) {
    if (error instanceof PathRefused || (error instanceof NotWritten && mayNot.has(error.code))) return null;
    throw error;
  }
}
