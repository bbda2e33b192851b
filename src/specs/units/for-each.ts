import type { Diagnostic } from '../../model/diagnostic.ts';
import { patternMatches } from '../../model/path-pattern.ts';
import { derivedKey, type Draft } from '../format/draft.ts';

/** A draft with its key, and the file that it was created for. */
export interface Expanded {
  readonly draft: Draft;
  readonly key: string;
  readonly forEachFile: string | null;
}

/** Expands a draft with `for-each` to one per matching file; without a match, the draft gets a problem. */
export async function expandForEach(
  drafts: readonly Draft[],
  listFiles: () => Promise<readonly string[]>,
): Promise<Expanded[]> {
  const expanded: Expanded[] = [];
  for (const draft of drafts) {
    const patterns = draft.keys['for-each'];
    if (!patterns || patterns.length === 0) {
      expanded.push({ draft, key: draft.key, forEachFile: null });
      continue;
    }
    const files = (await listFiles()).filter((file) => patterns.some((pattern) => patternMatches(pattern, file)));
    if (files.length === 0) {
      const problem: Diagnostic = {
        severity: 'error',
        code: 'for-each-empty',
        message: `no file matches "for-each: ${patterns.join(', ')}"`,
        hint: 'Patterns are relative to the root of the target repository, and match committed files.',
        file: draft.file,
        ...draft.where(['for-each']),
      };
      expanded.push({ draft: { ...draft, problems: [...draft.problems, problem] }, key: draft.key, forEachFile: null });
    }
    for (const file of files) expanded.push({ draft, key: derivedKey(draft.key, file), forEachFile: file });
  }
  return expanded;
}
