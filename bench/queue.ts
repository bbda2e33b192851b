// Claim and complete of 1,000 units, one at a time, with synchronous=full: the queue's own functions, the same changes in
// statements by hand, and plainjob (with its own, weaker settings, and with full).
// node bench/queue.ts [units] [runs]
import Sqlite from 'better-sqlite3';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { runId } from '../src/model/ids.ts';
import { claim, endAttempt } from '../src/queue/attempts.ts';
import { openDatabase } from '../src/queue/database.ts';
import { insertRun } from '../src/queue/runs.ts';
import { syncUnits } from '../src/queue/sync.ts';
import { transition } from '../src/queue/transitions.ts';
import { median } from './support/measure.ts';
import { benchUnit } from './support/units.ts';

const count = Number(process.argv[2] ?? 1000);
const runs = Number(process.argv[3] ?? 5);
const folder = mkdtempSync(path.join(os.tmpdir(), 'backlog-bench-'));
const id = runId(new Date(), 'bench');

function ours(): number {
  const database = openDatabase(mkdtempSync(path.join(folder, 'ours-')));
  const row = { id, startedAt: 0, endedAt: null, branch: 'b', tip: 't', agent: 'a', tier: 'none' };
  insertRun(database, { ...row, outcome: null, exitCode: null }, {});
  const units = Array.from({ length: count }, (_, index) => benchUnit(index, []));
  syncUnits(database, { units, truth: () => ({ isDone: false, why: null }), at: 1, run: null });
  const frozen = { role: 'builder', baseCommit: 'c', baseTree: 't', projectChecks: [], configHash: 'h' } as const;
  const started = performance.now();
  for (const unit of units) {
    const attempt = claim(database, { ...frozen, at: 2, run: id, unit: unit.id, to: 'working' });
    database.write(() => {
      endAttempt(database, 3, attempt.id, 'landed', null);
      transition(database, 3, id, { unit: unit.id, to: 'done', fence: attempt.fence });
    });
  }
  const ms = performance.now() - started;
  database.close();
  return ms;
}

/** The same rows and events, in prepared statements and nothing else. */
function byHand(): number {
  const at = mkdtempSync(path.join(folder, 'hand-'));
  const prepared = openDatabase(at);
  const row = { id, startedAt: 0, endedAt: null, branch: 'b', tip: 't', agent: 'a', tier: 'none' };
  insertRun(prepared, { ...row, outcome: null, exitCode: null }, {});
  const units = Array.from({ length: count }, (_, index) => benchUnit(index, []));
  syncUnits(prepared, { units, truth: () => ({ isDone: false, why: null }), at: 1, run: null });
  prepared.close();
  const sqlite = new Sqlite(path.join(at, 'backlog.db'));
  sqlite.pragma('journal_mode = WAL');
  sqlite.pragma('synchronous = FULL');
  const setState = sqlite.prepare(
    'update units set state = ?, fence = fence + ?, changed_at = ? where id = ? and state = ?',
  );
  const addAttempt = sqlite.prepare(
    `insert into attempts (id, run, unit, fence, number, role, base_commit, base_tree, spec_hash, started_at) values (?, ?, ?, 1, 1, 'builder', 'c', 't', 'h', 2)`,
  );
  const end = sqlite.prepare("update attempts set ended_at = 3, outcome = 'landed' where id = ?");
  const addEvent = sqlite.prepare('insert into events (at, run, unit, type, event) values (?, ?, ?, ?, ?)');
  const tell = (type: string, unit: string, more: object): void =>
    void addEvent.run(2, id, unit, type, JSON.stringify({ type, unit, ...more }));
  const take = sqlite.transaction((unit: string, hash: string) => {
    setState.run('working', 1, 2, unit, 'ready');
    addAttempt.run(`${unit}.1`, id, unit);
    const inputs = {
      baseCommit: 'c',
      baseTree: 't',
      contentHash: hash,
      criteriaHash: hash,
      checks: ['true'],
      configHash: 'h',
    };
    tell('claimed', unit, { attempt: `${unit}.1`, fence: 1, role: 'builder', inputs });
    tell('unit-changed', unit, { from: 'ready', to: 'working', why: null });
  });
  const complete = sqlite.transaction((unit: string) => {
    end.run(`${unit}.1`);
    setState.run('done', 0, 3, unit, 'working');
    tell('unit-changed', unit, { from: 'working', to: 'done', why: null });
  });
  const started = performance.now();
  for (const unit of units) {
    take.immediate(unit.id, unit.contentHash);
    complete.immediate(unit.id);
  }
  const ms = performance.now() - started;
  sqlite.close();
  return ms;
}

const peers = path.join(folder, 'peers');
spawnSync('mkdir', ['-p', peers]);
writeFileSync(path.join(peers, 'package.json'), '{"type":"module"}');
// For the Node that runs it: npm may belong to another one, and would build SQLite for that.
const env = { ...process.env, PATH: `${path.dirname(process.execPath)}:${process.env['PATH'] ?? ''}` };
const isInstalled =
  spawnSync('npm', ['install', '--silent', 'plainjob', 'better-sqlite3'], { cwd: peers, env }).status === 0;
writeFileSync(
  path.join(peers, 'run.mjs'),
  `import Database from 'better-sqlite3';
import { better, defineQueue } from 'plainjob';
const [, , file, count, synchronous] = process.argv;
const sqlite = new Database(file);
const queue = defineQueue({ connection: better(sqlite) });
if (synchronous !== 'own') sqlite.pragma('synchronous = ' + synchronous);
queue.addMany('job', Array.from({ length: Number(count) }, (_, i) => ({ i })));
const started = performance.now();
for (let i = 0; i < Number(count); i++) {
  const job = queue.getAndMarkJobAsProcessing('job');
  queue.markJobAsDone(job.id);
}
console.log(performance.now() - started);
queue.close();
`,
);
function plainjob(synchronous: string): number {
  const file = path.join(mkdtempSync(path.join(folder, 'plainjob-')), 'q.db');
  const result = spawnSync(process.execPath, ['run.mjs', file, String(count), synchronous], {
    cwd: peers,
    encoding: 'utf8',
  });
  return result.status !== 0 ? Number.NaN : Number(result.stdout.trim().split('\n').at(-1));
}

/** Why the peer is skipped; null if it works. */
const isMissing = !isInstalled ? 'installed' : Number.isNaN(plainjob('own')) ? 'started' : null;

type Side = readonly [name: string, work: () => number, seen: number[]];
const peerSides: readonly Side[] = [
  ['plainjob, its own settings', () => plainjob('own'), []],
  ['plainjob, full', () => plainjob('FULL'), []],
];
const sides: readonly Side[] = [
  ['backlog, full', ours, []],
  ['by hand, full', byHand, []],
  ...(isMissing === null ? peerSides : []),
];
if (isMissing !== null) process.stdout.write(`plainjob cannot be ${isMissing}: skipped\n`);
for (let run = 0; run < runs; run++) for (const [, work, seen] of sides) seen.push(work());
rmSync(folder, { recursive: true, force: true });
const first = median(sides[0]?.[2] ?? []);
for (const [name, , seen] of sides)
  process.stdout.write(
    `${name.padEnd(28)} ${Math.round((count / median(seen)) * 1000)} units a second; backlog is x${(median(seen) / first).toFixed(2)}\n`,
  );
