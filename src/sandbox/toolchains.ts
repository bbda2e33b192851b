import path from 'node:path';
import { homeFolder } from '../util/files/home.ts';
import { entriesOf, isOpen, isProgram, isReadable, realOf, statOf, targetOf } from './paths.ts';
import { isRoot } from './tier.ts';
import { managersIn } from './version-managers.ts';

/** Programs outside of `/usr` that commands may need, and those that cannot be provided. */
export interface Toolchains {
  /** Folders and files to bind read-only at their own paths. */
  readonly bound: readonly string[];
  /** The same for paths that other users cannot reach, for commands of root: they need a mount of ours. */
  readonly closed: readonly string[];
  /** Folders on PATH that are left out, and why. */
  readonly left: readonly LeftOut[];
  /** Variables by which version managers find their programs, since commands have another home folder. */
  readonly env: Readonly<Record<string, string>>;
}

/** A program folder that is not available in the sandbox. */
export interface LeftOut {
  readonly folder: string;
  readonly why: string;
}

/** Why a closed folder is left out if it cannot be mounted. */
export const outOfReach = 'it is closed to other users, and commands run as one';

/**
 * Parts of a toolchain in a home folder that its programs need. Everything else beside them is left out, since tools keep
 * the user's logins there (`~/.cargo/credentials.toml`).
 */
const partsInHome = new Set([
  ...['bin', 'sbin', 'lib', 'lib32', 'lib64', 'libexec', 'include', 'share', 'node_modules', 'pyvenv.cfg'],
  ...['conf', 'jmods', 'legal', 'release', 'boot'], // Java, Maven
  ...['pkg', 'src', 'VERSION', 'go.env'], // Go
  ...['sdk', 'shared', 'host', 'packs', 'templates'], // .NET
  ...['shims', 'versions', 'installs', 'toolchains', 'tools'], // version managers
  ...['ssl', 'condabin', 'conda-meta'], // conda
  ...['Cellar', 'opt'], // Homebrew
]);

/** Folders of `/etc` in every box: links to programs, and certificates. */
export const givenOfEtc = ['/etc/alternatives', '/etc/ssl', '/etc/ca-certificates', '/etc/pki'];

/** Files that contain logins, wherever they lie. */
const logins =
  /^(?:settings(?:-security)?\.xml|gradle\.properties|credentials.*|auth\.json|\.netrc|\.?npmrc|\.?pypirc|pip\.conf|.*\.password)$/i;

/** Maximum links followed in one folder on PATH, folders with links, and links in a row. */
const [maxLinks, maxFolders, maxHops] = [200, 100, 20];
/** Maximum entries of an installation that are searched for links to its configuration. */
const maxEntries = 2000;

/**
 * The folders on PATH outside of `/usr`, with what their programs need: for `…/bin` the folder above (nvm and pyenv keep
 * libraries there), for `node_modules/.bin` its `node_modules`; the targets of links on PATH, also in `/usr`, step by step;
 * configuration that installations in `/usr` link to; and folders of version managers. Of a home folder only known parts
 * are included; it is never bound whole, nor is a folder above it.
 */
export function findToolchains(searchPath: string, env: Readonly<Record<string, string | undefined>>): Toolchains {
  const found = new Search(homeFolder(env));
  const entries = [...new Set(searchPath.split(path.delimiter))].filter((entry) => path.isAbsolute(entry));
  for (const entry of entries) if (!isOfSystem(entry)) found.addEntry(entry);
  for (const entry of entries) found.follow(entry);
  for (const part of configurationOf(entries)) found.add(part);
  const managers = managersIn(entries, homeFolder(env), env);
  for (const part of managers.parts) if (realOf(part) !== null) found.add(part);
  return { ...found.result(), env: managers.env };
}

class Search {
  readonly #home: string | null;
  readonly #bound = new Set<string>();
  readonly #closed = new Set<string>();
  readonly #left = new Map<string, string>();
  readonly #followed = new Set<string>();

  constructor(home: string | null) {
    this.#home = home === null ? null : (realOf(home) ?? home);
  }

