import { randomBytes } from 'node:crypto';
import path from 'node:path';
import type { LandingRecord } from '../../../model/landing.ts';
import { refused } from '../../../model/refusal.ts';
import { hashesOf } from '../../../model/unit.ts';
import { openForReading } from '../../../queue/database.ts';
import type { Truth } from '../../../queue/sync.ts';
import { readUnits, type UnitRow } from '../../../queue/units.ts';
import { findRepository, openRepository, type Repository } from '../../../repo/git/repository.ts';
import { readOwnRecords } from '../../../repo/landings/landings.ts';
import type { SpecsFolder } from '../../../repo/landings/places.ts';
import { readObjects } from '../../../repo/objects/objects.ts';
import { branchRef } from '../../../repo/refs/branch.ts';
import { reachable } from '../../../repo/refs/kept-refs.ts';
import { readRef } from '../../../repo/refs/refs.ts';
import type { KnownGroups } from '../../../specs/format/known.ts';
import { pathFrom } from '../../../util/files/path-from.ts';
import { removeTree } from '../../../util/folders/remove.ts';
import { requirePlace, tellWithheld } from '../../consent/consent.ts';
import type { Asker } from '../../context/asker.ts';
import { isWorkedOn } from '../../project/at-work.ts';
import { type Drift, type DriftFacts, driftOf, type Whereabouts } from '../../project/drift.ts';
import {
  makeCacheFolder,
  openProject,
  type Project,
  readProjectSpecs,
  specsPath,
  usableSpecs,
} from '../../project/project.ts';
import { folderOf } from '../../project/specs-place.ts';
import { withKnown } from '../../project/known-groups.ts';
import { tickPlaceOf } from '../../project/tick-place.ts';
import { isUntickRefused, tickabilityIn } from '../../project/tick-edits.ts';
import { openTruth, type Signs } from '../../project/truth.ts';
import { expectedBranch } from '../queue/expected.ts';
import { verb } from '../verb.ts';

/** Where boxes, queue and landings disagree. */
export interface Drifts {
  readonly kind: 'drift';
  readonly branch: string;
  /** A run may be writing what is shown here. */
  readonly isRunning: boolean;
  /** False before the first command that makes one. */
  readonly hasQueue: boolean;
  /** In the order of the specs; units whose specs are gone come last. */
  readonly drifts: readonly (Drift & { readonly id: string; readonly key: string })[];
}

/** Compares ticks (in the working tree and on the branch), the queue and the recorded landings. Writes nothing. */
export const drift = verb(
  (z) => z.strictObject({ folder: z.string() }),
  async (asker, { folder }): Promise<Drifts> => {
    const project = await openProject(asker, folder);
    requirePlace(project);
    tellWithheld(project);
    if ((await findRepository(project.target, asker.env)) === null) throw refused('no-repository', { folder });
    // Git needs a folder of ours, and the one in the repository may not exist yet.
    const scratch = await makeCacheFolder(project, `-drift-${randomBytes(4).toString('hex')}`);
    try {
      return await withKnown(project.state, async (known) => compare(asker, project, scratch, known));
    } finally {
      await removeTree(scratch);
    }
  },
);

