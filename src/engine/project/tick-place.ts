import path from 'node:path';
import { InputError } from '../../model/diagnostic.ts';
import { findRepository, openRepository, type Repository } from '../../repo/git/repository.ts';
import { branchRef } from '../../repo/refs/branch.ts';
import { readRef } from '../../repo/refs/refs.ts';
import type { TickPlace, TicksApart } from '../context/tick-place.ts';
import { pathIn, type Project, specsPath } from './project.ts';
import { ensureState } from './state-place.ts';

/** Finds out where units of a project are ticked; a repository that cannot be used for it is no error. */
export async function tickPlaceOf(
  project: Pick<Project, 'folder' | 'asker' | 'config' | 'state'>,
  target: Repository,
  stateFolder: string | null = null,
): Promise<TickPlace> {
  if (specsPath(project, target) !== null) return { kind: 'target' };
  const { folder, asker, config } = project;
  const home = await findRepository(folder, asker.env);
  if (home === null) return { kind: 'nowhere', why: 'the specs folder is in no git repository' };
  if (home.commonDir === target.gitDir)
    return { kind: 'nowhere', why: 'the specs folder is in another working tree of the target' };
  try {
    const repository = await openRepository({
      folder,
      stateFolder: stateFolder ?? path.join(ensureState(project), 'specs'),
      identity: config.commit ?? null,
      env: asker.env,
    });
    return { kind: 'apart', repository, path: pathIn(repository, folder) };
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return { kind: 'nowhere', why: error.message };
  }
}

/** The specs' own repository with the tip of the branch there. */
export interface ApartAt extends TicksApart {
  readonly tip: string;
  /** The tree or commit with the branch's files, if it will be merged with HEAD first. @default the tip */
  readonly tree?: string;
}

/** The same as it is now, with HEAD where there is no branch yet; null if ticks are not apart. */
export async function apartAt(ticks: TickPlace, branch: string): Promise<ApartAt | null> {
  if (ticks.kind !== 'apart') return null;
  const tip = await readRef(ticks.repository, branchRef(branch));
  return { ...ticks, tip: tip ?? ticks.repository.head };
}
