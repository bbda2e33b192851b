import { shellWord } from '../util/text/shell-word.ts';
import { statSync } from 'node:fs';
import path from 'node:path';
import type { ClosedParts } from './closed-parts.ts';
import { programs } from './strict.ts';
import { filtered, keyFiles } from './syscalls.ts';
import { beginAsFirst, limitArgs, type Network, nobody, type Tier } from './tier.ts';

/**
 * For root without bubblewrap, with util-linux alone. Separate namespaces for mounts, processes, network and IPC, and an
 * unprivileged user per box. World-readable files of the host stay visible; ownership protects them, and other boxes, from
 * changes. A command can still make user namespaces: that gives no rights on the host, but exposes more of the kernel;
 * `strict` prevents it.
 */
export function basicTier(options: {
  readonly network: Network;
  readonly memoryBytes: number;
  /** Folders and files that other users cannot reach, each with an empty place of ours to mount it on. */
  readonly closed: ClosedParts | null;
  /** The system call filter and how to install it; null if it cannot be. */
  readonly filter: { readonly file: string; readonly prctl: number } | null;
}): Tier {
  return {
    name: 'basic',
    node: process.execPath,
    owner: 'own', // the host's files stay visible, so only separate users keep boxes apart
    hasDoors: false,
    hasFilter: options.filter !== null,
    hasLayers: false, // its commands could reach the shared layers below
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
        // The command's environment must not affect the program that drops privileges (LD_PRELOAD).
        ...['env', '-i', ...Object.entries(env).map(([name, value]) => `${name}=${value}`)],
        ...beginAsFirst(path.join(box.workspace, box.cwd ?? ''), argv, isMerged),
      ];
      return { file: 'prlimit', args, env: { PATH: programs }, cwd: box.workspace };
    },
  };
}

/** Hides files in the new mount namespace, then continues. */
function hide(files: readonly string[]): string[] {
  const script = `for file in ${files.join(' ')}; do mount --bind /dev/null "$file" || exit 125; done; exec "$@"`;
  return files.length === 0 ? [] : ['/bin/sh', '-c', script, 'sh'];
}

/**
 * Makes parts of closed folders reachable in the new mount namespace, then continues: the closed folder is covered by an
 * empty one that contains only these parts.
 */
function openUp(closed: ClosedParts | null): string[] {
  if (closed === null || closed.parts.length === 0) return [];
  const covers = [...new Set(closed.parts.map(({ from }) => closedAbove(from)))].map(shellWord);
  const folders = new Set(closed.parts.map(({ from, isFolder }) => shellWord(isFolder ? from : path.dirname(from))));
  const lines = [
    'set -e',
    `mount --all --fstab ${shellWord(closed.toPlaces)}`,
    ...covers.map((cover) => `mount -t tmpfs -o mode=755 none ${cover}`),
    `mkdir -p -m 755 ${[...folders].join(' ')}`,
    ...closed.parts.filter(({ isFolder }) => !isFolder).map(({ from }) => `: > ${shellWord(from)}`),
    `mount --all --fstab ${shellWord(closed.fromPlaces)}`,
    ...covers.map((cover) => `mount -o remount,ro ${cover}`),
    'exec "$@"',
  ];
  return ['/bin/sh', '-c', lines.join('\n'), 'sh'];
}

/** The outermost folder above a file that only its owner may enter. */
function closedAbove(file: string): string {
  const folders = file.split('/').map((_, index, names) => names.slice(0, index + 1).join('/') || '/');
  return folders.find((folder) => (statSync(folder).mode & 0o001) === 0) ?? path.dirname(file);
}
