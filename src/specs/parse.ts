import type { ParsedFile } from './draft.ts';
import { isFollowups, parseFollowups } from './followups.ts';
import { parseNative } from './native.ts';
import type { Source } from './source.ts';

/** One spec file → its drafts, by the format that its name tells. */
export function parseSpecFile(source: Source): ParsedFile {
  return isFollowups(source.file) ? parseFollowups(source) : parseNative(source);
}
