import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { AskProgram } from '../../agents/configured/back-end.ts';
import { backEnds } from '../../agents/configured/back-ends.ts';
import { parseDuration } from '../../model/config.ts';
import { hooksOf, variableOf } from '../../model/hooks.ts';
import { machineFault } from '../../model/diagnostic.ts';
import { type Choice, chooseTier } from '../../sandbox/choose.ts';
import type { Egress } from '../../sandbox/egress.ts';
import { createLauncher, type Launcher } from '../../sandbox/launcher.ts';
import { isRoot } from '../../sandbox/tier.ts';
import { isOpen, isReadable } from '../../sandbox/paths.ts';
import { findToolchains, outOfReach, type Toolchains } from '../../sandbox/toolchains.ts';
import { homeFolder } from '../../util/files/home.ts';
import { findProgram } from '../../util/files/programs.ts';
import { patience } from '../../verify/runs/outcome.ts';
import { removeTree } from '../../util/folders/remove.ts';
import { createRedactor, type Redactor } from '../../util/text/redact.ts';
import { type Project, projectMark } from '../project/project.ts';

/** Names of the variables with the keys of agents. */
export function keyVariables({ config }: Pick<Project, 'config'>): string[] {
  const named = Object.values(config.agents).flatMap((agent) => backEnds.of(agent).secretVariable ?? []);
  return ['ANTHROPIC_API_KEY', 'CLAUDE_CODE_OAUTH_TOKEN', ...named];
}

/** Redacts the configured agents' keys, secrets in files that they are given, and addresses of webhooks. */
export function projectRedactor(project: Project): Redactor {
  const { env } = project.asker;
  const exposed = Object.values(project.config.agents).flatMap((agent) => backEnds.of(agent).exposes);
  const webhooks = hooksOf(project.config.on).webhooks.flatMap(({ address }) => variableOf(address) ?? []);
  const home = homeFolder(env);
  return createRedactor([
    ...[...keyVariables(project), ...webhooks].map((name) => env[name]),
    ...exposed.flatMap((file) => (home === null ? [] : secretsIn(path.join(home, file.slice(2))))),
  ]);
}

/** Long words without a space, such as tokens in a login file. */
function secretsIn(file: string): string[] {
  try {
    return [...readFileSync(file, 'utf8').matchAll(/[\w.~+/=-]{20,}/g)].map((match) => match[0]);
  } catch {
    return []; // missing; the agent will report it
  }
}

/** The program folders for commands: those on PATH and in the configuration. */
export function projectToolchains(project: Project): Toolchains {
  const found = findToolchains(searchPath(project), project.asker.env);
  const known = [...found.bound, ...found.closed];
  const more = [...new Set([...agentFolders(project), ...project.config.sandbox.toolchains])].filter(
    (folder) => !isWithin(folder, known),
  );
  // A missing folder is not closed: the sandbox reports it.
  const isClosed = (folder: string): boolean => isRoot() && existsSync(folder) && !isOpen(folder);
  const out = more.filter((folder) => isClosed(folder) && !isReadable(folder));
  return {
    bound: [...found.bound, ...more.filter((folder) => !isClosed(folder))],
    closed: [...found.closed, ...more.filter((folder) => isClosed(folder) && isReadable(folder))],
    left: [...found.left, ...out.map((folder) => ({ folder, why: outOfReach }))],
    env: found.env,
  };
}

/** The real folders of the agents' programs, if links on PATH lead elsewhere. */
function agentFolders(project: Project): string[] {
  const agents = [...Object.values(project.config.agents), ...Object.values(backEnds.builtIn({}))];
  return agents.flatMap((agent) => {
    const { program } = backEnds.of(agent);
    const file = program === null ? null : findProgram(program, project.configBase, searchPath(project));
    const folder = file === null ? '/usr' : path.dirname(realpathSync(file));
    return isWithin(folder, ['/usr']) ? [] : [folder];
  });
}

function isWithin(folder: string, others: readonly string[]): boolean {
  return others.some((other) => folder === other || folder.startsWith(`${other}/`));
}

function searchPath({ asker }: Project): string {
  return asker.env['PATH'] ?? '/usr/local/bin:/usr/bin:/bin';
}

/** A launcher and the findings of its choice. */
export interface OpenedLauncher {
  readonly launcher: Launcher;
  readonly refused: Choice['refused'];
  readonly left: Choice['left'];
  /** True for a program that its commands can reach. */
  readonly isReachable: (file: string) => boolean;
  /** Runs a program briefly in a box of its own; null if no program may run. */
  readonly askProgram: AskProgram | null;
}

/** Tests the sandbox tiers, chooses one, and opens the launcher. Throws an `InputError` if no allowed tier works. */
export async function openLauncher(
  project: Project,
  options: {
    /** Absolute path of the folder for boxes. */
    readonly folder: string;
    readonly allowUnsandboxed: boolean;
    readonly redactor?: Redactor;
    /** The proxy to allowed hosts. */
    readonly egress?: Egress;
    /** Ends tests and asked programs. */
    readonly signal?: AbortSignal;
  },
): Promise<OpenedLauncher> {
  const { sandbox, limits } = project.config;
  const toolchains = projectToolchains(project);
  const { tier, refused, left, canLayer } = await chooseTier({
    wanted: sandbox.tier,
    allowUnsandboxed: sandbox.allowUnsandboxed || options.allowUnsandboxed,
    network: sandbox.network,
    memoryBytes: sandbox.memoryMb * 1024 * 1024,
    folder: options.folder,
    searchPath: searchPath(project),
    toolchains,
  });
  const maxCommandMs = Math.max(
    parseDuration(limits.attemptTimeout) ?? 0,
    (parseDuration(limits.checkTimeout) ?? 0) * patience,
  );
  const launcher = createLauncher({
    tier,
    maxCommandMs,
    canLayer,
    network: sandbox.network,
    ...(options.egress ? { egress: options.egress } : {}),
    searchPath: searchPath(project),
    toolEnv: toolchains.env,
    ...(options.redactor ? { redactor: options.redactor } : {}),
  });
  const out = left.map(({ folder }) => folder);
  const there = [...toolchains.bound, ...toolchains.closed].filter((folder) => !out.includes(folder));
  const isReachable = (file: string): boolean => {
    const real = realpathSync(file);
    return isWithin(real, there) || !isWithin(real, out);
  };
  return {
    launcher,
    refused,
    left,
    isReachable,
    askProgram: programAsker(
      launcher,
      options.folder,
      projectMark(project),
      options.signal ?? new AbortController().signal,
    ),
  };
}

function programAsker(launcher: Launcher, folder: string, mark: string, signal: AbortSignal): AskProgram {
  return async (argv) => {
    const at = path.join(folder, `ask-${randomBytes(4).toString('hex')}`);
    const box = { workspace: path.join(at, 'ws'), scratch: path.join(at, 'scratch'), mark };
    try {
      await mkdir(box.workspace, { recursive: true });
      await launcher.prepare(box);
      const ended = await launcher.run(box, argv, { timeoutMs: 20_000, signal });
      signal.throwIfAborted();
      if (ended.trouble !== null)
        throw machineFault('no-box', `the sandbox for ${argv.join(' ')} did not start: ${ended.trouble.why}`);
      return ended;
    } finally {
      await removeTree(at);
    }
  };
}

/** The notice of a run without a sandbox. */
export function unsandboxed(refused: Choice['refused']): string {
  const why =
    refused.length === 0 ? '' : ` (${refused.map(({ tier, why: reason }) => `${tier}: ${reason}`).join('; ')})`;
  return `Agents and checks run without a sandbox, as your user, as you allowed${why}.`;
}
