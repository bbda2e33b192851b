// What the drain is measured against: a ready queue by hand, two commits per unit, one process each, nothing else.
// node bench/support/drain-by-hand.ts COUNT WIDTH
import Sqlite from 'better-sqlite3';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { layeredGraph } from './units.ts';

const count = Number(process.argv[2]);
const width = Number(process.argv[3]);
const folder = mkdtempSync(path.join(os.tmpdir(), 'backlog-bench-'));
const sqlite = new Sqlite(path.join(folder, 'queue.db'));
sqlite.pragma('journal_mode = WAL');
sqlite.pragma('synchronous = FULL');
sqlite.exec(
  'create table units (id integer primary key, state text); create table events (id integer primary key, unit integer, event text)',
);
const graph = layeredGraph(count, 7);
const insert = sqlite.prepare('insert into units values (?, ?)');
sqlite.transaction(() => graph.forEach((_, index) => insert.run(index, 'waiting')))();
const before = process.cpuUsage();
const started = performance.now();
const setState = sqlite.prepare('update units set state = ? where id = ?');
const addEvent = sqlite.prepare('insert into events (unit, event) values (?, ?)');
const record = sqlite.transaction((unit: number, state: string) => {
  setState.run(state, unit);
  addEvent.run(unit, state);
});
const missing = graph.map((depends) => depends.length);
const dependents: number[][] = graph.map(() => []);
graph.forEach((depends, index) => depends.forEach((other) => dependents[other]?.push(index)));
const ready = graph.flatMap((depends, index) => (depends.length === 0 ? [index] : []));
let running = 0;
let next = 0;
await new Promise<void>((resolve) => {
  let done = 0;
  const fill = (): void => {
    for (; running < width && next < ready.length; next++) {
      const unit = ready[next] ?? 0;
      record.immediate(unit, 'working');
      running++;
      spawn('/bin/true', [], { stdio: 'ignore', env: { PATH: '/usr/bin:/bin' } }).on('exit', () => {
        record.immediate(unit, 'done');
        running--;
        done++;
        for (const other of dependents[unit] ?? []) {
          const left = (missing[other] ?? 0) - 1;
          missing[other] = left;
          if (left === 0) ready.push(other);
        }
        if (done === count) resolve();
        else fill();
      });
    }
  };
  fill();
});
const cpu = process.cpuUsage(before);
sqlite.close();
rmSync(folder, { recursive: true });
process.stdout.write(
  `${JSON.stringify({
    wallMs: performance.now() - started,
    ownCpuMs: (cpu.user + cpu.system) / 1000,
    peakRssMiB: process.resourceUsage().maxRSS / 1024,
  })}\n`,
);
