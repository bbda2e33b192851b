import { cpSync, mkdirSync, rmSync, writeFileSync, readFileSync, chmodSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { type Report, reportSchema } from '../../src/model/report.ts';
import { statesOf, TestProject } from '../support/project.ts';
import { recordedModel } from '../support/recorded-model.ts';
import { install } from './install.ts';

const example = path.resolve(import.meta.dirname, '../../specs-example');

/** The example with an agent of somebody else, whose model says what was recorded; all of it only once. */
test.for([
  ['claude', 'claude-code', 10],
  ['opencode', 'opencode', 3],
] as const)(
  'units of specs-example land with --agent %s',
  { timeout: 900_000 },
  async ([agent, program, units], { skip }) => {
    const folder = install(program);
    if (folder === null) return skip('the registry does not give it');
    const project = TestProject.make({ 'README.md': '# A clone\n' });
    mkdirSync(path.join(project.root, 'specs-example'));
    const filter = (file: string): boolean => !file.includes('.backlog');
    cpSync(example, path.join(project.root, 'specs-example'), { recursive: true, filter });
    const config = path.join(project.root, 'specs-example/backlog.config.json');
    // The recordings know no reviewers of each change, and nobody who looks first.
    writeFileSync(
      config,
      JSON.stringify({ ...(JSON.parse(readFileSync(config, 'utf8')) as object), review: 'off', recipe: 'build' }),
    );
    project.commit('The example');
    const cache = path.join(os.tmpdir(), `backlog-cache-${process.pid}-${agent}`);
    mkdirSync(cache);
    chmodSync(cache, 0o711);
    onTestFinished(() => rmSync(cache, { recursive: true, force: true }));
    const model = await recordedModel(path.join(example, 'recordings'));
    const ended = await project.start(
      [
        'run',
        'specs-example',
        '--allow-unsandboxed',
        '--agent',
        agent,
        '--budget',
        '5',
        '--max-units',
        `${units}`,
        '--json',
      ],
      {
        env: {
          ANTHROPIC_API_KEY: 'sk-dummy',
          ANTHROPIC_BASE_URL: model.url,
          BACKLOG_CACHE_DIR: cache,
          PATH: `${folder}:${path.dirname(process.execPath)}:/usr/bin:/bin`,
        },
      },
    ).ended;
    expect({ code: ended.code, stderr: ended.code === 0 ? '' : ended.stderr }).toEqual({ code: 0, stderr: '' });
    const report: Report = reportSchema.parse(JSON.parse(ended.stdout));
    const states = Object.values(statesOf(report));
    expect([states.length, states.filter((state) => state === 'done').length]).toEqual([10, units]);
    expect(report.totals.costUsd).toBeGreaterThan(0);
  },
);
