import { listSome } from '../../../model/list-some.ts';
import { uncapped } from '../../../queue/budget.ts';
import { statfs } from 'node:fs/promises';
import { ToldError } from '../../../model/diagnostic.ts';
import { problemsOf, type UnitSpec } from '../../../model/unit.ts';
import { checkBranch, compareBranch } from '../../../repo/refs/branch.ts';
import { treeOf } from '../../../repo/objects/tree.ts';
import { plural } from '../../../util/text/plural.ts';
import { gitVersion } from '../../../repo/git/git-version.ts';
import { homeFolder } from '../../../util/files/home.ts';
import { removeTree } from '../../../util/folders/remove.ts';
import { printableLine } from '../../../util/text/printable.ts';
import type { Asker } from '../../context/asker.ts';
import { costOfAgents, describeCost } from '../../crew/agent-cost.ts';
import { Fleet } from '../../crew/fleet.ts';
import { configProblems } from '../../project/config-problems.ts';
import { manifestsIn, programsIn } from '../../boxes/manifests.ts';
import { hooksOf } from '../../../model/hooks.ts';
import { addressOf, nameOf } from '../../hooks/webhook.ts';
import { changedProgram, withheldLine } from '../../consent/consent.ts';
import { type OpenedLauncher, openLauncher, projectToolchains, unsandboxed } from '../../boxes/launch.ts';
import { withKnown } from '../../project/known-groups.ts';
import { tickPlaceOf } from '../../project/tick-place.ts';
import { mergeCommits } from '../../project/spec-merge.ts';
import { unusablePrograms } from '../../boxes/programs.ts';
import {
  makeCacheFolder,
  openProject,
  openTarget,
  type Project,
  readProjectSpecs,
  specsPlace,
} from '../../project/project.ts';
import { findRunners } from '../../discovery/test-runners.ts';
import { filesOf } from '../../discovery/try-checks.ts';
import { named } from './init.ts';
import { verb } from '../verb.ts';
import { spentOn, testCall } from '../../discovery/test-call.ts';
import { formatDuration } from '../../../report/duration.ts';
import type { Repository } from '../../../repo/git/repository.ts';

/** One thing that was looked at. */
export interface Finding {
  readonly what: string;
  readonly level: 'ok' | 'warning' | 'problem';
  readonly says: string;
  readonly hint: string | null;
}

/**
 * Checks all that a run needs: what works, and what to do about the rest. Without a folder of specs (null, or one that is
 * not there) it looks at the rest from the asker's folder. Changes nothing, and asks no network unless an agent is to be
 * called (`call`; its name, or null for the one that a run would take).
 */
export const doctor = verb(
  (z) =>
    z.strictObject({
      folder: z.string().nullable(),
      call: z.strictObject({ agent: z.string().nullable() }).nullable().default(null),
    }),
  async (asker, { folder, call }, { signal }) => ({
    kind: 'doctor' as const,
    findings: await examine(asker, folder, call && { ...call, signal }, signal),
  }),
);

async function examine(
  asker: Asker,
  folder: string | null,
  call: Call | null,
  signal: AbortSignal,
): Promise<Finding[]> {
  const findings: Finding[] = [];
  const add = (what: string, level: Finding['level'], says: string, hint: string | null = null): void => {
    findings.push({ what, level, says, hint });
  };
  /** Runs a question; what a `ToldError` says becomes a finding. */
  const ask = async <T>(what: string, question: () => Promise<T>): Promise<T | null> => {
    try {
      return await question();
    } catch (error) {
      if (!(error instanceof ToldError)) throw error;
      for (const d of error.diagnostics)
        add(
          what,
          'problem',
          d.file === undefined ? d.message : `${d.file}:${d.line ?? 1}: ${d.message}`,
          d.hint ?? null,
        );
      return null;
    }
  };
  add('node', 'ok', `${process.version} (${process.execPath})`);
  const git = await gitVersion(asker.env);
  if (git !== null) add('git', 'ok', `git version ${git}`);
  else add('git', 'problem', 'git is not installed, or not on PATH', 'Install git 2.38 or newer.');
  const named = folder === null ? null : await ask('folder', () => openProject(asker, folder));
  if (folder === null)
    add(
      'specs',
      'problem',
      'there is no specs folder here',
      'Create one with "backlog init", or name the folder with your specs.',
    );
  const project = named ?? (await ask('folder', () => openProject(asker, '.')));
  if (!project) return findings;
  if (named) add('folder', 'ok', `${project.folder}, configuration: ${project.configFile ?? 'none, defaults hold'}`);
  // An undefined agent is reported below.
  for (const { code, message, hint } of await configProblems(project))
    if (code !== 'unknown-agent') add('configuration', 'problem', message, hint ?? null);
  const withheld = withheldLine(project);
  if (withheld !== null) add('consent', 'problem', withheld, 'Agree with "backlog trust", or take it out.');
  const repository = await ask('repository', () => openTarget(project));
  if (repository) {
    add(
      'repository',
      'ok',
      `${repository.root}, commits as ${repository.identity.name} <${repository.identity.email}>`,
    );
    await branchFindings(project, repository, add, ask);
    await ticksFinding(project, repository, add, ask);
  }
  const units = named === null ? [] : await specsFinding(named, repository, add);
  if (repository && Object.keys(project.config.checks).length === 0) await proposeChecks(repository, signal, add);
  const { setup } = project.config;
  if (repository && setup !== undefined) add('setup', 'ok', await setUpInputs(repository, setup));
  hookFindings(project, add);
  const boxes = await makeCacheFolder(project, '-doctor');
  try {
    const programs = await sandboxFindings(project, boxes, add, ask);
    await agentFinding(project, units, programs, add, ask);
  } finally {
    await removeTree(boxes);
  }
  if (call && repository) await callFinding(project, repository, call, add, ask);
  const disk = await statfs(project.folder);
  const freeMb = Math.round((Number(disk.bavail) * Number(disk.bsize)) / 1024 / 1024);
  if (freeMb < 500) add('disk', 'warning', `${freeMb} MB free`, 'Workspaces need room: free some.');
  else add('disk', 'ok', `${(freeMb / 1024).toFixed(1)} GB free`);
  return findings;
}

