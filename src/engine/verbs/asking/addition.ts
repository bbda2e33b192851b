import { resolved } from '../../project/state-place.ts';
import path from 'node:path';
import { inputError } from '../../../model/diagnostic.ts';
import { keyProblem } from '../../../model/ids.ts';
import { refused } from '../../../model/refusal.ts';
import type { UnitSpec } from '../../../model/unit.ts';
import { openForReading } from '../../../queue/database.ts';
import { readUnitLines } from '../../../queue/units.ts';
import type { NewUnit } from '../../../specs/format/addition.ts';
import { takesUnits } from '../../../specs/formats/append.ts';
import { followupsName, isFollowups } from '../../../specs/followups/format.ts';
import { firstAlike, wordsOf } from '../../../specs/text/similar.ts';
import { suggest } from '../../../util/text/suggest.ts';
import type { SpecFolder } from '../../../specs/units/read.ts';
import type { Asker } from '../../context/asker.ts';
import type { Project } from '../../project/project.ts';

/** A file for a unit. */
export interface Place {
  /** Relative to the specs folder. */
  readonly file: string;
  /** The format of the folder, if it takes no units and the unit is a followup instead; otherwise null. */
  readonly insteadOf: string | null;
}

/**
 * The file for a unit: the named one, relative to the current or to the specs folder, and never outside of the latter.
 * Without a name, its followups; in a folder of another format only, the first file to which that format can add.
 */
export async function placeFor(
  asker: Asker,
  project: Project,
  { units, files }: SpecFolder,
  named: string | null,
): Promise<Place> {
  if (named !== null) return { file: namedFile(asker, project, named), insteadOf: null };
  const formats = [...new Set(units.flatMap(({ format }) => format ?? []))];
  const isOurs = formats.length === 0 || formats.includes('native') || formats.includes('followups');
  const paths = files.map(({ file }) => file);
  if (isOurs || paths.some(isFollowups)) return { file: followupsFile(project, paths), insteadOf: null };
  const { ignore, only, formats: read } = project.config;
  for (const format of formats) {
    const own = units.filter((unit) => unit.format === format);
    const file = (own.findLast((unit) => !unit.isTicked) ?? own.at(-1))?.file ?? '';
    if (await takesUnits({ folder: project.folder, file, paths, ignore, only, formats: read }))
      return { file, insteadOf: null };
  }
  return followupInsteadOf(project, { units, files });
}

/** `followups.md`, as it is spelled if it is there: beside FOLLOWUPS.md, another file would only hide it. */
function followupsFile(project: Project, paths: readonly string[]): string {
  const usual = pathIn(project, followupsName);
  const same = paths.filter((file) => file.toLowerCase() === usual.toLowerCase());
  return same.includes(usual) ? usual : (same[0] ?? usual);
}

/** The place for a unit that the formats of a folder cannot take. Throws an `InputError` if nothing else is read there. */
export function followupInsteadOf(project: Project, { units, files }: Pick<SpecFolder, 'units' | 'files'>): Place {
  const { formats: read } = project.config;
  const formats = [...new Set(units.flatMap(({ format }) => format ?? []))].join(', ');
  if (read.length === 0 || read.includes('followups'))
    return {
      file: followupsFile(
        project,
        files.map(({ file }) => file),
      ),
      insteadOf: formats,
    };
  throw inputError(
    'takes-no-unit',
    `the format of this folder (${formats}) cannot take this unit, and no other one is read here`,
    'Add "followups" to "formats" of the configuration: then it goes into followups.md.',
  );
}

function namedFile(asker: Asker, project: Project, named: string): string {
  const typed = path.relative(project.named, path.resolve(resolved(asker.folder), named));
  const inFolder = path.normalize(named);
  const file = isInside(typed) ? typed : inFolder;
  if (path.isAbsolute(file) || !isInside(file)) throw refused('outside-folder', { file: named });
  return pathIn(project, file);
}

/** A file of the folder that was named, relative to the one that the specs are read from. */
function pathIn({ folder, named }: Project, file: string): string {
  return path.join(path.relative(folder, named), file).split(path.sep).join('/');
}

/** True for a relative path that leads below its folder. */
function isInside(relative: string): boolean {
  return relative !== '' && relative !== '.' && !path.isAbsolute(relative) && !/^\.\.(?:\/|$)/.test(relative);
}

/** Refuses dependencies that are no units. */
export function refuseUnknown(depends: readonly string[], known: readonly string[]): void {
  for (const dependency of depends) {
    const problem = keyProblem(dependency);
    if (problem !== null) throw refused('bad-dependency', { name: dependency, problem });
    if (isAmong(dependency, known)) continue;
    throw refused('unknown-dependency', { name: dependency, similar: suggest(dependency, known) });
  }
}

/** A text that says on which unit something was found; throws a refusal if there is no such unit. */
export function foundOn(unit: string, known: readonly string[]): string {
  const key = known.find((one) => one.toLowerCase() === unit.toLowerCase());
  if (key === undefined) throw refused('unknown-unit', { name: unit, similar: suggest(unit, known) });
  return `Found while working on ${key}.`;
}

function isAmong(key: string, known: readonly string[]): boolean {
  return known.some((one) => one.toLowerCase() === key.toLowerCase());
}

/** Refuses a unit that asks for the same as an open one. */
export function refuseAlike(project: Project, unit: NewUnit, units: readonly UnitSpec[]): void {
  const done = doneKeys(project);
  const open = units.filter(({ key, isTicked, gate }) => !isTicked && gate === null && !done.has(key));
  const { title, criteria, claims, checks } = unit;
  const index = firstAlike(
    wordsOf({ title, criteria: [...criteria, ...claims, ...checks] }),
    open.map((one) => wordsOf({ title: one.title, criteria: one.criteria.map(({ text }) => text) })),
  );
  const other = open[index];
  if (other !== undefined) throw refused('near-duplicate', { key: other.key, title: other.title });
}

/** The keys of units that need no work any more, as far as there is a queue. */
function doneKeys(project: Project): ReadonlySet<string> {
  const database = openForReading(project.state);
  try {
    const lines = database === null ? [] : readUnitLines(database);
    return new Set(lines.filter(({ state }) => state === 'done' || state === 'retired').map(({ key }) => key));
  } finally {
    database?.close();
  }
}
