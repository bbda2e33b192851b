// What it costs that units run side by side whose paths nobody declared: changes of a repository's history as units,
// without `touches` and with those that are perfect, in turn. The agents work for some seconds, then make the change as
// the history knows it, without what it had not yet (support/history.ts). Where their work conflicts, they get a share of
// that time to merge it, and make of it what the history made. Each unit also adds a note of its own; a check asks for it
// and for the lines of the change, except in tests and configuration, which a unit without `touches` may not need.
// node bench/parallel.ts [repository, - for one that is made up] [pairs, 0 to only look at the history]
//   [seconds an agent works] [agents] [units] [share of that time that a merge takes]
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { openRepository } from '../src/repo/git/repository.ts';
import { readBlob } from '../src/repo/objects/tree.ts';
import { type History, readHistory } from './support/history.ts';
import { bundled, median } from './support/measure.ts';
import { noteOf, type Plays, textFile } from './support/plays.ts';
import { readPlayed, type Played } from './support/played-run.ts';
import { makeHistory } from './support/synthetic-history.ts';
import { numbers } from './support/units.ts';

const from = process.argv[2] ?? '-';
const pairs = Number(process.argv[3] ?? 3);
const workSeconds = Number(process.argv[4] ?? 10);
const maxAgents = Number(process.argv[5] ?? 8);
const count = Number(process.argv[6] ?? 20);
const mergeShare = Number(process.argv[7] ?? 0.3);
const specsName = 'bench-specs';
const bin = path.resolve(import.meta.dirname, '../src/cli/bin.mjs');
const say = (line: string): boolean => process.stdout.write(`${line}\n`);

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;
const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;

