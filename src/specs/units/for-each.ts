import type { SpecDiagnostic } from '../../model/spec-rule.ts';
import { patternMatches } from '../../model/path-pattern.ts';
import { sha256 } from '../../util/values/hash.ts';
import { derivedKey, type Draft } from '../format/draft.ts';
import { sharedSize, sharedTooMuch } from '../format/sharing.ts';

/** A draft with the name of its format. */
export type ReadDraft = Draft & { readonly format: string };

/** A draft with its key, and the file that it was created for. */
export interface Expanded {
  readonly draft: ReadDraft;
  readonly key: string;
  readonly forEachFile: string | null;
  /** See `UnitSpec.doneTwins`. */
  readonly doneTwins?: number;
}

/** The most characters of all units of a spec together. */
const mostCopied = 100_000_000;

/** Expands a draft with `for-each` to one per matching file; without a match, the draft gets a problem. */
export async function expandForEach(
  drafts: readonly ReadDraft[],
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
      const problem: SpecDiagnostic = {
        severity: 'error',
        code: 'for-each-empty',
        message: `no file matches "for-each: ${patterns.join(', ')}"`,
        hint: 'Patterns are relative to the root of the target repository, and match committed files.',
        file: draft.file,
        ...draft.where(['for-each']),
      };
      expanded.push({ draft: { ...draft, problems: [...draft.problems, problem] }, key: draft.key, forEachFile: null });
    }
    const size = sharedSize([draft.title, draft.body], draft.criteria) * files.length;
    if (size > mostCopied) {
      const problem = sharedTooMuch(draft);
      expanded.push({ draft: { ...draft, problems: [...draft.problems, problem] }, key: draft.key, forEachFile: null });
      continue;
    }
    for (const [key, file] of distinctKeys(draft.key, files)) expanded.push({ draft, key, forEachFile: file });
  }
  return expanded;
}

/** The key for each file. Files whose keys would be equal, as of `[id].ts` and `id.ts`, get a hash, except one that fits as it is. */
function distinctKeys(of: string, files: readonly string[]): (readonly [key: string, file: string])[] {
  const byKey = Map.groupBy(files, (file) => derivedKey(of, file));
  return files.map((file) => {
    const key = derivedKey(of, file);
    const isPlain = key === `${of}.${file.replaceAll('/', '.')}`.toLowerCase();
    if (byKey.get(key)?.length === 1 || isPlain) return [key, file];
    return [`${key.slice(0, 55).replace(/[-._]+$/, '')}-${sha256(file).slice(0, 8)}`, file];
  });
}
