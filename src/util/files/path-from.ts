import path from 'node:path';

/** A path as a person would type it in a folder; whole where it leads out of that, or where they are in none. */
export function pathFrom(from: string | null, absolute: string): string {
  const relative = from === null ? '..' : path.relative(from, absolute);
  return relative.startsWith('..') ? absolute : relative || '.';
}
