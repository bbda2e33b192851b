import { readdirSync } from 'node:fs';
import path from 'node:path';
import { suggest } from '../text/suggest.ts';

/** Names of a folder that are compared; of more, none is. */
const most = 5000;

/** A path that is there, and that differs from one that is not in its last name only; null for none. */
export function similarPath(from: string, missing: string): string | null {
  const [folder, name] = [path.dirname(missing), path.basename(missing)];
  const names = namesIn(path.resolve(from, folder));
  const found = names.length > most ? null : suggest(name, names);
  return found === null ? null : path.join(folder, found);
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
