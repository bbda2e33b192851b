import { backEnds } from '../../agents/configured/back-ends.ts';
import type { AttemptId } from '../../model/ids.ts';
import type { UnitSpec } from '../../model/unit.ts';
import { own as lookUp } from '../../util/values/own.ts';
import { changedPaths, editTree, listTree, readTreeFile } from '../../repo/objects/tree.ts';
import { checkOfUnit } from '../../verify/judge-context.ts';
import { looksLikeTestPart } from '../../verify/files/judge-files.ts';
import { type Held, holdApart, wantsTrace } from '../../verify/files/holding.ts';
import { findJudges, type Judges, type JudgingCommand } from '../../verify/files/judges.ts';
import type { BaseTree } from '../../verify/commands/scripts.ts';
import type { Trace } from '../../verify/commands/trace.ts';
import { askedFor, type Scope } from '../context/scope.ts';
import type { Checkouts } from '../checks/checkouts.ts';
import type { Target } from '../context/target.ts';

type HoldingRun = Target & Pick<Scope, 'config' | 'projectChecks' | 'asked'>;

/** Maximum of files opened by a check whose text is searched, and bytes of each. */
const maxTexts = 300;
const maxTextBytes = 256 * 1024;

/** Decides which of a unit's changes are left out of the candidate; see `verify/files/holding.ts`. */
export async function holdingOf(
  run: HoldingRun,
  checkouts: Checkouts,
  unit: UnitSpec,
  work: { readonly attempt: AttemptId; readonly baseTree: string },
  changes: readonly { readonly path: string; readonly isNew: boolean }[],
  onRun: () => void,
): Promise<(path: string) => Held | null> {
  if (changes.length === 0) return () => null;
  const before = await filesOf(run, work.baseTree);
  const own = await findJudges(commandsOf([unit]), before);
  const project = await findJudges(commandsOfProject(run), before);
  const units = await namedByUnits(run.asked.units);
  const added = changes.filter(({ isNew }) => isNew).map(({ path }) => path);
  const traces = wantsTrace(unit.touches, added) ? await tracesOf(run, checkouts, unit, work, onRun) : [];
  const texts = await textsOf(traces, before);
  return holdApart({
    unit,
    baseFiles: before.files,
    own,
    project,
    units,
    hasChecks: askedFor(run.asked.units).hasChecks || run.projectChecks.length > 0,
    traces,
    askedText: [
      ...[...commandsOf([unit]), ...run.projectChecks].map(({ command }) => command),
      ...[...texts.values()],
    ].join('\n'),
    testText: [...texts].flatMap(([file, text]) => (looksLikeTestPart(file) ? [text] : [])).join('\n'),
  });
}

async function tracesOf(
  run: HoldingRun,
  checkouts: Checkouts,
  unit: UnitSpec,
  work: { readonly attempt: AttemptId; readonly baseTree: string },
  onRun: () => void,
): Promise<Trace[]> {
  const checks = [
    ...unit.criteria.flatMap(({ command }) => (command === null ? [] : [checkOfUnit(unit, command)])),
    ...run.projectChecks.map(({ command }) => ({ command, cwd: '' })),
  ];
  const of = { unit: unit.id, attempt: work.attempt };
  const traces = await Promise.all(checks.map(async (check) => checkouts.trace(work.baseTree, check, of, { onRun })));
  return traces.filter((trace) => trace !== null);
}

function commandsOf(units: readonly UnitSpec[]): JudgingCommand[] {
  return units.flatMap(({ criteria, cwd }) =>
    criteria.flatMap(({ command }) => (command === null ? [] : [{ command, cwd }])),
  );
}

/** Commands that judge besides the units' checks: project checks, set-up, and reviewers' programs. */
function commandsOfProject({ config, projectChecks }: Pick<Scope, 'config' | 'projectChecks'>): JudgingCommand[] {
  const { setup } = config;
  return [
    ...projectChecks.map(({ command }) => command),
    ...(setup === undefined ? [] : [typeof setup === 'string' ? setup : setup.command]),
    ...commandsOfReviewers(config),
  ].map((command) => ({ command, cwd: '' }));
}

function commandsOfReviewers(config: Scope['config']): string[] {
  const reviewer = config.roles.reviewer?.agent;
  const agent = reviewer === undefined ? undefined : lookUp(config.agents, reviewer);
  const command = agent === undefined ? null : backEnds.of(agent).command;
  return command === null ? [] : [command];
}

/**
 * The tree for reviewers: their own programs, and what those load from beside themselves, are as in the base, even if the
 * unit may change them.
 */
export async function treeForReviewers(run: HoldingRun, tree: string, baseTree: string): Promise<string> {
  const commands = commandsOfReviewers(run.config).map((command) => ({ command, cwd: '' }));
  if (commands.length === 0) return tree;
  const { scripts, helpers } = await findJudges(commands, await filesOf(run, baseTree));
  const changes = await changedPaths(run.repository, baseTree, tree);
  const own = changes.filter(({ path }) => scripts.has(path) || helpers.has(path));
  return editTree(
    run.repository,
    tree,
    own.map(({ path, before }) => ({ path, entry: before })),
  );
}

async function filesOf({ repository }: Target, tree: string): Promise<BaseTree> {
  return {
    files: new Set((await listTree(repository, tree)).map((entry) => entry.path)),
    read: async (file) => (await readTreeFile(repository, tree, file))?.toString('utf8') ?? null,
  };
}

const named = new WeakMap<readonly UnitSpec[], Promise<Judges>>();

/** The files that the units' checks name; computed once, whatever lands meanwhile. */
async function namedByUnits(units: readonly UnitSpec[]): Promise<Judges> {
  let judges = named.get(units);
  if (!judges) {
    judges = findJudges(commandsOf(units), { files: new Set(), read: async () => null });
    named.set(units, judges);
  }
  return judges;
}

async function textsOf(traces: readonly Trace[], before: BaseTree): Promise<Map<string, string>> {
  const opened = new Set(traces.flatMap((trace) => [...trace.opened]));
  const texts = new Map<string, string>();
  for (const file of opened) {
    if (texts.size >= maxTexts) break;
    if (!before.files.has(file)) continue;
    const text = await before.read(file);
    if (text !== null) texts.set(file, text.slice(0, maxTextBytes));
  }
  return texts;
}
