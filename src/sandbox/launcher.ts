import { chmod, chown, lchown, mkdir, stat } from 'node:fs/promises';
import path from 'node:path';
import type { ExecOptions, ExecResult } from '../model/agent.ts';
import { type ProcessResult, runProcess } from '../util/process/run-process.ts';
import { type Door, egressPort, proxyEnv } from './doors.ts';
import { findTracer, traced } from './tracing.ts';
import type { Egress } from './egress.ts';
import type { Redactor } from '../util/text/redact.ts';
import { Spill } from '../util/files/spill.ts';
import { printable } from '../util/text/printable.ts';
import { type Box, type Network, type Owner, type Tier, type TierName, words } from './tier.ts';

export type { Box } from './tier.ts';

/** How a command ended, or why it did not start. */
export interface Launched extends ExecResult {
  /** True if the command started; otherwise the result says nothing about it. */
  readonly isUp: boolean;
  /** Why it did not start; null if it did, or if it was aborted before. */
  readonly trouble: BoxTrouble | null;
  /** The output; if it was cut, with only the wanted lines of the middle. */
  readonly gist: string;
}

/** Options of running a command. */
export interface RunOptions extends ExecOptions {
  /** Lines of a cut output that `gist` keeps. */
  readonly keepLine?: RegExp;
  /** Absolute path of a file to create for the whole of a cut output. */
  readonly spillTo?: string;
  /** Called with the id of the first process of the box once it has started. */
  readonly onStart?: (pid: number) => void;
}

/** Why a box failed before its command could start: a fault of the machine, never of the command. */
interface BoxTrouble {
  /** `start`: a sandbox program did not start; `mount`: its layers could not be mounted; `box`: the box did not come up. */
  readonly step: 'start' | 'mount' | 'box';
  readonly why: string;
}

/** Starts the commands of agents and checks; nothing else runs foreign code. */
export interface Launcher {
  readonly tier: TierName;
  /** The name of a Node that commands can run. */
  readonly node: string;
  /** True if commands run as another user. */
  readonly isOther: boolean;
  /** The owner of a box's files; null for the current user. */
  ownerOf(box: Pick<Box, 'workspace'>): Promise<Owner | null>;
  /** True if ports of a box can lead to sockets outside. */
  readonly hasDoors: boolean;
  /** True if boxes of layers were tested and work. */
  readonly canLayer: boolean;
  /** True if strace is installed; whether it may trace shows when it does. */
  readonly hasTracer: boolean;
  /**
   * Creates a box's folders, owned by the user that commands run as, or by that of a former box. Call it after the checkout,
   * and never on what commands wrote.
   */
  prepare(box: Box, former?: Pick<Box, 'workspace'>): Promise<void>;
  /** Gives files that we wrote into a box to the user that commands run as. */
  own(box: Pick<Box, 'workspace'>, paths: readonly string[]): Promise<void>;
  /** A path of a box, as its commands see it. */
  inside(box: Box, path: string): string;
  /**
   * Runs a shell command, or a program with arguments, in a box: cleared environment, own process group, limits on time and
   * output. Never throws for what the command does. All its processes have ended when it resolves. The time limit counts
   * from when the box is up.
   */
  run(box: Box, command: string | readonly string[], options: RunOptions): Promise<Launched>;
}

export interface LauncherOptions {
  readonly tier: Tier;
  /** Time limit of any command, in milliseconds. */
  readonly maxCommandMs: number;
  /** Bytes of output kept per command. @default 1 MiB */
  readonly maxOutputBytes?: number;
  /** PATH for programs. */
  readonly searchPath: string;
  /** True if boxes of layers were tested and work. @default false */
  readonly canLayer?: boolean;
  /** The proxy to allowed hosts; without it, boxes with a list of hosts reach none. */
  readonly egress?: Egress;
  /** Network of boxes that do not specify it. @default 'none' */
  readonly network?: Network;
  /** Redacts secrets in output. */
  readonly redactor?: Redactor;
  /** Environment variables of toolchains. */
  readonly toolEnv?: Readonly<Record<string, string>>;
}

/** Time limit for starting a box, in milliseconds. */
const maxStartMs = 60_000;

/** Environment variable that marks a box's processes. */
export const markVariable = 'BACKLOG_BOX';

/** The user ids of systemd's dynamic users; nobody else has them. */
const users = { first: 61_184, count: 4336 } as const;
let nextUser = Math.floor(Math.random() * users.count);

/** A user that no other box of ours has. */
function newUser(): Owner {
  nextUser = (nextUser + 1) % users.count;
  return { uid: users.first + nextUser, gid: users.first + nextUser };
}

