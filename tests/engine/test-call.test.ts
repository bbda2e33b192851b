import { expect, test } from 'vitest';
import { modelServer, reply } from '../support/model-server.ts';
import { answer, script, touch } from '../support/agent-script.ts';
import { TestProject } from '../support/project.ts';

const spec = '# A\n\n## Acceptance criteria\n\n- [ ] A — check: `test -f a`\n';

/** What `doctor --agent` says of the call, without the time that it took. */
async function called(
  project: TestProject,
  env: Readonly<Record<string, string>>,
  ...agent: string[]
): Promise<unknown> {
  const ended = await project.start(['doctor', 'specs', '--agent', ...agent], { env }).ended;
  const [line] = /^.* test call: .*$/m.exec(ended.stdout) ?? [ended.stdout];
  return [ended.code, line?.replace(/\([\d.]+ m?s, /, '(<time>, ')];
}

test('doctor has an agent answer one order: the answer, what it cost, and why it failed', async () => {
  const ready = reply([{ type: 'tool_use', name: 'finish', input: { summary: 'ready' } }]);
  const server = await modelServer([ready]);
  const agents = {
    mine: { type: 'command', command: script(answer('ready'), touch('in-the-box')) },
    broken: { type: 'command', command: 'echo "Error: no such model" >&2; exit 1', costUsd: 0 },
    dear: { type: 'command', command: touch('started'), costUsd: 3 },
    api: { type: 'anthropic', baseUrl: server.url, apiKeyEnv: 'TEST_KEY' },
  };
  const config = { agent: 'mine', agents, sandbox: { tier: 'none', allowUnsandboxed: true } };
  const project = TestProject.make({ 'specs/backlog.config.json': JSON.stringify(config), 'specs/a.md': spec });
  const env = { TEST_KEY: 'sk-dummy-1234' };
  expect(await called(project, env)).toEqual([0, 'ok      test call: mine answered "ready" (<time>, cost unknown)']);
  expect(await called(project, env, 'api')).toEqual([
    0,
    expect.stringMatching(/^ok {6}test call: api, with claude-opus-5-5, answered "ready" \(<time>, cost \$0\.0\d+\)$/),
  ]);
  expect(await called(project, env, 'broken')).toEqual([
    1,
    expect.stringMatching(/^problem test call: broken failed: .*no such model.* \(<time>, cost \$0\.00\)$/),
  ]);
  expect(await called(project, env, 'dear')).toEqual([
    0,
    'warning test call: dear was not asked to the end: it could cost more than $0.50 (<time>, cost $0.00)',
  ]);
  expect(project.git('status', '--porcelain')).toBe('');
});
