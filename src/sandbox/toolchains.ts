import { realpathSync, statSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
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
 * The folders on PATH outside of `/usr`, with what their programs need beside them: for `…/bin` the folder above it
 * (nvm, pyenv, rustup keep their libraries there), for `node_modules/.bin` its `node_modules`. The home folder, and
 * what holds it, is never bound whole.
 */
export function findToolchains(searchPath: string): Toolchains {
  const home = realOf(os.homedir()) ?? os.homedir();
  const bound = new Set<string>();
  const closed = new Set<string>();
  const left = new Map<string, string>();
  for (const entry of new Set(searchPath.split(path.delimiter))) {
    if (!path.isAbsolute(entry) || /^\/(?:usr|bin|sbin)(?:\/|$)/.test(entry)) continue;
    const real = realOf(entry);
    if (real === null) continue; // PATH often names folders that are not there
    const above = path.dirname(entry);
    const holdsHome = (folder: string): boolean => folder === '/' || home === folder || home.startsWith(`${folder}/`);
    const isRoomy =
      /\/(?:bin|\.bin|shims)$/.test(entry) && above !== '/' && !holdsHome(above) && path.basename(above) !== '.local';
    const folder = isRoomy ? above : entry;
    if (holdsHome(folder)) left.set(folder, 'it is, or holds, the home folder');
    else if (!isRoot() || isOpen(folder)) bound.add(folder);
    else if (isReadable(folder)) closed.add(folder);
    else left.set(folder, outOfReach);
  }
  return {
    bound: outermost(bound),
    closed: outermost(closed),
    left: [...left].map(([folder, why]) => ({ folder, why })),
  };
}

/** A folder inside another one is there already; mounting it again would need a writable place. */
function outermost(folders: ReadonlySet<string>): string[] {
  const all = [...folders];
  return all.filter((folder) => !all.some((other) => other !== folder && folder.startsWith(`${other}/`)));
}

/** True when others could read a folder if only they could come to it. */
export function isReadable(folder: string): boolean {
  return ((statSync(folder, { throwIfNoEntry: false })?.mode ?? 0) & 0o005) === 0o005;
}

function realOf(folder: string): string | null {
  try {
    return realpathSync(folder);
  } catch {
    return null; // not there
  }
}

/** True when everybody may pass through all folders above, and read this one. */
export function isOpen(folder: string): boolean {
  try {
    for (let at = folder; ; at = path.dirname(at)) {
      const { mode } = statSync(at);
      if ((mode & 0o001) === 0) return false;
      if (at === path.dirname(at)) return true;
    }
  } catch {
    return false;
  }
}
