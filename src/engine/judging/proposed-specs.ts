import type { Followup } from '../../model/agent.ts';
import { criteriaHash } from '../../specs/format/draft.ts';
import { parseGroup } from '../../specs/format/parse-group.ts';
import { askedFor, type Scope } from '../context/scope.ts';
import type { Target } from '../context/target.ts';
import { claimsOf, filesAmong, sourcesIn, specsPlaceOf } from '../project/specs-place.ts';

/** Maximum units taken from one attempt's spec files. */
const maxProposals = 20;

/** The units that an agent wrote into the specs folder. The files are restored; the units become proposals. */
export async function proposedInSpecs(
  run: Target & Pick<Scope, 'specsPath' | 'config' | 'asked'>,
  work: { readonly tree: string; readonly files: readonly string[] },
): Promise<Followup[]> {
  const { specsPath, repository, asked } = run;
  if (specsPath === null) return [];
  const place = specsPlaceOf(run);
  const known = askedFor(asked.units).criteriaHashes;
  const found: Followup[] = [];
  for (const { format, files } of await claimsOf(repository, place, [work.tree], filesAmong(place, work.files))) {
    const sources = await sourcesIn(repository, specsPath, work.tree, files);
    for (const draft of parseGroup({ reader: await format.load(), sources }).drafts) {
      const criteria = draft.criteria.map(({ criterion }) => criterion);
      if (criteria.length === 0 || known.has(criteriaHash(criteria))) continue;
      found.push({ title: draft.title, criteria: criteria.map(({ text }) => text) });
    }
  }
  return found.slice(0, maxProposals);
}
