import { javascript } from './javascript-tests.ts';
import { python } from './python-tests.ts';
import { type Find, oneWay, type ProjectFiles, type Runner } from './test-runner.ts';

/*
 * Detects how a project's tests are run, by its files. `try-checks.ts` tests whether it works.
 */

/** Maximum folders below the root whose tests are used if the root has none. */
const maxFolders = 5;
/** Folders searched at once, with one question to git. */
const portion = 100;

/**
 * The test runners of the root, else of projects in the folders directly below, else one level deeper (`packages/a`). Make
 * and just come last, since their targets usually call the others.
 */
export async function findRunners(files: ProjectFiles, signal: AbortSignal): Promise<Runner[]> {
  const below = await runnersOf(files, /^([\w][\w.-]*)\//, signal);
  // If the root is no project of its own, tests below it belong to the projects there.
  const isProject = files.paths.some((path) => isManifest.test(path));
  if (!isProject && below.length > 0) return below;
  const here = await runnersIn(files);
  if (here.length > 0 || below.length > 0) return here.length > 0 ? here : below;
  return runnersOf(files, /^([\w][\w.-]*\/[\w][\w.-]*)\//, signal);
}

/** The runners of the first folders that have any; `folder` matches the folder at the start of a path. */
async function runnersOf(files: ProjectFiles, folder: RegExp, signal: AbortSignal): Promise<Runner[]> {
  const folders = new Map<string, string[]>();
  for (const path of files.paths) {
    const name = folder.exec(path)?.[1];
    if (name === undefined) continue;
    const paths = folders.get(name);
    if (paths === undefined) folders.set(name, [path]);
    else paths.push(path);
  }
  const all = [...folders];
  const found: Runner[][] = [];
  for (let at = 0; at < all.length && found.length < maxFolders; at += portion) {
    signal.throwIfAborted();
    const some = all.slice(at, at + portion);
    const runners = await Promise.all(some.map(async ([name, paths]) => runnersBelow(files, name, paths)));
    found.push(...runners.filter((one) => one.length > 0));
  }
  return found.slice(0, maxFolders).flat();
}

async function runnersIn(files: ProjectFiles): Promise<Runner[]> {
  const asked = async (all: readonly Find[]): Promise<Runner[]> =>
    (await Promise.all(all.map(async (find) => find(files)))).filter((found) => found !== null);
  const own = await asked([javascript, deno, python, rust, go, maven, gradle, ...byFile]);
  return own.length > 0
    ? own
    : (await asked([byRecipe('just', /^\.?justfile$/i), byRecipe('make', /^(?:GNU)?makefile$/i)])).slice(0, 1);
}

async function runnersBelow(files: ProjectFiles, folder: string, inIt: readonly string[]): Promise<Runner[]> {
  const prefix = `${folder}/`;
  const paths = inIt.map((path) => path.slice(prefix.length));
  // The root's own tests lie in such folders, so a folder without a manifest is not a project.
  if (!paths.some((path) => isManifest.test(path))) return [];
  const found = await runnersIn({ paths, read: async (path) => files.read(prefix + path) });
  const inside = (command: string): string => `cd ${folder} && ${command}`;
  return found.map((runner) => ({
    ...runner,
    name: `${folder.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')}-${runner.name}`.replace(/^[^a-z]+/, ''),
    seen: `${prefix}${runner.seen}`,
    ways: runner.ways.map(({ setup, command }) => ({
      setup: setup === null ? null : `(${inside(setup)})`,
      command: inside(command),
    })),
  }));
}

const isManifest =
  /^(?:package\.json|deno\.jsonc?|pyproject\.toml|setup\.(?:py|cfg)|requirements[^/]*\.txt|Cargo\.toml|go\.mod|pom\.xml|build\.gradle(?:\.kts)?|(?:GNU)?[Mm]akefile|Gemfile|composer\.json|mix\.exs|[^/]+\.(?:sln|csproj))$/;

const deno: Find = async ({ paths, read }) => {
  const file = ['deno.json', 'deno.jsonc'].find((name) => paths.includes(name));
  if (file === undefined || paths.includes('package.json')) return null;
  const hasTask = /"test"\s*:/.test((await read(file)) ?? '');
  return { name: 'test', seen: file, program: 'deno', ways: oneWay(null, hasTask ? 'deno task test' : 'deno test') };
};

const rust: Find = async ({ paths, read }) => {
  if (!paths.includes('Cargo.toml')) return null;
  const hasPackages = paths.includes('Cargo.lock') && /^source = "/m.test((await read('Cargo.lock')) ?? '');
  const home = 'CARGO_HOME="$PWD/.cargo-home"';
  const fetched = oneWay(`${home} cargo fetch --locked`, `${home} cargo test --offline`);
  return {
    name: 'test',
    seen: 'Cargo.toml',
    program: 'cargo',
    ways: [...oneWay(null, 'cargo test'), ...(hasPackages ? fetched : [])],
  };
};

const go: Find = ({ paths }) => {
  if (!paths.includes('go.mod')) return null;
  const vendored = paths.includes('go.sum') ? oneWay('go mod vendor', 'go test ./...') : [];
  return { name: 'test', seen: 'go.mod', program: 'go', ways: [...oneWay(null, 'go test ./...'), ...vendored] };
};

const maven: Find = ({ paths }) => {
  if (!paths.includes('pom.xml')) return null;
  const isWrapped = paths.includes('mvnw');
  const mvn = isWrapped ? './mvnw' : 'mvn';
  const kept = '-Dmaven.repo.local=.m2';
  const fetched = oneWay(`${mvn} -q ${kept} dependency:go-offline`, `${mvn} -q -o ${kept} test`);
  return {
    name: 'test',
    seen: 'pom.xml',
    program: isWrapped ? 'java' : 'mvn',
    ways: [...oneWay(null, `${mvn} -q -o test`), ...fetched],
  };
};

const gradle: Find = ({ paths }) => {
  const file = ['build.gradle', 'build.gradle.kts'].find((name) => paths.includes(name));
  if (file === undefined) return null;
  const isWrapped = paths.includes('gradlew');
  return {
    name: 'test',
    seen: file,
    program: isWrapped ? 'java' : 'gradle',
    ways: oneWay(null, `${isWrapped ? './gradlew' : 'gradle'} --offline test`),
  };
};

/** Ecosystems with a single way. */
const byFile: readonly Find[] = (
  [
    [/^[^/]+\.(?:sln|csproj|fsproj)$/, 'dotnet', null, 'dotnet test'],
    [/^mix\.exs$/, 'mix', null, 'mix test'],
    [/^Package\.swift$/, 'swift', null, 'swift test'],
    [/^build\.zig$/, 'zig', null, 'zig build test'],
    [
      /^spec\/.*_spec\.rb$/,
      'bundle',
      'bundle config set --local path vendor/bundle && bundle install',
      'bundle exec rspec',
    ],
    [/^phpunit\.xml(?:\.dist)?$/, 'php', 'composer install --no-scripts --no-interaction', 'vendor/bin/phpunit'],
  ] as const
).map(([file, program, setup, command]) => ({ paths }: ProjectFiles): Runner | null => {
  const seen = paths.find((path) => file.test(path));
  return seen === undefined ? null : { name: 'test', seen, program, ways: oneWay(setup, command) };
});

/** A recipe named `test` or `check`. */
function byRecipe(program: string, file: RegExp): Find {
  return async ({ paths, read }) => {
    const seen = paths.find((path) => file.test(path));
    const text = seen === undefined ? '' : ((await read(seen)) ?? '');
    const target = ['test', 'check'].find((name) => new RegExp(`^${name}(?![\\w.-])[^:=\\n]*:(?!=)`, 'm').test(text));
    return seen === undefined || target === undefined
      ? null
      : { name: 'test', seen, program, ways: oneWay(null, `${program} ${target}`) };
  };
}
