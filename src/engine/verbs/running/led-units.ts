import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { type Diagnostic, InputError } from '../../../model/diagnostic.ts';
import { RefusalError } from '../../../model/refusal.ts';
import { readSpecs, type SpecFolder } from '../../../specs/units/read.ts';
import { appendUnit } from '../../../specs/formats/append.ts';
import { asClaim, codeSpan, type NewUnit } from '../../../specs/format/addition.ts';
import type { Draft } from '../../../specs/format/draft.ts';
import { closingAfter } from '../../../util/closing.ts';
import { printable, printableLine } from '../../../util/text/printable.ts';
import { holdTemporary } from '../../../util/files/temporary.ts';
import { type LedUnit, mostUnits } from '../../lead/divide.ts';
import { agentNames, type Project, recipeNames } from '../../project/project.ts';
import { refuseAlike } from '../asking/addition.ts';
import { findByRules, withLevels } from '../keeping/lint.ts';

/** A unit of a lead as it was written. */
export interface WrittenUnit {
  readonly key: string;
  readonly title: string;
  /** Relative to the specs folder. */
  readonly file: string;
  readonly criteria: readonly { readonly text: string; readonly check: string | null }[];
  /** Keys of units. */
  readonly depends: readonly string[];
}

/** What the linter finds and a lead has to correct, although a person may decide otherwise. */
const heldAgainst: ReadonlySet<string> = new Set([
  ...['undecidable-criterion', 'hidden-exit', 'missing-file', 'overlap', 'near-duplicate'],
]);

/**
 * What is wrong with a list of units, a sentence each: what the linter of people's specs finds, what its reader would not give
 * back, and what asks for the same as an open unit. The units are written into a temporary folder.
 */
export async function problemsOfList(
  project: Project,
  specs: SpecFolder,
  files: ReadonlySet<string> | null,
  units: readonly LedUnit[],
): Promise<string[]> {
  const problems = [...problemsOfNames(units)];
  if (problems.length > 0) return problems;
  for (const unit of units) {
    for (const { check } of unit.criteria)
      if (printable(check) !== check)
        problems.push(`${unit.name}: a check has characters that a terminal does not show`);
    if (unit.criteria.length === 0)
      problems.push(`${unit.name}: it has no criteria, so nobody can tell whether it is done`);
    try {
      refuseAlike(project, newUnit(unit, new Map(), false), specs.units);
    } catch (error) {
      problems.push(`${unit.name}: ${sentencesOf(error).join('; ')}`);
    }
  }
  return closingAfter(async (atEnd) => {
    const held = holdTemporary('check');
    atEnd(() => held.remove());
    const folder = path.join(held.folder, 'specs');
    mkdirSync(folder);
    try {
      await writeList({ ...plainReading, folder, paths: [] }, '', units, false);
    } catch (error) {
      return [...problems, ...sentencesOf(error)];
    }
    const { config } = project;
    const read = await readSpecs({
      ...{ ...plainReading, folder, phases: config.phases },
      ...{ agents: agentNames(project), recipes: recipeNames(config), listTargetFiles: async () => [...(files ?? [])] },
    });
    const found = [
      ...read.diagnostics,
      ...read.units.flatMap((unit) => unit.problems),
      ...findByRules(folder, { open: read.units, units: read.units, files }),
    ];
    const nameOf = (file: string | undefined): string => path.basename(file ?? '', '.md');
    const grave = withLevels(found, config.lint).filter(
      ({ severity, code }) => severity === 'error' || heldAgainst.has(code),
    );
    return [
      ...problems,
      ...grave.map((one) => `${nameOf(one.file)}: ${one.message}${one.hint === undefined ? '' : ` ${one.hint}`}`),
    ];
  });
}

function problemsOfNames(units: readonly LedUnit[]): string[] {
  const names = new Set<string>();
  const problems: string[] = units.length === 0 ? ['the list is empty'] : [];
  if (units.length > mostUnits)
    problems.push(`the list has ${units.length} units; ${mostUnits} are the most: say in "dropped" what is left out`);
  for (const { name, depends } of units) {
    if (names.has(name)) problems.push(`${name}: two units have this name`);
    for (const other of depends.filter((one) => !names.has(one)))
      problems.push(`${name}: it depends on "${other}", which is no unit before it in the list`);
    names.add(name);
  }
  return problems;
}

function sentencesOf(error: unknown): string[] {
  if (error instanceof RefusalError) return [`${error.refusal.message}. ${error.refusal.hint}`];
  if (error instanceof InputError)
    return error.diagnostics.map(({ message, hint }: Diagnostic) => [message, hint ?? []].flat().join('. '));
  throw error;
}

/** A unit as it is written. Words of a model are only words: nothing in them makes a check, and none has escapes. */
function newUnit(unit: LedUnit, keys: ReadonlyMap<string, string>, isDraft: boolean): NewUnit {
  const commands = unit.criteria.filter(({ check }) => check.trim() !== '');
  return {
    ...{ title: printableLine(unit.title), body: printable(unit.body), touches: unit.touches, isDraft },
    ...{ priority: null, at: Date.now() },
    depends: unit.depends.map((name) => keys.get(name) ?? name),
    // What decides a sentence stands with it where one line can hold both.
    criteria: commands
      .filter(isOneLine)
      .map(({ text, check }) => `${asClaim(text)} — check: ${codeSpan(check.trim())}`),
    claims: unit.criteria.filter(({ check }) => check.trim() === '').map(({ text }) => text),
    checks: commands.filter((one) => !isOneLine(one)).map(({ check }) => check),
  };
}

function isOneLine({ check, text }: LedUnit['criteria'][number]): boolean {
  return !/[\r\n]/.test(check.trim()) && !/check:/i.test(text);
}

const plainReading = { ignore: [], only: [], formats: [], isRepository: false } as const;

/** A specs folder to write into. */
type Folder = Omit<Parameters<typeof appendUnit>[0], 'file'>;

/**
 * Writes units into files of their own, each as it would be read back. Throws an `InputError` where that is not possible; what
 * was written before stays.
 */
export async function writeList(
  to: Folder,
  prefix: string,
  units: readonly LedUnit[],
  isDraft: boolean,
): Promise<WrittenUnit[]> {
  const keys = new Map<string, string>();
  const paths = [...to.paths];
  const written: WrittenUnit[] = [];
  for (const unit of units) {
    const file = `${prefix}${unit.name}.md`;
    const given = newUnit(unit, keys, isDraft);
    const draft = await appendUnit({ ...to, file, paths }, given);
    keys.set(unit.name, draft.key);
    paths.push(file);
    written.push(shown(draft, file, given.depends));
  }
  return written;
}

function shown({ key, title, criteria }: Draft, file: string, depends: readonly string[]): WrittenUnit {
  const all = criteria.map(({ criterion: { text, command } }) => ({ text, check: command }));
  return { key, title, file, criteria: all, depends };
}
