// How long independent units that finish together take to land, through the command line: checks that wait, in multiples
// of one check, and checks that burn CPU, in multiples of what their runs need on all cores. With the `src/cli/bin.mjs` of
// another checkout, for example one of before the merge queue speculated, that is measured beside it, in turn.
// node bench/merge-queue.ts [units, as 8,32] [pairs] [another bin.mjs]
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import Sqlite from 'better-sqlite3';
import type { Report } from '../src/model/report.ts';
import { median } from './support/measure.ts';
import { makeRepository } from './support/repository.ts';

const sizes = (process.argv[2] ?? '8,32').split(',').map(Number);
const pairs = Number(process.argv[3] ?? 3);
const other = process.argv[4];
const programs = new Map([
  ['ours', path.resolve(import.meta.dirname, '../src/cli/bin.mjs')],
  ...(other === undefined ? [] : [['the other', path.resolve(other)] as const]),
]);
const cores = os.availableParallelism();

interface Kind {
  readonly name: string;
  readonly check: string;
  readonly seconds: number;
  readonly burns: boolean;
}
const kinds: readonly Kind[] = [
  { name: 'checks that wait 5 s', check: 'sleep 5', seconds: 5, burns: false },
  { name: 'checks that burn 1 s', check: 'timeout 20 bench-burn', seconds: 1, burns: true },
];

interface Drained {
  /** Seconds from the last agent's end to the last landing. */
  readonly seconds: number;
  readonly runs: number;
}

/** Agents that wait for each other end together; then all that is left is judging and landing. */
async function drained(bin: string, units: number, kind: Kind): Promise<Drained> {
  const { folder, repository, git, remove } = await makeRepository(100);
  try {
    const specs = path.join(repository.root, 'specs');
    const [meeting, cache, home, programsAt] = ['meeting', 'cache', 'home', 'bin'].map((name) =>
      path.join(folder, name),
    );
    for (const at of [specs, meeting, cache, home, programsAt]) mkdirSync(at ?? '', { mode: 0o755 });
    spawnSync('chmod', ['0777', folder, meeting ?? '']);
    // Burns a second of CPU time, however many run beside it; asking for the time costs some, too.
    const used = 'const used = () => { const { user, system } = process.cpuUsage(); return user + system; };';
    const burn = `#!${process.execPath}\n${used}\nwhile (used() < ${kind.seconds * 1e6}) for (let i = 0; i < 1e6; i++) Math.sqrt(i);\n`;
    writeFileSync(path.join(programsAt ?? '', 'bench-burn'), burn, { mode: 0o755 });
    for (let unit = 0; unit < units; unit++) {
      const check = `test -f out/u${unit}.txt && ${kind.check.replace('bench-burn', path.join(programsAt ?? '', 'bench-burn'))}`;
      const text = `# Unit ${unit}\n\n## Acceptance criteria\n\n- [ ] It is there — check: \`${check}\`\n`;
      writeFileSync(path.join(specs, `u${unit}.md`), `---\ntouches: [out/u${unit}.txt]\n---\n${text}`);
    }
    const meet = `touch ${meeting}/$BACKLOG_UNIT; while [ $(ls ${meeting} | wc -l) -lt ${units} ]; do sleep 0.1; done`;
    const config = {
      agent: 'writer',
      agents: {
        writer: { type: 'command', command: `${meet}; mkdir -p out && echo done > out/$BACKLOG_UNIT.txt` },
      },
      limits: { maxAgents: units },
      sandbox: { tier: 'none' }, // the agents meet outside of their boxes
    };
    writeFileSync(path.join(specs, 'backlog.config.json'), JSON.stringify(config));
    git('add', '--all');
    git('commit', '--quiet', '--message', 'Specs');
    const ended = spawnSync(process.execPath, [bin, 'run', 'specs', '--allow-unsandboxed', '--json'], {
      cwd: repository.root,
      env: { ...process.env, HOME: home, BACKLOG_CACHE_DIR: cache, GIT_CONFIG_GLOBAL: '/dev/null' },
      encoding: 'utf8',
      maxBuffer: 2 ** 28,
    });
    if (ended.status !== 0) throw new Error(`${ended.stderr}\n${ended.stdout.slice(-2000)}`);
    const report = JSON.parse(ended.stdout) as Report;
    const file = readdirSync(path.join(repository.root, '.git/backlog'), { recursive: true, encoding: 'utf8' }).find(
      (name) => name.endsWith('backlog.db'),
    );
    const database = new Sqlite(path.join(repository.root, '.git/backlog', file ?? ''), { readonly: true });
    const last = (type: string): number =>
      (database.prepare('select max(at) as at from events where type = ?').get(type) as { at: number }).at;
    const seconds = (last('landed') - last('harvested')) / 1000;
    database.close();
    return { seconds, runs: report.units.reduce((sum, unit) => sum + unit.checkRuns, 0) };
  } finally {
    remove();
  }
}

for (const kind of kinds) {
  for (const units of sizes) {
    const seen = new Map([...programs.keys()].map((name) => [name, [] as Drained[]]));
    for (let pair = 0; pair < pairs; pair++)
      for (const [name, bin] of programs) seen.get(name)?.push(await drained(bin, units, kind));
    for (const [name, all] of seen) {
      const seconds = median(all.map((one) => one.seconds));
      const runs = median(all.map((one) => one.runs));
      const least = kind.burns ? (runs * kind.seconds) / cores : kind.seconds;
      const of = kind.burns ? `what ${runs} runs need on ${cores} cores` : `one check (${runs} runs)`;
      process.stdout.write(
        `${kind.name}, ${units} units, ${name}: ${seconds.toFixed(1)} s, x${(seconds / least).toFixed(2)} of ${of}\n`,
      );
    }
  }
}
