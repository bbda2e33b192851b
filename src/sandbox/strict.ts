import path from 'node:path';
import type { ClosedParts } from './closed-parts.ts';
import { givenOfEtc } from './toolchains.ts';
import { keyFiles } from './syscalls.ts';
import { begin, type Box, isRoot, limitArgs, type Network, nobody, type Tier, words } from './tier.ts';

export interface StrictOptions {
  /** Program folders outside of `/usr`, bound read-only at their own paths. */
  readonly toolchains: readonly string[];
  /** Further ones that other users cannot reach: mounted on an empty folder of ours, per command. */
  readonly closed: ClosedParts;
  /** A folder of ours with stand-ins for files of `/etc`, and the doorkeeper. */
  readonly etc: string;
  /** Absolute path of a Node that commands can run. */
  readonly node: string;
  /** Network of boxes that do not specify it. */
  readonly network: Network;
  /** Memory limit per process, in bytes. */
  readonly memoryBytes: number;
}

/** PATH for the sandbox's own programs. */
export const programs = '/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin';
const workspaceInside = '/ws';
const scratchInside = '/box';
const historyInside = '/history';
const doorsInside = '/run/backlog';

/**
 * bubblewrap with only `/usr`, the toolchains, the workspace and the box's own folder. Own namespaces for processes,
 * network, IPC and users; no capabilities; no further namespaces. Three things are deliberate: bwrap starts with an empty
 * environment (its pid 1 would show ours in `/proc/1/environ`), nothing is mounted below what a command may write
 * (CVE-2026-87766), and as root it runs as `nobody` (uid 0 without capabilities still reads root's files).
 */
export function strictTier(options: StrictOptions): Tier {
  const root = isRoot();
  return {
    name: 'strict',
    node: `${doorsInside}/node`,
    owner: root ? nobody : null,
    hasDoors: true,
    hasFilter: true,
    hasLayers: root, // an ordinary user's mount cannot rename folders of lower layers
    inside,
    wrap(box, argv, env, { doors, isReadOnly, isMerged }) {
      const asNobody = root
        ? ['setpriv', `--reuid=${nobody.uid}`, `--regid=${nobody.gid}`, '--clear-groups', '--no-new-privs']
        : [];
      const hasNetwork = (box.network ?? options.network) === 'host';
      const set = Object.entries(env).flatMap(([name, value]) => ['--setenv', name, value]);
      const args = [
        ...limitArgs(options.memoryBytes),
        ...(box.layers ? mountLayers(box.layers, box.workspace) : []),
        ...mountClosed(options.closed, box.layers !== undefined),
        ...asNobody,
        ...['/bin/sh', '-c', 'exec 4<"$1" && shift && exec "$@"', 'sh', path.join(options.etc, 'syscalls.bpf')],
        ...['bwrap', '--seccomp', '4'],
        ...[
          '--unshare-all',
          '--unshare-user',
          '--disable-userns',
          '--uid',
          '1000',
          '--gid',
          '1000',
          '--cap-drop',
          'ALL',
        ],
        ...(hasNetwork ? ['--share-net'] : []),
        ...['--new-session', '--die-with-parent', '--clearenv', '--hostname', 'box'],
        ...['--ro-bind', '/usr', '/usr', '--symlink', 'usr/bin', '/bin', '--symlink', 'usr/sbin', '/sbin'],
        ...['--symlink', 'usr/lib', '/lib', '--symlink', 'usr/lib64', '/lib64'],
        ...['--proc', '/proc', '--dev', '/dev', '--tmpfs', '/tmp', '--dir', '/etc', '--dir', '/run'],
        ...keyFiles().flatMap((file) => ['--ro-bind', '/dev/null', file]),
        ...['/etc/ld.so.cache', ...givenOfEtc].flatMap((file) => ['--ro-bind-try', file, file]),
        ...['passwd', 'group', 'hosts'].flatMap((name) => ['--ro-bind', path.join(options.etc, name), `/etc/${name}`]),
        ...(hasNetwork ? ['--ro-bind-try', '/etc/resolv.conf', '/etc/resolv.conf'] : []),
        ...options.toolchains.flatMap((folder) => ['--ro-bind', folder, folder]),
        ...options.closed.parts.flatMap(({ from, at }) => ['--ro-bind', at, from]),
        ...[isReadOnly ? '--ro-bind' : '--bind', box.workspace, workspaceInside],
        ...['--bind', box.scratch, scratchInside],
        ...(box.history === undefined ? [] : ['--ro-bind', box.history, historyInside]),
        ...['--ro-bind', options.node, `${doorsInside}/node`],
        ...(doors.length === 0
          ? []
          : [
              ...['--ro-bind', path.join(options.etc, 'doorkeeper.cjs'), `${doorsInside}/doorkeeper.cjs`],
              ...doors.flatMap(({ port, socket }) => ['--ro-bind', socket, `${doorsInside}/${port}.sock`]),
            ]),
        ...set,
        ...['--chdir', workspaceInside, '--remount-ro', '/', '--'],
        ...(doors.length === 0
          ? []
          : [
              `${doorsInside}/node`,
              `${doorsInside}/doorkeeper.cjs`,
              doors.map(({ port }) => `${port}=${doorsInside}/${port}.sock`).join(','),
            ]),
        ...begin(path.join(workspaceInside, box.cwd ?? ''), argv, isMerged),
      ];
      return {
        file: 'prlimit',
        args,
        env: { PATH: programs },
        cwd: '/',
      };
    },
  };
}

/** Mounts layers in a separate mount namespace, which ends with the command, then continues. */
function mountLayers(layers: NonNullable<Box['layers']>, at: string): string[] {
  const asked = `lowerdir=${layers.lower.join(':')},upperdir=${layers.upper},workdir=${layers.work},redirect_dir=on,index=off,volatile`;
  const script = `mount -t overlay overlay -o "$1" "$2" && printf ${words.mounted} >&3 && shift 2 && exec "$@"`;
  return ['unshare', '--mount', '--propagation', 'private', '--', '/bin/sh', '-c', script, 'sh', asked, at];
}

/** Mounts closed parts on our places in a mount namespace that ends with the command, then continues. */
function mountClosed(closed: ClosedParts, isOwnNamespace: boolean): string[] {
  if (closed.parts.length === 0) return [];
  const script = 'mount --all --fstab "$1" || exit 125; shift; exec "$@"';
  const own = isOwnNamespace ? [] : ['unshare', '--mount', '--propagation', 'private', '--'];
  return [...own, '/bin/sh', '-c', script, 'sh', closed.toPlaces];
}

function inside(box: Box, file: string): string {
  for (const [outer, inner] of [
    [box.workspace, workspaceInside],
    [box.scratch, scratchInside],
    ...(box.history === undefined ? [] : ([[box.history, historyInside]] as const)),
  ] as const) {
    const relative = path.relative(outer, file);
    if (relative === '') return inner;
    if (!relative.startsWith('..')) return path.join(inner, relative);
  }
  return file;
}

/** Minimal files of `/etc` that programs expect. */
export const etcFiles: Readonly<Record<string, string>> = {
  passwd:
    'root:x:0:0:root:/:/bin/false\nbox:x:1000:1000:box:/box/home:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n',
  group: 'root:x:0:\nbox:x:1000:\nnogroup:x:65534:\n',
  hosts: '127.0.0.1 localhost box\n::1 localhost box\n',
};