export function createLauncher(options: LauncherOptions): Launcher {
  const { tier } = options;
  const tracer = findTracer();
  /**
   * The owner of a box is recorded as its folder's group, which only we can set and which a rename keeps. The folder itself
   * stays ours, since its owner could replace its entries by links.
   */
  const ownerOf = async (box: Pick<Box, 'workspace'>): Promise<Owner | null> => {
    if (tier.owner !== 'own') return tier.owner;
    const { gid } = await stat(path.dirname(box.workspace));
    return { uid: gid, gid }; // see `newUser`
  };
  return {
    tier: tier.name,
    node: tier.node,
    isOther: tier.owner !== null,
    ownerOf,
    hasDoors: tier.hasDoors,
    canLayer: options.canLayer ?? false,
    hasTracer: tracer !== null,
    inside: (box, file) => tier.inside(box, file),
    async own(box, paths) {
      const owner = await ownerOf(box);
      if (owner) for (const file of paths) await lchown(file, owner.uid, owner.gid);
    },
    async prepare(box, former) {
      const folders = [path.join(box.scratch, 'home'), path.join(box.scratch, 'tmp')];
      for (const folder of folders) await mkdir(folder, { recursive: true });
      if (!tier.owner) return;
      const given = former === undefined ? null : await ownerOf(former);
      const { uid, gid } = given ?? (tier.owner === 'own' ? newUser() : tier.owner);
      await chmod(path.dirname(box.workspace), 0o710);
      await chown(path.dirname(box.workspace), process.getuid?.() ?? 0, gid);
      const args = ['-hR', `${uid}:${gid}`, '--', box.workspace, box.scratch];
      const done = await runProcess({ file: 'chown', args, cwd: '/', env: { PATH: '/usr/bin:/bin' } });
      if (done.exitCode !== 0) throw new Error(`chown failed: ${done.stderr.toString()}`);
    },
    async run(box, command, given) {
      const {
        timeoutMs,
        input,
        onOutput,
        env,
        signal,
        doors: asked,
        isReadOnly = false,
        traceTo,
        keepLine,
        spillTo,
        onStart,
      } = given;
      const network = box.network ?? options.network ?? 'none';
      const isHeld = tier.hasDoors && typeof network !== 'string' && network.length > 0 && options.egress !== undefined;
      const doors: Door[] = tier.hasDoors ? [...(asked ?? [])] : [];
      if (isHeld && options.egress) doors.push({ port: egressPort, socket: await options.egress.socketFor(network) });
      const wrapped = tier.wrap(
        box,
        typeof command === 'string' ? ['/bin/sh', '-c', command] : command,
        {
          ...(isHeld ? proxyEnv() : {}),
          ...options.toolEnv,
          ...env,
          PATH: options.searchPath,
          HOME: tier.inside(box, path.join(box.scratch, 'home')),
          TMPDIR: tier.inside(box, path.join(box.scratch, 'tmp')),
          LANG: 'C.UTF-8',
          TERM: 'dumb',
          NO_COLOR: '1',
          [markVariable]: box.mark,
        },
        { doors, owner: await ownerOf(box), isReadOnly, isMerged: onOutput === undefined },
      );
      const redacted = (text: string): string => options.redactor?.text(text) ?? text;
      const result = await runProcess({
        ...(traceTo === undefined || tracer === null ? wrapped : traced(tracer, wrapped, traceTo)),
        ...(input === undefined ? {} : { input }),
        ...(onOutput ? { onOutput } : {}),
        ...(onStart ? { onStart } : {}),
        ...(keepLine ? { keepLine } : {}),
        ...(spillTo === undefined ? {} : { spill: new Spill(spillTo, (text) => printable(redacted(text))) }),
        timeoutMs: Math.min(timeoutMs ?? options.maxCommandMs, options.maxCommandMs),
        maxOutputBytes: options.maxOutputBytes ?? 1024 * 1024,
        ready: { word: words.up, maxMs: maxStartMs },
        signal,
      });
      // Remove the box's own messages from the output.
      const clean = (stdout: Buffer): string => {
        return redacted(Buffer.concat([stdout, result.stderr]).toString('utf8'));
      };
      const output = clean(result.stdout);
      return {
        exitCode: result.exitCode,
        signal: result.signal,
        timedOut: result.timedOut,
        output,
        gist: result.gist === null ? output : clean(result.gist),
        durationMs: result.durationMs,
        isUp: result.told.includes(words.up),
        trouble: troubleOf(result, box),
      };
    },
  };
}

/** Why a box failed before its command started. */
function troubleOf(result: ProcessResult, box: Box): BoxTrouble | null {
  if (result.told.includes(words.up) || result.aborted) return null;
  if (result.startFault !== null)
    return { step: 'start', why: `its sandbox could not be started: ${result.startFault.says}` };
  const said = printable(result.stderr.toString('utf8')).trim().slice(-300);
  const how = result.timedOut
    ? `no response within ${maxStartMs / 1000} s`
    : (result.signal ?? `exit ${result.exitCode ?? '?'}`);
  const end = said === '' ? how : `${how}: ${said}`;
  return box.layers && !result.told.includes(words.mounted)
    ? { step: 'mount', why: `its overlay layers could not be mounted (${end})` }
    : { step: 'box', why: `its sandbox did not start (${end})` };
}
