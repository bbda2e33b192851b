/** Names of files in which package managers record the exact versions of all packages. */
export const lockfiles: readonly string[] = [
  ...['package-lock.json', 'npm-shrinkwrap.json', 'yarn.lock', 'pnpm-lock.yaml', 'bun.lock', 'bun.lockb', 'deno.lock'],
  ...['Cargo.lock', 'go.sum', 'poetry.lock', 'uv.lock', 'Pipfile.lock', 'Gemfile.lock', 'composer.lock'],
];

const names: ReadonlySet<string> = new Set(lockfiles);

/** True for the path of a lockfile. */
export function isLockfile(path: string): boolean {
  return names.has(path.slice(path.lastIndexOf('/') + 1));
}
