import path from 'node:path';
import { patternMatches } from '../../model/path-pattern.ts';
import type { Repository } from '../../repo/git/repository.ts';
import { listTree, readTreeFile } from '../../repo/objects/tree.ts';
import { sha256 } from '../../util/values/hash.ts';
import { findJudges } from '../../verify/files/judges.ts';

/** Names of files that decide what is installed, at any depth. */
const names = new Set(
  // JavaScript
  (
    'package.json package-lock.json npm-shrinkwrap.json yarn.lock .yarnrc .yarnrc.yml pnpm-lock.yaml pnpm-workspace.yaml ' +
    'bun.lock bun.lockb bunfig.toml deno.json deno.jsonc deno.lock .npmrc .nvmrc .node-version lerna.json rush.json ' +
    // Python
    'pyproject.toml setup.py setup.cfg uv.lock poetry.lock pdm.lock pixi.toml pixi.lock Pipfile Pipfile.lock ' +
    'environment.yml environment.yaml conda-lock.yml .python-version ' +
    // Rust, Go, Ruby, PHP, Perl
    'Cargo.toml Cargo.lock rust-toolchain rust-toolchain.toml go.mod go.sum go.work go.work.sum Gemfile Gemfile.lock ' +
    '.ruby-version composer.json composer.lock cpanfile cpanfile.snapshot ' +
    // Elixir, Erlang, Gleam, Crystal, Dart, Swift
    'mix.exs mix.lock rebar.config rebar.lock gleam.toml manifest.toml shard.yml shard.lock pubspec.yaml pubspec.lock ' +
    'Package.swift Package.resolved Podfile Podfile.lock ' +
    // Java, Kotlin, Scala, Clojure
    'pom.xml build.gradle build.gradle.kts settings.gradle settings.gradle.kts gradle.properties gradle.lockfile ' +
    'libs.versions.toml gradle-wrapper.properties maven-wrapper.properties build.sbt build.properties deps.edn project.clj ' +
    // .NET, Haskell, OCaml, R, Julia, C++
    'packages.lock.json global.json nuget.config NuGet.config Directory.Packages.props Directory.Build.props ' +
    'cabal.project cabal.project.freeze stack.yaml stack.yaml.lock dune-project renv.lock Project.toml Manifest.toml ' +
    'conanfile.txt conanfile.py vcpkg.json ' +
    // Generators, and managers of versions
    'schema.prisma buf.gen.yaml buf.lock flake.nix flake.lock shell.nix default.nix .tool-versions mise.toml .mise.toml ' +
    '.terraform.lock.hcl'
  ).split(' '),
);
const families = /^(?:(?:requirements|constraints).*\.(?:txt|in)|.*\.(?:csproj|fsproj|vbproj|sln|gemspec|cabal|opam))$/;

function isManifest(file: string): boolean {
  const name = path.posix.basename(file);
  return names.has(name) || families.test(name) || /(?:^|\/)requirements\/[^/]+\.(?:txt|in)$/.test(file);
}

/** Keys of a `package.json` that package managers read to install. */
const installed = new Set(
  (
    'name version dependencies devDependencies optionalDependencies peerDependencies peerDependenciesMeta ' +
    'bundleDependencies bundledDependencies dependenciesMeta overrides resolutions workspaces catalog catalogs pnpm ' +
    'packageManager engines devEngines os cpu libc bin directories config gypfile trustedDependencies'
  ).split(' '),
);

/** Scripts that run when a package is installed. */
const lifecycle = /^(?:pre|post)?(?:install|prepare|uninstall)$|^dependencies$/;

