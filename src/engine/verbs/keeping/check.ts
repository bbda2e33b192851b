import path from 'node:path';
import { type Diagnostic, InputError } from '../../../model/diagnostic.ts';
import { type SpecDiagnostic, specRules } from '../../../model/spec-rule.ts';
import { type CriterionKind, problemsOf, type UnitSpec } from '../../../model/unit.ts';
import { findRepository, openRepository, type Repository } from '../../../repo/git/repository.ts';
import { listTree } from '../../../repo/objects/tree.ts';
import { refuseFilters } from '../../../repo/worktrees/filters.ts';
import { uncommittedFiles } from '../../../repo/worktrees/working-tree.ts';
import { configName } from '../../../specs/config/config.ts';
import { didYouMean } from '../../../util/text/suggest.ts';
import type { SpecFolder } from '../../../specs/units/read.ts';
import { pathFrom } from '../../../util/files/path-from.ts';
import { holdTemporary } from '../../../util/files/temporary.ts';
import { requireConsent, saidWith, withheldWarnings } from '../../consent/consent.ts';
import type { Asker } from '../../context/asker.ts';
import { configProblems } from '../../project/config-problems.ts';
import { withKnown } from '../../project/known-groups.ts';
import { openProject, type Project, readProjectSpecs, shownFrom } from '../../project/project.ts';
import { countNotWork, type NotWorkCount } from '../../project/not-work.ts';
import { uncommittedWarnings } from '../../project/uncommitted.ts';
import { verb } from '../verb.ts';
import { greenAtBase } from '../../discovery/green-at-base.ts';
import { findByRules, greenFinding, type Level, Lines, withLevels } from './lint.ts';
import { type Score, scoreOf } from './score.ts';

/** A place in a file. */
interface At {
  /** As in diagnostics: relative to the folder that the asker's paths are shown from. */
  readonly file: string;
  readonly line: number;
}

/** A unit as its files say it is. */
export interface CheckedUnit {
  readonly id: string;
  readonly key: string;
  readonly title: string;
  /** Null for a gate. */
  readonly format: string | null;
  readonly source: At;
  /** Ids. */
  readonly dependsOn: readonly string[];
  /** True if its files mark it as done. */
  readonly done: boolean;
  readonly runnable: boolean;
  /** Why it is not runnable; null if it is. */
  readonly why: string | null;
  readonly criteria: readonly {
    readonly text: string;
    readonly kind: CriterionKind;
    readonly command: string | null;
    /** Null without a box. */
    readonly done: boolean | null;
    readonly source: At;
  }[];
}

/** What is in a folder, and what is wrong with it. */
export interface Checked {
  readonly kind: 'check';
  /** The number of files that were read. */
  readonly files: number;
  readonly units: readonly CheckedUnit[];
  readonly diagnostics: readonly Diagnostic[];
  readonly score: Score;
  /** What looks like work but is none, with its places. */
  readonly notWork: readonly (NotWorkCount & { readonly places: readonly At[] })[];
  /** Why units are held back, and their keys. */
  readonly held: readonly { readonly why: string; readonly units: readonly string[] }[];
}

/**
 * Every diagnostic of a folder: of its configuration, of the folder, of each unit, and what the rules find. Writes nothing,
 * except with `runChecks`, which needs the sandbox of a run.
 */
