import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { hasErrors, inputError, InputError } from '../../model/diagnostic.ts';
import { refused } from '../../model/refusal.ts';
import { writeConfined } from '../../util/files/confined-file.ts';
import {
  type Addition,
  asClaim,
  type NewUnit,
  refuseUnwritable,
  type Wanted,
  wantedCriteria,
} from '../format/addition.ts';
import type { Draft } from '../format/draft.ts';
import type { Reader } from '../format/format.ts';
import { isPage } from '../format/pages.ts';
import { parseGroup } from '../format/parse-group.ts';
import { fold } from '../text/markdown.ts';
import { asRead, readSource, type Source } from '../text/source.ts';
import type { UnitKeys } from '../format/unit-keys.ts';
import { claimFiles, visibleOf, type Reading } from './formats.ts';

/** Where a unit is added. */
export interface Target extends Reading {
  readonly folder: string;
  /** Relative to the folder. */
  readonly file: string;
  /** The paths of the folder. */
  readonly paths: readonly string[];
}

/** A unit that its file would not give back as it was given: another format may. */
export class Unwritable extends InputError {}

/**
 * Adds a unit to a file of a specs folder atomically, in the file's own format, and returns the unit as a run would read it.
 * Existing bytes stay. `onWrite` is called just before the file is written. Throws an `InputError` if the file takes no unit, or
 * if the unit would not be read back as exactly this one.
 */
export async function appendUnit(
  target: Target,
  unit: NewUnit,
  onWrite: (draft: Draft) => void = () => {},
): Promise<Draft> {
  refuseUnwritable(unit);
  return rewrite(target, async (group) => {
    const addition = additionTo(target, group, unit);
    const draft = await readBack(target, group, unit, addition);
    onWrite(draft);
    return { draft, ...addition };
  });
}

function additionTo(target: Target, group: Group, unit: NewUnit): Addition {
  const addition = group.reader.add?.(unit, { file: target.file, sources: group.sources, paths: target.paths }) ?? null;
  if (addition === null || 'refusal' in addition)
    throw inputError(
      'takes-no-unit',
      group.reader.add === undefined
        ? `${target.file} is in the format ${group.format}, to which "add" does not write`
        : `${target.file} ${addition?.refusal ?? 'contains one unit, and no list or "## Unit:" sections to add to'}`,
      'Name another file with --spec, for example followups.md or a new one.',
    );
  return addition;
}

/** Times that a file is read anew since somebody else wrote it. */
const mostTries = 10;

/**
 * Writes what `change` makes of a file, or a new file beside it. Begins anew if somebody else writes the file meanwhile (an
 * editor, or a merge that brings ticks), so that nothing of theirs is lost.
 */
async function rewrite(
  target: Target,
  change: (group: Group) => Promise<{ readonly draft: Draft; readonly file: string; readonly text: string }>,
): Promise<Draft> {
  for (let tries = 0; tries < mostTries; tries++) {
    const group = await groupWith(target, target.file, null);
    const { draft, file, text } = await change(group);
    const isNew = file !== target.file;
    const now = isNew ? null : readSource(target.folder, file);
    if (now !== null && 'severity' in now) throw new InputError([now]);
    if (!isNew && now?.text !== group.sources.find((one) => one.file === file)?.text) continue;
    writeConfined(target.folder, file, text, { isNew });
    return draft;
  }
  throw refused('spec-changed', { file: target.file });
}

/**
 * Adds claims to a unit of a specs folder atomically. Existing bytes stay. Throws an `InputError` if its file takes none, or if
 * it would not be read back as the same unit with exactly these claims more.
 */
export async function extendUnit(target: Target, key: string, claims: readonly string[]): Promise<Draft> {
  return rewrite(target, async (group) => ({ ...(await extended(target, group, key, claims)), file: target.file }));
}

/** A unit with claims more, and the text of its file. */
async function extended(
  target: Target,
  group: Group,
  key: string,
  claims: readonly string[],
): Promise<{ readonly draft: Draft; readonly text: string }> {
  const known = parseGroup(group).drafts;
  const source = group.sources.find(({ file }) => file === target.file);
  const draft = known.find((one) => one.key === key && one.file === target.file);
  const text = (draft && source && group.reader.extend?.(draft, claims, source)) ?? null;
  if (text === null)
    throw inputError(
      'takes-no-criteria',
      `criteria cannot be added to ${key} in ${target.file}`,
      'Add them there by hand, or accept the proposal as a unit of its own.',
    );
  const { drafts, diagnostics } = parseGroup(await groupWith(target, target.file, text));
  const now = drafts.find((one) => one.key === key && one.file === target.file);
  const others = (all: readonly Draft[]): string[] => all.filter((one) => one.key !== key).map(says);
  const wanted = [...textsOf(draft), ...claims.map((claim) => `claim ${asClaim(claim)}`)];
  if (hasErrors(diagnostics)) throw new InputError(diagnostics);
  const isSame =
    now !== undefined &&
    isDeepStrictEqual(others(known), others(drafts)) &&
    isDeepStrictEqual(textsOf(now), wanted) &&
    isDeepStrictEqual([now.title, now.keys], [draft?.title, draft?.keys]) &&
    lettersOf(now.body) === lettersOf(draft?.body ?? '');
  if (!isSame)
    throw inputError(
      'followup-misread',
      `criteria cannot be added to ${key} in ${target.file}: they would be read otherwise`,
      'Add them there by hand, or accept the proposal as a unit of its own.',
    );
  return { draft: now, text };
}