async function compare(asker: Asker, project: Project, scratch: string, known: KnownGroups): Promise<Drifts> {
  const { config, target } = project;
  const { env } = asker;
  const repository = await openRepository({ folder: target, stateFolder: scratch, identity: null, env });
  const { units } = usableSpecs(project, await readProjectSpecs(project, repository, { known }));
  const isRunning = isWorkedOn(project);
  const rows = rowsOf(project);
  const branch = config.into;
  const now = await readRef(repository, branchRef(branch));
  const ticks = await tickPlaceOf(project, repository, path.join(scratch, 'specs'));
  const { tip, tree, apart } = await expectedBranch(project, repository, ticks);
  const at = { tip, ...(tree === undefined ? {} : { tree }), apart };
  const truth = await openTruth({ ...at, repository, specsPath: specsPath(project, repository), units, known });
  const place = apart ?? { repository, path: specsPath(project, repository), tip: tip ?? repository.head };
  const records = await lastLandings(repository, folderOf(specsPath(project, repository), units));
  const commits = [...(rows?.values() ?? [])].flatMap(({ landedCommit }) => landedCommit ?? []);
  const find = await locator(
    repository,
    [tip, now].map((one) => one ?? repository.head),
    [...commits, ...[...records.values()].map(({ commit }) => commit)],
  );
  const queueOf = (id: string): DriftFacts['queue'] => {
    const row = rows?.get(id);
    if (row === undefined) return rows === null ? null : 'none';
    const { landedCommit: commit, state } = row;
    return { state, landed: commit === null ? null : { commit, is: find(commit) } };
  };
  const drifts: Drifts['drifts'][number][] = [];
  const add = (id: string, facts: DriftFacts): void => {
    for (const one of driftOf(facts)) drifts.push({ id, key: facts.key, ...one });
  };
  const former = new Set<string>();
  for (const unit of units.filter(({ gate }) => gate === null)) {
    const { id, key, isTicked } = unit;
    const file = pathFrom(asker.shownFrom, path.join(project.folder, unit.file));
    const signs = await truth.signsOf(unit);
    if (signs.former !== null) former.add(signs.former.unit);
    const known = await truth.truthOf(unit);
    const does = isUnticked(known, signs) ? await tickabilityIn(place.repository, place.path, unit, place.tip) : null;
    const isUndone = !known.isDone && known.tickLeftBy !== undefined;
    const isStuck = isUndone && (await isUntickRefused(place.repository, place.path, unit, place.tip));
    const hasBoxes = ticks.kind !== 'nowhere' && unit.forEachFile === null && does !== 'unmarked';
    const refusedTick =
      does === null || typeof does === 'string'
        ? null
        : {
            at: `${pathFrom(asker.shownFrom, path.join(project.folder, does.file))}, line ${does.line}`,
            why: does.why,
          };
    const [record] = hashesOf(unit, 'criteriaHash').flatMap((hash) => records.get(`${hash} ${id}`) ?? []);
    add(id, {
      ...{ key, branch },
      spec: { file, isTicked, hasBoxes, refusedTick, isUntickRefused: isStuck, signs, truth: known },
      landed: (await truth.landedOf(unit))?.commit ?? null,
      recorded: record === undefined ? null : { commit: record.commit, is: find(record.commit) },
      queue: queueOf(id),
    });
  }
  const asked = new Set<string>(units.map(({ id }) => id));
  const keys = new Map([...(rows?.values() ?? [])].filter(isOfFile).map(({ spec: { id, key } }) => [String(id), key]));
  const ids = new Set([...keys.keys(), ...truth.history.landed.keys()]);
  for (const id of [...ids].filter((one) => !asked.has(one) && !former.has(one))) {
    const landed = truth.history.landed.get(id)?.commit ?? null;
    add(id, { key: keys.get(id) ?? id, branch, spec: null, landed, recorded: null, queue: queueOf(id) });
  }
  return { kind: 'drift', branch, isRunning, hasQueue: rows !== null, drifts };
}

/** True for a unit that landed, and whose marks on the branch do not say so. */
function isUnticked(truth: Truth, { onTip }: Signs): boolean {
  return truth.isDone && (truth.isTickMissing === true || onTip === null);
}

/** Proposals and gates are in no file. */
function isOfFile({ spec, state }: UnitRow): boolean {
  return spec.gate === null && spec.file !== '' && state !== 'proposed';
}

/** The queue as it was left; null if there is none. */
function rowsOf({ state }: Project): ReadonlyMap<string, UnitRow> | null {
  const database = openForReading(state);
  if (database === null) return null;
  try {
    return new Map(readUnits(database).map((row) => [row.spec.id, row]));
  } finally {
    database.close();
  }
}

/** The last landing that is recorded of each unit with its criteria, by both, without those that were undone or refused. */
async function lastLandings(repository: Repository, folder: SpecsFolder): Promise<ReadonlyMap<string, LandingRecord>> {
  const records = await readOwnRecords(repository, folder);
  const undone = new Set(records.flatMap((record) => (record.what === 'undone' ? record.undone : [])));
  const last = new Map<string, LandingRecord>();
  for (const record of records) {
    const name = `${record.criteria} ${record.unit}`;
    const isLanding = record.what === 'landed' || record.what === 'adopted';
    if (isLanding && !undone.has(record.commit) && !last.has(name)) last.set(name, record);
  }
  return last;
}

/** Finds out where commits are. */
async function locator(
  repository: Repository,
  tips: readonly string[],
  commits: readonly string[],
): Promise<(commit: string) => Whereabouts> {
  const all = [...new Set(commits)];
  const objects = await readObjects(repository, all);
  const known = all.filter((_commit, index) => objects[index]?.type === 'commit');
  const [there, here] = [new Set(known), await reachable(repository, known, tips)];
  return (commit) => (here.has(commit) ? 'on-branch' : there.has(commit) ? 'elsewhere' : 'nowhere');
}
