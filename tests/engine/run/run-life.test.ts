import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { toData } from '../../../src/engine/jobs/error-data.ts';
import type { Executor } from '../../../src/engine/jobs/executor.ts';
import type { NotExecuted } from '../../../src/engine/jobs/job.ts';
import { executeWith, inThisProcess, type OpenExecutor } from '../../../src/engine/run/executors.ts';
import { serveVerbs } from '../../support/api.ts';
import { fileUnit, scripted, TestProject, writeFile } from '../../support/project.ts';

const folder = 'specs';

/** A run with an executor that differs from the one in this process: how it ended, what is recorded, what is left. */
async function runWith(
  open: (usual: ReturnType<OpenExecutor>, outputs: Parameters<OpenExecutor>[1]) => Executor,
): Promise<object> {
  const it = TestProject.make({ ...scripted(writeFile), ...fileUnit('good') });
  executeWith((opened, outputs) => open(inThisProcess(opened, outputs), outputs));
  onTestFinished(() => executeWith(inThisProcess));
  const ask = await serveVerbs(it.asker);
  const { kind, error = null } = await ask('run', { folder, allowUnsandboxed: true });
  const { runs } = (await ask('runs', { folder })) as unknown as { runs: readonly { outcome: string }[] };
  const { units } = (await ask('list', { folder })) as unknown as { units: readonly { state: string }[] };
  const cache = path.join(it.outside, 'cache');
  const runFolders = path.join(it.state, 'runs');
  const spills = existsSync(runFolders)
    ? readdirSync(runFolders, { recursive: true, encoding: 'utf8' }).filter((name) =>
        path.basename(name).startsWith('.'),
      )
    : [];
  const doors = readdirSync(cache, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('/net'));
  return {
    kind,
    error,
    outcomes: runs.map(({ outcome }) => outcome),
    states: units.map(({ state }) => state),
    left: [...spills, ...doors],
  };
}

const bug = new Error('Internal error: no');
const full = Object.assign(new Error('ENOSPC: no space'), { code: 'ENOSPC' });

test('an executor that cannot be opened ends the run as what it is', async () => {
  expect(
    await runWith(() => {
      throw bug;
    }),
  ).toEqual({ kind: 'thrown', error: String(bug), outcomes: ['bug'], states: ['ready'], left: [] });
});

test('a run that ends by a bug leaves no output that was not kept', async () => {
  expect(
    await runWith((usual, outputs) => {
      const begin = usual.order.bind(usual);
      return Object.assign(usual, {
        order: async (...order: Parameters<Executor['order']>) => {
          const result = await begin(...order);
          const { file } = outputs.place();
          mkdirSync(path.dirname(file), { recursive: true });
          writeFileSync(file, 'a lot');
          return { ...result, outcome: { kind: 'broken' as const, error: toData(bug) } };
        },
      });
    }),
  ).toMatchObject({ kind: 'thrown', error: String(bug), outcomes: ['bug'], left: [] });
});

test.each<[what: string, error: Error, ends: object]>([
  [
    'a full disk',
    full,
    { kind: 'thrown', error: expect.stringContaining('the disk is full') as string, outcomes: ['halted'] },
  ],
  ['a bug', bug, { kind: 'thrown', error: String(bug), outcomes: ['bug'] }],
])('a landing stands where %s keeps the workspace from being removed', async (_, error, ends) => {
  expect(
    await runWith((usual) =>
      Object.assign(usual, { release: () => Promise.resolve({ kind: 'broken', error: toData(error) }) }),
    ),
  ).toEqual({ ...ends, states: ['done'], left: [] });
});

test('a lost worker leaves nothing to release or close', async () => {
  const lost = (): Promise<NotExecuted> => Promise.resolve({ kind: 'lost', why: 'its worker is gone' });
  expect(await runWith((usual) => Object.assign(usual, { release: lost, close: lost }))).toEqual({
    ...{ kind: 'run', error: null, outcomes: ['done'], states: ['done'], left: [] },
  });
});
