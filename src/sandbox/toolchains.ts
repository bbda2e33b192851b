import { type Dirent, readdirSync, readlinkSync, realpathSync, type Stats, statSync } from 'node:fs';
import path from 'node:path';
import { homeFolder } from '../util/files/home.ts';
import { isRoot } from './tier.ts';
import { managersIn } from './version-managers.ts';

/** Programs outside of `/usr` that commands may need, and what of them cannot be given. */
export interface Toolchains {
  /** Folders and files to bind read-only at their own paths. */
  readonly bound: readonly string[];
  /** The same, where other users cannot come to them, as one of whom commands of root run: they need a mount of ours. */
  readonly closed: readonly string[];
  /** Folders on PATH that stay out, and why. */
  readonly left: readonly LeftOut[];
  /** Variables by which version managers find what they manage: commands have another home folder. */
  readonly env: Readonly<Record<string, string>>;
}

/** A folder that commands do not find in their sandbox. */
export interface LeftOut {
  readonly folder: string;
  readonly why: string;
}

/** Why a closed folder stays out where it cannot be mounted. */
export const outOfReach = 'other users cannot reach it, and commands run as one';

/**
 * What belongs to the programs of a toolchain where it lies in a home folder: its libraries. Whatever else is beside
 * them stays out, whatever it is called: there tools keep the user's logins (`~/.cargo/credentials.toml`).
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

/** Folders of `/etc` that every box has: links to programs, and certificates. */
export const givenOfEtc = ['/etc/alternatives', '/etc/ssl', '/etc/ca-certificates', '/etc/pki'];

/** Files that hold logins wherever they lie, also among the parts that are taken. */
const logins =
  /^(?:settings(?:-security)?\.xml|gradle\.properties|credentials.*|auth\.json|\.netrc|\.?npmrc|\.?pypirc|pip\.conf|.*\.password)$/i;

/** Links in one folder on PATH that are followed, folders whose links are, and links from one to the next. */
const [maxLinks, maxFolders, maxHops] = [200, 100, 20];
/** Entries of one installation that are looked through for links to its configuration. */
const maxEntries = 2000;

/**
 * The folders on PATH outside of `/usr`, with what their programs need beside them: for `…/bin` the folder above it
 * (nvm, pyenv keep their libraries there), for `node_modules/.bin` its `node_modules`; what the links of PATH lead to,
 * also those in `/usr`, step by step; the configuration to which installations in `/usr` have links; what version
 * managers keep elsewhere. In a home folder only known parts of these are taken. A home folder, and what holds it, is
 * never bound whole.
 */
export function findToolchains(
  searchPath: string,
  env: Readonly<Record<string, string | undefined>> = process.env,
): Toolchains {
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
    if (realOf(entry) === null) return; // PATH often names folders that are not there
    const folder = this.#toolAt(entry);
    if (this.#holdsHome(folder)) {
      this.#left.set(folder, 'it is, or holds, the home folder');
      return;
    }
    for (const part of this.#partsOf(folder, entry)) this.add(part);
  }

  /** What the links in a folder of programs lead to, and the links there. */
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

  /** A program that a link leads to, with what belongs to it. */
  #addProgram(program: string): void {
    if (this.#holdsHome(program)) return;
    const store = /^\/(?:nix|gnu)\/store(?=\/)/.exec(program)?.[0];
    const packages = /^.*?\/node_modules(?=\/)/.exec(program)?.[0];
    const folder = path.dirname(program);
    const tool = path.dirname(folder);
    if (store !== undefined)
      this.add(store); // of everybody, and nothing in it is secret
    else if (packages !== undefined) this.add(packages);
    else if (!isOfPrograms(folder) || tool === '/' || this.#holdsHome(tool)) this.add(program);
    else for (const part of this.#partsOf(tool, folder)) this.add(part);
  }

  #isThere(file: string): boolean {
    return isGiven(file) || [...this.#bound, ...this.#closed].some((known) => isWithin(file, known));
  }

  /** The folder of a tool whose programs lie in a folder; that folder itself where they lie among others. */
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

  /** What is taken of a tool: all of it, but in a home folder known parts. `entry`: where its programs lie. */
  #partsOf(folder: string, entry: string): string[] {
    const home = homeOf(realOf(folder) ?? folder, this.#home);
    if (home === null || path.basename(entry) === '.bin') return [folder];
    const isHidden = path.dirname(realOf(entry) ?? entry) === home && path.basename(entry).startsWith('.');
    if (folder === entry && !isHidden) return [entry];
    // A tool's own folder on PATH (`~/.dotnet`) is the place of its programs and of its logins.
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

/** True for what every box has. */
function isGiven(file: string): boolean {
  return isOfSystem(file) || givenOfEtc.some((folder) => isWithin(file, folder));
}

/** A part of a tool; where logins lie at its top (`conf/settings.xml`), all that lies beside them. */
function withoutLogins(part: string): string[] {
  const inside = entriesOf(part);
  if (!inside.some(({ name }) => logins.test(name))) return [part];
  return inside.filter(({ name }) => !logins.test(name)).map(({ name }) => path.join(part, name));
}

/** The home folder, of whomever, that holds a folder or is it. */
function homeOf(folder: string, home: string | null): string | null {
  if (home !== null && home !== '/' && isWithin(folder, home)) return home;
  return /^(?:\/root|\/(?:var\/)?home\/[^/]+|\/Users\/[^/]+)(?=\/|$)/.exec(folder)?.[0] ?? null;
}

/** The files that a link leads to, one after the other, as they are named on the way, and at the end as they really are. */
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

function targetOf(link: string): string | null {
  try {
    return readlinkSync(link);
  } catch {
    return null; // no link
  }
}

/**
 * Files outside of `/usr` to which installations in `/usr` have links: Debian keeps the configuration of Java there, which
 * does not start without. Only what everybody may read, and nothing that is called like a login.
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
  return /^\/(?:usr|bin|sbin|lib|lib32|lib64|libx32)(?:\/|$)/.test(folder);
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
