import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { spec, statesOf, TestProject } from '../support/project.ts';

const hasBwrap = spawnSync('bwrap', ['--version']).status === 0;
const isRoot = process.getuid?.() === 0 && process.platform === 'linux';
const tiers = [...(hasBwrap ? ['strict'] : []), ...(isRoot ? ['basic'] : [])];

const calls = (...blocks: readonly [name: string, input: object][]): string =>
  `${JSON.stringify({ content: blocks.map(([name, input], index) => ({ type: 'tool_use', id: `t${index}`, name, input })), stop_reason: 'tool_use' })}\n`;

describe.skipIf(tiers.length === 0).each(tiers)('a run in tier %s', (tier) => {
  test('agents work through tools and commands, checks judge, and nobody gets out', async () => {
    // Workspaces lie where the user of the sandbox can reach them.
    const cache = path.join(os.tmpdir(), `backlog-cache-${process.pid}-${tier}`);
    mkdirSync(cache);
    chmodSync(cache, 0o711);
    onTestFinished(() => rmSync(cache, { recursive: true, force: true }));
    const outside = path.join(cache, 'outside');
    mkdirSync(outside);
    writeFileSync(path.join(outside, 'secret'), 'sk-canary', { mode: 0o600 });
    const inside = tier === 'strict' ? '/ws' : '';
    const attack = [
      `cat ${outside}/secret >> stolen.txt`,
      `touch ${outside}/written`,
      'cat /proc/*/environ >> stolen.txt',
      'curl -m 2 http://127.0.0.1:1/ >> stolen.txt',
      'echo done >> stolen.txt',
      'printf "%s" "$BACKLOG_UNIT" > "$BACKLOG_ANSWER"',
    ].join('; ');
    const project = TestProject.make({
      'specs/backlog.config.json': JSON.stringify({
        agent: 'replay',
        agents: {
          replay: { type: 'replay', recordings: '../recordings' },
          attacker: { type: 'command', command: attack },
        },
        sandbox: { tier },
      }),
      'recordings/a/builder-1.1.jsonl':
        calls(
          ['write', { path: 'new/b.txt', content: 'one\n' }],
          ['bash', { command: 'echo two >> new/b.txt && pwd' }],
        ) +
        calls(
          ['edit', { path: `${inside}${inside && '/'}new/b.txt`, old: 'two', new: 'three' }],
          ['bash', { command: 'rm -r new/gone 2>/dev/null; mv new/b.txt new/c.txt' }],
        ) +
        calls(['finish', { summary: 'Done.' }]),
      'specs/a.md': spec(
        'A',
        ['touches: ["new/**"]'],
        ['A — check: `test "$(cat new/c.txt)" = "$(printf \'one\\nthree\')"`'],
      ),
      'specs/b.md': spec('B', ['agent: attacker', 'touches: [stolen.txt]'], ['B — check: `grep -q done stolen.txt`']),
    });
    const ended = await project.start(['run', 'specs', '--json'], {
      env: { BACKLOG_CACHE_DIR: cache, CANARY_ENV: 'sk-canary-env' },
    }).ended;
    expect({ code: ended.code, stderr: ended.code === 0 ? '' : ended.stderr }).toEqual({ code: 0, stderr: '' });
    const report = JSON.parse(ended.stdout) as Parameters<typeof statesOf>[0];
    expect(statesOf(report)).toEqual({ a: 'done', b: 'done' });
    expect(
      report.units.flatMap((unit) =>
        unit.criteria.flatMap((c) => c.evidence.flatMap((e) => (e.kind === 'command' ? [e.tier] : []))),
      ),
    ).toEqual([tier, tier, tier, tier]);
    expect(project.landed('new/c.txt')).toBe('one\nthree');
    expect(project.landed('stolen.txt')).not.toContain('sk-canary');
    expect(existsSync(path.join(outside, 'written'))).toBe(false);
    // Nothing is left behind, and nothing of the user's changed hands.
    expect(
      spawnSync('find', [project.root, '!', '-uid', String(process.getuid?.() ?? 0)], { encoding: 'utf8' }).stdout,
    ).toBe('');
  });

  test('what set-up installed is a private copy: nobody changes it for others', async () => {
    const cache = path.join(os.tmpdir(), `backlog-cache-${process.pid}-${tier}-set-up`);
    mkdirSync(cache);
    chmodSync(cache, 0o711);
    onTestFinished(() => rmSync(cache, { recursive: true, force: true }));
    const attack =
      'echo evil > node_modules/x/i.js; echo "$?" > wrote.txt; rm -r node_modules/x; mkdir node_modules/x && echo own > node_modules/x/i.js && touch $BACKLOG_UNIT.txt';
    const asks = (unit: string): string =>
      spec(unit.toUpperCase(), [], [`x — check: \`test -f ${unit}.txt && test "$(cat node_modules/x/i.js)" = good\``]);
    const project = TestProject.make({
      'specs/backlog.config.json': JSON.stringify({
        agent: 'script',
        agents: { script: { type: 'command', command: attack } },
        setup: { command: 'mkdir -p node_modules/x; echo good > node_modules/x/i.js', network: 'none' },
        limits: { maxAgents: 1 },
        sandbox: { tier },
      }),
      'specs/u.md': asks('u'),
      'specs/v.md': asks('v'),
    });
    const ended = await project.start(['run', 'specs', '--json'], { env: { BACKLOG_CACHE_DIR: cache } }).ended;
    expect({ code: ended.code, stderr: ended.code === 0 ? '' : ended.stderr }).toEqual({ code: 0, stderr: '' });
    const files = project.git('ls-tree', '-r', '--name-only', 'backlog/next').split('\n');
    expect(files).toEqual(['specs/backlog.config.json', 'specs/u.md', 'specs/v.md', 'u.txt', 'v.txt', 'wrote.txt']);
  });
});

test.skipIf(!hasBwrap)('a unit reaches the hosts that it asks for, when the configuration lets it', async () => {
  const server = createServer((_request, response) => response.end('reached'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const cache = path.join(os.tmpdir(), `backlog-cache-${process.pid}-net`);
  mkdirSync(cache);
  chmodSync(cache, 0o711);
  onTestFinished(() => rmSync(cache, { recursive: true, force: true }));
  const ask = `node -e "const p = new URL(process.env.HTTP_PROXY || 'http://127.0.0.1:1'); require('http').get({ host: p.hostname, port: p.port, path: 'http://${host}/' }, (r) => r.pipe(process.stdout)).on('error', () => console.log('nothing'))"`;
  const project = TestProject.make({
    'specs/backlog.config.json': JSON.stringify({
      agent: 'script',
      agents: { script: { type: 'command', command: `${ask} > $BACKLOG_UNIT.txt` } },
      sandbox: { tier: 'strict', hosts: [host] },
    }),
    'specs/u.md': spec(
      'U',
      [`network: ["${host}"]`],
      [`x — check: \`grep -q reached u.txt && ${ask.replaceAll('`', '')} | grep -q reached\``],
    ),
    'specs/v.md': spec('V', [], ['x — check: `grep -q nothing v.txt`']),
    'specs/w.md': spec('W', ['network: [evil.example]'], ['x — check: `true`']),
  });
  const ended = await project.start(['run', 'specs', '--json'], { env: { BACKLOG_CACHE_DIR: cache } }).ended;
  const report = JSON.parse(ended.stdout) as Parameters<typeof statesOf>[0];
  expect([statesOf(report), report.units.find((unit) => unit.id === 'w')?.why]).toEqual([
    { u: 'done', v: 'done', w: 'not-runnable' },
    'it asks to reach evil.example, which the configuration does not allow',
  ]);
});
