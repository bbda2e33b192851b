import type { Followup } from '../../model/agent.ts';
import { idFromKey } from '../../model/ids.ts';
import { listSome } from '../../model/list-some.ts';
import type { UnitSpec } from '../../model/unit.ts';
import { listTree } from '../../repo/objects/tree.ts';
import { criteriaHash, type Draft } from '../../specs/format/draft.ts';
import { parseGroup } from '../../specs/format/parse-group.ts';
import type { Claim } from '../../specs/formats/formats.ts';
import { foundClaims } from '../../specs/units/found-claims.ts';
import { isIdle, isPage } from '../../specs/format/pages.ts';
import { oneLine } from '../../util/text/one-line.ts';
import { printableLine } from '../../util/text/printable.ts';
import { amongSpecs, isOpenedBy } from '../../verify/files/protect.ts';
import { askedFor, demandsOf, type Scope } from '../context/scope.ts';
import type { Target } from '../context/target.ts';
import {
  claimsOf,
  filesAmong,
  pathOf,
  readsPages,
  sourcesIn,
  specsPlaceOf,
  wholeFolderOf,
} from '../project/specs-place.ts';
import { shared } from './share.ts';

/** Maximum units taken from one attempt's spec files. */
const maxProposals = 20;

type ProposingRun = Target & Pick<Scope, 'specsPath' | 'config' | 'asked'>;

/** What an agent worked on and left. */
interface Work {
  readonly baseTree: string;
  readonly tree: string;
  /** The paths that it changed. */
  readonly files: readonly string[];
}

/**
 * The units that an agent wrote where specs are read, or would be found without a folder. The files are restored; the units
 * become proposals. Files that the unit was asked to write land, and propose nothing.
 */
export async function proposedInSpecs(run: ProposingRun, unit: UnitSpec, work: Work): Promise<Followup[]> {
  const asked = new Set(askedFor(run.asked.units).demands);
  const known = new Set(run.asked.units.flatMap(namesOf));
  const written = new Set<string>();
  const found: (Followup & { readonly file: string })[] = [];
  for (const { folder, claim } of await claimsIn(run, unit, work)) {
    const before = await draftsIn(run, folder, work.baseTree, claim);
    // Texts beside specs that are found without a folder land; see `claimedPaths`.
    const landsIdle = folder !== run.specsPath && claim.format.name === 'native' && before.length > 0;
    for (const draft of before) {
      for (const name of namesOf(draft)) known.add(name);
      for (const demand of Object.values(demandsOf(asUnit(draft)))) asked.add(demand);
    }
    for (const draft of await draftsIn(run, folder, work.tree, claim)) {
      const { titled, keyed } = demandsOf(asUnit(draft));
      // Without criteria, the title says what is asked for.
      const isKnown = draft.isDone || (landsIdle && isIdle(draft)) || namesOf(draft).some((name) => known.has(name));
      if (draft.criteria.length === 0 && isKnown) continue;
      if (asked.has(titled) || asked.has(keyed) || written.has(titled)) continue;
      written.add(titled);
      found.push({
        file: pathOf(folder, draft.file),
        title: draft.title,
        criteria: draft.criteria.map(({ criterion }) => criterion.text),
      });
    }
  }
  const { taken, left } = shared(found, ({ file }) => file, maxProposals);
  return [...taken.map(({ title, criteria }) => ({ title, criteria })), ...restOf(unit, left)];
}

/** One proposal for all units for which there is no room. */
function restOf(unit: UnitSpec, left: readonly (Followup & { readonly file: string })[]): Followup[] {
  if (left.length === 0) return [];
  const units = left.length === 1 ? '1 more unit' : `${left.length} more units`;
  const files = [...new Set(left.map(({ file }) => file))];
  const titles = left.map((one) => one.title).join(', ');
  const title = printableLine(`Look at ${units} that ${unit.key} wrote in ${listSome(files, 1)}: ${titles}`, 200);
  return [{ title, criteria: [] }];
}

/** A claim with a changed file, and the folder that its files are relative to. */
interface Placed {
  readonly folder: string;
  readonly claim: Claim;
}

async function claimsIn(run: ProposingRun, unit: UnitSpec, { tree, files }: Work): Promise<Placed[]> {
  const { specsPath, repository } = run;
  const place = specsPlaceOf(run);
  const own =
    specsPath === null
      ? []
      : (await claimsOf(repository, place, [tree], filesAmong(place, files))).map((claim) => ({
          folder: specsPath,
          claim,
        }));
  const taken = new Set(own.flatMap(({ folder, claim }) => claim.files.map((file) => pathOf(folder, file))));
  const changed = new Set(files);
  const isOther = (path: string): boolean => changed.has(path) && !taken.has(path) && !isOpenedBy(unit, path);
  const paths = (await listTree(repository, tree)).map(({ path }) => path);
  const elsewhere = files.filter((path) => amongSpecs(wholeFolderOf(run), path) === null);
  const found = foundClaims(paths, elsewhere).flatMap((claim) => {
    if (!claim.paths.some(isOther)) return [];
    for (const path of claim.paths) taken.add(path);
    return [{ folder: claim.folder, claim }];
  });
  return [...own, ...found];
}

/** The units of a claim in a tree, without pages of a repository that is read as a whole. */
async function draftsIn(
  run: ProposingRun,
  folder: string,
  tree: string,
  { format, files }: Claim,
): Promise<readonly Draft[]> {
  const sources = await sourcesIn(run.repository, folder, tree, files);
  const { drafts } = parseGroup({ reader: await format.load(), sources });
  const hasPages = folder === run.specsPath && format.name === 'native' && readsPages(run);
  return hasPages ? drafts.filter((draft) => !isPage(draft)) : drafts;
}

/** What a unit is known by. */
function namesOf({ key, title }: Pick<Draft, 'key' | 'title'>): readonly string[] {
  return [`key ${idFromKey(key)}`, `title ${oneLine(title).toLowerCase()}`];
}

function asUnit({ key, title, criteria }: Draft): Parameters<typeof demandsOf>[0] {
  return {
    id: idFromKey(key),
    title: oneLine(title),
    criteriaHash: criteriaHash(criteria.map((one) => one.criterion)),
  };
}
