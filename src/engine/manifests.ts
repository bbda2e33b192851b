import type { Repository } from '../repo/repository.ts';
import { listTree, readTreeFile } from '../repo/tree.ts';
import { sha256 } from '../util/hash.ts';

/** Files that decide what is installed, by name, at any depth. */
const inputs =
  /(?:^|\/)(?:package\.json|package-lock\.json|npm-shrinkwrap\.json|yarn\.lock|\.yarnrc(?:\.yml)?|pnpm-lock\.yaml|pnpm-workspace\.yaml|bun\.lockb?|deno\.lock|\.npmrc|requirements[^/]*\.txt|constraints[^/]*\.txt|pyproject\.toml|setup\.(?:py|cfg)|uv\.lock|poetry\.lock|Pipfile(?:\.lock)?|Cargo\.(?:toml|lock)|go\.(?:mod|sum|work)|Gemfile(?:\.lock)?|composer\.(?:json|lock))$/;

/** Keys of a `package.json` that package managers install by. */
const installed = new Set(
  (
    'name version dependencies devDependencies optionalDependencies peerDependencies peerDependenciesMeta ' +
    'bundleDependencies bundledDependencies dependenciesMeta overrides resolutions workspaces catalog catalogs pnpm ' +
    'packageManager engines devEngines os cpu libc bin directories config gypfile trustedDependencies'
  ).split(' '),
);

/** Scripts that run by themselves when a package is installed. */
const lifecycle = /^(?:pre|post)?(?:install|prepare|uninstall)$|^dependencies$/;

/** Parts of a `pyproject.toml` that installers do not read: those of other tools. */
const otherTools = /^\[\[?tool\.(?!poetry|uv|pdm|hatch|setuptools|flit|maturin|scikit-build|cibuildwheel|pixi|rye)/;

/** The files of a tree that decide what is installed, each with what of it counts. */
export async function manifestsIn(repository: Repository, tree: string): Promise<ReadonlyMap<string, string>> {
  const found = (await listTree(repository, tree)).filter((entry) => inputs.test(entry.path));
  const texts = await Promise.all(
    found.map(async ({ path, object, mode }) => {
      const read = /(?:^|\/)(?:package\.json|pyproject\.toml)$/.test(path) && mode !== '120000';
      const bytes = read ? await readTreeFile(repository, tree, path) : null;
      return [path, bytes === null ? `${mode} ${object}` : sha256(whatCounts(path, bytes.toString('utf8')))] as const;
    }),
  );
  return new Map(texts);
}

/** What of a manifest's text decides what is installed: a new description installs nothing. */
export function whatCounts(path: string, text: string): string {
  return path.endsWith('.json') ? ofPackage(text) : ofProject(text);
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