export const check = verb(
  (z) =>
    z.strictObject({
      folder: z.string(),
      /** Only these files, as absolute paths or relative to the asker's folder; empty for all. */
      files: z.array(z.string()).readonly().default([]),
      /** What to make of findings, by rule; goes before the configuration's. */
      rules: z.record(z.string(), z.enum(['off', 'warning', 'error'])).default({}),
      /** True: the checks of open units run on HEAD, and those that pass are reported. */
      runChecks: z.boolean().default(false),
      allowUnsandboxed: z.boolean().default(false),
      trust: z.array(z.string()).readonly().nullable().default(null),
    }),
  async (asker, input, { signal }): Promise<Checked> => {
    const project = await openProject(asker, input.folder, saidWith({ ...input, into: null }));
    const levels = levelsFor(project, input.rules);
    if (input.runChecks) requireConsent(project);
    const problems = await configProblems(project);
    const isAsked = chosenFiles(asker, project, input.files);
    const read = await withTarget(project, problems, async (target) => {
      const specs = await withKnown(project.state, async (known) =>
        readProjectSpecs(project, target, { known, signal }),
      );
      const units = specs.units.filter((unit) => unit.files.some(isAsked) || isAsked(unit.file));
      const open = units.filter((unit) => !unit.isTicked && unit.hold === null && unit.gate === null);
      const repository = await target();
      const files = repository === null ? null : await filesIn(repository);
      const uncommitted = repository === null ? [] : await uncommittedWarnings(project, repository, open);
      return { specs, units, open, files, uncommitted };
    });
    const { specs, units, open } = read;
    const found = [
      ...unreadFiles(asker, project, input.files, specs),
      ...specs.diagnostics.filter(({ file }) => file === undefined || isAsked(file)),
      ...units.flatMap(problemsOf),
      ...findByRules(project.folder, read),
    ];
    const passed = input.runChecks ? await greenAtBase(project, open, input.allowUnsandboxed, signal) : [];
    const lines = new Lines(project.folder);
    const green = passed.map((of) => ({
      ...greenFinding(of.unit),
      ...lines.placeOf({ ...of, phrase: of.criterion.command ?? '' }),
    }));
    const all = [
      ...problems,
      ...withheldWarnings(project),
      ...shownFrom(project, [...found, ...green]),
      ...read.uncommitted,
    ];
    return {
      kind: 'check',
      files: specs.files.filter(({ file }) => isAsked(file)).length,
      units: units.map((unit) => checkedUnit(unit, (file) => shownFile(project, file))),
      diagnostics: withLevels(distinct(all), levels),
      score: scoreOf(units),
      notWork: notWorkIn(
        specs.notWork.filter(({ file }) => isAsked(file)),
        (file) => shownFile(project, file),
      ),
      held: heldIn(units),
    };
  },
);

/**
 * Gives `action` a function that opens the target, in a temporary folder, so that nothing is written beside it; null if there is
 * no repository, or no commit yet. The folder is there from the first call to the end of `action`.
 */
async function withTarget<T>(
  project: Project,
  problems: readonly Diagnostic[],
  action: (target: () => Promise<Repository | null>) => Promise<T>,
): Promise<T> {
  const { asker, config, target } = project;
  const isThere =
    problems.every(({ code }) => code !== 'no-target') && (await findRepository(target, asker.env)) !== null;
  let held: ReturnType<typeof holdTemporary> | null = null;
  let opened: Promise<Repository | null> | null = isThere ? null : Promise.resolve(null);
  const open = async (): Promise<Repository | null> => {
    held = holdTemporary('check');
    const identity = config.commit ?? null;
    try {
      const repository = await openRepository({
        ...{ folder: target, stateFolder: held.folder, identity, env: asker.env },
      });
      await refuseFilters(repository);
      return repository;
    } catch (error) {
      if (error instanceof InputError && error.diagnostics[0]?.code === 'no-commit') return null;
      throw error;
    }
  };
  try {
    return await action(() => (opened ??= open()));
  } finally {
    (held as ReturnType<typeof holdTemporary> | null)?.remove();
  }
}

/** The levels of the configuration and those that were asked for. Throws an `InputError` for what is no rule. */
function levelsFor(
  { config, consent }: Project,
  asked: Readonly<Record<string, Level>>,
): Readonly<Record<string, Level>> {
  const unknown = (names: Readonly<Record<string, Level>>): string | undefined =>
    Object.keys(names).find((name) => !specRules.some((rule) => rule === name));
  const [flag, key] = [unknown(asked), unknown(config.lint)];
  const name = flag ?? key;
  if (name === undefined) return { ...config.lint, ...asked };
  throw new InputError([
    {
      ...{ severity: 'error', code: 'unknown-rule', message: `there is no rule "${name}"` },
      hint: didYouMean(name, specRules, `There are: ${specRules.join(', ')}.`),
      ...(flag === undefined ? consent.where(`lint.${name}`) : {}),
    },
  ]);
}

