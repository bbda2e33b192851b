import { type Dirent, readdirSync, realpathSync, type Stats, statSync } from 'node:fs';
import path from 'node:path';
import { homeFolder } from '../util/home.ts';
import { isRoot } from './tier.ts';

/** Programs outside of `/usr` that commands may need, and what of them cannot be given. */
export interface Toolchains {
  /** Folders to bind read-only at their own paths. */
  readonly bound: readonly string[];
  /** The same, where other users cannot come to them, as one of whom commands of root run: they need a mount of ours. */
  readonly closed: readonly string[];
  /** Folders on PATH that stay out, and why. */
  readonly left: readonly LeftOut[];
}

/** A folder that commands do not find in their sandbox. */
export interface LeftOut {
  readonly folder: string;
  readonly why: string;
}

/** Why a closed folder stays out where it cannot be mounted. */
export const outOfReach = 'other users cannot reach it, and commands run as one';

/**
 * What belongs to the programs of a toolchain where it lies in the home folder: its libraries. Whatever else is beside
 * them stays out, whatever it is called: there tools keep the user's logins (`~/.cargo/credentials.toml`).
 */
const partsInHome = new Set([
  ...['bin', 'sbin', 'lib', 'lib32', 'lib64', 'libexec', 'include', 'share', 'node_modules', 'pyvenv.cfg'],
  ...['conf', 'jmods', 'legal', 'release'], // Java
  ...['pkg', 'src', 'VERSION', 'go.env'], // Go
  ...['sdk', 'shared', 'host', 'packs', 'templates'], // .NET
  ...['shims', 'versions', 'installs', 'toolchains', 'tools'], // version managers
]);

/** Links in one folder on PATH that are followed. */
const maxLinks = 200;

/**
 * The folders on PATH outside of `/usr`, with what their programs need beside them: for `…/bin` the folder above it
 * (nvm, pyenv, rustup keep their libraries there), for `node_modules/.bin` its `node_modules`; what their links lead to.
 * In the home folder only known parts of these are taken. The home folder, and what holds it, is never bound whole.
 */
export function findToolchains(searchPath: string): Toolchains {
  const named = homeFolder() ?? '/nonexistent';
  const home = realOf(named) ?? named;
  const bound = new Set<string>();
  const closed = new Set<string>();
  const left = new Map<string, string>();
  const holdsHome = (folder: string): boolean => folder === '/' || isWithin(home, folder);
  const add = (folder: string): void => {
    if (!isRoot() || isOpen(folder)) bound.add(folder);
    else if (isReadable(folder)) closed.add(folder);
    else left.set(folder, outOfReach);
  };
  for (const entry of new Set(searchPath.split(path.delimiter))) {
    if (!path.isAbsolute(entry) || isOfSystem(entry)) continue;
    const real = realOf(entry);
    if (real === null) continue; // PATH often names folders that are not there
    const above = path.dirname(entry);
    const isRoomy = isOfPrograms(entry) && above !== '/' && !holdsHome(above) && path.basename(above) !== '.local';
    const folder = isRoomy ? above : entry;
    if (holdsHome(folder)) {
      left.set(folder, 'it is, or holds, the home folder');
      continue;
    }
    if (!isWithin(realOf(folder) ?? folder, home)) {
      add(folder);
      continue;
    }
    for (const part of path.basename(entry) === '.bin' ? [folder] : partsOf(folder, entry, home)) add(part);
    for (const target of linkTargets(real)) {
      const isOut =
        isOfSystem(target) || [...bound, ...closed].some((known) => isWithin(target, realOf(known) ?? known));
      if (isOut || holdsHome(target)) continue;
      const beside = path.dirname(path.dirname(target));
      const isTool = isOfPrograms(path.dirname(target)) && isWithin(beside, home) && !holdsHome(beside);
      for (const part of isTool ? partsOf(beside, path.dirname(target), home) : [target]) add(part);
    }
  }
  return {
    bound: outermost(bound),
    closed: outermost(closed),
    left: [...left].map(([folder, why]) => ({ folder, why })),
  };
}

/** What is taken of a toolchain in the home folder: the folder on PATH, and known parts beside or in it. */
function partsOf(folder: string, entry: string, home: string): string[] {
  const isHidden = path.dirname(realOf(entry) ?? entry) === home && path.basename(entry).startsWith('.');
  if (folder === entry && !isHidden) return [entry];
  // A tool's own folder on PATH (`~/.dotnet`) is the place of its programs and of its logins.
  const wanted = entriesOf(folder).filter(
    (item) => partsInHome.has(item.name) || (folder === entry && isProgram(path.join(folder, item.name))),
  );
  const parts = wanted.map(({ name }) => path.join(folder, name)).filter((part) => isWithinReal(part, folder));
  return folder === entry ? parts : [entry, ...parts.filter((part) => part !== entry)];
}

/** Not for a part that is a link to elsewhere: it would bring along what it leads to. */
function isWithinReal(part: string, folder: string): boolean {
  const real = realOf(part);
  return real !== null && isWithin(real, realOf(folder) ?? folder);
}

function isProgram(file: string): boolean {
  const stat = statOf(file);
  return stat?.isFile() === true && (stat.mode & 0o111) !== 0;
}

function isOfPrograms(folder: string): boolean {
  return /\/(?:bin|\.bin|shims)$/.test(folder);
}

function isOfSystem(folder: string): boolean {
  return /^\/(?:usr|bin|sbin)(?:\/|$)/.test(folder);
}

/** The files that the links in a folder lead to. */
function linkTargets(folder: string): string[] {
  const links = entriesOf(folder).filter((item) => item.isSymbolicLink());
  const targets = links.slice(0, maxLinks).flatMap(({ name }) => realOf(path.join(folder, name)) ?? []);
  return [...new Set(targets)].filter((target) => statOf(target)?.isFile());
}

function statOf(file: string): Stats | null {
  try {
    return statSync(file);
  } catch {
    return null; // not there, or closed to us
  }
}

function entriesOf(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return []; // a file, or closed to us
  }
}

function isWithin(file: string, folder: string): boolean {
  return file === folder || file.startsWith(`${folder}/`);
}

/** A folder inside another one is there already; mounting it again would need a writable place. */
function outermost(folders: ReadonlySet<string>): string[] {
  const all = [...folders];
  return all.filter((folder) => !all.some((other) => other !== folder && folder.startsWith(`${other}/`)));
}

/** True when others could read a folder, or a file, if only they could come to it. */
export function isReadable(at: string): boolean {
  const stat = statOf(at);
  const wanted = stat?.isDirectory() === true ? 0o005 : 0o004;
  return ((stat?.mode ?? 0) & wanted) === wanted;
}

function realOf(folder: string): string | null {
  try {
    return realpathSync(folder);
  } catch {
    return null; // not there
  }
}

/** True when everybody may pass through all folders above, and through this one, or read this file. */
export function isOpen(place: string): boolean {
  try {
    for (let at = place; ; at = path.dirname(at)) {
      const stat = statSync(at);
      if ((stat.mode & (stat.isDirectory() ? 0o001 : 0o004)) === 0) return false;
      if (at === path.dirname(at)) return true;
    }
  } catch {
    return false;
  }
}
