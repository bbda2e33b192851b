// What it takes to give back what is no longer needed, with so many installed files: of this process and of those that it
// starts.
// node bench/support/growth-reclaim.ts FILES
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { cacheFolder, openProject, openTarget } from '../../src/engine/project/project.ts';
import { quotasOf, reclaim } from '../../src/engine/boxes/reclaim.ts';
import { openQueue } from '../../src/engine/project/state-place.ts';

const files = Number(process.argv[2]);
const root = mkdtempSync(path.join(os.tmpdir(), 'backlog-growth-'));
process.on('exit', () => rmSync(root, { recursive: true, force: true }));
process.env['BACKLOG_CACHE_DIR'] = path.join(root, 'cache');
const folder = path.join(root, 'repo', 'specs');
mkdirSync(folder, { recursive: true });
writeFileSync(path.join(folder, 'backlog.config.json'), '{}');
const git = (...args: readonly string[]): void =>
  void execFileSync('git', args, { cwd: path.dirname(folder), stdio: 'ignore' });
git('init', '--quiet');
git('config', 'user.name', 'Bench');
git('config', 'user.email', 'bench@localhost');
git('add', '--all');
git('commit', '--quiet', '--message', 'Specs');

const project = await openProject({ name: 'Bench', folder: root, shownFrom: root, env: process.env }, folder);
const repository = await openTarget(project);
const installed = path.join(`${cacheFolder(project)}-set-up`, 'k'.repeat(32));
for (let index = 0; index < files; index++) {
  const at = path.join(installed, 'files/node_modules', `p${Math.floor(index / 300)}`);
  if (index % 300 === 0) mkdirSync(at, { recursive: true });
  writeFileSync(path.join(at, `f${index}.js`), '');
}
const about = { added: ['node_modules'], at: '/ws', naming: [], bytes: 1 };
writeFileSync(path.join(installed, 'added.json'), JSON.stringify(about));
const database = openQueue(project);

/** Milliseconds of this process and of the children that it waited for, in steps of 10. */
function cpuMs(): number {
  const fields = readFileSync('/proc/self/stat', 'utf8').split(') ').at(-1)?.split(' ') ?? [];
  return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks) * 10, 0);
}

const before = cpuMs();
for (let time = 0; time < 5; time++)
  await reclaim({
    project,
    repository,
    ticks: { kind: 'target' },
    database,
    branch: 'b',
    quotas: quotasOf(project),
    isDry: true,
  });
const ms = (cpuMs() - before) / 5;
database.close();
process.stdout.write(`${JSON.stringify({ ms, peakMiB: process.resourceUsage().maxRSS / 1024 })}\n`);