const folder = mkdtempSync(path.join(os.tmpdir(), 'backlog-bench-'));
chmodSync(folder, 0o755);
const programs = bundled(['bench/support/play-unit.ts', 'bench/support/holds.ts']);
chmodSync(path.dirname(path.dirname(programs.file('holds'))), 0o755);
const made = from === '-' ? await makeHistory(count * 2) : null;
const gitEnv = { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null' };
const git = (cwd: string, ...args: readonly string[]): string =>
  execFileSync('git', args, { cwd, env: gitEnv, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });

try {
  const source = path.join(folder, 'history');
  git(folder, 'clone', '--quiet', '--no-checkout', made?.repository.root ?? path.resolve(from), source);
  const identity = { name: 'Bench', email: 'bench@localhost' };
  const stateFolder = path.join(folder, 'state');
  const repository = await openRepository({ folder: source, stateFolder, env: gitEnv, identity });
  const history = await readHistory(repository, count, specsName);
  const plays = await writePlays(history, (object) => readBlob(repository, object));
  describe(history);
  const seen = { without: [] as Played[], perfect: [] as Played[] };
  for (let pair = 0; pair < pairs; pair++) {
    for (const side of ['without', 'perfect'] as const) {
      const played = play(source, history, plays, side === 'perfect');
      seen[side].push(played);
      say(`pair ${pair + 1}, ${side === 'perfect' ? 'perfect touches' : 'without touches'}: ${sentence(played)}`);
    }
  }
  if (pairs > 0) summarize(history, seen.without, seen.perfect);
} finally {
  rmSync(folder, { recursive: true, force: true });
  programs.remove();
  made?.remove();
}

/** Writes what the agents play, and returns the file. Work takes the same time in each run, more for some units. */
async function writePlays(history: History, read: (object: string) => Promise<Buffer>): Promise<string> {
  const at = path.join(folder, 'plays');
  mkdirSync(at, { mode: 0o755 });
  const random = numbers(5);
  const units: Record<string, Plays['units'][string]> = {};
  for (const { id, files } of history.units) {
    const workMs = Math.round(workSeconds * 1000 * 2 ** (2 * random() - 1));
    units[id] = { workMs, mergeMs: Math.round(workMs * mergeShare), files };
  }
  const objects = new Set([
    ...history.units.flatMap(({ files }) => files.flatMap(({ before, after }) => [before, after])),
    ...Object.values(history.versions).flatMap((all) => all.map(({ object }) => object)),
  ]);
  for (const object of objects)
    if (object !== null) writeFileSync(path.join(at, textFile(object)), await read(object), { mode: 0o644 });
  const file = path.join(at, 'plays.json');
  writeFileSync(file, JSON.stringify({ units, versions: history.versions } satisfies Plays), { mode: 0o644 });
  return file;
}

/** A run of all units in a new clone. */
function play(source: string, history: History, plays: string, hasTouches: boolean): Played {
  const at = mkdtempSync(path.join(folder, 'run-'));
  try {
    const [root, cache, home] = ['repository', 'cache', 'home'].map((name) => path.join(at, name)) as [
      ...[string, string, string],
    ];
    git(folder, 'clone', '--quiet', '--no-checkout', source, root);
    git(root, 'remote', 'remove', 'origin');
    git(root, 'checkout', '--quiet', '-B', 'main', history.base);
    for (const made of [cache, home]) mkdirSync(made, { mode: 0o755 });
    chmodSync(at, 0o755);
    const specs = path.join(root, specsName);
    mkdirSync(specs);
    for (const unit of history.units) writeSpec(specs, unit, hasTouches);
    const command = `${process.execPath} ${programs.file('play-unit')} ${plays}`;
    const config = {
      agent: 'player',
      agents: { player: { type: 'command', command } },
      limits: { maxAgents },
      sandbox: { tier: 'none' }, // the agents read their plays outside of their boxes
    };
    writeFileSync(path.join(specs, 'backlog.config.json'), JSON.stringify(config));
    for (const [key, value] of Object.entries({ 'user.name': 'Bench', 'user.email': 'bench@localhost' }))
      git(root, 'config', key, value);
    git(root, 'add', '--all', '--force', specsName);
    git(root, 'commit', '--quiet', '--message', 'Specs');
    const ended = spawnSync(process.execPath, [bin, 'run', specsName, '--allow-unsandboxed', '--json'], {
      cwd: root,
      env: { ...gitEnv, HOME: home, BACKLOG_CACHE_DIR: cache },
      encoding: 'utf8',
      maxBuffer: 2 ** 28,
    });
    if (ended.stdout === '') throw new Error(ended.stderr);
    return readPlayed(ended.stdout, path.join(root, '.git/backlog', specsName, 'backlog.db'));
  } finally {
    rmSync(at, { recursive: true, force: true });
  }
}

function writeSpec(specs: string, unit: History['units'][number], hasTouches: boolean): void {
  const { id, subject, depends, files, needs } = unit;
  const names = files.flatMap(({ path: name, from: moved }) => (moved === null ? [name] : [name, moved]));
  const touches = [...names, noteOf(id)];
  const note = { paths: [noteOf(id)], isThere: true, has: [['It is made.']], gone: [] };
  const check = `${process.execPath} ${programs.file('holds')} ${specsName}/${id}.json`;
  const head = { ...(hasTouches ? { touches } : {}), ...(depends.length > 0 ? { depends } : {}) };
  const lines = Object.entries(head).map(([key, value]) => `${key}: ${JSON.stringify(value)}\n`);
  const title = `Change ${id.slice(1)}: ${subject.replace(/[^\w ]/g, ' ')}`;
  const criteria = `## Acceptance criteria\n\n- [ ] The change is there — check: \`${check}\`\n`;
  const front = lines.length > 0 ? `---\n${lines.join('')}---\n` : '';
  writeFileSync(path.join(specs, `${id}.md`), `${front}# ${title}\n\n${criteria}`);
  writeFileSync(path.join(specs, `${id}.json`), JSON.stringify([...needs, note]));
}

function describe({ base, units, leftOut, pairs: all, conflicts }: History): void {
  const dependent = units.filter(({ depends }) => depends.length > 0);
  say(
    `${made === null ? path.resolve(from) : 'a history that is made up'}: ${units.length} units after ${base.slice(0, 12)}`,
  );
  for (const [why, number] of leftOut) say(`left out: ${number} × ${why}`);
  say(`${dependent.length} units do not apply without earlier ones, on which they depend`);
  const real = conflicts.filter(({ isJoined }) => !isJoined);
  const told = real.map(({ units: [one, other] }) => `${one}+${other}`).join(' ');
  say(
    `expected by git: ${conflicts.length} of ${all} pairs conflict, ${conflicts.length - real.length} of them without need of a decision; the others: ${told || 'none'}`,
  );
  say(
    `${maxAgents} agents that work ${workSeconds / 2} to ${workSeconds * 2} s, and ${mergeShare} of that for a merge; load ${os.loadavg()[0]?.toFixed(1) ?? '?'} on ${os.availableParallelism()} cores`,
  );
}

function sentence(played: Played): string {
  return [
    `${seconds(played.wallMs)}, ${played.done} of ${count} done`,
    `${seconds(played.agentMs)} of agents, ${percent(played.redoneMs / played.agentMs)} again`,
    `${played.merged.length} conflicts for agents (${played.merged.join(' ') || 'none'}), ${played.joined} without`,
    `${played.lost.length} attempts lost (${played.lost.join(' ') || 'none'})`,
    `${played.checkRuns} runs of checks`,
    `limited by ${played.limitedBy}`,
    `load ${os.loadavg()[0]?.toFixed(1) ?? '?'}`,
  ].join('; ');
}

function summarize(history: History, without: readonly Played[], perfect: readonly Played[]): void {
  const wall = (all: readonly Played[]): number => median(all.map(({ wallMs }) => wallMs));
  const ratio = median(without.map(({ wallMs }, pair) => wallMs / (perfect[pair]?.wallMs ?? Number.NaN)));
  const redone = (all: readonly Played[]): number => median(all.map(({ redoneMs, agentMs }) => redoneMs / agentMs));
  const conflicting = new Set(history.conflicts.flatMap(({ units }) => units));
  const needless = without.flatMap(({ lost }) => lost.filter((unit) => !conflicting.has(unit)));
  say('');
  say(
    `wall time: ${seconds(wall(without))} without touches, ${seconds(wall(perfect))} with perfect ones: ×${ratio.toFixed(2)} (wanted: 1.3 at most)`,
  );
  say(
    `work done again: ${percent(redone(without))} of the agents' time without touches (wanted: 12 % at most), ${percent(redone(perfect))} with perfect ones`,
  );
  say(
    `attempts lost of units that conflict with none: ${needless.length}${needless.length > 0 ? ` (${needless.join(' ')})` : ''} (wanted: 0)`,
  );
  const undone = [...without, ...perfect].filter(({ done }) => done < count).length;
  if (undone > 0) say(`${undone} runs left units undone: their figures count for nothing`);
}
