import { chmod, lstat, mkdir, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { builtInNames } from '../../agents/configured/back-ends.ts';
import { type Config, configSchema } from '../../model/config.ts';
import { builtInRecipes } from '../../model/recipe.ts';
import { refused } from '../../model/refusal.ts';
import { type Diagnostic, inputError, InputError, hasErrors, machineFault } from '../../model/diagnostic.ts';
import { machineTrouble } from '../../util/files/disk.ts';
import { findRepository, openRepository, type Repository } from '../../repo/git/repository.ts';
import { locate } from '../../repo/git/locate.ts';
import { refuseFilters } from '../../repo/worktrees/filters.ts';
import { listTree } from '../../repo/objects/tree.ts';
import { type Consent, decideConsent, type Said } from '../consent/consent.ts';
import type { Asker } from '../context/asker.ts';
import { belowHome } from '../context/home.ts';
import { withHostProblems } from './network.ts';
import { pastUnits } from './past-units.ts';
import { specsHome } from './specs-home.ts';
import { ensureState, statePlace } from './state-place.ts';
import { loadConfig } from '../../specs/config/config.ts';
import { withhold } from '../../specs/config/consent.ts';
import { withGuards } from '../../specs/units/guards.ts';
import { withGates } from '../../specs/units/gates.ts';
import type { Home } from '../../specs/units/home.ts';
import { type ReadOptions, readSpecs, type SpecFolder } from '../../specs/units/read.ts';
import { similarPath } from '../../util/files/similar-path.ts';
import { didYouMean } from '../../util/text/suggest.ts';
import { specFormats } from '../../model/spec-format.ts';
import { sha256 } from '../../util/values/hash.ts';
import type { SpecsPlace } from './specs-place.ts';
import { pathFrom } from '../../util/files/path-from.ts';
import { type Env, folderIn } from '../../util/files/home.ts';

/** A specs folder with its configuration. */
export interface Project {
  /** The caller. */
  readonly asker: Asker;
  /** Absolute path of the folder that was named, links resolved. Its queue is its own. */
  readonly named: string;
  /** Absolute path of the folder that its specs are read from: the same, or the one around a tool's folder. */
  readonly folder: string;
  /** True if the folder is a whole repository, or around a tool's folder, so that native specs are only a part of it. */
  readonly isRepository: boolean;
  /** The configuration without the parts that lack consent. */
  readonly config: Config;
  /** The configuration as written, including parts without consent. */
  readonly written: Config;
  readonly consent: Consent;
  readonly configFile: string | null;
  /** Base folder of the configuration's relative paths. */
  readonly configBase: string;
  /** Folder that files named in it must be in: its repository, else the specs folder. */
  readonly configRoot: string;
  /** Absolute path of a folder in the target repository; never one without consent. */
  readonly target: string;
  /** Absolute path of the folder with the queue and other trusted state; it may not exist yet. */
  readonly state: string;
}

/** Opens a specs folder. Throws an `InputError` for a missing folder or a bad configuration. */
export async function openProject(asker: Asker, folder: string, said: Said = {}): Promise<Project> {
  const absolute = await realpath(path.resolve(asker.folder, folder)).catch(() => null);
  const found = absolute && (await stat(absolute).catch(() => null));
  if (absolute === null || !found) throw refused('no-folder', { folder, similar: similarPath(asker.folder, folder) });
  if (!found.isDirectory()) throw refused('file-not-folder', { file: folder, folder: path.dirname(folder) });
  await refuseLinkOut(asker, folder);
  const repository = await findRepository(absolute, asker.env);
  const home = specsHome(absolute);
  const folders: readonly [string, ...string[]] =
    repository === null || repository.root === home.folder ? [home.folder] : [home.folder, repository.root];
  const loaded = loadConfig(folders, (file) => pathFrom(asker.shownFrom, file));
  const consent = await decideConsent(loaded, said, asker.env);
  const allowed =
    consent.withheld.length === 0 ? loaded.config : configSchema.parse(withhold(loaded.data, consent.withheld));
  const only = onlyIn(home, asker.only ?? []);
  const config = {
    ...allowed,
    formats: formatsFor(asker, allowed),
    only: placesOf(only.length === 0 ? allowed.only : only),
  };
  const isPart = home.part !== null || only.length > 0 || repository?.root === absolute;
  return {
    asker,
    named: absolute,
    folder: home.folder,
    isRepository: isPart && !config.formats.includes('native'),
    config,
    written: loaded.config,
    consent,
    configFile: loaded.file,
    configBase: loaded.base,
    configRoot: loaded.root,
    target: path.resolve(loaded.base, config.target),
    state: statePlace(absolute, asker.env),
  };
}

/** Places in one spelling; none for the whole folder. */
function placesOf(only: readonly string[]): string[] {
  const places = only.map((place) => path.posix.normalize(place).replace(/\/+$/, ''));
  return places.includes('.') ? [] : [...new Set(places)];
}

/** What the asker wants read below a specs folder, relative to its home; none for what the configuration says. */
function onlyIn({ part }: Home, only: readonly string[]): readonly string[] {
  if (part === null) return only;
  return only.length === 0 ? [part] : only.map((place) => path.posix.join(part, place));
}

/** The formats that the asker names; otherwise those of the configuration. Throws an `InputError` for an unknown name. */
function formatsFor({ formats = [] }: Asker, config: Config): Config['formats'] {
  const unknown = formats.find((name) => !specFormats.some((one) => one === name));
  if (unknown !== undefined)
    throw inputError(
      'unknown-format',
      `there is no format "${unknown}"`,
      didYouMean(unknown, specFormats, `There are: ${specFormats.join(', ')}.`),
    );
  return formats.length === 0 ? config.formats : specFormats.filter((name) => formats.includes(name));
}

/**
 * Throws an `InputError` if a link inside a repository leads out of it on the way to a specs folder: a cloned repository
 * must not make us read and write another folder of the user.
 */
export async function refuseLinkOut(asker: Asker, folder: string): Promise<void> {
  const names = path.resolve(asker.folder, folder).split(path.sep);
  for (const [index] of names.entries()) {
    const at = names.slice(0, index + 1).join(path.sep) || path.sep;
    if (!(await isLink(at))) continue;
    const home = await findRepository(await realpath(path.dirname(at)), asker.env);
    const to = await realpath(at).catch(() => null);
    const relative = home === null || to === null ? '' : path.relative(home.root, to);
    if (to !== null && relative.split(path.sep).every((name) => name !== '..' && name.toLowerCase() !== '.git'))
      continue;
    throw inputError(
      'folder-is-link',
      `${folder} is a link that leads out of its repository${to === null ? '' : `, to ${to}`}`,
      'Name the folder itself, if you mean it.',
    );
  }
}

async function isLink(at: string): Promise<boolean> {
  return (await lstat(at).catch(() => null))?.isSymbolicLink() === true;
}

/** Refuses if files with consent have changed. Call it after reading HEAD, whose files are executed. */
export async function requireUnchanged({ asker, folder, consent }: Project): Promise<void> {
  if (consent.needed.every(({ files }) => files.length === 0)) return;
  if ((await openProject(asker, folder)).consent.digest === consent.digest) return;
  throw refused('trust-changed', { config: consent.config });
}

/** Opens the target repository, creating its state folder. */
export async function openTarget(project: Project): Promise<Repository> {
  const repository = await openRepository({
    folder: project.target,
    stateFolder: ensureState(project),
    identity: project.config.commit ?? null,
    env: project.asker.env,
  });
  await refuseFilters(repository);
  return repository;
}

/** Names of agents that units may use. */
export function agentNames(project: Project): string[] {
  return [...new Set([...Object.keys(project.config.agents), ...builtInNames])];
}

/** Names of recipes that units may use. */
export function recipeNames(config: Config): string[] {
  return [...new Set(['auto', ...Object.keys(builtInRecipes), ...Object.keys(config.recipes)])];
}

/**
 * Reads the specs. Without a repository, `for-each` matches no files; a function opens it only for those. What is
 * `known` is not parsed. `signal` as in `ReadOptions`.
 */
export async function readProjectSpecs(
  project: Project,
  repository: Repository | null | (() => Promise<Repository | null>),
  more: Pick<ReadOptions, 'known' | 'signal'> = {},
): Promise<SpecFolder> {
  const target = async (): Promise<Repository | null> => (typeof repository === 'function' ? repository() : repository);
  const listTargetFiles = async (): Promise<string[]> => {
    const opened = await target();
    return opened ? (await listTree(opened, opened.head)).map((entry) => entry.path) : [];
  };
  const read = await readSpecs({
    ...more,
    past: async (wanted, present) => {
      const opened = await target();
      const specs = opened && specsPath(project, opened);
      const memory = { state: project.state, branch: project.config.into, repository: opened, specs };
      return pastUnits(memory, wanted, present);
    },
    folder: project.folder,
    ignore: project.config.ignore,
    only: project.config.only,
    formats: project.config.formats,
    isRepository: project.isRepository,
    phases: project.config.phases,
    agents: agentNames(project),
    recipes: recipeNames(project.config),
    listTargetFiles,
  });
  return {
    ...read,
    units: withGates(withGuards(withHostProblems(read.units, project.config), project.config.checks), project.config),
  };
}

/** The specs; throws an `InputError` with all errors of the folder as a whole. */
export function usableSpecs(project: Project, specs: SpecFolder): SpecFolder {
  if (hasErrors(specs.diagnostics)) throw new InputError(shownFrom(project, specs.diagnostics));
  return specs;
}

/** Diagnostics with paths relative to the current folder. */
export function shownFrom(project: Project, diagnostics: readonly Diagnostic[]): Diagnostic[] {
  return diagnostics.map((d) =>
    d.file === undefined || path.isAbsolute(d.file)
      ? d
      : { ...d, file: pathFrom(project.asker.shownFrom, path.join(project.folder, d.file)) },
  );
}

/** The specs folder as a path in the repository; null if it is in another one, or in none. */
export function specsPath(project: Pick<Project, 'folder'>, repository: Repository): string | null {
  const isInside = locate(project.folder)?.root === repository.root; // not in one that is nested in it
  return isInside ? pathIn(repository, project.folder) : null;
}

/** A folder of a repository as a path in it, '' for its root. */
export function pathIn(repository: Pick<Repository, 'root'>, folder: string): string {
  return path.relative(repository.root, folder).replaceAll(path.sep, '/');
}

/** The specs folder's place in the repository, and its ignored paths. */
export function specsPlace(project: Project, repository: Repository): SpecsPlace {
  const { ignore, only, formats } = project.config;
  return { path: specsPath(project, repository), ignore, only, formats };
}

/** Creates the folder for workspaces and checkouts. Throws an `InputError` if that fails. */
export async function makeCacheFolder(project: Project, suffix = ''): Promise<string> {
  const folder = cacheFolder(project) + suffix;
  try {
    const first = await mkdir(folder, { recursive: true });
    // Other users may pass through but see nothing, whatever the umask is.
    if (first !== undefined) for (const made of foldersBetween(first, folder)) await chmod(made, 0o711);
    return folder;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? String(error);
    const blamed = machineTrouble(error) === null ? inputError : machineFault;
    throw blamed(
      'no-cache',
      `the folder for workspaces, ${folder}, cannot be made (${code})`,
      'Name another one in BACKLOG_CACHE_DIR.',
    );
  }
}

/** The folders from `top` down to a folder. */
function foldersBetween(top: string, folder: string): string[] {
  return folder.length <= top.length ? [top] : [...foldersBetween(top, path.dirname(folder)), folder];
}

/** For root, a folder that other users can enter, since commands run as one. */
function userCache(env: Env): string {
  const named = folderIn('XDG_CACHE_HOME', env);
  if (process.getuid?.() === 0 && named === null) return '/var/cache/backlog';
  return path.join(named ?? belowHome(env, 'workspaces', 'BACKLOG_CACHE_DIR', '.cache'), 'backlog');
}

/** A short id of this project's state, unique on this machine, which marks its processes and folders. */
export function projectMark(project: Project): string {
  return sha256(path.join(project.named, '.backlog')).slice(0, 16); // the same as in ledgers of all versions
}

/**
 * The folder for workspaces and checkouts: outside of any repository, so that tools which search upwards find no foreign
 * configuration or packages.
 */
export function cacheFolder(project: Project): string {
  const { env, folder } = project.asker;
  const named = env['BACKLOG_CACHE_DIR'] ?? '';
  const cache = named === '' ? userCache(env) : named;
  return path.join(path.resolve(folder, cache), projectMark(project));
}
