import { hasWildcard, writtenOut } from '../model/path-pattern.ts';
import { isSharedFile } from './shared-files.ts';

/** Patterns by how much they say of what a unit changes. */
export interface Specific {
  /** Paths without a wildcard. */
  readonly files: readonly string[];
  readonly others: readonly string[];
}

/**
 * Separates the specific files of patterns from the rest. A wildcard, or a slash at the end, stands for a folder, and says
 * little of what changes there; that two units change a shared file says little of whether their changes meet.
 */
export function specificFiles(patterns: readonly string[]): Specific {
  const all = [...new Set(patterns.flatMap(writtenOut))];
  const isSpecific = (path: string): boolean =>
    !hasWildcard(path) && !path.endsWith('/') && path !== '.' && !isSharedFile(path);
  return { files: all.filter(isSpecific), others: all.filter((path) => !isSpecific(path)) };
}