  result(): Omit<Toolchains, 'env'> {
    return {
      bound: outermost(this.#bound),
      closed: outermost(this.#closed),
      left: [...this.#left].map(([folder, why]) => ({ folder, why })),
    };
  }

  add(part: string): void {
    if (!isRoot() || isOpen(part)) this.#bound.add(part);
    else if (isReadable(part)) this.#closed.add(part);
    else this.#left.set(part, outOfReach);
  }

  /** A folder on PATH. */
  addEntry(entry: string): void {
    if (realOf(entry) === null) return; // PATH often names missing folders
    const folder = this.#toolAt(entry);
    if (this.#holdsHome(folder)) {
      this.#left.set(folder, 'it is or contains the home folder');
      return;
    }
    for (const part of this.#partsOf(folder, entry)) this.add(part);
  }

  /** Adds the targets of links in a program folder, and the links there. */
  follow(first: string): void {
    const folders = [first];
    for (let folder = folders.shift(); folder !== undefined; folder = folders.shift()) {
      const real = realOf(folder);
      if (real === null || this.#followed.has(real) || this.#followed.size > maxFolders) continue;
      this.#followed.add(real);
      const links = entriesOf(real).filter((item) => item.isSymbolicLink());
      const isBig = isOfSystem(real);
      for (const { name } of isBig ? links : links.slice(0, maxLinks)) {
        for (const program of hopsFrom(path.join(real, name))) {
          if (this.#isThere(program)) continue;
          this.#addProgram(program);
          if (isOfPrograms(path.dirname(program))) folders.push(path.dirname(program));
        }
      }
    }
  }

  /** Adds a link's target program with its parts. */
  #addProgram(program: string): void {
    if (this.#holdsHome(program)) return;
    const store = /^\/(?:nix|gnu)\/store(?=\/)/.exec(program)?.[0];
    const packages = /^.*?\/node_modules(?=\/)/.exec(program)?.[0];
    const folder = path.dirname(program);
    const tool = path.dirname(folder);
    if (store !== undefined)
      this.add(store); // world-readable
    else if (packages !== undefined) this.add(packages);
    else if (!isOfPrograms(folder) || tool === '/' || this.#holdsHome(tool)) this.add(program);
    else for (const part of this.#partsOf(tool, folder)) this.add(part);
  }

  #isThere(file: string): boolean {
    return isGiven(file) || [...this.#bound, ...this.#closed].some((known) => isWithin(file, known));
  }

  /** The folder of a tool, by its program folder; the program folder itself if it is shared. */
  #toolAt(entry: string): string {
    const above = path.dirname(entry);
    const isRoomy =
      isOfPrograms(entry) && above !== '/' && !this.#holdsHome(above) && path.basename(above) !== '.local';
    return isRoomy ? above : entry;
  }

  #holdsHome(folder: string): boolean {
    if (folder === '/' || folder === '/home') return true;
    return folder === homeOf(folder, this.#home) || (this.#home !== null && isWithin(this.#home, folder));
  }

  /** The included parts of a tool: all of it or, in a home folder, known parts. `entry`: its program folder. */
  #partsOf(folder: string, entry: string): string[] {
    const home = homeOf(realOf(folder) ?? folder, this.#home);
    if (home === null || path.basename(entry) === '.bin') return [folder];
    const isHidden = path.dirname(realOf(entry) ?? entry) === home && path.basename(entry).startsWith('.');
    if (folder === entry && !isHidden) return [entry];
    // A tool's own folder on PATH (`~/.dotnet`) contains its programs and its logins.
    const wanted = entriesOf(folder).filter(
      (item) => partsInHome.has(item.name) || (folder === entry && isProgram(path.join(folder, item.name))),
    );
    const parts = wanted
      .map(({ name }) => path.join(folder, name))
      .filter((part) => isWithinReal(part, folder))
      .flatMap((part) => withoutLogins(part));
    return folder === entry ? parts : [entry, ...parts.filter((part) => part !== entry)];
  }
}

/** True for paths that every box has. */
function isGiven(file: string): boolean {
  return isOfSystem(file) || givenOfEtc.some((folder) => isWithin(file, folder));
}

/** A part of a tool; if it has logins at its top (`conf/settings.xml`), the entries beside them. */
function withoutLogins(part: string): string[] {
  const inside = entriesOf(part);
  if (!inside.some(({ name }) => logins.test(name))) return [part];
  return inside.filter(({ name }) => !logins.test(name)).map(({ name }) => path.join(part, name));
}

/** The home folder, of any user, that is or contains a folder. */
function homeOf(folder: string, home: string | null): string | null {
  if (home !== null && home !== '/' && isWithin(folder, home)) return home;
  return /^(?:\/root|\/(?:var\/)?home\/[^/]+|\/Users\/[^/]+)(?=\/|$)/.exec(folder)?.[0] ?? null;
}

/** The files of a chain of links, as named on the way, and the final real path. */
function hopsFrom(link: string): string[] {
  const real = realOf(link);
  if (real === null || statOf(real)?.isFile() !== true) return [];
  const hops: string[] = [];
  for (let at = link; hops.length < maxHops;) {
    const to = targetOf(at);
    if (to === null) break;
    at = path.resolve(path.dirname(at), to);
    hops.push(at);
  }
  return [...new Set([...hops, real])];
}

/**
 * Files outside of `/usr` that installations in `/usr` link to: Debian keeps Java's configuration there, which Java needs
 * to start. Only world-readable files that are not named like logins.
 */
function configurationOf(entries: readonly string[]): string[] {
  const roots = new Set<string>();
  for (const entry of entries.filter((one) => isOfSystem(one))) {
    for (const item of entriesOf(entry).filter((one) => one.isSymbolicLink())) {
      const real = realOf(path.join(entry, item.name));
      const folder = path.dirname(real ?? '/');
      const root = path.dirname(folder);
      if (isOfPrograms(folder) && isOfSystem(root) && root.split('/').length > 3) roots.add(root);
    }
  }
  const parts = new Set<string>();
  for (const root of roots) for (const part of linkedFrom(root)) parts.add(part);
  for (const version of entriesOf('/etc/php'))
    for (const part of ['cli', 'mods-available']) parts.add(path.join('/etc/php', version.name, part));
  return [...parts].filter((part) => isReadable(part) && isOpen(part) && !logins.test(path.basename(part)));
}

function linkedFrom(root: string): string[] {
  const found: string[] = [];
  const folders = [root];
  let seen = 0;
  for (let folder = folders.shift(); folder !== undefined && seen < maxEntries; folder = folders.shift()) {
    for (const item of entriesOf(folder)) {
      seen++;
      const at = path.join(folder, item.name);
      if (item.isDirectory() && item.name !== 'node_modules') folders.push(at);
      if (!item.isSymbolicLink()) continue;
      const real = realOf(at);
      if (real !== null && !isGiven(real)) found.push(...withoutLogins(real));
    }
  }
  return found.filter((part) => isWithin(part, '/etc') || isWithin(part, '/var/lib') || isWithin(part, '/opt'));
}

/** False for a part that links elsewhere, which would include the link's target. */
function isWithinReal(part: string, folder: string): boolean {
  const real = realOf(part);
  return real !== null && isWithin(real, realOf(folder) ?? folder);
}

function isOfPrograms(folder: string): boolean {
  return /\/(?:bin|\.bin|shims)$/.test(folder);
}

function isOfSystem(folder: string): boolean {
  return /^\/(?:usr|bin|sbin|lib|lib32|lib64|libx32)(?:\/|$)/.test(folder);
}

function isWithin(file: string, folder: string): boolean {
  return file === folder || file.startsWith(`${folder}/`);
}

/** Drops folders inside other ones: mounting them again would need a writable mount point. */
function outermost(folders: ReadonlySet<string>): string[] {
  const all = [...folders];
  return all.filter((folder) => !all.some((other) => other !== folder && folder.startsWith(`${other}/`)));
}
