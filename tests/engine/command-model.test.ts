import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Report } from '../../src/model/report.ts';
import { modelServer, reply } from '../support/model-server.ts';
import { spec, statesOf, TestProject } from '../support/project.ts';

const hasBwrap = process.platform === 'linux' && spawnSync('bwrap', ['--version']).status === 0;
const key = 'sk-dummy-proxied-01';

/** A program of somebody else's that uses a model: asks once, writes what it said, then tries what it must not. */
const program = `
const url = process.env.ANTHROPIC_BASE_URL;
const ask = async (body, path = '/v1/messages', key = process.env.ANTHROPIC_API_KEY) => {
  const headers = { 'content-type': 'application/json', 'x-api-key': key, 'anthropic-version': '2023-06-01' };
  const r = await fetch(url + path, { method: 'POST', headers, body: JSON.stringify(body) });
  return r.status + ' ' + (await r.text());
};
(async () => {
  const messages = [{ role: 'user', content: 'hi' }];
  const said = await ask({ model: 'claude-opus-5-5', max_tokens: 100000, stream: true, messages });
  require('fs').writeFileSync('said.txt', /hello/.test(said) ? 'hello' : said);
  const tried = [
    await ask({ model: 'claude-fable-5', max_tokens: 1, messages }),
    await ask({ model: 'claude-opus-5-5', max_tokens: 1, messages, tools: [{ type: 'web_fetch_20260101', name: 'f' }] }),
    await ask({ model: 'claude-opus-5-5', max_tokens: 1, messages }, '/v1/files'),
    await ask({ model: 'claude-opus-5-5', max_tokens: 1, messages }, '/v1/messages', 'somebody else'),
  ];
  require('fs').writeFileSync('tried.txt', tried.map((t) => t.slice(0, 3)).join() + JSON.stringify(process.env));
})();`;

function project(url: string, tier: string): { it: TestProject; cache: string } {
  const cache = path.join(os.tmpdir(), `backlog-cache-${process.pid}-model-${tier}`);
  mkdirSync(cache);
  chmodSync(cache, 0o711);
  onTestFinished(() => rmSync(cache, { recursive: true, force: true }));
  const it = TestProject.make({
    'specs/backlog.config.json': JSON.stringify({
      agent: 'program',
      agents: {
        program: {
          type: 'command',
          command: `cat > /tmp/p.cjs <<'X'\n${program}\nX\nnode /tmp/p.cjs`,
          api: { models: ['claude-opus-5-5'], maxTokens: 2000, baseUrl: url, apiKeyEnv: 'PROXIED_KEY' },
        },
      },
      sandbox: { tier },
      limits: { attempts: 1 },
    }),
    'specs/u.md': spec('U', ['touches: ["*.txt"]'], ['x — check: `grep -q hello said.txt`']),
  });
  return { it, cache };
}

describe.each(hasBwrap ? ['strict', 'none'] : ['none'])('a program that uses a model, in tier %s', (tier) => {
  test('talks to it without the key, asks for nothing else, and is billed by what passed', async () => {
    const server = await modelServer([reply([{ type: 'text', text: 'hello' }])]);
    const { it, cache } = project(server.url, tier);
    const temporary = path.join(cache, 'temporary');
    mkdirSync(temporary);
    chmodSync(temporary, 0o711);
    const env = { BACKLOG_CACHE_DIR: cache, PROXIED_KEY: key, TMPDIR: temporary };
    const ended = await it.start(['run', 'specs', '--json', '--budget', '1'], { env }).ended;
    expect({ code: ended.code, stderr: ended.code === 0 ? '' : ended.stderr }).toEqual({ code: 0, stderr: '' });
    const report = JSON.parse(ended.stdout) as Report;
    expect([statesOf(report), report.totals.costUsd, report.totals.inputTokens]).toEqual([
      { u: 'done' },
      (400 + 200 + 5000 + 400) / 1_000_000,
      100,
    ]);
    // One request arrived: with the key, and with as much output as is allowed.
    expect(server.asked.map(({ headers, body }) => [headers['x-api-key'], body['max_tokens']])).toEqual([[key, 2000]]);
    expect(it.landed('tried.txt')).toMatch(/^403,403,403,401/);
    expect(it.landed('tried.txt')).not.toContain(key);
    expect(readdirSync(temporary)).toEqual([]);
  });

  test('is refused a call that could go over the cap', async () => {
    const server = await modelServer([reply([{ type: 'text', text: 'hello' }])]);
    const { it, cache } = project(server.url, tier);
    const env = { BACKLOG_CACHE_DIR: cache, PROXIED_KEY: key };
    const ended = await it.start(['run', 'specs', '--json', '--budget', '0.001'], { env }).ended;
    // What costs nothing is asked first: whether the provider answers at all.
    const paths = server.asked.map(({ path: asked }) => asked);
    const states = statesOf(JSON.parse(ended.stdout) as Report);
    expect([ended.code, paths, states]).toEqual([3, ['/v1/messages/count_tokens'], { u: 'ready' }]);
  });
});

test('a login that an agent is given is said in the report, and neither printed nor landed', async () => {
  const login = 'login-0123456789abcdef0123';
  const it = TestProject.make({
    'specs/backlog.config.json': JSON.stringify({
      agent: 'program',
      agents: {
        program: {
          type: 'command',
          command: 'cat ~/.tool/login.json; [ $BACKLOG_UNIT = b ] && cp ~/.tool/login.json b.txt || touch a.txt',
          exposes: ['~/.tool/login.json'],
        },
      },
      sandbox: { tier: 'none' },
      limits: { attempts: 1 },
    }),
    'specs/a.md': spec('A', ['touches: [a.txt]'], ['x — check: `test -f a.txt`']),
    'specs/b.md': spec('B', ['touches: [b.txt]'], ['x — check: `test -f b.txt`']),
  });
  mkdirSync(path.join(it.outside, 'home/.tool'));
  writeFileSync(path.join(it.outside, 'home/.tool/login.json'), JSON.stringify({ token: login }));
  const ended = await it.backlog('run', 'specs', '--json', '--verbose');
  const report = JSON.parse(ended.stdout) as Report;
  expect([statesOf(report), report.notices.at(-1)]).toEqual([
    { a: 'done', b: 'failed: forbidden-tree' },
    'Credential exposed: program and its commands can read ~/.tool/login.json.',
  ]);
  expect([ended.stderr.includes('[secret]'), `${ended.stdout}${ended.stderr}`.includes(login)]).toEqual([true, false]);
});
