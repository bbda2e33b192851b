import { spawnSync } from 'node:child_process';
import { mkdtempSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { digestFile, digestOf } from '../../src/engine/project/program.ts';
import { buildSync } from 'esbuild';

const root = path.resolve(import.meta.dirname, '../..');

/** What a program took. */
export interface Measured {
  readonly wallMs: number;
  /** Of the program and of everything that it started and waited for, in steps of 1 ms. */
  readonly cpuMs: number;
  readonly stdout: string;
}

/** Runs a program to its end. Throws when it fails. */
export function measure(
  command: readonly string[],
  options: { readonly cwd?: string; readonly env?: Readonly<Record<string, string>> } = {},
): Measured {
  // The shell waits for it, and is told what it and its children took; /proc would tell that in steps of 10 ms.
  const script = 'TIMEFORMAT="%3U %3S"; { time "$@" >"$OUT" 2>&1; } 2>&1';
  const folder = mkdtempSync(path.join(os.tmpdir(), 'backlog-bench-'));
  const out = path.join(folder, 'out');
  const started = performance.now();
  const result = spawnSync('bash', ['-c', script, 'bash', ...command], {
    cwd: options.cwd ?? '/',
    env: { ...process.env, ...options.env, OUT: out },
    encoding: 'utf8',
  });
  const wallMs = performance.now() - started;
  const stdout = spawnSync('cat', [out], { encoding: 'utf8', maxBuffer: 1e9 }).stdout;
  rmSync(folder, { recursive: true });
  if (result.status !== 0)
    throw new Error(`${command.join(' ')}: exit ${String(result.status)}\n${stdout.slice(-2000)}`);
  const [user = Number.NaN, system = Number.NaN] = result.stdout.trim().split(' ').map(Number);
  return { wallMs, cpuMs: (user + system) * 1000, stdout };
}

/** Programs of ours as one bundle each, as users run them. `remove` takes the folder away again. */
export function bundled(entries: readonly string[]): {
  readonly file: (name: string) => string;
  readonly remove: () => void;
} {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'backlog-bundle-'));
  mkdirSync(path.join(folder, 'dist'));
  symlinkSync(path.join(root, 'node_modules'), path.join(folder, 'node_modules'));
  symlinkSync(path.join(root, 'migrations'), path.join(folder, 'migrations'));
  writeFileSync(path.join(folder, 'package.json'), '{"type":"module"}');
  buildSync({
    entryPoints: [...entries, 'src/util/process/spawn-helper.ts'].map((entry) => path.join(root, entry)),
    outdir: path.join(folder, 'dist'),
    entryNames: '[name]',
    bundle: true,
    format: 'esm',
    platform: 'node',
    external: ['better-sqlite3'],
    alias: { 'jsonc-parser': 'jsonc-parser/lib/esm/main.js' }, // as in build.mjs
    logLevel: 'error',
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
    },
  });
  writeFileSync(path.join(folder, 'dist', digestFile), digestOf(path.join(folder, 'dist')));
  return {
    file: (name) => path.join(folder, 'dist', `${name}.js`),
    remove: () => rmSync(folder, { recursive: true }),
  };
}

/** The value in the middle. */
export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

/** A peer from Debian or npm: its path, or null with a word on why it is skipped. */
export function peer(name: string, install: readonly (readonly string[])[]): string | null {
  const find = (): string => spawnSync('sh', ['-c', 'command -v "$1"', 'sh', name], { encoding: 'utf8' }).stdout.trim();
  for (const command of install) {
    if (find() !== '') break;
    spawnSync(command[0] ?? '', command.slice(1), { stdio: 'ignore' });
  }
  const found = find();
  if (found === '') process.stdout.write(`${name} is not here and cannot be installed: skipped\n`);
  return found === '' ? null : found;
}