function textsOf(draft: Draft | undefined): string[] {
  return (draft?.criteria ?? []).map(({ criterion: { kind, text } }) => `${kind} ${text}`);
}

/** True if units can be added to this file, or beside it. */
export async function takesUnits(target: Target): Promise<boolean> {
  const claim = claimOf(target, target.file);
  return claim !== null && (await claim.format.load()).add !== undefined;
}

function claimOf({ paths, ...reading }: Target, file: string): ReturnType<typeof claimFiles>[number] | null {
  const visible = visibleOf([...new Set([...paths, file])], reading);
  return claimFiles(visible, reading).find(({ files }) => files.includes(file)) ?? null;
}

interface Group {
  readonly format: string;
  readonly reader: Reader;
  readonly sources: readonly Source[];
}

/** The files that are read together with `file`; its own text is `text`, or the one on disk. */
async function groupWith(target: Target, file: string, text: string | null): Promise<Group> {
  const claim = claimOf(target, file);
  if (claim === null) throw notRead(target, file);
  const sources: Source[] = [];
  for (const name of claim.files) {
    const source = name === file && text !== null ? asRead({ file, text }) : readSource(target.folder, name);
    if (source !== null && 'severity' in source) throw new InputError([source]);
    if (source !== null) sources.push(source);
  }
  return { format: claim.format.name, reader: await claim.format.load(), sources };
}

/** Why a file is not read as a spec. */
function notRead(target: Target, file: string): InputError {
  const { only = [], formats = [], ignore } = target;
  const refuse = (message: string, hint: string): InputError => inputError('not-a-spec', message, hint);
  if (claimOf({ ...target, formats: [] }, file) !== null)
    return refuse(
      `${file} would not be read, since only files of ${formats.join(' and ')} are`,
      'Name a file of these with --spec, or add its format to "formats" of the configuration.',
    );
  if (claimOf({ ...target, only: [], formats: [] }, file) !== null)
    return refuse(
      `${file} would not be read, since only ${only.join(', ')} ${only.length === 1 ? 'is' : 'are'}`,
      'Name a file there with --spec, or another specs folder.',
    );
  if (claimOf({ ...target, ignore: [], only: [], formats: [] }, file) !== null)
    return refuse(
      `${file} would not be read, since ${ignore.join(', ')} ${ignore.length === 1 ? 'is' : 'are'} ignored`,
      'Name another file with --spec, or change "ignore" of the configuration.',
    );
  return refuse(
    `${file} is not a file that is read as a spec`,
    'Name a Markdown file in the specs folder, such as followups.md.',
  );
}

/** The unit as the file gives it back. Throws an `InputError` if it would be another one, or would change others. */
async function readBack(target: Target, group: Group, unit: NewUnit, addition: Addition): Promise<Draft> {
  const { file, text } = addition;
  const isHere = file === target.file; // else it is a new file beside that one
  const known = isHere ? parseGroup(group).drafts : [];
  const { drafts, diagnostics } = parseGroup(await groupWith(target, file, text));
  const before = new Map<string, number>();
  for (const one of known) before.set(says(one), (before.get(says(one)) ?? 0) + 1);
  const fresh = drafts.filter((one) => {
    const left = before.get(says(one)) ?? 0;
    before.set(says(one), left - 1);
    return left <= 0;
  });
  const [draft] = fresh;
  const problems = [...diagnostics, ...(draft?.problems ?? []).filter(({ code }) => code !== 'no-criteria')];
  if (hasErrors(problems)) {
    const wasBroken = isHere && hasErrors(parseGroup(group).diagnostics);
    throw wasBroken ? new InputError(problems) : new Unwritable(problems);
  }
  const isOne = draft !== undefined && fresh.length === 1 && drafts.length === known.length + 1;
  const problem = isOne
    ? misreading(draft, unit, { known, isInOrder: addition.isInOrder === true })
    : 'it would not be read back as one unit';
  if (draft === undefined || problem !== null)
    throw inputError(
      'followup-misread',
      `this unit cannot be written into ${file} as it was given: ${problem ?? ''}`,
      'Keep titles and criteria to plain sentences, and headings out of the text; or name another file with --spec.',
    );
  if (target.isRepository === true && claimOf(target, file)?.format.name === 'native' && isPage(draft))
    throw inputError(
      'not-a-spec',
      `${file} would be read as a page, not as a spec: native specs of a repository are in a folder "specs"`,
      `Name a file there with --spec, such as specs/${path.posix.basename(file)}, or give the unit a check or --touches.`,
    );
  const twin = known.find(({ key }) => key.toLowerCase() === draft.key.toLowerCase());
  if (twin !== undefined)
    throw new InputError([
      {
        severity: 'error',
        code: 'duplicate-followup',
        message: `"${draft.key}" is in this file already`,
        hint: 'Say what is different about this one in its title.',
        ...{ file: twin.file, line: twin.line, column: 1 },
      },
    ]);
  return draft;
}

