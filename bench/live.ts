// What the live view costs: CPU of a run's own process with 50 agents that act 200 times a second in all, with the view on
// a terminal of 160 x 50 and without any progress, in turn.
// node bench/live.ts [pairs] [agents] [events a second] [seconds]
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { median } from './support/measure.ts';

const [pairs = 10, agents = 50, rate = 200, seconds = 20] = process.argv.slice(2).map(Number);
const root = path.resolve(import.meta.dirname, '..');
const folder = mkdtempSync(path.join(os.tmpdir(), 'backlog-bench-'));
const node = process.execPath;
const main = path.join(root, 'dist/main.js');
spawnSync(node, [path.join(root, 'build.mjs')], { cwd: root, stdio: 'inherit' });

const env = {
  ...{ PATH: process.env['PATH'] ?? '', HOME: folder, GIT_CONFIG_GLOBAL: '/dev/null', LANG: 'C.UTF-8', TERM: 'xterm' },
  BACKLOG_CACHE_DIR: path.join(folder, 'cache'),
};

function make(name: string): string {
  const at = path.join(folder, name);
  mkdirSync(path.join(at, 'specs'), { recursive: true });
  const agent = path.join(import.meta.dirname, 'support/busy-agent.ts');
  const config = {
    agent: 'busy',
    agents: { busy: { type: 'acp', command: [node, agent, String(seconds), String(rate / agents / 2)] } },
    limits: { maxAgents: agents, attempts: 1, checks: 2 },
  };
  writeFileSync(path.join(at, 'specs/backlog.config.json'), JSON.stringify(config));
  for (let unit = 0; unit < agents; unit++)
    writeFileSync(
      path.join(at, `specs/u${unit}.md`),
      `# Unit ${unit}\n\n## Acceptance criteria\n\n- [ ] There — check: \`test -f u${unit}.txt\`\n`,
    );
  const git = (...args: readonly string[]): void => void spawnSync('git', args, { cwd: at, env });
  git('init', '--quiet');
  git('config', 'user.name', 'Bench');
  git('config', 'user.email', 'bench@localhost');
  git('add', '--all');
  git('commit', '--quiet', '--message', 'Specs');
  return at;
}

interface Seen {
  /** Milliseconds of the processor in a second in which all agents work. */
  readonly cpuMs: number;
  readonly events: number;
}

/** What a run takes in a terminal while all its agents work. */
function ran(name: string, progress: readonly string[]): Seen {
  const cwd = make(name);
  const asked = spawnSync(node, [main, 'trust', '--json'], { cwd, env, encoding: 'utf8' }).stdout;
  const digest = /"digest": "(\w+)"/.exec(asked)?.[1] ?? '';
  const file = path.join(folder, `${name}.cpu`);
  const command = [
    ...[node, '--import', path.join(import.meta.dirname, 'support/cpu-over-time.mjs'), main],
    ...['run', '--yes', '--allow-unsandboxed', '--trust', digest, ...progress],
  ];
  const typed = `stty cols 160 rows 50; ${command.map((word) => `'${word}'`).join(' ')}`;
  const { status, stdout } = spawnSync('script', ['-qec', typed, '/dev/null'], {
    ...{ cwd, env: { ...env, BACKLOG_BENCH_CPU: file }, encoding: 'utf8', maxBuffer: 1e9 },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (status !== 0) throw new Error(`${name}: exit ${status}\n${stdout.slice(-3000)}`);
  const told = spawnSync(node, [main, 'watch', '--json'], { cwd, env, encoding: 'utf8', maxBuffer: 1e9 }).stdout;
  const events = told
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as { readonly at: string | number; readonly event: { readonly type: string } });
  const at = (one: (typeof events)[number] | undefined): number => new Date(one?.at ?? Number.NaN).getTime();
  const begun = at(events.findLast(({ event }) => event.type === 'agent-started')) + 2000;
  const ended = at(events.find(({ event }) => event.type === 'harvested'));
  const notes = readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => line.split(' ').map(Number));
  const during = notes.filter(([time = 0]) => time >= begun && time <= ended);
  const [[fromAt = 0, fromCpu = 0] = [], [toAt = 0, toCpu = 0] = []] = [during[0], during.at(-1)];
  const inside = events.filter((one) => at(one) >= fromAt && at(one) <= toAt).length;
  rmSync(cwd, { recursive: true });
  const spanMs = toAt - fromAt;
  if (!(spanMs > 1000)) throw new Error(`${name}: the agents did not work side by side for a second`);
  return { cpuMs: (1000 * (toCpu - fromCpu)) / spanMs, events: (1000 * inside) / spanMs };
}

const ratios: number[] = [];
const shares: number[] = [];
for (let pair = 0; pair < pairs; pair++) {
  const live = (): Seen => ran(`live${pair}`, []);
  const without = (): Seen => ran(`quiet${pair}`, ['--quiet']);
  // Which of them goes first alternates: the second one finds warm caches.
  const first = pair % 2 === 0 ? live() : without();
  const second = pair % 2 === 0 ? without() : live();
  const [shown, other] = pair % 2 === 0 ? [first, second] : [second, first];
  ratios.push(shown.cpuMs / other.cpuMs);
  shares.push((shown.cpuMs - other.cpuMs) / 10);
  const side = ({ cpuMs, events }: Seen): string => `${cpuMs.toFixed(0)} ms of CPU, ${events.toFixed(0)} events`;
  process.stdout.write(
    `a second with the view: ${side(shown)}; without: ${side(other)}; x${ratios.at(-1)?.toFixed(3)}, ` +
      `${shares.at(-1)?.toFixed(1)} % of a core\n`,
  );
}
process.stdout.write(
  `median of ${pairs} pairs: x${median(ratios).toFixed(3)}, ${median(shares).toFixed(1)} % of a core\n`,
);
rmSync(folder, { recursive: true });
