import { patternMatches } from '../model/path-pattern.ts';
import type { UnitSpec } from '../model/unit.ts';
import {
  isInstalled,
  looksLikeConfiguration,
  looksLikeJudge,
  looksLikeTestPart,
  looksLikeVerification,
} from './judge-files.ts';
import { type Judges, sources } from './judges.ts';
import { opensByName } from './protect.ts';
import { moduleName, type Trace } from './trace.ts';

/**
 * Why a change is held apart: it `judges` (a unit, a project check, a gate), so it does not land; or it lies `outside` of
 * what the unit may touch, so the work has to hold without it.
 */
export type Held = 'judges' | 'outside';

/** What decides which changes are held apart. */
export interface HoldingOptions {
  readonly unit: Pick<UnitSpec, 'touches' | 'answer' | 'title' | 'body' | 'criteria' | 'cwd'>;
  readonly baseFiles: ReadonlySet<string>;
  /** By the unit's own checks. */
  readonly own: Judges;
  /** By the project's checks, its set-up, and who reviews. */
  readonly project: Judges;
  /** By what the checks of all units name. */
  readonly units: Judges;
  /** True when any command judges at all. */
  readonly hasChecks: boolean;
  /** What the unit's and the project's checks did on the base; empty where they cannot be traced. */
  readonly traces: readonly Trace[];
  /** The commands of those checks, and the text of the files of the base that they opened. */
  readonly askedText: string;
  /** Of that, the text of tests. */
  readonly testText: string;
}

/**
 * Endings of what no runner finds by its bare name along a list of folders, where a nearer one wins: languages that name
 * paths or are compiled, texts, pictures. Everything else may stand in for a module, in the forms that languages keep
 * it in, too (`.pyc`, `.pmc`, `.so`).
 */
const namedByPath =
  /\.(?:[cm]?[jt]sx?|vue|svelte|json\w*|ya?ml|toml|md|mdx|rst|adoc|txt|html?|css|s[ac]ss|less|xml|csv|tsv|sql|svg|png|jpe?g|gif|ico|webp|woff2?|ttf|pdf|go|rs|c|h|cc|cpp|cxx|hpp|m|java|kt|scala|groovy|cs|fs|swift|zig|hs|ml|ex|exs|erl|clj|sh|bash|zsh|bats|lock)$/i;

/** True for a file that may be found by its name alone: a module has an ending. */
function isShadowable(path: string): boolean {
  return /[^/.][^/]*\.[^/.]+$/.test(path) && !namedByPath.test(path);
}

/** True when what is changed or added can only be told by what checks did on the base. */
export function wantsTrace(touches: readonly string[], added: readonly string[]): boolean {
  return (
    touches.length === 0 ||
    added.some((path) => isShadowable(path) || (!looksLikeTestPart(path) && !isTouched(touches, path)))
  );
}

/**
 * Says which of a unit's changes are held apart.
 *
 * With `touches`, everything outside of them is. Inside of them a wildcard opens no file that judges, a name does.
 *
 * Without `touches`, what checks execute and name is, and what a check on the base would have read had it been there:
 * it looked for that path (configuration; modules that no text of the project asks for), or loaded a module of that name
 * from elsewhere.
 */
