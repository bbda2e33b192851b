import { lockfiles } from '../../model/lockfiles.ts';
import { patternMatches, type PatternSet, patternSet } from '../../model/path-pattern.ts';
import type { UnitSpec } from '../../model/unit.ts';
import { isOnlyRead } from './descriptions.ts';
import { looksLikeTest, looksLikeVerification } from './judge-files.ts';
import { roughWords } from '../commands/shell-words.ts';

/**
 * Paths that decide how work is judged or that instruct agents, at any depth: test and CI configuration, lockfiles,
 * git's own files, agent instructions. A unit may change one only if its `touches` names it. `package.json` is protected
 * by key instead (`manifest.ts`).
 */
const always: readonly string[] = [
  '**/{conftest.py,pytest.ini,setup.cfg,tox.ini,pyproject.toml,sitecustomize.py}',
  '**/*.pth',
  '**/{vitest,vite,jest,mocha,playwright,cypress,karma,ava}.config.*',
  '**/.{mocharc,nycrc,c8rc,taprc}*',
  '**/{jest.setup,vitest.setup,setupTests}.*',
  '**/{eslint.config.*,.eslintrc*,.eslintignore,.oxlintrc*,biome.json*,.prettierrc*,.prettierignore}',
  '**/tsconfig*.json',
  `**/{${lockfiles.join()}}`,
  '**/.{npmrc,yarnrc*,nvmrc,node-version,env*}',
  '**/{Makefile,makefile,GNUmakefile,Justfile,justfile}',
  '**/.{github,gitlab,circleci,husky,vscode,devcontainer,claude,cursor}',
  '**/.gitlab-ci.yml',
  '**/{azure-pipelines.yml,Jenkinsfile,.travis.yml}',
  '**/.{gitattributes,gitmodules,gitignore,git}',
  '**/{AGENTS.md,CLAUDE.md,GEMINI.md,.cursorrules,.windsurfrules}',
  '**/backlog.config.json',
  '**/.backlog',
];

const alwaysSet = patternSet(always);

/** Results that are the same for all units of a backlog, keyed by their list; otherwise each unit would recompute them. */
const known = new WeakMap<readonly string[], unknown>();

function once<T>(list: readonly string[], make: (list: readonly string[]) => T): T {
  if (!known.has(list)) known.set(list, make(list));
  return known.get(list) as T;
}

/** What a unit may do with a path; `by-key`: a manifest in which only some keys are open. */
export type Protection = 'open' | 'closed' | 'by-key';

/** What decides which paths are protected. */
export interface ProtectOptions {
  readonly unit: Pick<UnitSpec, 'touches' | 'criteria' | 'contracts' | 'answer' | 'cwd'>;
  /** The specs folder relative to the repository's root; null if it lies elsewhere, or is not read as a whole. */
  readonly specsPath: string | null;
  /** Spec files, relative to the specs folder. */
  readonly specFiles: readonly string[];
  /** Paths outside of a specs folder that are specs, or would be once the work landed. */
  readonly claimed: ReadonlySet<string>;
  /** Patterns of files in the specs folder that are not read as specs. */
  readonly ignore: readonly string[];
  /** Contracts of all units of the backlog. */
  readonly contracts: readonly string[];
  /** From the configuration. */
  readonly protect: readonly string[];
  /** Files that the configuration has agents read, as paths. */
  readonly instructing: readonly string[];
  /** Files of the base tree. */
  readonly baseFiles: ReadonlySet<string>;
}

/**
 * Returns the function that says which paths a unit may change. Its specs are always closed. Tests that its checks name
 * are open only if `touches` names them, or if they do not exist at the base (the unit writes them). A script that a
 * check runs is open if it is in `touches` (it is what the unit works on); one with a name like a check only if
 * `touches` names it.
 */
export function protectedPaths(options: ProtectOptions): (path: string) => Protection {
  const { unit, specsPath, baseFiles } = options;
  const specFiles = once(options.specFiles, (files) => new Set(files));
  const isSpec = (path: string): boolean => {
    if (specsPath === null) return false;
    return path.startsWith(`${specsPath}/`) && specFiles.has(path.slice(specsPath.length + 1));
  };
  const commands = unit.criteria.flatMap((c) => (c.command === null ? [] : [c.command]));
  const tests = new Set(
    commands.flatMap((command) =>
      filesNamedBy(command, baseFiles, unit.cwd).filter(
        (file) => looksLikeTest(file) && !isOnlyRead(file, command, unit.cwd),
      ),
    ),
  );
  const scripts = new Set(
    commands.flatMap((command) => scriptsRunBy(command, unit.cwd)).filter((file) => baseFiles.has(file)),
  );
  const contracts: PatternSet = once(options.contracts, patternSet);
  const own = patternSet(options.protect);
  const instructing = once(options.instructing, (files) => new Set(files.map(folded)));
  const isOpen = (path: string): boolean => unit.answer === path || opensByName(unit.touches, path);
  const isContract = (path: string): boolean => contracts.matches(path);
  const isClosed = (path: string): boolean => {
    if (isSpec(path)) return true;
    // Any other file in the specs folder could be read as a spec once it landed.
    const among = amongSpecs(specsPath, path);
    const isRead = among !== null && !options.ignore.some((pattern) => patternMatches(pattern, among));
    if (isRead || options.claimed.has(path)) return unit.answer !== path && !(isContract(path) && isOpen(path));
    if (tests.has(path)) return !isOpen(path);
    if (scripts.has(path)) {
      if (looksLikeVerification(path)) return !isOpen(path);
      return unit.touches.length > 0 && !unit.touches.some((pattern) => patternMatches(pattern, path));
    }
    const isNamed = own.matches(path) || isContract(path) || instructing.has(folded(path));
    return (alwaysSet.matches(path) || isNamed) && !isOpen(path);
  };
  return (path) => {
    if (isClosed(path)) return 'closed';
    if (!/(?:^|\/)package\.json$/.test(path) || isOpen(path)) return 'open';
    return baseFiles.has(path) ? 'by-key' : 'closed'; // a new manifest changes how nearby modules are loaded
  };
}

