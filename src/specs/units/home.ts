import path from 'node:path';
import { ownFolders } from '../formats/formats.ts';
import { findSpecs } from './walk.ts';

/** A folder, and the part of it that is read. */
export interface Home {
  /** Absolute path. */
  readonly folder: string;
  /** Relative to the folder; null for all of it. */
  readonly part: string | null;
}

/**
 * The folder from which the specs of a folder are seen. In a tool's own folder, such as `.kiro` or `openspec`, the layout and
 * the keys are those of the folder around it, wherever one begins to read. `top` contains the folder; both are absolute.
 */
export function homeOf(folder: string, top: string): Home {
  const relative = path.relative(top, folder).replaceAll(path.sep, '/');
  for (const own of relative === '' ? [] : ownFolders(relative)) {
    const around = path.dirname(path.join(top, own.folder));
    const part = path.relative(around, folder).replaceAll(path.sep, '/');
    const { claims } = findSpecs(around, { ignore: [], only: [part] });
    if (claims.some(({ format }) => own.formats.includes(format.name))) return { folder: around, part };
  }
  return { folder, part: null };
}
