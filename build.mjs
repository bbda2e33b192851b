// Builds what the bin runs: one bundle with lazily loaded parts. The SQLite binding stays outside; it is native.
import { build } from 'esbuild';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { digestFile, digestOf } from './src/engine/project/program.ts';
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
  alias: { 'jsonc-parser': 'jsonc-parser/lib/esm/main.js' }, // its other build requires its parts in a way that cannot be bundled
  legalComments: 'none', // the licences stand in a file of their own, below
  metafile: true,
  logLevel: 'warning',
};

rmSync('dist', { recursive: true, force: true });
const program = await build({
  ...common,
  entryPoints: ['src/cli/main.ts', 'src/util/process/spawn-helper.ts'],
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
const server = await build({ ...common, entryPoints: ['src/serve/mcp.ts'], outfile: 'dist/mcp.mjs', minify: true });
// What a queue must hold, so that quick commands need not make one to compare.
writeFileSync('dist/schema.json', JSON.stringify(latestSchema()));
// Whose code the bundles hold, and under which licence: most licences ask that they go along.
writeFileSync('dist/third-party-licences.txt', licences([program.metafile, server.metafile]));
// Tells this program from others, which may read the same files as something else.
writeFileSync(path.join('dist', digestFile), `${digestOf('dist')}\n`);

/** @param {readonly import('esbuild').Metafile[]} bundles */
function licences(bundles) {
  const inputs = bundles.flatMap((bundle) => Object.keys(bundle.inputs));
  const folders = inputs.map((input) => /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input)?.[0] ?? null);
  const texts = [...new Set(folders.filter((folder) => folder !== null))].map((folder) => {
    const { name, version, license } = /** @type {Record<string, string>} */ (
      JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8'))
    );
    const files = readdirSync(folder).filter((file) => /^(licen[cs]e|copying|notice)/i.test(file));
    const said = files.map((file) => `\n${readFileSync(path.join(folder, file), 'utf8').trim()}\n`);
    return `${name} ${version}: ${license}\n${said.join('')}`;
  });
  return texts.sort().join(`\n${'-'.repeat(80)}\n\n`);
}
