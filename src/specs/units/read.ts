import { performance } from 'node:perf_hooks';
import { setImmediate } from 'node:timers/promises';
import { hasErrors } from '../../model/diagnostic.ts';
import type { SpecDiagnostic } from '../../model/spec-rule.ts';
import { idFromKey } from '../../model/ids.ts';
import type { Asked, Criterion, UnitSpec } from '../../model/unit.ts';
import { apart } from './apart.ts';
import { withCycles } from './cycles.ts';
import { criteriaHash, derivedKey, type Draft, stem } from '../format/draft.ts';
import { formerCriteria } from '../format/former.ts';
import type { KnownGroups } from '../format/known.ts';
import { isPage } from '../format/pages.ts';
import { parseGroup } from '../format/parse-group.ts';
import type { Claim, Reading } from '../formats/formats.ts';
import { type End, type NotWork, notWorkOf, type Parsed } from '../format/format.ts';
import { type Expanded, expandForEach, type ReadDraft } from './for-each.ts';
import { type Names, resolve } from './resolve.ts';
import { readSource, type Source } from '../text/source.ts';
import { ConfinedReader } from '../../util/files/confined-file.ts';
import { withTwins } from './twins.ts';
import { findSpecs } from './walk.ts';

/** A unit that a spec of now has. */
export interface PresentUnit extends Asked {
  readonly key: string;
  readonly title: string;
  readonly file: string;
  readonly files: readonly string[];
  readonly format: string;
  readonly isDone: boolean;
  readonly criteria: readonly Criterion[];
}

/** Units that may be in no spec any more, by id. */
export interface PastUnits {
  readonly known: ReadonlySet<string>;
  readonly done: ReadonlySet<string>;
}

/** The folder to read, and the names that its specs may refer to. */
export interface ReadOptions extends Omit<Names, 'retired' | 'ended'>, Reading {
  /** Paths in the target repository, for `for-each`. */
  readonly listTargetFiles: () => Promise<readonly string[]>;
  /** Looks up units that are gone; called only if open units wait for some that are in no spec. @default none are known */
  readonly past?: (wanted: ReadonlySet<string>, present: readonly PresentUnit[]) => Promise<PastUnits>;
  /** What is known of files by their text. @default nothing */
  readonly known?: KnownGroups;
  /** Ends the reading between two files. @default never */
  readonly signal?: AbortSignal;
}

/** The units and diagnostics of a folder. */
export interface SpecFolder {
  /** In the order of files and lines, including units with `problems`. */
  readonly units: readonly UnitSpec[];
  /** Problems of the whole folder; an error prevents a run. */
  readonly diagnostics: readonly SpecDiagnostic[];
  /** The files that belong to formats, also those that are not read. */
  readonly files: readonly { readonly file: string; readonly isRead: boolean }[];
  /** What looks like work, but is none. */
  readonly notWork: readonly NotWork[];
}

/** Milliseconds between pauses in which signals of the process are heard. */
const busyMs = 20;

/**
 * Reads every spec and followup of a folder. Never throws for the content of files; throws the reason of `signal` when that
 * aborts. Signals of the process are heard between files.
 */
export async function readSpecs(options: ReadOptions): Promise<SpecFolder> {
  const reader = new ConfinedReader(options.folder);
  try {
    return await readWith(reader, options);
  } finally {
    reader.close();
  }
}

