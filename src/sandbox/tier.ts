import { existsSync, readFileSync } from 'node:fs';
import type { Door } from './doors.ts';

/** How strongly commands are isolated, strongest first. */
const tierNames = ['strict', 'basic', 'none'] as const;
export type TierName = (typeof tierNames)[number];

/** The folders and settings of a place in which commands run. */
export interface Box {
  /** Absolute path of the working directory. */
  readonly workspace: string;
  /** Absolute path of a folder for HOME, briefs and answers. */
  readonly scratch: string;
  /** Marks the box's processes in their environment, to find stragglers. */
  readonly mark: string;
  /** Folder in the workspace where commands start: relative, '' for its root. @default '' */
  readonly cwd?: string;
  /** Network of its commands. @default that of the tier */
  readonly network?: Network;
  /**
   * Overlay layers for the workspace, topmost of `lower` first; writes go to `upper`. Only where `Launcher.canLayer`.
   */
  readonly layers?: { readonly lower: readonly string[]; readonly upper: string; readonly work: string };
  /** Absolute path of an object store that its commands may read (`strict` only). */
  readonly history?: string;
}

/** No network, the machine's network, or a list of hosts. */
export type Network = 'none' | 'host' | readonly string[];

/** The program to start for a command in a box; its last step is `begin`. */
export interface Wrapped {
  readonly file: string;
  readonly args: readonly string[];
  /** The started program's environment; the tier sets the command's. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
}

/** A user that commands run as. */
export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** Options of a command besides its box. */
export interface WrapOptions {
  /** Only with `hasDoors`. */
  readonly doors: readonly Door[];
  /** The box's owner; null for the current user. */
  readonly owner: Owner | null;
  /** True for a read-only workspace, which only `strict` enforces. */
  readonly isReadOnly: boolean;
  /** True to merge standard error into standard output, in order. */
  readonly isMerged: boolean;
}

/** A kind of isolation. */
export interface Tier {
  readonly name: TierName;
  /** The name of a Node that commands can run. */
  readonly node: string;
  /** Owner of a box's files: one user for all, one per box (`own`), or the current user (null). */
  readonly owner: Owner | 'own' | null;
  /** True if ports of a box can lead to sockets outside, so that it can reach a list of hosts. */
  readonly hasDoors: boolean;
  /** True if boxes of layers may work. */
  readonly hasLayers: boolean;
  /** True if commands cannot use the kernel's keyrings, see `keyringFilter`. */
  readonly hasFilter: boolean;
  /** A path of the box, as its commands see it. */
  inside(box: Box, path: string): string;
  wrap(box: Box, argv: readonly string[], env: Readonly<Record<string, string>>, more: WrapOptions): Wrapped;
}

/** Messages on descriptor 3 while a box starts: its layers are mounted; it is up. */
export const words = { mounted: 'm', up: 'u' } as const;

// The descriptor is closed before the command starts.
const sayUp = (isMerged: boolean): string =>
  `printf ${words.up} >&3; exec 3>&-${isMerged ? ' 2>&1' : ''}; cd -- "$1" || exit 125; shift`;

/**
 * The last step of each start, inside the box: reports on descriptor 3 that it is up, closes it, and becomes the command.
 * Later errors are the command's own, even if its folder (as seen inside) is missing.
 */
export function begin(folder: string, argv: readonly string[], isMerged: boolean): string[] {
  return ['/bin/sh', '-c', `${sayUp(isMerged)}; exec "$@"`, 'sh', folder, ...argv];
}

/** The same as first process of a namespace, which ignores signals of its children, so the command is the second one. */
export function beginAsFirst(folder: string, argv: readonly string[], isMerged: boolean): string[] {
  return ['/bin/sh', '-c', `${sayUp(isMerged)}; "$@"; exit $?`, 'sh', folder, ...argv];
}

/** The unprivileged user for commands when we are root. */
export const nobody = { uid: 65534, gid: 65534 } as const;

/** Limits of a box: processes of its user, and bytes of one file. */
export const limits = { processes: 4096, fileBytes: 2 * 1024 * 1024 * 1024 } as const;

/**
 * The arguments of `prlimit` for a box. Memory is limited per process, as data (`RLIMIT_DATA`): JavaScript engines reserve
 * far more address space than they use, so that cannot be limited.
 */
export function limitArgs(memoryBytes: number): string[] {
  const own = ownLimits();
  const wanted = [
    ['nproc', limits.processes, 'Max processes'],
    ['fsize', limits.fileBytes, 'Max file size'],
    ['data', memoryBytes, 'Max data size'],
  ] as const;
  // A process cannot raise its own hard limits.
  return wanted.map(([name, most, ours]) => `--${name}=${Math.min(most, own.get(ours) ?? most)}`);
}

/** Hard limits of this process, by their names in `/proc/self/limits` (proc(5)). */
function ownLimits(): ReadonlyMap<string, number> {
  const file = '/proc/self/limits';
  const lines = existsSync(file) ? readFileSync(file, 'utf8').matchAll(/^(Max [a-z ]+?) {2,}\S+ +(\d+) /gm) : [];
  return new Map([...lines].map(([, name = '', hard]) => [name, Number(hard)]));
}

/** True if this process is root. */
export function isRoot(): boolean {
  return process.getuid?.() === 0;
}
