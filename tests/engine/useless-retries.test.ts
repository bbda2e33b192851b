import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { byTurns } from '../support/by-turns.ts';
import { fails, loginPage, reply, sendModel, sends } from '../support/model-server.ts';
import { confirm, count, fail, onUnit, script, write } from '../support/agent-script.ts';
import {
  accountIn,
  type Ended,
  fileUnit as unit,
  scripted,
  spec,
  statesOf,
  TestProject,
  writeFile,
} from '../support/project.ts';

type Answering = (request: IncomingMessage, response: ServerResponse, body: string) => void;

/** A provider on loopback; what it was asked, other than what models can do. */
async function provider(
  answer: Answering,
): Promise<{ readonly url: string; readonly asked: string[]; readonly close: () => Promise<void> }> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => (body += String(chunk)));
    if (request.method === 'GET') return sendModel(response, request.url ?? '');
    asked.push(request.url ?? '');
    request.on('end', () => answer(request, response, body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const close = async (): Promise<void> => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  onTestFinished(close);
  return { url: `http://127.0.0.1:${port}`, asked, close };
}

/** The state, the attempts that were burned, and the claims of each unit. */
async function rowsOf(project: TestProject): Promise<Record<string, [string, number]>> {
  const { units } = JSON.parse((await project.backlog('list', '--json')).stdout) as {
    units: { key: string; state: string; attempts: number }[];
  };
  return Object.fromEntries(units.map(({ key, state, attempts }) => [key, [state, attempts]]));
}

/** A program that asks a model again and again, whatever it hears, and fails. */
function asking(url: string, times: number): object {
  const command = `node '${path.resolve(import.meta.dirname, '../support/asking-agent.mjs')}' ${times}`;
  return { type: 'command', command, api: { models: ['claude-opus-5-5'], baseUrl: url, apiKeyEnv: 'TEST_KEY' } };
}

/** Units `u1` to `u8`. */
const eight = Object.assign({}, ...Array.from({ length: 8 }, (_, i) => unit(`u${i + 1}`))) as Record<string, string>;
const idle = Object.fromEntries(Array.from({ length: 8 }, (_, i) => [`u${i + 1}`, ['ready', 0]]));
const env = { TEST_KEY: 'sk-dummy-wrong-key' };

describe('an agent that cannot be worked with burns no attempt, and the end says what to do', () => {
  const anthropic = (url: string): object => ({
    type: 'anthropic',
    baseUrl: url,
    apiKeyEnv: 'TEST_KEY',
    maxTokens: 2048,
  });
  const run = async (project: TestProject): Promise<Ended> => project.start(['run', 'specs'], { env }).ended;

  test('a wrong key: one request for eight units; those of other agents land', async () => {
    const { url, asked } = await provider((_, response) =>
      fails(401, 'authentication_error', 'invalid x-api-key')(response),
    );
    const project = TestProject.make({
      ...scripted(writeFile, {
        agent: 'model',
        agents: { model: anthropic(url), script: { type: 'command', command: writeFile } },
        review: 'off',
      }),
      ...eight,
      ...unit('other', ['agent: script']),
    });
    const ended = await run(project);
    const wrong = `${url} refused the key in TEST_KEY (401 authentication_error: invalid x-api-key). Set a valid key in TEST_KEY, then run again.`;
    expect([ended.code, asked.length, project.landings()]).toEqual([2, 1, ['other']]);
    expect(accountIn(ended.stdout)).toContain(wrong);
    expect(await rowsOf(project)).toEqual({ ...idle, other: ['done', 0] });
    // A cap that no call fits under does not hide it: to count a prompt costs nothing.
    const capped = await project.start(['run', 'specs', '--budget', '0.001'], { env }).ended;
    expect([capped.code, asked.slice(1)]).toEqual([2, ['/v1/messages/count_tokens']]);
    expect(accountIn(capped.stdout)).toContain(wrong);
    expect(await rowsOf(project)).toEqual({ ...idle, other: ['done', 0] });
  });

  test('a wrong key of a program that goes through the proxy: one request, whatever the program tries', async () => {
    const { url, asked } = await provider((_, response) => fails(403, 'permission_error', 'no')(response));
    const project = TestProject.make({
      ...scripted('', { agents: { script: asking(url, 6) }, review: 'off' }),
      ...eight,
    });
    const ended = await run(project);
    expect([ended.code, asked.length]).toEqual([2, 1]);
    const wrong = `${url} refused the key in TEST_KEY (403 permission_error: no). Set a valid key`;
    expect(accountIn(ended.stdout)).toContain(wrong);
    expect(await rowsOf(project)).toEqual(idle);
    const capped = await project.start(['run', 'specs', '--budget', '0.00001'], { env }).ended;
    expect([capped.code, asked.slice(1)]).toEqual([2, ['/v1/messages/count_tokens']]);
    expect(accountIn(capped.stdout)).toContain(wrong);
  });

  test('an address that never answered: given up within the minute, with host and cause', async () => {
    const { url, close } = await provider(() => {});
    await close();
    const project = TestProject.make({
      ...scripted('', { agent: 'model', agents: { model: anthropic(url) }, review: 'off' }),
      ...eight,
    });
    const began = performance.now();
    const ended = await run(project);
    expect([ended.code, performance.now() - began < 60_000]).toEqual([2, true]);
    expect(accountIn(ended.stdout)).toContain(
      `u1 +7 ready: ${url} cannot be reached (ECONNREFUSED); no call of this run was answered.`,
    );
    expect(ended.stderr).not.toContain('Connection error');
    expect(await rowsOf(project)).toEqual(idle);
  });

  const strange: [string, string, Answering][] = [
    ['400 for all', '400 invalid_request_error: no', (_, it) => fails(400, 'invalid_request_error', 'no')(it)],
    ['a login page', '200: <!doctype html> <title>Sign in</title>', (_, it) => sends(200, 'text/html', loginPage)(it)],
  ];
  test.each(byTurns(strange, 2))(
    '%s in place of a reply: three requests for eight units',
    async (_name, said, answer) => {
      const { url, asked } = await provider(answer);
      const project = TestProject.make({
        ...scripted('', { agent: 'model', agents: { model: anthropic(url) }, review: 'off' }),
        ...eight,
      });
      const ended = await run(project);
      expect([ended.code, asked.length]).toEqual([2, 3]);
      expect(accountIn(ended.stdout)).toContain(
        `${url} has answered no call of this run with a reply of "claude-opus-5-5" (${said}). Check the address`,
      );
      expect(await rowsOf(project)).toEqual(idle);
    },
  );

  test.each(byTurns(strange, 2, 1))(
    '%s, to a program that goes through the proxy: three requests',
    async (_name, said, answer) => {
      const { url, asked } = await provider(answer);
      const project = TestProject.make({
        ...scripted('', { agents: { script: asking(url, 1) }, review: 'off' }),
        ...eight,
      });
      const ended = await run(project);
      expect([ended.code, asked.length]).toEqual([2, 3]);
      expect(accountIn(ended.stdout)).toContain(
        `${url} has answered no call of this run with a reply of "claude-opus-5-5" (${said}). Check the address`,
      );
      expect(await rowsOf(project)).toEqual(idle);
    },
  );

  test.each<[string, string[], Ended['code'], [string, number]]>([
    ['before any other was answered: it is not charged', ['priority: 9'], 2, ['ready', 0]],
    ['after another was answered: it fails', ['depends: [u1]'], 1, ['failed', 3]],
  ])('one bad request keeps nobody else from working, %s', async (_name, front, code, row) => {
    const { url } = await provider((_, response, body) => {
      const file = /test -f (\w+\.txt)/.exec(body)?.[1] ?? '';
      if (file === 'bad.txt') return fails(400, 'invalid_request_error', 'blocked by the content policy')(response);
      const write = { type: 'tool_use', name: 'write', input: { path: file, content: 'x' } } as const;
      reply([write, { type: 'tool_use', name: 'finish', input: { summary: 'Done.' } }])(response);
    });
    const project = TestProject.make({
      ...scripted('', { agent: 'model', agents: { model: anthropic(url) }, review: 'off' }),
      ...Object.assign({}, ...['u1', 'u2', 'u3'].map((name) => unit(name))),
      ...unit('bad', front),
    });
    const ended = await project.start(['run', 'specs', '--max-agents', '1'], { env }).ended;
    expect([ended.code, project.landings().toSorted()]).toEqual([code, ['u1', 'u2', 'u3']]);
    expect(accountIn(ended.stdout)).toContain('blocked by the content policy');
    expect((await rowsOf(project))['bad']).toEqual(row);
  });

  test('a program that is not there, of a builder and of a reviewer: the work is kept, and judged by the next run', async () => {
    const project = TestProject.make({
      ...scripted('', {
        agents: {
          gone: { type: 'command', command: 'no-such-agent' },
          script: { type: 'command', command: writeFile },
        },
        rules: [],
        roles: { reviewer: { agent: 'gone' } },
        recipe: 'build',
        review: 'off',
      }),
      ...unit('built', ['agent: gone']),
      'specs/claimed.md': spec('C', ['touches: [claimed.txt]'], ['It is there']),
      ...unit('plain'),
    });
    const ended = await run(project);
    expect([ended.code, project.landings()]).toEqual([2, ['plain']]);
    expect(accountIn(ended.stdout)).toContain(
      'The agent "gone" cannot start: no-such-agent is missing in its sandbox (exit 127).',
    );
    expect(await rowsOf(project)).toEqual({ built: ['ready', 0], claimed: ['ready', 0], plain: ['done', 0] });
  });
});

test('what another attempt would not change fails at once: no builder is paid for a reviewer, a recording or a program', async () => {
  const folder = TestProject.make({}).outside;
  const asked = count(`${folder}/$BACKLOG_UNIT-$BACKLOG_ROLE`);
  const build = script(asked, writeFile, onUnit('owned', write('owned.test.sh', 'test -f owned.txt')));
  const silent = { type: 'command', command: script(asked, fail()) };
  const project = TestProject.make({
    ...scripted(build, {
      agents: {
        script: { type: 'command', command: build },
        ends: { type: 'command', command: script(asked, "sh -c 'exit 127'") },
        silent,
        played: { type: 'replay', recordings: 'recordings' },
      },
      roles: { reviewer: { agent: 'silent' } },
      recipe: 'build',
      review: 'off',
    }),
    'specs/claimed.md': spec('C', ['touches: [claimed.txt]'], ['It is there']),
    // Its own test is its own word: a reviewer has to say what that asserts.
    'specs/owned.md': spec('O', ['touches: [owned.txt, owned.test.sh]'], ['x — check: `sh owned.test.sh`']),
    'specs/missing.md': spec('M', ['touches: [missing.txt]'], ['x — check: `no-such-linter .`']),
    ...unit('ends', ['agent: ends']),
    ...unit('unrecorded', ['agent: played']),
    ...unit('plain'),
  });
  const report = await project.run(1);
  expect(statesOf(report)).toEqual({
    claimed: 'failed: no-evidence',
    owned: 'failed: no-evidence',
    missing: 'failed: check-failed',
    ends: 'failed: agent-failed',
    unrecorded: 'failed: agent-failed',
    plain: 'done',
  });
  const counted = (name: string): number => {
    const file = path.join(folder, name);
    return existsSync(file) ? readFileSync(file, 'utf8').length / 2 : 0;
  };
  const names = [
    'claimed-builder',
    'claimed-reviewer',
    'owned-builder',
    'missing-builder',
    'ends-builder',
    'plain-builder',
  ];
  // Each of the two reviewers is asked a second time.
  expect(names.map(counted)).toEqual([1, 4, 1, 1, 1, 1]);
  expect(report.units.find(({ id }) => id === 'owned')?.failure?.sentence).toBe(
    'Nothing shows that "its own test asserts: x — check: `sh owned.test.sh`" holds: the reviewer gave no verdict (The agent failed (crashed): It exited with 1.)',
  );
  expect(report.units.find(({ id }) => id === 'missing')?.failure?.sentence).toBe(
    '`no-such-linter .` cannot pass here: the program "no-such-linter" is missing, both before and after the work. Install it, or correct the check.',
  );
  // Once there is a reviewer, the same work is judged, and nobody builds again.
  const reads = script(asked, confirm({ file: 'claimed.txt', line: 1, text: 'claimed' }));
  const config = project.read('specs/backlog.config.json');
  project.write({
    'specs/backlog.config.json': config.replace(JSON.stringify(silent.command), () => JSON.stringify(reads)),
  });
  await project.backlog('retry', 'claimed');
  await project.run(1);
  expect([project.landings().toSorted(), counted('claimed-builder')]).toEqual([['claimed', 'plain'], 1]);
});