/** A path relative to the specs folder, ignoring case and normalization as some file systems do; null if outside. */
export function amongSpecs(specsPath: string | null, path: string): string | null {
  if (specsPath === null) return null;
  if (folded(path) === folded(specsPath)) return '';
  return folded(path).startsWith(`${folded(specsPath)}/`) ? path.slice(specsPath.length + 1) : null;
}

function folded(name: string): string {
  return name.normalize('NFC').toLowerCase();
}

const interpreters = /^(?:node|deno|bun|tsx|python[\d.]*|sh|bash|zsh|dash|ruby|perl|php|lua|make)$/;

/** The files that a command runs: the first word of each simple command, or its interpreter's first argument. */
export function scriptsRunBy(command: string, cwd = ''): string[] {
  return command.split(/&&|\|\||[;&|\n]/).flatMap((simple) => {
    const words = simple
      .trim()
      .split(/\s+/)
      .map((word) => word.replace(/^["']|["']$/g, '').replace(/^\.\//, ''))
      .filter((word) => word !== '' && !/^[A-Za-z_]\w*=/.test(word));
    const [first, ...rest] = words;
    if (first === undefined) return [];
    const script = interpreters.test(first) ? rest.find((word) => !word.startsWith('-')) : first;
    return script === undefined ? [] : [at(cwd, script)];
  });
}

/**
 * True if `touches` names this very path, not just a folder or wildcard above it: `["app/**"]` does not open
 * `app/package.json`, `["app/package.json"]` does.
 */
export function opensByName(touches: readonly string[], path: string): boolean {
  const name = path.split('/').at(-1) ?? path;
  return touches.some((pattern) => patternMatches(pattern, path) && (pattern === path || segmentNames(pattern, name)));
}

/** True if a unit's author asked for this very path: by the name in `touches`, or as a word of a check. */
export function isOpenedBy(
  { touches, criteria, cwd }: Pick<UnitSpec, 'touches' | 'criteria' | 'cwd'>,
  path: string,
): boolean {
  const isNamed = (command: string | null): boolean => command !== null && wordsOf(command, cwd).includes(path);
  return opensByName(touches, path) || criteria.some(({ command }) => isNamed(command));
}

/** `tests/*.test.mjs` names `tests/a.test.mjs`; `tests/**`, `tests/*` and `*.mjs` are too general. */
function segmentNames(pattern: string, name: string): boolean {
  const last = pattern.split('/').at(-1) ?? '';
  return /[^*?{},.]/.test(last.replace(/\.\w+$/, '')) && patternMatches(last, name) && !last.includes('**');
}

/** Files of the tree that a command names, directly or by a folder above them. */
export function filesNamedBy(command: string, files: ReadonlySet<string>, cwd = ''): string[] {
  const words = wordsOf(command, cwd);
  const plain = new Set(words.map((word) => word.replace(/\/+$/, '')));
  const wild = patternSet(words.filter((word) => /[*?]/.test(word)));
  const isNamed = (file: string): boolean => {
    if (words.includes(file)) return true;
    for (let end = file.lastIndexOf('/'); end > 0; end = file.lastIndexOf('/', end - 1))
      if (plain.has(file.slice(0, end))) return true;
    return wild.matches(file);
  };
  return [...files].filter(isNamed);
}

/** Words of a command that look like test files, existing or not, without what it only looks into. */
export function testsNamedBy(command: string, cwd = ''): string[] {
  return wordsOf(command, cwd).filter((word) => looksLikeTest(word) && !isOnlyRead(word, command, cwd));
}

/** A path in a command that runs in `cwd`, relative to the repository's root. */
function at(cwd: string, path: string): string {
  return cwd === '' ? path : `${cwd}/${path}`;
}

function wordsOf(command: string, cwd: string): string[] {
  return roughWords(command)
    .map((word) => word.replace(/::.*$/, ''))
    .filter(
      (word) => word.length > 1 && !word.startsWith('-') && !word.startsWith('/') && !word.split('/').includes('..'),
    )
    .map((word) => at(cwd, word));
}