/** Sections of a `pyproject.toml` for other tools, which installers do not read. */
const otherTools = /^\[\[?tool\.(?!poetry|uv|pdm|hatch|setuptools|flit|maturin|scikit-build|cibuildwheel|pixi|rye)/;

/** The files of a tree that decide what is installed, by name or configuration, with their relevant part. */
export async function manifestsIn(
  repository: Repository,
  tree: string,
  patterns: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const isNamed = (file: string): boolean => patterns.some((pattern) => patternMatches(pattern, file));
  const found = (await listTree(repository, tree)).filter((entry) => isManifest(entry.path) || isNamed(entry.path));
  const texts = await Promise.all(
    found.map(async ({ path: file, object, mode }) => {
      const read = /(?:^|\/)(?:package\.json|pyproject\.toml)$/.test(file) && mode !== '120000' && !isNamed(file);
      const bytes = read ? await readTreeFile(repository, tree, file) : null;
      return [file, bytes === null ? `${mode} ${object}` : sha256(whatCounts(file, bytes.toString('utf8')))] as const;
    }),
  );
  return new Map(texts);
}

/**
 * The files of a tree that a set-up executes or names, with their contents: its scripts and those that they start, and
 * scripts of package managers, make and just. They affect the installation, but run only once they are on the branch.
 */
export async function programsIn(
  repository: Repository,
  tree: string,
  command: string,
): Promise<ReadonlyMap<string, string>> {
  const objects = new Map(
    (await listTree(repository, tree)).map((entry) => [entry.path, `${entry.mode} ${entry.object}`]),
  );
  const read = async (file: string): Promise<string | null> =>
    (await readTreeFile(repository, tree, file))?.toString('utf8') ?? null;
  const judges = await findJudges([{ command, cwd: '' }], { files: new Set(objects.keys()), read });
  const words = command.split(/[\s;&|<>()'"`$=]+/);
  const files = new Set<string>([...judges.scripts, ...judges.helpers, ...judges.observed, ...judges.tests]);
  for (const word of words) files.add(path.posix.normalize(word));
  if (words.some((word) => /^g?make$/.test(word)))
    for (const file of ['GNUmakefile', 'makefile', 'Makefile']) files.add(file);
  if (words.includes('just')) for (const file of ['justfile', 'Justfile', '.justfile']) files.add(file);
  const found = new Map<string, string>();
  for (const file of files) {
    const object = objects.get(file);
    if (object !== undefined && !isManifest(file)) found.set(file, object);
  }
  const scripts = /\b(?:npm|pnpm|yarn|bun)\s/.test(command) ? scriptsOf((await read('package.json')) ?? '') : {};
  for (const [name, script] of Object.entries(scripts))
    if (words.includes(name)) found.set(`package.json (scripts.${name})`, sha256(JSON.stringify(script)));
  return found;
}

function scriptsOf(text: string): Record<string, unknown> {
  try {
    const { scripts } = JSON.parse(text.replace(/^\uFEFF/, '')) as { readonly scripts?: unknown };
    return typeof scripts === 'object' && scripts !== null ? (scripts as Record<string, unknown>) : {};
  } catch {
    return {}; // invalid: all of it counts
  }
}

/** The part of a manifest's text that affects what is installed. */
export function whatCounts(file: string, text: string): string {
  return file.endsWith('.json') ? ofPackage(text) : ofProject(text);
}

function ofPackage(text: string): string {
  let value: unknown;
  try {
    value = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch {
    return text;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return text;
  const { scripts, ...rest } = value as Record<string, unknown>;
  const own = typeof scripts === 'object' && scripts !== null ? Object.entries(scripts) : [];
  const kept = [
    ...Object.entries(rest).filter(([key]) => installed.has(key)),
    ...own.filter(([name]) => lifecycle.test(name)).map(([name, script]) => [`scripts.${name}`, script] as const),
  ];
  return JSON.stringify(kept.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

function ofProject(text: string): string {
  let isCounted = true;
  const kept = text.split(/\r?\n/).filter((line) => {
    if (/^\s*\[/.test(line)) isCounted = !otherTools.test(line.trim());
    return isCounted && line.trim() !== '' && !line.trim().startsWith('#');
  });
  return kept.join('\n');
}
