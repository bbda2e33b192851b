import type { ParsedFile } from '../format/draft.ts';
import { parseSafely } from '../format/parse-safely.ts';
import { isFollowups, parseFollowups } from '../followups/followups.ts';
import { parseNative } from '../native/native.ts';
import type { Source } from '../text/source.ts';

/** One spec file → its drafts, by the format that its name tells. Never throws for what the file holds. */
export function parseSpecFile(source: Source): ParsedFile {
  return parseSafely(source, isFollowups(source.file) ? parseFollowups : parseNative);
}
