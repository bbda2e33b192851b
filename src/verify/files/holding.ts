import { patternMatches } from '../../model/path-pattern.ts';
import type { UnitSpec } from '../../model/unit.ts';
import { isOnlyRead } from './descriptions.ts';
import {
  isInstalled,
  looksLikeConfiguration,
  looksLikeJudge,
  looksLikeTestPart,
  looksLikeVerification,
} from './judge-files.ts';
import { type Judges, sources } from './judges.ts';
import { filesNamedBy, opensByName } from './protect.ts';
import { moduleName, type Trace } from '../commands/trace.ts';

/**
 * Why a change is left out of the candidate. `judges`: it affects how a unit, project check or gate is judged, so it does
 * not land. `outside`: it is not in the unit's `touches`, so the work must pass without it.
 */
export type Held = 'judges' | 'outside';

/** What decides which changes are held apart. */
export interface HoldingOptions {
  readonly unit: Pick<UnitSpec, 'touches' | 'answer' | 'title' | 'body' | 'criteria' | 'cwd'>;
  readonly baseFiles: ReadonlySet<string>;
  /** Files used by the unit's own checks. */
  readonly own: Judges;
  /** Files used by the project's checks, set-up and reviewers. */
  readonly project: Judges;
  /** Files that the checks of all units name. */
  readonly units: Judges;
  /** True if any command judges the unit. */
  readonly hasChecks: boolean;
  /** Traces of the unit's and the project's checks on the base; empty where tracing is unavailable. */
  readonly traces: readonly Trace[];
  /** The commands of those checks, and the text of the base files that they opened. */
  readonly askedText: string;
  /** The part of that text that comes from tests. */
  readonly testText: string;
}

/**
 * Endings of files that no runtime finds by bare name along a search path, where a nearer file wins: languages that
 * import by path or are compiled, texts, images. Any other file may shadow a module, also in compiled form (`.pyc`,
 * `.pmc`, `.so`).
 */
const namedByPath =
  /\.(?:[cm]?[jt]sx?|vue|svelte|json\w*|ya?ml|toml|md|mdx|rst|adoc|txt|html?|css|s[ac]ss|less|xml|csv|tsv|sql|svg|png|jpe?g|gif|ico|webp|woff2?|ttf|pdf|go|rs|c|h|cc|cpp|cxx|hpp|m|java|kt|scala|groovy|cs|fs|swift|zig|hs|ml|ex|exs|erl|clj|sh|bash|zsh|bats|lock)$/i;

/** True for a file that may shadow a module of the same name. */
function isShadowable(path: string): boolean {
  return /[^/.][^/]*\.[^/.]+$/.test(path) && !namedByPath.test(path);
}

/** True if a trace of the checks on the base is needed to classify the changes. */
export function wantsTrace(touches: readonly string[], added: readonly string[]): boolean {
  return (
    touches.length === 0 ||
    added.some((path) => isShadowable(path) || (!looksLikeTestPart(path) && !isTouched(touches, path)))
  );
}

/**
 * Returns the function that decides which of a unit's changes are left out.
 *
 * With `touches`, every change outside of them is. Inside, a wildcard does not open a file that judges; a name does.
 *
 * Without `touches`, it leaves out what checks execute and name, and added files that a check on the base would have
 * read: it looked for that path (configuration, or a module that no text of the project asks for), or loaded a module of
 * that name from elsewhere.
 */
export function holdApart(options: HoldingOptions): (path: string) => Held | null {
  const { unit, baseFiles, own, project, units, traces } = options;
  const { touches } = unit;
  const isNamed = (path: string): boolean => unit.answer === path || opensByName(touches, path);
  const judgesOthers = (path: string): boolean =>
    [project, units].some((others) => others.scripts.has(path) || others.tests.has(path));
  // Executed files judge, however they were started, unless they are what the checks test.
  const isExecuted = (path: string): boolean =>
    traces.some((trace) => trace.executed.has(path)) && !isUnderTest(path, options);
  return (path) => {
    if (isInstalled(path)) return isNamed(path) ? null : 'judges';
    if (isNamed(path)) return null;
    const isNew = !baseFiles.has(path);
    if (touches.length > 0 && !isTouched(touches, path))
      return looksLikeJudge(path) || judgesOthers(path) || own.scripts.has(path) || own.tests.has(path)
        ? 'judges'
        : 'outside';
    if (isNew) {
      if (judgesOthers(path) && !own.tests.has(path)) return 'judges';
      if (isPlanted(path, options)) return 'judges';
      return null; // a new test is written by the unit, and is judged as that
    }
    if (touches.length > 0) {
      if (looksLikeTestPart(path) && !namesTests(touches, path)) return options.hasChecks ? 'judges' : null;
      // A unit may edit the project's tests where `touches` opens them; their number is still compared.
      const isOthers = looksLikeTestPart(path) ? units.tests.has(path) : judgesOthers(path);
      if (own.scripts.has(path)) return looksLikeVerification(path) ? 'judges' : null;
      return isOthers ? 'judges' : null;
    }
    if (own.scripts.has(path) || judgesOthers(path) || isExecuted(path)) return 'judges';
    if (own.helpers.has(path) && !isSpokenOf(unit, path)) return 'judges';
    if (looksLikeTestPart(path)) return options.hasChecks && !isSubject(path, unit) ? 'judges' : null;
    if (!traces.some((trace) => trace.opened.has(path))) return null;
    return looksLikeConfiguration(path) || isPartOfJudge(path, options) ? 'judges' : null;
  };
}

