// Where the time of a run goes whose agents work at once: units with checks of their own, in a project whose check takes
// seconds. With the `src/cli/bin.mjs` of another checkout, for example an earlier one, that runs the same beside it, in
// turn. The checks write down when they ran, so both are measured in the same way.
// node bench/trial.ts [units] [pairs] [another bin.mjs] [seconds of CPU of the project's check] [seconds that it waits]
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Report } from '../src/model/report.ts';
import { median } from './support/measure.ts';
import { makeRepository } from './support/repository.ts';
import { readTrial, type Ran, type Trial } from './support/trial-run.ts';

const units = Number(process.argv[2] ?? 9);
const pairs = Number(process.argv[3] ?? 3);
const other = process.argv[4];
const burns = Number(process.argv[5] ?? 2);
const waits = Number(process.argv[6] ?? 1);
const ours = path.resolve(import.meta.dirname, '../src/cli/bin.mjs');
const programs = [...(other === undefined ? [] : [['before', path.resolve(other)] as const]), ['now', ours] as const];

/** Burns CPU time, however much runs beside it, waits, and says when it did. */
const checker = (log: string): string => `#!${process.execPath}
const { appendFileSync } = require('node:fs');
const [name, burns, waits] = process.argv.slice(2);
const from = Date.now();
const tell = (isWhole) => appendFileSync(${JSON.stringify(log)}, JSON.stringify({ name, from, to: Date.now(), isWhole }) + '\\n');
process.on('SIGTERM', () => { tell(false); process.exit(1); });
const used = () => { const { user, system } = process.cpuUsage(); return user + system; };
const go = () => {
  for (let i = 0; i < 2e7; i++) Math.sqrt(i);
  if (used() < Number(burns) * 1e6) setImmediate(go);
  else setTimeout(() => tell(true), Number(waits) * 1000);
};
go();
`;

/** One run of the backlog, from nothing. */
async function trial(bin: string): Promise<Trial> {
  const { folder, repository, git, remove } = await makeRepository(300);
  try {
    const [cache, home, log] = ['cache', 'home', 'log'].map((name) => path.join(folder, name)) as [
      ...[string, string, string],
    ];
    const [specs, test] = [path.join(repository.root, 'specs'), path.join(folder, 'bench-test')];
    for (const at of [specs, cache, home]) mkdirSync(at, { mode: 0o755 });
    chmodSync(folder, 0o755);
    writeFileSync(log, '');
    chmodSync(log, 0o666);
    writeFileSync(test, checker(log), { mode: 0o755 });
    for (let unit = 0; unit < units; unit++) {
      const own = `test -f out/u${unit}.txt && ${test} u${unit} 0.2 0`;
      const second = `grep -q "done by u${unit}" out/u${unit}.txt`;
      const criteria = [own, second].map((check) => `- [ ] It is there — check: \`${check}\`\n`).join('');
      writeFileSync(path.join(specs, `u${unit}.md`), `# Unit ${unit}\n\n## Acceptance criteria\n\n${criteria}`);
    }
    const write = 'mkdir -p out && echo "done by $BACKLOG_UNIT" > out/$BACKLOG_UNIT.txt';
    const config = {
      agent: 'writer',
      agents: { writer: { type: 'command', command: write } },
      checks: { test: `${test} project ${burns} ${waits}` },
      limits: { maxAgents: 8 },
      sandbox: { tier: 'none' }, // the checks write outside of their boxes
    };
    writeFileSync(path.join(specs, 'backlog.config.json'), JSON.stringify(config));
    git('add', '--all');
    git('commit', '--quiet', '--message', 'Specs');
    const from = Date.now();
    const ended = spawnSync(process.execPath, [bin, 'run', 'specs', '--allow-unsandboxed', '--json'], {
      cwd: repository.root,
      env: { ...process.env, HOME: home, BACKLOG_CACHE_DIR: cache, GIT_CONFIG_GLOBAL: '/dev/null' },
      encoding: 'utf8',
      maxBuffer: 2 ** 28,
    });
    const to = Date.now();
    if (ended.status !== 0) throw new Error(`${ended.stderr}\n${ended.stdout.slice(-2000)}`);
    const ran = readFileSync(log, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Ran);
    const state = path.join(repository.root, '.git/backlog');
    const file = readdirSync(state, { recursive: true, encoding: 'utf8' }).find((name) => name.endsWith('backlog.db'));
    return readTrial(JSON.parse(ended.stdout) as Report, path.join(state, file ?? ''), { from, to, ran });
  } finally {
    remove();
  }
}

const load = (): string => os.loadavg()[0]?.toFixed(1) ?? '?';
const say = (line: string): boolean => process.stdout.write(`${line}\n`);
const told = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

say(
  `${units} units; the project's check burns ${burns} s and waits ${waits} s; ${os.availableParallelism()} cores, load ${load()}`,
);
const seen = new Map<string, Trial[]>(programs.map(([name]) => [name, []]));
for (let pair = 0; pair < pairs; pair++) {
  for (const [name, bin] of programs) {
    const one = await trial(bin);
    seen.get(name)?.push(one);
    say(`pair ${pair + 1}, ${name}: ${told(one.wallMs)}, load ${load()}`);
  }
}
for (const [name, all] of seen) {
  const of = (pick: (one: Trial) => number): number => median(all.map(pick));
  const time = (pick: (one: Trial) => number): string => told(of(pick));
  say('');
  say(`${name} (medians of ${all.length}): ${time((one) => one.wallMs)}`);
  say(
    `  along the run: ${time((one) => one.aloneMs)} one command of a check, ${time((one) => one.besideMs)} several, ${time((one) => one.agentMs)} an agent and no check, ${time((one) => one.neitherMs)} neither`,
  );
  say(
    `  checks: ${of((one) => one.checkRuns)} runs in the report; of those that take time ${of((one) => one.runs)} runs, ${time((one) => one.checksMs)}, and ${of((one) => one.stopped)} that were stopped`,
  );
  say(
    `  units, summed: ${time((one) => one.phases.before)} from the start until claimed, ${time((one) => one.phases.base)} until their agent began, ${time((one) => one.phases.agent)} with it, ${time((one) => one.phases.judging)} being judged until they could land, ${time((one) => one.phases.queued)} waiting to land, ${time((one) => one.phases.landing)} landing`,
  );
  const limits = all.flatMap(({ limitedBy }) => limitedBy ?? []);
  if (limits.length > 0) say(`  by the report: limited by ${[...new Set(limits)].join(', ')}`);
}
const [before, now] = [seen.get('before'), seen.get('now')];
if (before !== undefined && now !== undefined) {
  const ratio = median(now.map(({ wallMs }, pair) => wallMs / (before[pair]?.wallMs ?? Number.NaN)));
  say('');
  say(`wall time: ×${ratio.toFixed(2)} of that before (wanted: 0.5 at most)`);
}
