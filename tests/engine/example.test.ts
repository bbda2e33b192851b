import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { statesOf, TestProject } from '../support/project.ts';
import type { Report } from '../../src/model/report.ts';
import { reportSchema } from '../../src/model/report.ts';

const example = path.resolve(import.meta.dirname, '../../specs-example');

test('specs-example is drained offline: every unit proved, the branch passes the tests of the application', async () => {
  const project = TestProject.make({ 'README.md': '# A clone\n' });
  mkdirSync(path.join(project.root, 'specs-example'));
  cpSync(example, path.join(project.root, 'specs-example'), {
    recursive: true,
    filter: (file) => !file.includes('.backlog'),
  });
  project.commit('The example');
  const ended = await project.backlog('run', 'specs-example', '--allow-unsandboxed', '--json');
  expect({ code: ended.code, stderr: ended.code === 0 ? '' : ended.stderr }).toEqual({ code: 0, stderr: '' });
  const report: Report = reportSchema.parse(JSON.parse(ended.stdout));
  const ids = [
    'book',
    'cli',
    'guide',
    'followups.search-ignores-accents',
    'followups.the-shelf-can-be-exported-as-csv',
    'isbn',
    'isbn-forms',
    'page',
    'search',
    'shelf',
  ];
  expect(Object.keys(statesOf(report)).toSorted()).toEqual(ids.toSorted());
  expect(new Set(Object.values(statesOf(report)))).toEqual(new Set(['done']));
  const of = (id: string): Report['units'][number] | undefined => report.units.find((unit) => unit.id === id);
  // One unit is repaired after its first try failed; one claim is confirmed with quotes; one answer lands as a document.
  expect([of('isbn')?.attempts, of('isbn')?.repairs]).toEqual([1, 1]);
  expect(of('guide')?.criteria[0]?.evidence).toMatchObject([
    ...['holds', 'gaming'].map((lens) => ({
      kind: 'review',
      lens,
      verdict: 'confirmed',
      quotes: [{ file: 'specs-example/app/README.md', line: 9 }, { line: 10 }],
    })),
  ]);
  expect(project.landed('specs-example/app/docs/isbn.md')).toMatch(/^# Forms of ISBN/);
  // Both sides of the contract were at work at the same time.
  expect(ended.stderr).toMatch(/^wave \d+: .*search, page/m);
  expect(report.totals).toMatchObject({ costUsd: 0, filesChanged: 9 });
  expect(report.totals.peakParallel).toBeGreaterThanOrEqual(4);
  expect(report.totals.averageParallel).toBeGreaterThan(1);
  expect(report.totals.averageParallel).toBeLessThanOrEqual(report.totals.peakParallel);
  expect(project.git('status', '--porcelain')).toBe('');
  expect(await project.backlog('run', 'specs-example')).toEqual({
    code: 0,
    stdout: 'Nothing to do: everything in this folder is done.\nMerge it: backlog merge\n',
    stderr: '',
  });
  project.git('checkout', '--quiet', 'backlog/next');
  const tests = spawnSync(process.execPath, ['--test', 'specs-example/app/tests/*.test.mjs'], {
    cwd: project.root,
    env: project.env,
    encoding: 'utf8',
  });
  expect(tests.stdout).toMatch(/^ℹ pass 20\nℹ fail 0$/m);
  for (const file of ['followups.md', 'foundation/book.md', 'features/command-line.md']) {
    expect(readFileSync(path.join(project.root, 'specs-example', file), 'utf8')).not.toContain('[ ]');
  }
});
