// Runs the benchmarks one after the other, and writes what they print into docs/performance.md, with date and machine.
// node bench/all.ts [--full | --tiny] [--output file] [part of a name]…
// Without an option, sizes are such that all of it takes about a quarter of an hour on two quiet cores. One that fails, or
// takes longer than its time, is told as such, and the others go on.
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';

interface Bench {
  readonly name: string;
  readonly what: string;
  /** Arguments by size; without those of `full`, its own defaults are the full size. */
  readonly tiny: readonly string[];
  readonly usual: readonly string[];
  readonly full?: readonly string[];
}

const benches: readonly Bench[] = [
  { name: 'startup', what: 'start, beside an empty Node', tiny: ['3'], usual: ['15'] },
  { name: 'list', what: 'quick commands, beside an empty Node and two peers', tiny: ['1'], usual: ['5'] },
  {
    name: 'queue',
    what: 'claim and complete, beside SQL by hand and plainjob',
    tiny: ['100', '1'],
    usual: ['1000', '3'],
  },
  { name: 'drain', what: 'draining the queue, beside p-queue', tiny: ['100', '1'], usual: ['1000', '3'] },
  { name: 'specs', what: 'reading specs, beside remark', tiny: ['100', '1'], usual: ['100,1000', '3'] },
  { name: 'makespan', what: 'plans, beside the shortest possible', tiny: ['5', '50'], usual: ['100', '200'] },
  { name: 'sandbox', what: 'a command in the sandbox, beside a bare one', tiny: ['3'], usual: ['40'] },
  { name: 'workspace', what: 'a workspace, beside git worktree add', tiny: ['500', '1'], usual: ['10000', '3'] },
  { name: 'landing', what: 'landing a unit, by the size of the repository', tiny: ['100', '1'], usual: ['5000', '3'] },
  { name: 'judging', what: 'judging, beside the checks alone', tiny: ['50', '2'], usual: ['2000', '8'] },
  { name: 'run', what: 'a whole run, by unit', tiny: ['4', '1'], usual: ['40', '1'] },
  { name: 'growth', what: 'growth with the number of units', tiny: ['20,40,80', '1'], usual: ['100,1000', '1'] },
  { name: 'agents', what: 'our own loop of an agent', tiny: ['1'], usual: ['3'] },
  { name: 'merge-queue', what: 'the merge queue, beside one at a time', tiny: ['4', '1'], usual: ['8', '1'] },
  { name: 'parallel', what: 'work side by side, by parallelism', tiny: ['-', '0'], usual: ['-', '1'] },
  { name: 'live', what: 'the live view', tiny: ['1', '2', '10', '5'], usual: ['1', '8', '100', '10'] },
  { name: 'trial', what: 'a trial with agents at work', tiny: ['2', '1'], usual: ['8', '1'] },
  {
    name: 'hostile',
    what: 'specs that are meant to be slow',
    tiny: ['native', 'nest', '16'],
    usual: ['native', '', '64'],
  },
];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { full: { type: 'boolean' }, tiny: { type: 'boolean' }, output: { type: 'string' } },
});
const size = values.full === true ? 'full' : values.tiny === true ? 'tiny' : 'usual';
const minutes = { tiny: 3, usual: 4, full: 60 }[size];
const root = path.resolve(import.meta.dirname, '..');
const page = path.resolve(values.output ?? path.join(root, 'docs/performance.md'));
const chosen = benches.filter(
  ({ name }) => positionals.length === 0 || positionals.some((part) => name.includes(part)),
);

/** Lines that compare with a peer or a floor: `1.20x`, `x1.20`. */
const isRatio = (line: string): boolean => /(?:^|[\s(])(?:x\d+(?:\.\d+)?|\d+(?:\.\d+)?x)(?=$|[\s,;.)])/.test(line);

const load = os.loadavg()[0] ?? 0;
const results = chosen.map((bench) => {
  const args = size === 'full' ? (bench.full ?? []) : bench[size];
  process.stderr.write(`${bench.name} ${args.join(' ')}\n`);
  const started = performance.now();
  const ended = spawnSync(process.execPath, [path.join(root, 'bench', `${bench.name}.ts`), ...args], {
    ...{ cwd: root, encoding: 'utf8', timeout: minutes * 60_000, maxBuffer: 64 << 20 },
  });
  const seconds = Math.round((performance.now() - started) / 1000);
  const failure =
    ended.status === 0
      ? null
      : ended.signal !== null
        ? `ended after ${minutes} min without a result`
        : `failed: ${(/^\w*Error: .*$/m.exec(ended.stderr)?.[0] ?? ended.stderr.trim()).slice(0, 300)}`;
  process.stderr.write(failure === null ? `${ended.stdout}\n` : `${bench.name} ${failure}\n\n`);
  return { ...bench, args, seconds, failure, lines: ended.stdout.trimEnd().split('\n') };
});

const cpu = os.cpus();
const fence = '```';
const ratios = results.flatMap(({ name, lines }) =>
  lines.filter(isRatio).map((line) => `| ${name} | ${line.trim().replaceAll('|', '\\|').replace(/ {2,}/g, ' · ')} |`),
);
const noise = load > cpu.length / 2 ? ' **The machine was busy: do not compare these figures.**' : '';
const section = `## ${new Date().toISOString().slice(0, 10)}, ${size} sizes

${cpu.length} × ${cpu[0]?.model.trim() ?? 'unknown'}, ${Math.round(os.totalmem() / 2 ** 30)} GiB, Linux ${os.release().split('-')[0] ?? ''}, Node ${process.version}; load average at the beginning ${load.toFixed(1)}.${noise}

| benchmark | beside a peer or a floor |
| --- | --- |
${ratios.length > 0 ? ratios.join('\n') : '| – | none |'}

${results
  .map(
    ({ name, what, args, seconds, failure, lines }) =>
      `### ${name}: ${what}\n\n${failure === null ? '' : `It ${failure}.\n\n`}${fence}text\n$ ${['node', `bench/${name}.ts`, ...args.map((arg) => (arg === '' ? "''" : arg))].join(' ')}   # ${seconds} s\n${lines.join('\n')}\n${fence}\n`,
  )
  .join('\n')}`;
const intro = `# Performance

Figures of the benchmarks in \`bench/\`, newest first, written by \`npm run bench\` (\`-- --full\` for full sizes). Each file in \`bench/\` says what it measures and beside what. Compare figures of one section only: machines differ.
`;
let earlier = '';
try {
  const text = readFileSync(page, 'utf8');
  const at = text.indexOf('\n## ');
  earlier = at < 0 ? '' : text.slice(at);
} catch (error) {
  if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
}
writeFileSync(page, `${intro}\n${section}${earlier}`);
process.stderr.write(`written to ${path.relative(process.cwd(), page)}\n`);
if (results.some(({ failure }) => failure !== null)) process.exitCode = 1;
