import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { type Report, reportSchema } from '../../src/model/report.ts';
import { fileUnit, statesOf, TestProject } from '../support/project.ts';
import { scriptedModel } from '../support/scripted-model.ts';
import { install } from './install.ts';

test('what Claude Code did is played again without it', async ({ skip }) => {
  const folder = install('claude-code');
  if (folder === null) return skip('the registry does not give it');
  const model = await scriptedModel([
    { write: 'u.txt', content: 'one\n' },
    { bash: 'echo two >> u.txt' },
    { finish: { summary: 'Two lines.' } },
    { say: 'That is all.' },
  ]);
  const it = TestProject.make({
    'specs/backlog.config.json': JSON.stringify({
      agents: { again: { type: 'replay', recordings: '../recordings' } },
      ignore: ['recordings'],
      review: 'off',
      recipe: 'build',
      sandbox: { tier: 'none' },
    }),
    ...fileUnit('u'),
  });
  const recordings = path.join(it.root, 'recordings');
  const env = {
    ANTHROPIC_API_KEY: 'sk-dummy',
    ANTHROPIC_BASE_URL: model.url,
    PATH: `${folder}:${path.dirname(process.execPath)}:/usr/bin:/bin`,
  };
  const drain = async (...args: readonly string[]): Promise<Report> => {
    const ended = await it.start(['run', 'specs', '--yes', '--json', ...args], { env }).ended;
    expect({ code: ended.code, stderr: ended.code === 0 ? '' : ended.stderr }).toEqual({ code: 0, stderr: '' });
    return reportSchema.parse(JSON.parse(ended.stdout));
  };
  expect(statesOf(await drain('--agent', 'claude', '--record', recordings))).toEqual({ u: 'done' });
  expect(readFileSync(path.join(recordings, 'u/builder-1.1.jsonl'), 'utf8').trim().split('\n').length).toBe(3);
  expect(statesOf(await drain('--agent', 'again', '--into', 'backlog/again'))).toEqual({ u: 'done' });
  const landed = (branch: string): string => it.git('show', `${branch}:u.txt`);
  expect([landed('backlog/next'), landed('backlog/again')]).toEqual(['one\ntwo', 'one\ntwo']);
});
