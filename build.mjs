// Builds what the bin runs: one bundle with lazily loaded parts. The SQLite binding stays outside; it is native.
import { build } from 'esbuild';
import { rmSync, writeFileSync } from 'node:fs';
import { latestSchema } from './src/queue/schema.ts';

// What a quick command must not load: commander can start programs as subcommands, but ours are none; and to import
// `process` as a module makes Node evaluate everything that it has, standard input and all.
const quickModules = {
  name: 'quick-modules',
  setup(build) {
    build.onResolve({ filter: /^node:child_process$/ }, ({ importer }) =>
      /[/\\]commander[/\\]/.test(importer) ? { path: 'none', namespace: 'quick' } : undefined,
    );
    build.onResolve({ filter: /^node:process$/ }, () => ({ path: 'process', namespace: 'quick' }));
    build.onLoad({ filter: /.*/, namespace: 'quick' }, ({ path }) => ({
      contents: path === 'process' ? 'module.exports = globalThis.process' : 'module.exports = {}',
    }));
  },
};

const common = {
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node22.18',
  legalComments: 'none',
  logLevel: 'warning',
};

rmSync('dist', { recursive: true, force: true });
await build({
  ...common,
  entryPoints: ['src/cli/main.ts', 'src/util/spawn-helper.ts'],
  entryNames: '[name]',
  outdir: 'dist',
  splitting: true,
  external: ['better-sqlite3'],
  plugins: [quickModules],
  chunkNames: 'parts/[name]-[hash]',
  banner: {
    js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
  },
});
// One file, that can be put beside an agent into its box.
await build({ ...common, entryPoints: ['src/serve/mcp.ts'], outfile: 'dist/mcp.mjs', minify: true });
// What a queue must hold, so that quick commands need not make one to compare.
writeFileSync('dist/schema.json', JSON.stringify(latestSchema()));