/** A predicate for files relative to the specs folder. Throws an `InputError` for a file outside of it. */
function chosenFiles(asker: Asker, { folder }: Project, files: readonly string[]): (file: string) => boolean {
  if (files.length === 0) return () => true;
  const wanted = new Set(
    files.map((file) => path.relative(folder, path.resolve(asker.folder, file)).replaceAll(path.sep, '/')),
  );
  return (file) => wanted.has(file);
}

/** An error for each of the files that were asked for and that no format reads. */
function unreadFiles(
  asker: Asker,
  { folder, config }: Project,
  files: readonly string[],
  specs: SpecFolder,
): SpecDiagnostic[] {
  const read = new Set([
    ...specs.files.flatMap(({ file, isRead }) => (isRead ? [file] : [])),
    ...specs.diagnostics.flatMap(({ file }) => file ?? []),
  ]);
  return files.flatMap((name): SpecDiagnostic[] => {
    const file = path.relative(folder, path.resolve(asker.folder, name)).replaceAll(path.sep, '/');
    if (read.has(file) || path.basename(file) === configName) return [];
    const { formats } = config;
    return [
      {
        ...{ severity: 'error', code: 'no-specs', file },
        message:
          formats.length === 0 ? 'no format reads this file' : `${formats.join(' and ')} does not read this file`,
        hint: 'Name its format with --format, or move it to where specs are read; "backlog check" without files says where.',
      },
    ];
  });
}

async function filesIn(repository: Repository): Promise<Set<string>> {
  const committed = (await listTree(repository, repository.head)).map((entry) => entry.path);
  return new Set([...committed, ...(await uncommittedFiles(repository)).keys()]);
}

function checkedUnit(unit: UnitSpec, shown: (file: string) => string): CheckedUnit {
  const { id, key, title, format, file, line, depends, isTicked } = unit;
  const error = unit.problems.find(({ severity }) => severity === 'error');
  const why = isTicked ? 'it is done' : unit.hold !== null ? `it ${unit.hold}` : (error?.message ?? null);
  return {
    ...{ id, key, title, format },
    source: { file: file === '' ? '' : shown(file), line },
    dependsOn: depends,
    done: isTicked,
    runnable: why === null,
    why,
    criteria: unit.criteria.map((criterion) => ({
      text: criterion.text,
      kind: criterion.kind,
      command: criterion.command,
      done: criterion.isTicked,
      source: { file: shown(criterion.file ?? file), line: criterion.line },
    })),
  };
}

function notWorkIn(all: SpecFolder['notWork'], shown: (file: string) => string): Checked['notWork'] {
  return countNotWork(all).map((one) => ({
    ...one,
    places: all.filter(({ why }) => why === one.why).map(({ file, line }) => ({ file: shown(file), line })),
  }));
}

function heldIn(units: readonly UnitSpec[]): Checked['held'] {
  const held = units.flatMap(({ key, hold, isTicked, gate }) =>
    hold === null || isTicked || gate !== null ? [] : [{ why: hold, key }],
  );
  return [...Map.groupBy(held, ({ why }) => why)].map(([why, some]) => ({ why, units: some.map(({ key }) => key) }));
}

function shownFile({ asker, folder }: Project, file: string): string {
  return pathFrom(asker.shownFrom, path.join(folder, file));
}

/** Without repetitions: a file's front matter can belong to several units. */
function distinct(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  const found = new Map<string, Diagnostic>();
  for (const one of diagnostics) {
    const key = JSON.stringify({ ...one, severity: null });
    if (one.severity === 'error' || !found.has(key)) found.set(key, one);
  }
  return [...found.values()];
}
