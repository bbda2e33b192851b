import { oneWay, type Find } from './test-runner.ts';

interface Package {
  readonly scripts?: { readonly test?: unknown };
  readonly dependencies?: object;
  readonly devDependencies?: object;
  readonly packageManager?: unknown;
}

/** JavaScript and TypeScript tests, run by the project's package manager. */
export const javascript: Find = async (files) => {
  const text = files.paths.includes('package.json') ? await files.read('package.json') : null;
  const manifest = text === null ? null : parsePackage(text);
  const packages = { ...manifest?.dependencies, ...manifest?.devDependencies };
  const script = manifest?.scripts?.test;
  const { program, install, run, execute } = packageManager(files.paths, manifest);
  const hasTests = files.paths.some((path) => /(?:^|\/)test\/[^/]+\.[cm]?js$|[.-_]test\.[cm]?js$/.test(path));
  const tested = ['vitest', 'jest', 'mocha'].find((name) => Object.hasOwn(packages, name));
  const found =
    typeof script === 'string' && script.trim() !== '' && !script.includes('no test specified')
      ? { seen: 'package.json', command: `${run} test`, program }
      : tested !== undefined
        ? { seen: 'package.json', command: `${execute} ${tested}${tested === 'vitest' ? ' run' : ''}`, program }
        : hasTests
          ? { seen: 'files of tests', command: 'node --test', program: 'node' }
          : null;
  if (found === null) return null;
  const { command, ...rest } = found;
  const bare = oneWay(null, command);
  const ways = Object.keys(packages).length === 0 ? bare : [...oneWay(install, command), ...bare];
  return { name: 'test', ...rest, ways };
};

function parsePackage(text: string): Package | null {
  try {
    const parsed = JSON.parse(text.replace(/^\uFEFF/, '')) as Package | null;
    return typeof parsed === 'object' ? parsed : null;
  } catch {
    return null; // npm itself will report it
  }
}

/** The package manager named in `package.json`, or by its lockfile. */
function packageManager(
  paths: readonly string[],
  manifest: Package | null,
): { readonly program: string; readonly install: string; readonly run: string; readonly execute: string } {
  const word = manifest?.packageManager;
  const said = typeof word === 'string' ? word : '';
  const is = (name: string, ...locks: readonly string[]): boolean =>
    said === '' ? locks.some((lock) => paths.includes(lock)) : said.startsWith(`${name}@`);
  if (is('pnpm', 'pnpm-lock.yaml'))
    return {
      program: 'pnpm',
      install: 'pnpm install --frozen-lockfile --ignore-scripts',
      run: 'pnpm',
      execute: 'pnpm exec',
    };
  if (is('yarn', 'yarn.lock')) {
    const isBerry = paths.includes('.yarnrc.yml');
    const install = `yarn install ${isBerry ? '--immutable --mode=skip-build' : '--frozen-lockfile --ignore-scripts'}`;
    return { program: 'yarn', install, run: 'yarn', execute: isBerry ? 'yarn exec' : 'yarn run' };
  }
  if (is('bun', 'bun.lock', 'bun.lockb'))
    return {
      program: 'bun',
      install: 'bun install --frozen-lockfile --ignore-scripts',
      run: 'bun run',
      execute: 'bunx --no-install',
    };
  const isLocked = ['package-lock.json', 'npm-shrinkwrap.json'].some((lock) => paths.includes(lock));
  const install = `npm ${isLocked ? 'ci' : 'install'} --ignore-scripts --no-audit --no-fund`;
  return { program: 'npm', install, run: 'npm', execute: 'npx --no --' };
}
