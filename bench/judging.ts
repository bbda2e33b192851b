// What judging costs beyond the checks' own time, through the command line, in the strongest tier that works: units
// whose agent and checks take hardly any time, on a repository of 1,000 files. Every second unit has more checks, so
// that what a unit costs and what a run of a check costs can be told apart.
// node bench/judging.ts [files] [units]
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Report } from '../src/model/report.ts';
import { median } from './support/measure.ts';
import { makeRepository } from './support/repository.ts';

const files = Number(process.argv[2] ?? 1000);
const units = Number(process.argv[3] ?? 12);
const { folder, repository, git, remove } = await makeRepository(files);
try {
  const specs = path.join(repository.root, 'specs');
  mkdirSync(specs);
  for (let unit = 0; unit < units; unit++) {
    const checks = Array.from(
      { length: unit % 2 === 0 ? 2 : 6 },
      (_, check) => `test $(wc -l < out/u${unit}.txt) = 1 && test ${check}`,
    );
    const text = `# Unit ${unit}\n\n## Acceptance criteria\n\n${checks.map((check) => `- [ ] It is so — check: \`${check}\`\n`).join('')}`;
    writeFileSync(path.join(specs, `u${unit}.md`), `---\ntouches: [out/u${unit}.txt]\n---\n${text}`);
  }
  const config = {
    agent: 'writer',
    agents: { writer: { type: 'command', command: 'mkdir -p out && echo done > out/$BACKLOG_UNIT.txt' } },
    limits: { maxAgents: 1 },
  };
  writeFileSync(path.join(specs, 'backlog.config.json'), JSON.stringify(config));
  git('add', '--all');
  git('commit', '--quiet', '--message', 'Specs');
  const cache = path.join(folder, 'cache');
  mkdirSync(cache, { mode: 0o711 });
  spawnSync('chmod', ['0711', folder, cache]);
  const main = path.resolve(import.meta.dirname, '../src/cli/main.ts');
  const ended = spawnSync(process.execPath, [main, 'run', 'specs', '--allow-unsandboxed', '--json'], {
    cwd: repository.root,
    env: { ...process.env, BACKLOG_CACHE_DIR: cache },
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  });
  if (ended.status !== 0) throw new Error(ended.stderr);
  const report = JSON.parse(ended.stdout) as Report;
  const { default: Sqlite } = await import('better-sqlite3');
  const database = new Sqlite(path.join(specs, '../.git/backlog/specs/backlog.db'), { readonly: true });
  const events = database.prepare('select at, unit, type from events order by id').all() as {
    at: number;
    unit: string | null;
    type: string;
  }[];
  const evidence = database
    .prepare(
      "select unit, evidence from evidence where json_extract(evidence, '$.on') = 'candidate' or subject like '%(again)'",
    )
    .all() as { unit: string; evidence: string }[];
  database.close();
  const at = (unit: string, type: string): number => events.find((e) => e.unit === unit && e.type === type)?.at ?? NaN;
  const measured = report.units.map((unit) => {
    const all = at(unit.id, 'landed') - at(unit.id, 'harvested');
    const checks = evidence
      .filter((row) => row.unit === unit.id)
      .reduce((sum, row) => sum + (JSON.parse(row.evidence) as { durationMs: number }).durationMs, 0);
    return { beyond: all - checks, runs: unit.checkRuns };
  });
  const runsOf = [...new Set(measured.map(({ runs }) => runs))].toSorted((a, b) => a - b);
  const [few = 0, many = 0] = [runsOf[0], runsOf.at(-1)];
  const beyond = (runs: number): number => median(measured.filter((one) => one.runs === runs).map((one) => one.beyond));
  const aRun = (beyond(many) - beyond(few)) / (many - few);
  process.stdout.write(
    [
      `${files} files, ${units} units one after another, tier ${report.run.tier}`,
      `beyond the checks: ${beyond(few).toFixed(0)} ms a unit with ${few} runs of checks, ${beyond(many).toFixed(0)} ms with ${many} (medians)`,
      `that is ${(beyond(few) - aRun * few).toFixed(0)} ms a unit and ${aRun.toFixed(1)} ms a run of a check`,
      '',
    ].join('\n'),
  );
} finally {
  remove();
}