/** True if `touches` covers a path; false for every path if `touches` is empty. */
function isTouched(touches: readonly string[], path: string): boolean {
  return touches.some((pattern) => patternMatches(pattern, path));
}

/** True if the pattern that covers a path is about tests: `tests/**` is, `src/**` is not. */
function namesTests(touches: readonly string[], path: string): boolean {
  return touches.some((pattern) => {
    if (!patternMatches(pattern, path)) return false;
    const example = pattern.replace(/\*\*|\*|\?/g, 'x');
    return looksLikeTestPart(/\.\w+$/.test(example) ? example : `${example.replace(/\/$/, '')}/x.js`);
  });
}

/** True for a description that the unit's own checks look into, and do not run. */
function isSubject(path: string, { criteria, cwd }: HoldingOptions['unit']): boolean {
  const named = criteria.flatMap(({ command }) =>
    command === null || filesNamedBy(command, new Set([path]), cwd).length === 0 ? [] : [command],
  );
  return named.length > 0 && named.every((command) => isOnlyRead(path, command, cwd));
}

function isPlanted(path: string, { traces, askedText, unit }: HoldingOptions): boolean {
  const isAsked = unit.touches.length > 0; // the author opened the folder: only shadowing files are left out
  for (const trace of traces) {
    if (isShadowable(path) && trace.modules.has(moduleName(path)) && !isInPackage(path, trace)) return true;
    if (!isAsked && trace.probed.has(path) && (looksLikeConfiguration(path) || !isAskedFor(path, askedText)))
      return true;
  }
  return looksLikeConfiguration(path) && (isAsked || traces.length === 0);
}

/** True for a program that tests start, or that lies where programs are written. */
function isUnderTest(path: string, { own, unit, testText }: HoldingOptions): boolean {
  const folder = placeOf(path, unit);
  if (own.observed.has(path) || /(?:^|\/)bin\//.test(path) || (folder !== '' && sources.test(folder))) return true;
  return isSpokenOf(unit, path) || hasWord(testText, path.split('/').at(-1) ?? path);
}

/** True for a module in a package of the project: it is imported by the package's name and shadows nothing. */
function isInPackage(path: string, trace: Trace): boolean {
  const folder = folderOf(path);
  return folder !== '' && trace.opened.has(`${folder}/__init__.py`);
}

/** Folders of shared test helpers, which hold no sources. */
const support = /^(?:support|helpers?|testkit|harness)\//i;

/** True for a file that a judging script read beside itself, outside of source folders, or that tests load by name. */
function isPartOfJudge(path: string, options: HoldingOptions): boolean {
  const { own, traces, testText, unit } = options;
  if (isSpokenOf(unit, path)) return false;
  if (support.test(`${placeOf(path, unit)}/`) && hasWord(testText, moduleName(path))) return true;
  const executed = traces.flatMap((trace) => [...trace.executed]).filter((file) => !isUnderTest(file, options));
  return [...own.scripts, ...executed].some((script) => {
    const place = placeOf(script, unit);
    return place !== '' && !sources.test(place) && path.startsWith(`${folderOf(script)}/`);
  });
}

/** The folder of a path, relative to the unit's `cwd`; '' for `cwd` itself. */
function placeOf(path: string, { cwd }: HoldingOptions['unit']): string {
  const folder = folderOf(path);
  if (folder === cwd) return '';
  return cwd !== '' && folder.startsWith(`${cwd}/`) ? folder.slice(cwd.length + 1) : folder;
}

/** The folder of a path; '' for the root. */
function folderOf(path: string): string {
  return path.split('/').slice(0, -1).join('/');
}

/** True if a text of the project mentions this module or file. */
function isAskedFor(path: string, text: string): boolean {
  const name = /\.(?:[cm]?[jt]sx?|json|py|rb|pm|php|lua)$/.test(path) ? moduleName(path) : path.split('/').at(-1);
  return name !== undefined && hasWord(text, name);
}

/** True if the author's text, without commands, names a file: then the unit works on it. */
function isSpokenOf(unit: HoldingOptions['unit'], path: string): boolean {
  const words = [
    unit.title,
    unit.body,
    ...unit.criteria.map(({ text, command }) => (command === null ? text : text.replace(command, ''))),
  ].join('\n');
  return hasWord(words.toLowerCase(), moduleName(path).toLowerCase());
}

function hasWord(text: string, word: string): boolean {
  if (word === '') return false;
  for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1)) {
    const before = text[at - 1] ?? ' ';
    const after = text[at + word.length] ?? ' ';
    if (!/[\w-]/.test(before) && !/[\w-]/.test(after)) return true;
  }
  return false;
}
