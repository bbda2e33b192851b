import { patternMatches, type PatternSet, patternSet } from '../model/path-pattern.ts';
import type { UnitSpec } from '../model/unit.ts';
import { looksLikeTest, looksLikeVerification } from './judge-files.ts';

/**
 * Paths by which work is judged or agents are steered, at any depth: test and CI configuration, lockfiles, git's own
 * files, instructions for agents. A unit may change them only when its own `touches` names them. `package.json` has its own
 * rules, by key (`manifest.ts`).
 */
const always: readonly string[] = [
  '**/{conftest.py,pytest.ini,setup.cfg,tox.ini,pyproject.toml,sitecustomize.py}',
  '**/*.pth',
  '**/{vitest,vite,jest,mocha,playwright,cypress,karma,ava}.config.*',
  '**/.{mocharc,nycrc,c8rc,taprc}*',
  '**/{jest.setup,vitest.setup,setupTests}.*',
  '**/{eslint.config.*,.eslintrc*,.eslintignore,.oxlintrc*,biome.json*,.prettierrc*,.prettierignore}',
  '**/tsconfig*.json',
  '**/{package-lock.json,npm-shrinkwrap.json,yarn.lock,pnpm-lock.yaml,bun.lock,bun.lockb,deno.lock}',
  '**/{Cargo.lock,go.sum,poetry.lock,uv.lock,Pipfile.lock,Gemfile.lock,composer.lock}',
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

/** What is the same for all units of a backlog, worked out once: many units would else each go through all others. */
const known = new WeakMap<readonly string[], unknown>();

function once<T>(list: readonly string[], make: (list: readonly string[]) => T): T {
  if (!known.has(list)) known.set(list, make(list));
  return known.get(list) as T;
}

/** What a unit may do with a path; `by-key`: a manifest, in which some keys are open. */
export type Protection = 'open' | 'closed' | 'by-key';

/** What decides which paths are protected. */
export interface ProtectOptions {
  readonly unit: Pick<UnitSpec, 'touches' | 'criteria' | 'contracts' | 'answer' | 'cwd'>;
  /** The specs folder relative to the repository's root; null when it lies elsewhere, '' when it is the root. */
  readonly specsPath: string | null;
  /** Spec files, relative to the specs folder. */
  readonly specFiles: readonly string[];
  /** Where the specs folder is the root: what would be a spec if the work landed. */
  readonly claimed: ReadonlySet<string>;
  /** Patterns of what in another specs folder is not read. */
  readonly ignore: readonly string[];
  /** Contracts that any unit of the backlog names. */
  readonly contracts: readonly string[];
  /** From the configuration. */
  readonly protect: readonly string[];
  /** Files of the base tree. */
  readonly baseFiles: ReadonlySet<string>;
}

/**
 * Says which paths a unit must not change. Its own specs are never open. The tests that its checks name are open only
 * when `touches` names them too, or when they do not exist at the base (then the unit writes them). A script that a
 * check runs is open when it lies within `touches`: then it is what the unit works on, not what judges it; but one with
 * the name of a check only where `touches` names it.
 */
export function protectedPaths(options: ProtectOptions): (path: string) => Protection {
  const { unit, specsPath, baseFiles } = options;
  const specFiles = once(options.specFiles, (files) => new Set(files));
  const isSpec = (path: string): boolean => {
    if (specsPath === null) return false;
    if (specsPath === '') return specFiles.has(path);
    return path.startsWith(`${specsPath}/`) && specFiles.has(path.slice(specsPath.length + 1));
  };
  const commands = unit.criteria.flatMap((c) => (c.command === null ? [] : [c.command]));
  const tests = new Set(
    commands.flatMap((command) => filesNamedBy(command, baseFiles, unit.cwd).filter(looksLikeTest)),
  );
  const scripts = new Set(
    commands.flatMap((command) => scriptsRunBy(command, unit.cwd)).filter((file) => baseFiles.has(file)),
  );
  const contracts: PatternSet = once(options.contracts, patternSet);
  const own = patternSet(options.protect);
  const isOpen = (path: string): boolean => unit.answer === path || opensByName(unit.touches, path);
  const isContract = (path: string): boolean => contracts.matches(path);
  const isClosed = (path: string): boolean => {
    if (isSpec(path)) return true;
    // What else lies among the specs could be read as one, once it landed.
    const among = amongSpecs(specsPath, path);
    const isRead = among !== null && !options.ignore.some((pattern) => patternMatches(pattern, among));
    if (isRead || options.claimed.has(path)) return unit.answer !== path && !(isContract(path) && isOpen(path));
    if (tests.has(path)) return !isOpen(path);
    if (scripts.has(path)) {
      if (looksLikeVerification(path)) return !isOpen(path);
      return unit.touches.length > 0 && !unit.touches.some((pattern) => patternMatches(pattern, path));
    }
    return (alwaysSet.matches(path) || own.matches(path) || isContract(path)) && !isOpen(path);
  };
  return (path) => {
    if (isClosed(path)) return 'closed';
    if (!/(?:^|\/)package\.json$/.test(path) || isOpen(path)) return 'open';
    return baseFiles.has(path) ? 'by-key' : 'closed'; // a new one changes how the modules around it are read
  };
}

/** A path as a specs folder below the root has it, as a file system that folds case sees it; null when it lies elsewhere. */
function amongSpecs(specsPath: string | null, path: string): string | null {
  if (specsPath === null || specsPath === '') return null;
  const fold = (name: string): string => name.normalize('NFC').toLowerCase();
  if (fold(path) === fold(specsPath)) return '';
  return fold(path).startsWith(`${fold(specsPath)}/`) ? path.slice(specsPath.length + 1) : null;
}

const interpreters = /^(?:node|deno|bun|tsx|python[\d.]*|sh|bash|zsh|dash|ruby|perl|php|lua|make)$/;

/** The files that a command runs: the first word of each simple command, or the one after an interpreter's options. */
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
 * True when `touches` names this very path, not just a folder or wildcard above it: `["app/**"]` does not open
 * `app/package.json`, `["app/package.json"]` does.
 */
export function opensByName(touches: readonly string[], path: string): boolean {
  const name = path.split('/').at(-1) ?? path;
  return touches.some((pattern) => patternMatches(pattern, path) && (pattern === path || segmentNames(pattern, name)));
}

/** `tests/*.test.mjs` names `tests/a.test.mjs`; `tests/**`, `tests/*` and `*.mjs` name nothing in particular. */
function segmentNames(pattern: string, name: string): boolean {
  const last = pattern.split('/').at(-1) ?? '';
  return /[^*?{},.]/.test(last.replace(/\.\w+$/, '')) && patternMatches(last, name) && !last.includes('**');
}

/** The words of a command that are files of the tree, or folders in it (then all files below). */
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

/** The words of a command that look like test files, whether they exist or not. */
export function testsNamedBy(command: string, cwd = ''): string[] {
  return wordsOf(command, cwd).filter((word) => looksLikeTest(word));
}

/** A path as a command in a folder names it → from the repository's root. */
function at(cwd: string, path: string): string {
  return cwd === '' ? path : `${cwd}/${path}`;
}

function wordsOf(command: string, cwd: string): string[] {
  return command
    .split(/[\s;&|<>()'"`=]+/)
    .map((word) => word.replace(/^\.\//, '').replace(/::.*$/, ''))
    .filter(
      (word) => word.length > 1 && !word.startsWith('-') && !word.startsWith('/') && !word.split('/').includes('..'),
    )
    .map((word) => at(cwd, word));
}
