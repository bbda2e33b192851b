// What judging a unit costs beyond its checks' own time, through the command line, in the strongest tier that works:
// units whose agent and checks take no time of their own, on a repository of 1,000 files.
// node bench/judging.ts [files] [units]
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Report } from '../src/model/report.ts';
import { makeRepository } from './support/repository.ts';

const files = Number(process.argv[2] ?? 1000);
const units = Number(process.argv[3] ?? 12);
const { folder, repository, git, remove } = await makeRepository(files);
try {
  const specs = path.join(repository.root, 'specs');
  mkdirSync(specs);
  for (let unit = 0; unit < units; unit++) {
    const text = `# Unit ${unit}\n\n## Acceptance criteria\n\n- [ ] There — check: \`test -f out/u${unit}.txt\`\n- [ ] Full — check: \`grep -q done out/u${unit}.txt\`\n`;
    writeFileSync(path.join(specs, `u${unit}.md`), `---\ntouches: [out/u${unit}.txt]\n---\n${text}`);
  }
  const config = {
    agent: 'writer',
    agents: { writer: { type: 'command', command: 'mkdir -p out && echo done > out/$BACKLOG_UNIT.txt' } },
    sandbox: { allowUnsandboxed: true },
    limits: { maxAgents: 1 },
  };
  writeFileSync(path.join(specs, 'backlog.config.json'), JSON.stringify(config));
  git('add', '--all');
  git('commit', '--quiet', '--message', 'Specs');
  const cache = path.join(folder, 'cache');
  mkdirSync(cache, { mode: 0o711 });
  spawnSync('chmod', ['0711', folder, cache]);
  const main = path.resolve(import.meta.dirname, '../src/cli/main.ts');
  const ended = spawnSync(process.execPath, [main, 'run', 'specs', '--json'], {
    cwd: repository.root,
    env: { ...process.env, BACKLOG_CACHE_DIR: cache },
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  });
  if (ended.status !== 0) throw new Error(ended.stderr);
  const report = JSON.parse(ended.stdout) as Report;
  const { default: Sqlite } = await import('better-sqlite3');
  const database = new Sqlite(path.join(specs, '.backlog/backlog.db'), { readonly: true });
  const events = database.prepare('select at, unit, type from events order by id').all() as {
    at: number;
    unit: string | null;
    type: string;
  }[];
  const commandMs = (
    database.prepare("select evidence from evidence where json_extract(evidence, '$.on') = 'candidate'").all() as {
      evidence: string;
    }[]
  ).reduce((sum, row) => sum + (JSON.parse(row.evidence) as { durationMs: number }).durationMs, 0);
  database.close();
  const at = (unit: string, type: string): number => events.find((e) => e.unit === unit && e.type === type)?.at ?? NaN;
  const judging = report.units.map((unit) => at(unit.id, 'landed') - at(unit.id, 'harvested'));
  const total = judging.reduce((sum, ms) => sum + ms, 0);
  const runs = report.units.reduce((sum, unit) => sum + unit.checkRuns, 0);
  const beyond = total - commandMs;
  process.stdout.write(
    [
      `${files} files, ${units} units one after another, tier ${report.run.tier}`,
      `from harvested to landed  ${(total / units).toFixed(0)} ms a unit, of which checks on candidates ${(commandMs / units).toFixed(0)} ms`,
      `beyond the checks         ${(beyond / units).toFixed(0)} ms a unit, ${(beyond / runs).toFixed(1)} ms a run of a check (${(runs / units).toFixed(1)} runs a unit)`,
      '',
    ].join('\n'),
  );
} finally {
  remove();
}
