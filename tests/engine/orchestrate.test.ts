import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import type { Report } from '../../src/model/report.ts';
import { answer, append, asRole, exceptAs, fail, onUnit, script, touch, waitFor } from '../support/agent-script.ts';
import { fileUnit, scripted, statesOf, TestProject, writeFile } from '../support/project.ts';
import { hasTmux, Tmux } from '../support/tmux.ts';

interface Came {
  readonly outcome: string;
  readonly decision: string | null;
  readonly isDraft: boolean;
  readonly units: readonly { readonly key: string; readonly file: string }[];
  readonly costUsd: number | null;
  readonly run: { readonly report: Report | null } | null;
}

const [parse, show] = ['orchestrated.handle-dates.parse', 'orchestrated.handle-dates.show'];
const unit = (name: string, depends: readonly string[] = []) => ({
  ...{
    name,
    title: `Make ${name}`,
    body: 'What and why.',
    depends,
    touches: [`orchestrated.handle-dates.${name}.txt`],
  },
  criteria: [{ text: 'It is there', check: `test -f orchestrated.handle-dates.${name}.txt` }],
});
const list = { decision: 'units', why: 'Two concerns.', units: [unit('parse'), unit('show', ['parse'])], dropped: [] };

/** A project whose lead answers this, and whose builders do these steps. */
function led(decision: object, builder: string = writeFile, more: object = {}): TestProject {
  const command = script(asRole('lead', answer(decision)), exceptAs('lead', builder));
  return TestProject.make({
    ...scripted('', { agents: { script: { type: 'command', command, costUsd: 0.5 } }, ...more }),
    ...fileUnit('other'),
  });
}

async function came(it: TestProject, ...args: readonly string[]): Promise<Came & { readonly code: number | null }> {
  const ended = await it.backlog('orchestrate', 'Handle dates', '--json', ...args);
  return { ...(JSON.parse(ended.stdout) as Came), code: ended.code };
}

test('a task becomes units that land, and nothing else of the queue runs', async () => {
  const it = led(list);
  const result = await came(it);
  expect(result).toMatchObject({ code: 0, outcome: 'done', decision: 'units', isDraft: false, costUsd: 1.5 });
  expect(it.landings()).toEqual([parse, show]);
  expect(statesOf(result.run?.report as Report)).toEqual({ [parse]: 'done', [show]: 'done', other: 'ready' });
  // What was built is in files of the person, who may commit them, and is done for every later run.
  expect(it.git('status', '--porcelain')).toBe('?? specs/orchestrated/');
  expect((await it.run(0)).units.map(({ id }) => id)).toContain('other');
  expect(it.landings()).toEqual([parse, show, 'other']);
});

test('its end says what was asked for, what landed, and what to type next', async () => {
  const it = led({ ...list, dropped: ['Time zones.'] }, exceptOnShow());
  const ended = await it.backlog('orchestrate', 'Handle dates');
  expect(ended.code).toBe(1);
  expect(ended.stdout).toMatch(
    /^2 units: Two concerns\.\n\norchestrated\.handle-dates\.parse {2}Make parse\n {2}- It is there/,
  );
  expect(ended.stdout).toContain('\nLeft out:\n- Time zones.\n');
  expect(ended.stdout).toMatch(/✗ 1 of 3 done, 1 failed, 1 ready/);
  expect(ended.stdout).toContain(`backlog show ${show}`);
});

/** Makes all but the second unit. */
function exceptOnShow(): string {
  return script(onUnit(show, fail(1, 'no')), writeFile);
}

test.each<[what: string, args: readonly string[]]>([
  ['--draft', ['--draft']],
  ['--review-plan where nobody can be asked', ['--review-plan']],
])('%s writes drafts, and runs nothing', async (_, args) => {
  const it = led(list);
  const result = await came(it, ...args);
  expect(result).toMatchObject({ code: 5, outcome: 'waiting-for-person', isDraft: true, costUsd: 0.5, run: null });
  expect(result.units.map(({ key }) => key)).toEqual([parse, show]);
  expect(it.read(`specs/${result.units[0]?.file}`)).toContain('draft: true');
  await it.run(0);
  expect(it.landings()).toEqual(['other']);
});

