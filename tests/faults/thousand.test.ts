import Sqlite from 'better-sqlite3';
import { build } from 'esbuild';
import { spawn } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { TestProject } from '../support/project.ts';

/** The program in one file, which starts in half the time; in a place from where it finds what it needs. */
async function bundled(): Promise<string> {
  const root = path.resolve(import.meta.dirname, '../..');
  const outfile = path.join(root, 'node_modules/.cache/thousand-units.mjs');
  await build({
    ...{ bundle: true, format: 'esm', platform: 'node', target: 'node22.18', logLevel: 'warning', outfile },
    entryPoints: [path.join(import.meta.dirname, 'thousand-units.ts')],
    external: ['better-sqlite3'],
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
  });
  onTestFinished(() => rmSync(outfile, { force: true }));
  return outfile;
}

const count = process.env['BACKLOG_SWEEP'] === 'whole' ? 1000 : 70;

/** Lets the drain work until it ends, or is killed after `ms`. */
async function go(program: string, folder: string, ms: number | null): Promise<number | null> {
  const child = spawn(process.execPath, [program, folder, String(count)], { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (chunk) => (said += String(chunk)));
  onTestFinished(() => void child.kill('SIGKILL'));
  const timer = ms === null ? undefined : setTimeout(() => child.kill('SIGKILL'), ms);
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  clearTimeout(timer);
  if (code !== null && code !== 0 && !said.includes('the disk is full')) throw new Error(said);
  return code;
}

test(
  `${count} units, two faults for each on average, and the drain killed again and again: all end right`,
  async () => {
    const project = TestProject.make({ 'a.txt': 'a\n' });
    const program = await bundled();
    let isOver = false;
    for (let round = 0; round < 5000 && !isOver; round++)
      isOver = (await go(program, project.root, round % 40 === 7 ? 400 + (round % 5) * 150 : null)) === 0;
    const sqlite = new Sqlite(path.join(project.root, '.git/backlog/@root/backlog.db'), { readonly: true });
    const one = (sql: string): unknown => Object.values(sqlite.prepare(sql).get() as object)[0];
    expect({
      isOver,
      states: sqlite.prepare('select state, count(*) as n from units group by state').all(),
      landed: one("select count(*) from attempts where outcome = 'landed'"),
      twice: one(
        "select count(*) from (select unit from attempts where outcome = 'landed' group by unit having count(*) > 1)",
      ),
      open: one('select count(*) from attempts where ended_at is null'),
      early: one(
        `select count(*) from dependencies d join attempts a on a.unit = d.unit and a.outcome = 'landed'
       join attempts b on b.unit = d.depends_on and b.outcome = 'landed' where a.started_at < b.ended_at`,
      ),
      integrity: one('pragma integrity_check'),
    }).toEqual({
      isOver: true,
      states: [{ state: 'done', n: count }],
      landed: count,
      twice: 0,
      open: 0,
      early: 0,
      integrity: 'ok',
    });
    sqlite.close();
    const fates = readFileSync(path.join(project.root, 'fates'), 'utf8').trim().split('\n');
    const faults = fates.filter((fate) => fate !== 'good').length;
    expect(faults / count).toBeGreaterThan(1.7);
  },
  45 * 60_000,
);
