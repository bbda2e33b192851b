import { existsSync, readFileSync } from 'node:fs';
import type { Door } from './doors.ts';

/** How strongly commands of agents and checks are held, the strongest first. */
export const tierNames = ['strict', 'basic', 'none'] as const;
/** One of them. */
export type TierName = (typeof tierNames)[number];

/** Where and for whom commands run. */
export interface Box {
  /** Absolute path: the working directory, and all that the commands should need. */
  readonly workspace: string;
  /** Absolute path of a folder for HOME, briefs and answers. */
  readonly scratch: string;
  /** Marks every process of this box in its environment, so that stragglers are found. */
  readonly mark: string;
  /** Where in the workspace commands start: relative, '' for its root. @default '' */
  readonly cwd?: string;
  /** What its commands reach. @default what the tier was made with */
  readonly network?: Network;
  /**
   * The workspace as layers that are mounted there as one, the topmost of `lower` first; what is written goes to
   * `upper`. Only where the launcher says that it can.
   */
  readonly layers?: { readonly lower: readonly string[]; readonly upper: string; readonly work: string };
  /** Absolute path of an object store that its commands may read; only `strict` mounts it. */
  readonly history?: string;
}

/** What commands reach: nothing, the machine's network, or some hosts. */
export type Network = 'none' | 'host' | readonly string[];

/** What to start so that a command runs in a box: the last step of it is `begin`. */
export interface Wrapped {
  readonly file: string;
  readonly args: readonly string[];
  /** Of the program that is started; what the command itself sees is the tier's business. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
}

/** A user that commands run as. */
export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** What a command is given beside its box. */
export interface WrapOptions {
  /** Only where `hasDoors`. */
  readonly doors: readonly Door[];
  /** Whose the box is; null: ours. */
  readonly owner: Owner | null;
  /** True: the workspace is not to be written. Only `strict` can hold that. */
  readonly isReadOnly: boolean;
  /** True: what the command says on standard error goes to standard output, so that both stay in their order. */
  readonly isMerged: boolean;
}

/** A way of holding commands. */
export interface Tier {
  readonly name: TierName;
  /** How commands call a Node that they can run. */
  readonly node: string;
  /** Who owns the files of a box: one user for all, one for each (`own`), or whoever we are (null). */
  readonly owner: Owner | 'own' | null;
  /** True when ports of a box can lead to sockets outside, so that it may reach some hosts and no others. */
  readonly hasDoors: boolean;
  /** True when boxes of layers may be tried. */
  readonly hasLayers: boolean;
  /** True when commands are refused the kernel's keyrings, see `keyringFilter`. */
  readonly hasFilter: boolean;
  /** How a path of the box is called by the commands in it. */
  inside(box: Box, path: string): string;
  wrap(box: Box, argv: readonly string[], env: Readonly<Record<string, string>>, more: WrapOptions): Wrapped;
}

/** What is written to descriptor 3 while a box is started: its layers are mounted; it is up. */
export const words = { mounted: 'm', up: 'u' } as const;

// Nothing of ours is left in the hands of the command: the descriptor is closed before it begins.
const sayUp = (isMerged: boolean): string =>
  `printf ${words.up} >&3; exec 3>&-${isMerged ? ' 2>&1' : ''}; cd -- "$1" || exit 125; shift`;

/**
 * The last step of every start, inside of the box: says on descriptor 3 that it is up, closes that, and becomes the
 * command. From there on what goes wrong is the command's own; that its folder (as called inside) is not there, too.
 */
export function begin(folder: string, argv: readonly string[], isMerged: boolean): string[] {
  return ['/bin/sh', '-c', `${sayUp(isMerged)}; exec "$@"`, 'sh', folder, ...argv];
}

/** The same as first process of a namespace, which is immune to signals of its children: the command is the second one. */
export function beginAsFirst(folder: string, argv: readonly string[], isMerged: boolean): string[] {
  return ['/bin/sh', '-c', `${sayUp(isMerged)}; "$@"; exit $?`, 'sh', folder, ...argv];
}

/** The unprivileged user that commands run as when we are root (`nobody`). */
export const nobody = { uid: 65534, gid: 65534 } as const;

/** What any one box may use at most: processes of its user, and bytes of one file. */
export const limits = { processes: 4096, fileBytes: 2 * 1024 * 1024 * 1024 } as const;

/**
 * The arguments of `prlimit` that hold a box. Memory is limited process by process, as data (`RLIMIT_DATA`): address
 * space as a whole cannot be, since JavaScript engines reserve far more of it than they use.
 */
export function limitArgs(memoryBytes: number): string[] {
  const own = ownLimits();
  const wanted = [
    ['nproc', limits.processes, 'Max processes'],
    ['fsize', limits.fileBytes, 'Max file size'],
    ['data', memoryBytes, 'Max data size'],
  ] as const;
  // Nobody may give more than they have.
  return wanted.map(([name, most, ours]) => `--${name}=${Math.min(most, own.get(ours) ?? most)}`);
}

/** The hard limits of this process, where it has some, by their names in `/proc/self/limits` (proc(5)). */
function ownLimits(): ReadonlyMap<string, number> {
  const file = '/proc/self/limits';
  const lines = existsSync(file) ? readFileSync(file, 'utf8').matchAll(/^(Max [a-z ]+?) {2,}\S+ +(\d+) /gm) : [];
  return new Map([...lines].map(([, name = '', hard]) => [name, Number(hard)]));
}

/** True when this process is root, which may take on another user. */
export function isRoot(): boolean {
  return process.getuid?.() === 0;
}