/** A call that was asked for. */
interface Call {
  readonly agent: string | null;
  readonly signal: AbortSignal;
}

type Add = (what: string, level: Finding['level'], says: string, hint?: string | null) => void;
type Ask = <T>(what: string, question: () => Promise<T>) => Promise<T | null>;
type Programs = Pick<OpenedLauncher, 'isReachable' | 'askProgram'>;

/** The hooks, and which webhooks have an address. */
function hookFindings({ config, asker }: Project, add: Add): void {
  const { commands, webhooks } = hooksOf(config.on);
  for (const { command, events } of commands) add('hook', 'ok', `"${command}" for ${events.join(', ')}`);
  for (const { address, format, events } of webhooks) {
    const to = addressOf(address, format, asker.env);
    const says = `${format} message to ${nameOf(address)} for ${events.join(', ')}`;
    if (typeof to !== 'string') add('hook', 'ok', says);
    else add('hook', 'warning', `${says}: ${to}`, 'Until then, runs send no message there.');
  }
}

async function specsFinding(project: Project, repository: Repository | null, add: Add): Promise<readonly UnitSpec[]> {
  const { units, files, diagnostics } = await withKnown(project.state, async (known) =>
    readProjectSpecs(project, repository, { known }),
  );
  const errors = [...diagnostics, ...units.flatMap(problemsOf)].filter((d) => d.severity === 'error');
  if (errors.length === 0) add('specs', 'ok', `${plural(units.length, 'unit')} in ${plural(files.length, 'file')}`);
  else add('specs', 'problem', `${plural(errors.length, 'error')} in the specs`, '"backlog check" shows them.');
  return units;
}

async function agentFinding(
  project: Project,
  units: readonly UnitSpec[],
  programs: Programs,
  add: Add,
  ask: Ask,
): Promise<void> {
  const isHalf = project.consent.withheld.some(({ key }) => key.startsWith('agents.'));
  if (isHalf) add('agent', 'warning', 'not looked at before you agree to what the configuration asks for');
  const gather = () =>
    Fleet.gather({
      config: project.config,
      configBase: project.configBase,
      configRoot: project.configRoot,
      flag: null,
      units,
      sessions: '',
      recordInto: null,
      env: project.asker.env,
      caps: uncapped,
      isUnmetered: true,
      isOffline: true,
      ...programs,
      isChanged: (agent) => changedProgram(project, agent),
    });
  const fleet = isHalf ? null : await ask('agent', gather);
  if (!fleet) return;
  const cost = costOfAgents(fleet.casting, fleet.prices, units);
  const hint = 'Under a budget it starts only with --unmetered: give "costUsd", or its model a price under "prices".';
  add('agent', 'ok', `${fleet.title} (${describeCost(cost, null)})`, cost === 'unknown' ? hint : null);
}

async function callFinding(
  project: Project,
  repository: Repository,
  { agent, signal }: Call,
  add: Add,
  ask: Ask,
): Promise<void> {
  const call = await ask('test call', () => testCall({ project, repository, agent, signal }));
  if (!call) return;
  const by = call.model === null ? call.agent : `${call.agent}, with ${call.model},`;
  const took = `${formatDuration(call.durationMs)}, ${spentOn(call.usage)}`;
  if (call.end === 'answered') add('test call', 'ok', `${by} answered "${call.says}" (${took})`);
  else if (call.end === 'refused')
    add('test call', 'warning', `${by} was not asked to the end: ${call.says} (${took})`);
  else add('test call', 'problem', `${by} failed: ${call.says} (${took})`, 'A run would fail like this.');
}