async function readWith(reader: ConfinedReader, options: ReadOptions): Promise<SpecFolder> {
  const found = findSpecs(options.folder, options);
  const diagnostics: SpecDiagnostic[] = [...found.diagnostics];
  const files = new Map<string, { readonly file: string; readonly isRead: boolean }>();
  const drafts: ReadDraft[] = [];
  const notWork: NotWork[] = [];
  const archived: Draft[] = [];
  let isBacklog = false; // it may have nothing left
  const told = new Set<string>();
  // A file that several groups have, such as the tracker of many stories, is broken once.
  const isTold = (one: SpecDiagnostic): boolean => {
    const is = told.has(JSON.stringify(one));
    told.add(JSON.stringify(one));
    return is;
  };
  const paths = new Set(found.claims.flatMap((claim) => claim.files));
  const read = readerOf(reader, found.claims);
  let pauseAt = 0;
  for (const claim of found.claims) {
    if (claim.aside !== null) {
      files.set(claim.aside.file, { file: claim.aside.file, isRead: claim.aside.is !== undefined });
      notWork.push(...notWorkOf(claim.aside));
      isBacklog ||= claim.aside.is !== undefined;
      continue;
    }
    if (performance.now() >= pauseAt) {
      await setImmediate();
      pauseAt = performance.now() + busyMs;
    }
    options.signal?.throwIfAborted();
    const sources: Source[] = [];
    for (const file of claim.files) {
      const source = read(file);
      if (source === null) continue; // removed in the meantime
      if ('severity' in source) diagnostics.push(source);
      else sources.push(source);
    }
    const [first] = sources;
    if (first === undefined) continue;
    for (const { file } of sources) files.set(file, { file, isRead: true });
    const group = { reader: await claim.format.load(), sources };
    const parsed = options.known?.parse(claim.format.name, group) ?? parseGroup(group);
    const pages = options.isRepository === true && claim.format.name === 'native' ? parsed.drafts.filter(isPage) : [];
    for (const { file, line } of pages) notWork.push({ file, line, why: 'pages outside of a specs folder' });
    if (pages.length > 0 && pages.length === parsed.drafts.length) continue;
    if (isOfBacklog(parsed, sources)) isBacklog = true;
    else if (parsed.diagnostics.length === 0)
      notWork.push({ file: first.file, line: 1, why: 'files in which nothing is read' });
    const aside = claim.format.name === 'native' ? asideOf(first.file, paths) : null;
    if (aside !== null) {
      notWork.push({ file: first.file, line: 1, why: aside });
      if (aside === 'archived specs') for (const draft of parsed.drafts) archived.push(draft);
      continue;
    }
    const fresh = parsed.diagnostics.filter((one) => !isTold(one));
    const broken = [...Map.groupBy(fresh, ({ file }) => file ?? first.file)].map(([file, some]) =>
      brokenDraft(file, some),
    );
    for (const draft of [...parsed.drafts, ...broken]) drafts.push({ ...draft, format: claim.format.name });
    for (const one of parsed.notWork ?? []) notWork.push(one);
  }
  if (!hasErrors(diagnostics) && drafts.length === 0 && !isBacklog) {
    const { folder, only = [] } = options;
    const where = only.length === 0 ? folder : only.map((place) => `${folder}/${place}`).join(' and ');
    diagnostics.push({
      severity: 'error',
      code: 'no-specs',
      ...((options.formats ?? []).length === 0
        ? {
            message: `there is no spec in ${where}`,
            hint: 'Write a Markdown file with "## Acceptance criteria" there, or use "backlog add".',
          }
        : {
            message: `there is no spec of ${(options.formats ?? []).join(' or ')} in ${where}`,
            hint: 'Name another folder or format, or none to read all formats.',
          }),
    });
  }
  const expanded = apart(await expandForEach(withTwins(drafts), options.listTargetFiles));
  const ended = endedIn(notWork, archived);
  const unknown = unknownIn(expanded, ended);
  const past = unknown.size === 0 ? undefined : await options.past?.(unknown, expanded.map(presentOf));
  const units = withCycles(resolve(expanded, { ...options, ended: withDone(ended, past), retired: past?.known }));
  return { units, diagnostics, files: [...files.values()], notWork };
}

/** True for the files of a backlog, also if nothing is left in them to do; false if nothing that they hold was read. */
function isOfBacklog({ drafts, notWork = [] }: Parsed, sources: readonly Source[]): boolean {
  return drafts.length > 0 || notWork.length > 0 || sources.every(isEmptyList);
}

/** True for a text without an entry of a list, as far as its kind of file shows that. */
function isEmptyList({ file, text }: Source): boolean {
  if (/\.json$/i.test(file)) return !/\[\s*[^\s\]]/.test(text);
  return /\.md$/i.test(file) ? !/^\s*(?:[-*+]|\d+[.)])\s/m.test(text) : text.trim() === '';
}