/** What a draft says, wherever it is in its file. */
function says({ key, title, body, keys, criteria, isDone }: Draft): string {
  return JSON.stringify([key, title, body, keys, criteria.map(({ criterion }) => criterion.hash), isDone]);
}

/** Keys that a format may give a unit by itself. */
const ownKeys: ReadonlySet<string> = new Set(['id', 'labels', 'title']);

/** True for a value that says as much as none. */
function isUsual(value: unknown): boolean {
  return (
    value === undefined ||
    value === null ||
    value === 0 ||
    value === false ||
    (Array.isArray(value) && value.length === 0)
  );
}

/** Describes the first difference between a new unit and the parsed one; null if there is none. */
function misreading(
  draft: Draft,
  unit: NewUnit,
  { known, isInOrder }: { readonly known: readonly Draft[]; readonly isInOrder: boolean },
): string | null {
  const otherwise = (what: string, given: unknown, is: unknown): string =>
    `${what} ${JSON.stringify(given ?? null)} would be read back as ${JSON.stringify(is ?? null)}`;
  if (draft.title !== fold(unit.title)) return otherwise('the title', fold(unit.title), draft.title);
  if (!lettersOf(draft.body).includes(lettersOf(unit.body))) return otherwise('the text', unit.body, draft.body);
  const { depends, touches, priority } = unit;
  const isOrdered = isInOrder && depends.length === 0 && (draft.keys.depends ?? []).length <= 1;
  const keys: Partial<Record<keyof UnitKeys, unknown>> = {
    ...{ depends, touches, priority, draft: unit.isDraft && draft.hold === undefined },
    ...(isOrdered ? { depends: draft.keys.depends, priority: draft.keys.priority } : {}),
  };
  // The front matter of a file gives keys to all of its units.
  const isDefault = (key: keyof UnitKeys): boolean =>
    isUsual(keys[key]) && known.some((other) => isDeepStrictEqual(other.keys[key], draft.keys[key]));
  const isSame = (key: keyof UnitKeys): boolean =>
    isDeepStrictEqual(keys[key], draft.keys[key]) || (isUsual(keys[key]) && isUsual(draft.keys[key]));
  for (const key of new Set([...Object.keys(keys), ...Object.keys(draft.keys)] as (keyof UnitKeys)[]))
    if (!ownKeys.has(key) && !isSame(key) && !isDefault(key)) return otherwise(`"${key}"`, keys[key], draft.keys[key]);
  if (!unit.isDraft && draft.hold !== undefined) return `it ${draft.hold}`;
  if (draft.isDone) return 'it would be done';
  const wanted = wantedCriteria(unit);
  const read = draft.criteria.map(({ criterion }) => criterion);
  if (read.length !== wanted.length) return `it would have ${read.length} criteria, not ${wanted.length}`;
  for (const [index, criterion] of wanted.entries()) {
    const { kind, text: written, command } = read[index] ?? {};
    const numbered = written?.replace(/^#\d+\s+/, ''); // Backlog.md numbers its criteria
    const text = numbered === criterion.text ? numbered : written;
    const is = { ...criterion, ...pick(criterion, { kind, text, command }) };
    if (!isDeepStrictEqual(criterion, is)) return `${described(criterion)} would be read back as ${described(is)}`;
  }
  return null;
}

/** A criterion in words: the claim "It shines", the check `npm test`. */
function described({ kind, text, command }: Wanted): string {
  const what = kind ?? 'criterion';
  const says = text === undefined ? '' : ` ${JSON.stringify(text)}`;
  return `the ${what}${says}${typeof command === 'string' ? ` with the command ${JSON.stringify(command)}` : ''}`;
}

/** The values of `all` whose names `like` has. */
function pick(like: object, all: object): object {
  return Object.fromEntries(Object.entries(all).filter(([name]) => name in like));
}

/** The letters and digits of a text, without the markup and the white space that a file may add. */
function lettersOf(text: string): string {
  return text.replace(/[^\p{L}\p{N}]+/gu, '');
}
