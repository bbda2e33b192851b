import { statSync } from 'node:fs';
import path from 'node:path';
import type { ClosedParts } from './closed-parts.ts';
import { programs } from './strict.ts';
import { filtered, keyFiles } from './syscalls.ts';
import { beginAsFirst, limitArgs, type Network, nobody, type Tier } from './tier.ts';

/**
 * For root without bubblewrap: util-linux alone. Own namespaces for mounts, processes, network and IPC, and a user of
 * each box's own without capabilities. The host's files stay visible as far as everybody may read them; ownership keeps
 * them, and the other boxes, from being touched. A command can still make user namespaces of its own: no right on the host, but more of
 * the kernel to try; `strict` closes that.
 */
export function basicTier(options: {
  readonly network: Network;
  readonly memoryBytes: number;
  /** Folders and files that other users cannot come to, each with an empty place of ours to mount it at on the way. */
  readonly closed: ClosedParts | null;
  /** The filter of system calls, and how it is put on; null where nothing can. */
  readonly filter: { readonly file: string; readonly prctl: number } | null;
}): Tier {
  return {
    name: 'basic',
    node: process.execPath,
    owner: 'own', // the host's files stay visible: only a user of its own keeps a box from the others
    hasDoors: false,
    hasFilter: options.filter !== null,
    hasLayers: false, // its commands could reach the layers below, which are shared
    inside: (_box, file) => file,
    wrap(box, argv, env, { owner, isMerged }) {
      const { uid, gid } = owner ?? nobody;
      const args = [
        ...limitArgs(options.memoryBytes),
        'unshare',
        ...['--mount', '--pid', '--fork', '--kill-child=SIGKILL', '--mount-proc', '--ipc'],
        ...((box.network ?? options.network) === 'host' ? [] : ['--net']),
        ...hide(keyFiles()),
        ...openUp(options.closed),
        'setpriv',
        ...[`--reuid=${uid}`, `--regid=${gid}`, '--clear-groups', '--no-new-privs'],
        ...['--bounding-set=-all', '--inh-caps=-all', '--'],
        ...(options.filter ? filtered(options.filter.file, options.filter.prctl) : []),
        // What a command is given must not steer who gives its rights away (LD_PRELOAD).
        ...['env', '-i', ...Object.entries(env).map(([name, value]) => `${name}=${value}`)],
        ...beginAsFirst(path.join(box.workspace, box.cwd ?? ''), argv, isMerged),
      ];
      return { file: 'prlimit', args, env: { PATH: programs }, cwd: box.workspace };
    },
  };
}

/** Puts nothing in the place of files, in the mount namespace that was just made, and goes on with the rest. */
function hide(files: readonly string[]): string[] {
  const script = `for file in ${files.join(' ')}; do mount --bind /dev/null "$file" || exit 125; done; exec "$@"`;
  return files.length === 0 ? [] : ['/bin/sh', '-c', script, 'sh'];
}

/**
 * Lets commands come to what lies in folders that are closed to them, in the mount namespace that was just made, and goes
 * on with the rest: the closed folder is covered by an empty one, in which only these parts are there.
 */
function openUp(closed: ClosedParts | null): string[] {
  if (closed === null || closed.parts.length === 0) return [];
  const covers = [...new Set(closed.parts.map(({ from }) => closedAbove(from)))].map(quoted);
  const folders = new Set(closed.parts.map(({ from, isFolder }) => quoted(isFolder ? from : path.dirname(from))));
  const lines = [
    'set -e',
    `mount --all --fstab ${quoted(closed.toPlaces)}`,
    ...covers.map((cover) => `mount -t tmpfs -o mode=755 none ${cover}`),
    `mkdir -p -m 755 ${[...folders].join(' ')}`,
    ...closed.parts.filter(({ isFolder }) => !isFolder).map(({ from }) => `: > ${quoted(from)}`),
    `mount --all --fstab ${quoted(closed.fromPlaces)}`,
    ...covers.map((cover) => `mount -o remount,ro ${cover}`),
    'exec "$@"',
  ];
  return ['/bin/sh', '-c', lines.join('\n'), 'sh'];
}

/** The outermost folder on the way to a file that only its owner may pass through. */
function closedAbove(file: string): string {
  const folders = file.split('/').map((_, index, names) => names.slice(0, index + 1).join('/') || '/');
  return folders.find((folder) => (statSync(folder).mode & 0o001) === 0) ?? path.dirname(file);
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