/** A function that reads a file: once, if several groups have it, such as the configuration of many tasks. */
function readerOf(reader: ConfinedReader, claims: readonly Claim[]): (file: string) => ReturnType<typeof readSource> {
  const seen = new Set<string>();
  const shared = new Map<string, ReturnType<typeof readSource> | undefined>();
  for (const file of claims.flatMap(({ files }) => files)) {
    if (seen.has(file)) shared.set(file, undefined);
    seen.add(file);
  }
  return (file) => {
    const known = shared.get(file);
    if (known !== undefined) return known;
    const source = readSource(reader, file);
    if (shared.has(file)) shared.set(file, source);
    return source;
  };
}

function presentOf({ key, draft }: Expanded): PresentUnit {
  const { file, files, format, title, isDone } = draft;
  const criteria = draft.criteria.map(({ criterion }) => criterion);
  const hashes = { criteriaHash: criteriaHash(criteria), ...formerCriteria(criteria) };
  return { key, title, file, files, format, isDone, criteria, ...hashes };
}

/** The ids of units that open ones wait for, and that are not there. */
function unknownIn(expanded: readonly Expanded[], ended: ReadonlyMap<string, End>): ReadonlySet<string> {
  const known = new Set(expanded.map(({ key }) => idFromKey(key)));
  const names = expanded.flatMap(({ draft }) => (draft.isDone ? [] : (draft.keys.depends ?? [])));
  return new Set(names.map(idFromKey).filter((id) => !known.has(id) && !ended.has(id)));
}

/** A unit that was done is met, although its spec is gone. */
function withDone(ended: ReadonlyMap<string, End>, past: PastUnits | undefined): ReadonlyMap<string, End> {
  return new Map([...[...(past?.done ?? [])].map((id) => [id, 'done'] as const), ...ended]);
}

/** What became of the units that are no work, by id. One that is held goes first, since others may have to wait for it. */
function endedIn(notWork: readonly NotWork[], archived: readonly Draft[]): Map<string, End> {
  const told = notWork.flatMap(({ key, end = 'archived' }) => (key === undefined ? [] : [{ key, end }]));
  const past = archived.map(({ key, isDone }) => ({ key, end: isDone ? ('done' as const) : ('archived' as const) }));
  const isHeld = ({ end }: { readonly end: End }): number => Number(typeof end === 'object' && 'hold' in end);
  const units = [...past, ...told].toSorted((a, b) => isHeld(a) - isHeld(b));
  return new Map(units.map(({ key, end }) => [idFromKey(key), end]));
}

/** What a native spec is, if its folder or name says that it is no work; null otherwise. */
function asideOf(file: string, all: ReadonlySet<string>): string | null {
  if (/(?:^|\/)(?:archived?|archives)\//i.test(file)) return 'archived specs';
  if (isCopy(file, all)) return 'backups';
  return /(?:^|\/)_?template\.md$/i.test(file) ? 'templates' : null;
}

/** True for a copy by its name or folder. A folder `backup` may be about backups, unless the originals of its files are around it. */
function isCopy(file: string, all: ReadonlySet<string>): boolean {
  if (/(?:^|\/)(?:bak|old)\/|\.(?:bak|orig|old)\.md$|~\.md$/i.test(file)) return true;
  if (/(?:^|\/)(?:[\w-]+[-_.])?backups?[-_./]?\d{4}[\w.-]*\//i.test(file)) return true;
  return all.has(file.replace(/(^|\/)backups?\//i, '$1')) && /(?:^|\/)backups?\//i.test(file);
}

/** Represents a file that cannot be parsed as a unit that is not runnable. */
function brokenDraft(file: string, problems: readonly SpecDiagnostic[]): Draft {
  const name = stem(file);
  return {
    key: derivedKey(name),
    isKeyExplicit: false,
    title: name,
    file,
    files: [file],
    line: 1,
    body: '',
    keys: {},
    criteria: [],
    marks: [],
    isDone: false,
    problems,
    where: () => ({}),
  };
}
