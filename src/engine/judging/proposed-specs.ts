import type { Followup } from '../../model/agent.ts';
import { readTreeFile } from '../../repo/tree.ts';
import { criteriaHash } from '../../specs/format/draft.ts';
import { parseSpecFile } from '../../specs/formats/parse.ts';
import { decodeSource } from '../../specs/text/source.ts';
import { isSpecFile } from '../../specs/units/walk.ts';
import { askedFor, type Scope } from '../context/scope.ts';
import type { Target } from '../context/target.ts';

/** Units of one attempt's spec files that are kept. */
const maxProposals = 20;

/**
 * The units that an agent wrote into the specs folder, or wrote anew there. The files are put back; what they ask for is
 * a proposal like any other, and never work.
 */
export async function proposedInSpecs(
  run: Target & Pick<Scope, 'specsPath' | 'config' | 'asked'>,
  work: { readonly tree: string; readonly files: readonly string[] },
): Promise<Followup[]> {
  const { specsPath, repository, asked } = run;
  if (specsPath === null) return [];
  const above = specsPath === '' ? '' : `${specsPath}/`;
  const known = askedFor(asked.units).criteriaHashes;
  const found: Followup[] = [];
  for (const path of work.files) {
    const file = path.slice(above.length);
    if (!path.startsWith(above) || !isSpecFile(file, run.config.ignore)) continue;
    const bytes = await readTreeFile(repository, work.tree, path);
    const source = bytes === null ? null : decodeSource(bytes, file);
    if (source === null || 'code' in source) continue; // removed, or nothing that could be read
    for (const draft of parseSpecFile(source).drafts) {
      const criteria = draft.criteria.map(({ criterion }) => criterion);
      if (criteria.length === 0 || known.has(criteriaHash(criteria))) continue;
      found.push({ title: draft.title, criteria: criteria.map(({ text }) => text) });
    }
  }
  return found.slice(0, maxProposals);
}
