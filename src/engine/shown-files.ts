import path from 'node:path';
import { PathRefused, readConfined, writeConfined } from '../util/confined-file.ts';

/*
 * What is laid into the specs folder for people to read, below `.backlog/`. Nothing of it is ever read back: a clone or
 * a checkout can write there.
 */

/** Lays a file below `.backlog/`, hidden from git; returns its path, or null where something is in the way, a link for one. */
export async function layShown(specsFolder: string, name: string, text: string): Promise<string | null> {
  const file = `.backlog/${name}`;
  try {
    if (readConfined(specsFolder, '.backlog/.gitignore', 1024 * 1024) === null)
      await writeConfined(specsFolder, '.backlog/.gitignore', '*\n');
    await writeConfined(specsFolder, file, text);
    return path.join(specsFolder, file);
  } catch (error) {
    if (error instanceof PathRefused) return null;
    throw error;
  }
}
