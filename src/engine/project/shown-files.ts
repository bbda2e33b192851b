import path from 'node:path';
import { NotWritten, PathRefused, readConfined, writeConfined } from '../../util/files/confined-file.ts';

/*
 * Files for people in the specs folder, below `.backlog/`. They are never read back, since a clone or a checkout can write
 * there.
 */

/** Errors of a folder that we may not write to. */
const mayNot: ReadonlySet<string> = new Set(['EACCES', 'EPERM', 'EROFS']);

/** Writes a file below `.backlog/`, ignored by git; returns its path, or null if a link or missing permissions prevent it. */
export async function layShown(specsFolder: string, name: string, text: string): Promise<string | null> {
  const file = `.backlog/${name}`;
  try {
    const ignored = readConfined(specsFolder, '.backlog/.gitignore', 1024 * 1024);
    // An empty ignore file may be left from a full disk or a kill in an older version.
    if ((ignored ?? '').toString().trim() === '') writeConfined(specsFolder, '.backlog/.gitignore', '*\n');
    writeConfined(specsFolder, file, text);
    return path.join(specsFolder, file);
  } catch (error) {
    if (error instanceof PathRefused || (error instanceof NotWritten && mayNot.has(error.code))) return null;
    throw error;
  }
}
