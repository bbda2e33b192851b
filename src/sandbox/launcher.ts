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

/** How a command ended, or why it never began. */
export interface Launched extends ExecResult {
  /** True when the command began. Else nothing of the result says anything about it. */
  readonly isUp: boolean;
  /** Why it did not begin; null when it did, or when it was called off before. */
  readonly trouble: BoxTrouble | null;
  /** The output, where it was cut with nothing of the middle but the lines that were asked for. */
  readonly gist: string;
}

/** How a command is run, and what is kept of it. */
export interface RunOptions extends ExecOptions {
  /** Lines that `gist` has also of what is cut out of a long output. */
  readonly keepLine?: RegExp;
  /** Absolute path of a file that is made for the whole of an output that is cut. */
  readonly spillTo?: string;
}

/** What of a box failed before its command could begin: something about the machine, and never about the command. */
export interface BoxTrouble {
  /** A program that holds the box could not be started; its layers could not be mounted; it did not come up. */
  readonly step: 'start' | 'mount' | 'box';
  /** For a person. */
  readonly why: string;
}

/** Starts commands of agents and checks. Nothing else in this program runs code that it did not write. */
export interface Launcher {
  readonly tier: TierName;
  /** How commands call a Node that they can run. */
  readonly node: string;
  /** True when commands run as another user than we do. */
  readonly isOther: boolean;
  /** Who owns the files of a box; null: whoever we are. */
  ownerOf(box: Pick<Box, 'workspace'>): Promise<Owner | null>;
  /** True when ports of a box can lead to sockets outside. */
  readonly hasDoors: boolean;
  /** True when a box may be made of layers: it was tried. */
  readonly canLayer: boolean;
  /** True when a tracer is here, which can tell what commands read. Whether it may trace is seen when it does. */
  readonly hasTracer: boolean;
  /** Makes a box ready: its folders exist, and belong to whom commands run as. Call it once the files are laid out. */
  prepare(box: Box): Promise<void>;
  /** Gives files that we wrote into a box to whom commands run as. */
  own(box: Pick<Box, 'workspace'>, paths: readonly string[]): Promise<void>;
  /** How a path of a box is called by the commands in it. */
  inside(box: Box, path: string): string;
  /**
   * Runs a shell command, or a program with its arguments, in a box: cleared environment, own process group, limits on time and output. Never throws
   * for what the command does. The group is dead when it resolves. Its time counts from when the box is up.
   */
  run(box: Box, command: string | readonly string[], options: RunOptions): Promise<Launched>;
}

/** How commands are held. */
export interface LauncherOptions {
  readonly tier: Tier;
  /** Milliseconds that any one command may take. */
  readonly maxCommandMs: number;
  /** Bytes kept of a command's output. @default 1 MiB */
  readonly maxOutputBytes?: number;
  /** Where programs are looked up. */
  readonly searchPath: string;
  /** True when boxes of layers were tried and work. @default false */
  readonly canLayer?: boolean;
  /** The way to allowed hosts. Without it, a list of hosts is none. */
  readonly egress?: Egress;
  /** What boxes reach that do not say it themselves. @default 'none' */
  readonly network?: Network;
  /** Takes secrets out of what commands print, before anybody keeps it. */
  readonly redactor?: Redactor;
  /** Variables by which commands find their toolchains. */
  readonly toolEnv?: Readonly<Record<string, string>>;
}

/** Milliseconds within which a box must be up. */
const maxStartMs = 60_000;

/** The environment variable that marks what a box started. */
export const markVariable = 'BACKLOG_BOX';

/** The users that systemd keeps for services without one of their own: nobody else has them. */
const users = { first: 61_184, count: 4336 } as const;
let nextUser = Math.floor(Math.random() * users.count);

/** A user that no other box of ours has. */
function newUser(): Owner {
  nextUser = (nextUser + 1) % users.count;
  return { uid: users.first + nextUser, gid: users.first + nextUser };
}

/** A launcher that holds commands by one tier. */
export function createLauncher(options: LauncherOptions): Launcher {
  const { tier } = options;
  const tracer = findTracer();
  /**
   * Whose a box is stands on its folder, as its group, which only we can give; so it goes along when the folder is
   * renamed. The folder stays ours: who owned it could put links in the place of what lies in it.
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
    async prepare(box) {
      const folders = [path.join(box.scratch, 'home'), path.join(box.scratch, 'tmp')];
      for (const folder of folders) await mkdir(folder, { recursive: true });
      if (!tier.owner) return;
      const { uid, gid } = tier.owner === 'own' ? newUser() : tier.owner;
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
        ...(keepLine ? { keepLine } : {}),
        ...(spillTo === undefined ? {} : { spill: new Spill(spillTo, (text) => printable(redacted(text))) }),
        timeoutMs: Math.min(timeoutMs ?? options.maxCommandMs, options.maxCommandMs),
        maxOutputBytes: options.maxOutputBytes ?? 1024 * 1024,
        ready: { word: words.up, maxMs: maxStartMs },
        signal,
      });
      // What a box itself has to say comes apart from what its command says.
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

/** What went wrong with a box whose command did not begin. */
function troubleOf(result: ProcessResult, box: Box): BoxTrouble | null {
  if (result.told.includes(words.up) || result.aborted) return null;
  if (result.startFault !== null)
    return { step: 'start', why: `its sandbox could not be started: ${result.startFault.says}` };
  const said = printable(result.stderr.toString('utf8')).trim().slice(-300);
  const how = result.timedOut
    ? `nothing came of it within ${maxStartMs / 1000} s`
    : (result.signal ?? `exit ${result.exitCode ?? '?'}`);
  const end = said === '' ? how : `${how}: ${said}`;
  return box.layers && !result.told.includes(words.mounted)
    ? { step: 'mount', why: `the layers of its box could not be mounted (${end})` }
    : { step: 'box', why: `its box did not come up (${end})` };
}