/** The files whose changes make the set-up run again. */
async function setUpInputs(repository: Repository, setup: NonNullable<Project['config']['setup']>): Promise<string> {
  const { command, inputs } = typeof setup === 'string' ? { command: setup, inputs: [] } : setup;
  const of = [repository, await treeOf(repository, repository.head)] as const;
  const files = [...(await manifestsIn(...of, inputs)).keys(), ...(await programsIn(...of, command)).keys()];
  return `${printableLine(command, 100)}; ${files.length === 0 ? 'it runs once, since no file decides what it installs ("setup": { "inputs": […] } names some)' : `it runs again when one of these changes: ${listSome(files, 20)}`}`;
}

async function sandboxFindings(project: Project, folder: string, add: Add, ask: Ask): Promise<Programs> {
  const opened = await ask('sandbox', () => openLauncher(project, { folder, allowUnsandboxed: false }));
  if (!opened) return { isReachable: () => true, askProgram: null };
  const { launcher, refused, left, isReachable } = opened;
  const { bound, closed, env: toolEnv } = projectToolchains(project);
  const given = [...bound, ...closed.filter((one) => !left.some((out) => out.folder === one))];
  const found = given.filter((one) => !one.startsWith('/etc/')); // configuration, file by file
  const more = found.length === 0 ? '' : `, with ${found.join(', ')}`;
  if (launcher.tier === 'none') {
    add('sandbox', 'warning', unsandboxed(refused), 'Install bubblewrap ("apt install bubblewrap").');
    return { isReachable, askProgram: null }; // a look around starts no program outside of a box
  }
  add('sandbox', 'ok', `${launcher.tier}: escape test passed${more}`);
  for (const { folder: out, why } of left) add('programs', 'warning', `${out} stays out of the sandbox: ${why}`);
  if (opened.askProgram !== null) {
    const notIn = [project.folder, project.configRoot, project.target];
    const { env } = project.asker;
    const places = { searchPath: env['PATH'] ?? '', home: homeFolder(env), toolEnv, notIn };
    const of = { tier: launcher.tier, ask: opened.askProgram, ...places };
    for (const { file, why } of await unusablePrograms(of))
      add(
        'programs',
        'warning',
        `${file} works for you, and not in the sandbox, where checks run: ${why}`,
        'Name the folders that it needs under "sandbox.toolchains", or install it below /usr.',
      );
  }
  return opened;
}

/** Proposes the project's tests as checks, where the configuration has none. Runs none of them. */
async function proposeChecks(repository: Repository, signal: AbortSignal, add: Add): Promise<void> {
  const runners = await findRunners(await filesOf(repository, repository.head), signal);
  const found = runners.map(({ name, seen, ways: [way] }) => ({
    name,
    seen,
    command: way?.command ?? '',
    setup: way?.setup,
  }));
  if (found.length === 0) return;
  const setup = found.find((one) => typeof one.setup === 'string')?.setup;
  const entry = { checks: named(found), ...(typeof setup === 'string' ? { setup } : {}) };
  add(
    'checks',
    'warning',
    `none configured; found ${found.map(({ command, seen }) => `"${printableLine(command, 120)}" (by ${printableLine(seen, 60)})`).join(', ')}`,
    `To keep them green after every landing, add to the configuration: ${printableLine(JSON.stringify(entry).slice(1, -1), 400)}. "backlog init" tries them first in a new folder.`,
  );
}

/** Where units are ticked, if the target has no specs. */
async function ticksFinding(project: Project, target: Repository, add: Add, ask: Ask): Promise<void> {
  const ticks = await tickPlaceOf(project, target);
  if (ticks.kind === 'nowhere')
    add(
      'ticks',
      'warning',
      `what lands is ticked in no file, since ${ticks.why}`,
      'Keep the specs in a git repository.',
    );
  if (ticks.kind !== 'apart') return;
  const { root } = ticks.repository;
  const branch = project.config.into;
  if ((await ask('ticks', async () => checkBranch(ticks.repository, branch).then(() => true))) === true)
    add('ticks', 'ok', `on ${branch} of ${root}, where the specs are`);
}

async function branchFindings(project: Project, repository: Repository, add: Add, ask: Ask): Promise<void> {
  const branch = project.config.into;
  const state = await ask('branch', async () => {
    await checkBranch(repository, branch);
    return compareBranch(repository, branch, async (ours, theirs) =>
      mergeCommits(repository, specsPlace(project, repository), ours, theirs),
    );
  });
  if (!state) return;
  const says = {
    current: 'is up to date with HEAD',
    create: 'will be made at HEAD',
    forward: 'will be moved forward to HEAD',
    absorbed: 'is in HEAD already, and will be moved there',
    merge: 'will be merged with HEAD',
  }[state.kind];
  add('branch', 'ok', `${branch} ${says}`);
}