test.each<[what: string, decision: object, code: number, stdout: string]>([
  ['a question', { decision: 'answer', why: 'Known.', answer: 'In `a.mjs`.' }, 0, 'In `a.mjs`.\n'],
  [
    'what is too vague',
    { decision: 'unclear', why: 'No aim.', questions: ['Which?'] },
    5,
    'It is not clear yet what would be done: No aim.\n1. Which?\nSay it again with the answers.\n',
  ],
])('%s starts no wave', async (_, decision, code, stdout) => {
  const it = led(decision);
  expect(await it.backlog('orchestrate', 'Handle dates')).toMatchObject({ code, stdout });
  expect(existsSync(path.join(it.root, 'specs/orchestrated'))).toBe(false);
  const { runs } = JSON.parse((await it.backlog('runs', '--json')).stdout) as { runs: { units: object }[] };
  expect(runs.map((one) => one.units)).toEqual([{ units: 0, landed: 0, failed: 0 }]);
});

test.each<[budget: string, landed: readonly string[], code: number]>([
  ['1.5', [parse, show], 0],
  ['1.2', [parse], 3],
  ['0.5', [], 3],
])('a budget of %s dollars is for the lead and its units', async (budget, landed, code) => {
  const it = led(list);
  const result = await came(it, '--budget', budget);
  expect([result.code, landed.length === 0 ? [] : it.landings()]).toEqual([code, landed]);
  expect(result.costUsd).toBeLessThanOrEqual(Number(budget));
  await it.run(0, '--exclude', 'other');
  expect(it.landings()).toEqual([parse, show]);
});

test.skipIf(!hasTmux).each<[says: string, keys: readonly string[], shows: RegExp, landed: number]>([
  ['yes', ['Enter'], /✓ 2 of 2 done[^]*With its lead: \$1\.50\./, 2],
  ['no', ['Right', 'Enter'], /2 drafts: Two concerns\.[^]*Nothing was run\. Remove "draft: true"/, 0],
])(
  'on a terminal the list is shown first, and %s holds',
  async (_, keys, shows, landed) => {
    const it = TestProject.make({});
    const command = script(asRole('lead', answer(list)), exceptAs('lead', writeFile));
    it.write(scripted('', { agents: { script: { type: 'command', command, costUsd: 0.5 } } }));
    it.commit('Configuration');
    const env = {
      ...it.env,
      TERM: 'screen',
      LANG: 'C.UTF-8',
      PATH: `${path.dirname(process.execPath)}:${it.env['PATH']}`,
    };
    const terminal = new Tmux({ cwd: it.root, env, columns: 140, rows: 50 });
    terminal.type(`node ${path.resolve('dist/main.js')} orchestrate 'Handle dates' --allow-unsandboxed`);
    await terminal.shows(/A lead with script: .*Start\?[^]*Yes/);
    terminal.press('Enter');
    const asked = await terminal.shows(/Build these 2 units\?[^]*Yes/, 100);
    expect(asked).toContain('test -f orchestrated.handle-dates.show.txt');
    terminal.press(...keys);
    if (landed > 0) {
      await terminal.shows(/2 units with script: .*Start\?[^]*Yes/);
      terminal.press('Enter');
    }
    await terminal.shows(shows, 100);
    const branches = it.git('branch', '--list', 'backlog/next');
    expect(branches === '' ? [] : it.landings()).toHaveLength(landed);
  },
  120_000,
);

test('a run that is killed goes on with its units, and asks the lead for nothing again', async () => {
  const it = TestProject.make({});
  const [log, go] = [path.join(it.outside, 'log'), path.join(it.outside, 'go')];
  const builder = script(touch(path.join(it.outside, 'began')), waitFor(go), writeFile);
  it.write(scripted([append(log, '$BACKLOG_ROLE'), asRole('lead', answer(list)), exceptAs('lead', builder)]));
  it.commit('Configuration');
  const run = it.start(['orchestrate', 'Handle dates']);
  await expect.poll(() => existsSync(path.join(it.outside, 'began')), { timeout: 60_000 }).toBe(true);
  run.kill('SIGKILL');
  await run.ended;
  it.write({ '../outside/go': '' });
  await it.run(0);
  expect([
    it.landings(),
    readFileSync(log, 'utf8')
      .split('\n')
      .filter((role) => role === 'lead').length,
  ]).toEqual([[parse, show], 1]);
});
