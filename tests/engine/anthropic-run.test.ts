import { spawn, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { type Answer, fails, found, modelServer, reply, searched } from '../support/model-server.ts';
import { spec, statesOf, TestProject } from '../support/project.ts';

/** A project whose agent is the Anthropic API at `url`. */
function projectAt(url: string, more: object = {}): TestProject {
  const config = {
    agent: 'claude',
    agents: {
      claude: { type: 'anthropic', baseUrl: url, apiKeyEnv: 'TEST_KEY', maxTokens: 2048 },
      replay: { type: 'replay', recordings: '../recordings' },
    },
    roles: { builder: { effort: 'low' }, reviewer: { model: 'claude-sonnet-5-5', effort: 'high' } },
    sandbox: { tier: 'none' },
    limits: { attempts: 1 },
    ...more,
  };
  return TestProject.make({
    'specs/backlog.config.json': JSON.stringify(config),
    'specs/a.md': spec('A', ['touches: [a.txt]'], ['A — check: `grep -q two a.txt`', 'The file has two lines']),
  });
}

const env = { TEST_KEY: 'sk-dummy-1234' };
const write = (content: string): Answer =>
  reply([
    { type: 'tool_use', name: 'write', input: { path: 'a.txt', content } },
    { type: 'tool_use', name: 'finish', input: { summary: 'Done.' } },
  ]);
const confirm = reply([
  {
    type: 'tool_use',
    name: 'finish',
    input: {
      verdicts: [
        { claim: 1, verdict: 'confirmed', reason: 'Two lines.', quotes: [{ file: 'a.txt', line: 2, text: 'two' }] },
        { claim: 2, verdict: 'confirmed', reason: 'Plain.', quotes: [{ file: 'a.txt', line: 2, text: 'two' }] },
      ],
    },
  },
]);

test('the API builds, repairs and reviews over HTTP; what it said can be recorded and replayed', async () => {
  const server = await modelServer([write('one\n'), write('one\ntwo\n'), confirm]);
  const project = projectAt(server.url);
  const ended = await project.start(['run', 'specs', '--json', '--record', 'recordings'], { env }).ended;
  expect({ code: ended.code, stderr: ended.code === 0 ? '' : ended.stderr }).toEqual({ code: 0, stderr: '' });
  const report = JSON.parse(ended.stdout) as {
    units: { costUsd: number; attempts: number; repairs: number; criteria: { verdict: string }[] }[];
    totals: { costUsd: number; inputTokens: number };
  };
  expect(report.units[0]).toMatchObject({
    attempts: 1,
    repairs: 1,
    criteria: [{ verdict: 'met' }, { verdict: 'met' }, { verdict: 'met', kind: 'review', text: 'Nothing was gamed' }],
  });
  // Two calls of claude-opus-5-5 and one of claude-sonnet-5-5 (it changes one file: one reviewer), at 100 in, 10 out, 1,000 written, 2,000 read.
  expect(report.totals).toMatchObject({
    costUsd: (2 * (400 + 200 + 5000 + 400) + (200 + 100 + 2500 + 200)) / 1_000_000,
    inputTokens: 300,
  });
  expect(server.asked.map(({ body }) => [body.model, (body['output_config'] as { effort: string }).effort])).toEqual([
    ['claude-opus-5-5', 'low'],
    ['claude-opus-5-5', 'low'],
    ['claude-sonnet-5-5', 'high'],
  ]);
  // The repair has the evidence; the reviewer has the diff, and not a word of the builder's.
  expect(JSON.stringify(server.asked[1]?.body.messages.at(-1))).toContain('`grep -q two a.txt` failed: exit 1.');
  const review = JSON.stringify(server.asked[2]?.body.messages);
  expect([review.includes('+two'), review.includes('Done.')]).toEqual([true, false]);
  // The key is nowhere in what the run left.
  const left = ['specs/.backlog', '.git/backlog', 'recordings'].flatMap((folder) =>
    readdirSync(path.join(project.root, folder), { recursive: true, withFileTypes: true }),
  );
  expect(left.some(({ name }) => name === 'backlog.db')).toBe(true);
  for (const file of left.filter((entry) => entry.isFile()))
    expect(readFileSync(path.join(file.parentPath, file.name)).includes('sk-dummy-1234')).toBe(false);
  project.git('update-ref', '-d', 'refs/heads/backlog/next');
  const again = await project.backlog('run', 'specs', '--agent', 'replay');
  expect([again.code, server.asked.length]).toEqual([0, 3]);
  expect(project.landed('a.txt')).toBe('one\ntwo');
});

test('a claim that the reviewer refutes is not done, and the builder is told why', async () => {
  const refute = reply([
    {
      type: 'tool_use',
      name: 'finish',
      input: {
        verdicts: [1, 2].map((claim) => ({
          claim,
          verdict: 'refuted',
          reason: 'There are three lines.',
          quotes: [{ file: 'a.txt', line: 3, text: '3' }],
        })),
      },
    },
  ]);
  const server = await modelServer([write('1\ntwo\n3\n'), refute, write('1\ntwo\n'), confirm]);
  const project = projectAt(server.url);
  const ended = await project.start(['run', 'specs'], { env }).ended;
  expect(ended.code).toBe(0);
  expect(JSON.stringify(server.asked[2]?.body.messages.at(-1))).toContain('There are three lines.');
});

test('a budget that cannot hold another call stops the run with 3, before the call is made', async () => {
  const server = await modelServer([write('one\n')]);
  const project = projectAt(server.url);
  const ended = await project.start(['run', 'specs', '--json', '--budget', '0.01'], { env }).ended;
  expect(ended.code).toBe(3);
  expect(server.asked.length).toBe(0);
  expect(statesOf(JSON.parse(ended.stdout) as Parameters<typeof statesOf>[0])).toEqual({ a: 'ready' });
});

test('a model whose price is not known does not start under a cap, unless nobody is to count it', async () => {
  const server = await modelServer([]);
  const project = projectAt(server.url, { roles: { builder: { model: 'claude-unheard-of' } } });
  const ended = await project.start(['run', 'specs', '--budget', '5'], { env }).ended;
  expect([ended.code, server.asked.length, ended.stderr]).toEqual([
    2,
    0,
    'error: a cap is set, but the price of the model "claude-unheard-of" of agent "claude" is unknown [unknown-price]\n' +
      '  Use a model with a known price, set its price under "prices", or pass --unmetered to run it uncounted.\n',
  ]);
  await project.start(['run', 'specs', '--budget', '5', '--unmetered'], { env }).ended;
  expect(server.asked.length).toBeGreaterThan(0);
});

test('a limit of the provider that outlasts the run ends it with 4, burns no attempt, and says until when', async () => {
  const server = await modelServer([fails(429, 'rate_limit_error', 'Usage limit', { 'retry-after': '3600' })]);
  const project = projectAt(server.url);
  const ended = await project.start(['run', 'specs', '--json'], { env }).ended;
  expect([ended.code, server.asked.length]).toEqual([4, 1]);
  expect(JSON.parse((await project.backlog('list', '--json')).stdout)).toMatchObject({
    units: [{ state: 'parked', attempts: 0 }],
  });
});

test('the key that agents work with is taken out of what commands print, and must not land', async () => {
  const leak = reply([{ type: 'tool_use', name: 'bash', input: { command: 'printf "%s%s" sk-dummy -1234' } }]);
  const plant = reply([
    { type: 'tool_use', name: 'write', input: { path: 'a.txt', content: 'two sk-dummy-1234\n' } },
    { type: 'tool_use', name: 'finish', input: { summary: 'Done.' } },
  ]);
  const server = await modelServer([leak, plant, plant, plant]);
  const project = projectAt(server.url);
  const ended = await project.start(['run', 'specs', '--json'], { env }).ended;
  expect(JSON.stringify(server.asked[1]?.body.messages.at(-1))).toContain('[secret]\\n[exit 0]');
  expect(statesOf(JSON.parse(ended.stdout) as Parameters<typeof statesOf>[0])).toEqual({ a: 'failed: forbidden-tree' });
  expect([ended.code, ended.stdout.includes('sk-dummy-1234'), project.landings()]).toEqual([1, false, []]);
});

test('with a key and no configuration, the API is the agent', async () => {
  const server = await modelServer([write('one\ntwo\n'), confirm]);
  const project = projectAt(server.url);
  project.git('rm', '-q', 'specs/backlog.config.json');
  project.commit('No configuration');
  const keys = { ANTHROPIC_API_KEY: 'sk-dummy', ANTHROPIC_BASE_URL: server.url };
  const ended = await project.start(['run', 'specs', '--allow-unsandboxed'], { env: keys }).ended;
  expect([ended.code, server.asked.map(({ body }) => body.model)]).toEqual([
    0,
    ['claude-opus-5-5', 'claude-sonnet-5-5'],
  ]);
});

const hasScript = spawnSync('script', ['--version']).status === 0;

test.skipIf(!hasScript)('on a terminal, a run that can cost money asks once; what is answered holds', async () => {
  const server = await modelServer([write('one\ntwo\n'), confirm]);
  const project = projectAt(server.url);
  // `script` gives the program a terminal; what is typed comes through the pipe.
  const inTerminal = async (key: string): Promise<{ readonly code: number | null; readonly screen: string }> => {
    const command = `stty cols 200 rows 40; ${process.execPath} ${path.resolve(import.meta.dirname, '../../dist/main.js')} run specs --allow-unsandboxed`;
    const child = spawn('script', ['-qec', command, '/dev/null'], {
      cwd: project.root,
      env: { ...project.env, ...env, ...project.agree(['run', 'specs']).env, TERM: 'xterm' },
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    let screen = '';
    child.stdout.on('data', (chunk) => {
      const wasAsked = screen.includes('Start?');
      screen += String(chunk);
      if (!wasAsked && screen.includes('Start?')) child.stdin.write(key);
    });
    const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
    return { code, screen };
  };
  const declined = await inTerminal('n');
  expect(declined.screen.replace(/\s+/g, ' ')).toContain(
    '1 unit with claude: about $0.93, a guess (nothing has run here yet); there is no cap (--budget sets one). Start?',
  );
  expect([declined.code, declined.screen.includes('Nothing was started.'), server.asked.length]).toEqual([2, true, 0]);
  const accepted = await inTerminal('y');
  expect([accepted.code, server.asked.length]).toEqual([0, 2]);
});

test('research sees the web, builders do not; what an answer cites and nobody saw is told', async () => {
  const finish = (input: object): Answer => reply([{ type: 'tool_use', name: 'finish', input }]);
  const answer = `See ${found.url} and https://made-up.example/b.`;
  const server = await modelServer([
    reply(searched('how it is done'), 'pause_turn'),
    finish({ answer }),
    write('one\ntwo\n'),
    confirm,
  ]);
  const project = projectAt(server.url, { recipe: 'build', phases: ['first', 'then'] });
  project.write({
    'specs/r.md': spec('R', ['kind: research', 'phase: first', 'answer: r.md'], ['x — check: `test -f r.md`']),
    'specs/a.md': spec('A', ['touches: [a.txt]', 'phase: then'], ['A — check: `grep -q two a.txt`']),
  });
  project.commit('Research first');
  const ended = await project.start(['run', 'specs', '--json', '--verbose'], { env }).ended;
  const report = JSON.parse(ended.stdout) as Parameters<typeof statesOf>[0] & { notices: string[] };
  expect(statesOf(report)).toEqual({ r: 'done', a: 'done' });
  expect(report.notices.filter((text) => text.includes('cites'))).toEqual([
    'The answer of r cites URLs that are neither in its brief nor in its search results: https://made-up.example/b',
  ]);
  expect(ended.stderr).toContain(`r: saw ${found.url} ${found.title}\n`);
  expect(server.asked.map(({ body }) => body.tools.some(({ name }) => name === 'web_search'))).toEqual([
    ...[true, true],
    ...[false, false],
  ]);
  // A turn that was paused goes on with what was said so far.
  expect(server.asked[1]?.body.messages.at(-1)).toMatchObject({
    role: 'assistant',
    content: [{ type: 'server_tool_use' }, { type: 'web_search_tool_result' }],
  });
});