export function holdApart(options: HoldingOptions): (path: string) => Held | null {
  const { unit, baseFiles, own, project, units, traces } = options;
  const { touches } = unit;
  const isNamed = (path: string): boolean => unit.answer === path || opensByName(touches, path);
  const judgesOthers = (path: string): boolean =>
    [project, units].some((others) => others.scripts.has(path) || others.tests.has(path));
  // Whatever starts it, a loop, a variable, another script: what runs decides, unless it is what is looked at.
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
      return null; // a new test is the unit's own word, and counts as that
    }
    if (touches.length > 0) {
      if (looksLikeTestPart(path) && !namesTests(touches, path)) return options.hasChecks ? 'judges' : null;
      // Tests of the project may be worked on where the author opens them; they are counted all the same.
      const isOthers = looksLikeTestPart(path) ? units.tests.has(path) : judgesOthers(path);
      if (own.scripts.has(path)) return looksLikeVerification(path) ? 'judges' : null;
      return isOthers ? 'judges' : null;
    }
    if (own.scripts.has(path) || judgesOthers(path) || isExecuted(path)) return 'judges';
    if (own.helpers.has(path) && !isSpokenOf(unit, path)) return 'judges';
    if (looksLikeTestPart(path)) return options.hasChecks ? 'judges' : null;
    if (!traces.some((trace) => trace.opened.has(path))) return null;
    return looksLikeConfiguration(path) || isPartOfJudge(path, options) ? 'judges' : null;
  };
}

/** True when a path lies within what a unit may touch; nothing does where it does not say. */
export function isTouched(touches: readonly string[], path: string): boolean {
  return touches.some((pattern) => patternMatches(pattern, path));
}

/** True when the pattern that covers a path speaks of tests itself: `tests/**` does, `src/**` does not. */
function namesTests(touches: readonly string[], path: string): boolean {
  return touches.some((pattern) => {
    if (!patternMatches(pattern, path)) return false;
    const example = pattern.replace(/\*\*|\*|\?/g, 'x');
    return looksLikeTestPart(/\.\w+$/.test(example) ? example : `${example.replace(/\/$/, '')}/x.js`);
  });
}

function isPlanted(path: string, { traces, askedText, unit }: HoldingOptions): boolean {
  const isAsked = unit.touches.length > 0; // the author opened the folder: only what stands in for something else is
  for (const trace of traces) {
    if (isShadowable(path) && trace.modules.has(moduleName(path)) && !isInPackage(path, trace)) return true;
    if (!isAsked && trace.probed.has(path) && (looksLikeConfiguration(path) || !isAskedFor(path, askedText)))
      return true;
  }
  return looksLikeConfiguration(path) && (isAsked || traces.length === 0);
}

/** True for a program that tests start, or that lies where programs are written: it is what is looked at. */
function isUnderTest(path: string, { own, unit, testText }: HoldingOptions): boolean {
  const folder = placeOf(path, unit);
  if (own.observed.has(path) || /(?:^|\/)bin\//.test(path) || (folder !== '' && sources.test(folder))) return true;
  return isSpokenOf(unit, path) || hasWord(testText, path.split('/').at(-1) ?? path);
}

/** A module below a package of the project is asked for by the package's name: it stands in for nothing. */
function isInPackage(path: string, trace: Trace): boolean {
  const folder = folderOf(path);
  return folder !== '' && trace.opened.has(`${folder}/__init__.py`);
}

/** Folders of what tests share, where sources do not lie. */
const support = /^(?:support|helpers?|testkit|harness)\//i;

/** True for what a judge read that lies beside it, in a folder that is no source's, and for what tests load by its name. */
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

/** The folder that a path lies in, as seen from where the unit works; '' for that place itself. */
function placeOf(path: string, { cwd }: HoldingOptions['unit']): string {
  const folder = folderOf(path);
  if (folder === cwd) return '';
  return cwd !== '' && folder.startsWith(`${cwd}/`) ? folder.slice(cwd.length + 1) : folder;
}

/** The folder that a path lies in; '' for the root. */
function folderOf(path: string): string {
  return path.split('/').slice(0, -1).join('/');
}

/** True when a text of the project asks for a module or a file of this name. */
function isAskedFor(path: string, text: string): boolean {
  const name = /\.(?:[cm]?[jt]sx?|json|py|rb|pm|php|lua)$/.test(path) ? moduleName(path) : path.split('/').at(-1);
  return name !== undefined && hasWord(text, name);
}

/** True when the author's words, commands aside, name a file: then it is what the unit works on. */
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
