import { execFileSync, spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { parse } from 'yaml';
import { TestProject } from '../support/project.ts';

const checkout = path.resolve(import.meta.dirname, '../..');

interface Step {
  readonly name?: string;
  readonly if?: string;
  readonly id?: string;
  readonly uses?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly run?: string;
}
interface Action {
  readonly inputs: Readonly<Record<string, { readonly default: string }>>;
  readonly runs: { readonly steps: readonly Step[] };
}
const action = parse(readFileSync(path.join(checkout, 'action.yml'), 'utf8')) as Action;

/** What a job sees of a night: how it ended, all that it printed, and what it wrote for its host. */
interface Night {
  readonly code: number;
  readonly printed: string;
  readonly summary: string;
  readonly reports: string;
}

/** Runs the steps of the action as a job does: no terminal, no identity, nothing to write to at home. */
async function night(
  it: TestProject,
  clone: string,
  given: Readonly<Record<string, string>>,
  api: string,
): Promise<Night> {
  const temp = path.join(it.outside, `temp-${path.basename(clone)}`);
  mkdirSync(temp);
  const [output, summary] = ['output', 'summary'].map((name) => path.join(temp, name)) as [string, string];
  for (const file of [output, summary]) writeFileSync(file, '');
  const outputs = new Map<string, string>();
  const known = (name: string): string => {
    const [kind = '', ...rest] = name.split('.');
    if (kind === 'inputs') return given[rest[0] ?? ''] ?? String(action.inputs[rest[0] ?? '']?.default ?? '');
    if (kind === 'steps') return outputs.get(`${rest[0]}.${rest[2]}`) ?? '';
    return { 'github.action_path': checkout, 'runner.temp': temp, 'github.token': 'a-token' }[name] ?? '';
  };
  const filled = (text: string): string => text.replaceAll(/\$\{\{ ([\w.-]+) \}\}/g, (_, name: string) => known(name));
  let [code, printed] = [0, ''];
  const isDue = (condition: string | undefined): boolean => {
    if (condition === 'always()') return true;
    if (code !== 0) return false;
    if (condition === undefined) return true;
    expect(condition).toBe("steps.run.outputs.exit-code != '' && (inputs.push == 'true' || inputs.pr == 'true')");
    return known('steps.run.outputs.exit-code') !== '' && [known('inputs.push'), known('inputs.pr')].includes('true');
  };
  for (const { id = '', env = {}, run, if: condition } of action.runs.steps) {
    if (run === undefined || !isDue(condition)) continue;
    const child = spawn('bash', ['--noprofile', '--norc', '-eo', 'pipefail', '-c', run], {
      cwd: clone,
      env: {
        ...{ PATH: it.env['PATH'] ?? '', HOME: '/proc/self/nowhere', CI: 'true', GITHUB_ACTIONS: 'true' },
        ...{ GITHUB_OUTPUT: output, GITHUB_STEP_SUMMARY: summary, GITHUB_API_URL: api, GITHUB_REPOSITORY: 'me/shop' },
        ...Object.fromEntries(Object.entries(env).map(([name, value]) => [name, filled(filled(String(value)))])),
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (printed += String(chunk)));
    const ended = await new Promise<number>((resolve) => child.on('close', (it) => resolve(it ?? 1)));
    code ||= ended;
    for (const line of readFileSync(output, 'utf8').split('\n')) {
      const [name = '', ...value] = line.split('=');
      if (name !== '') outputs.set(`${id}.${name}`, value.join('='));
    }
    writeFileSync(output, '');
  }
  return { code, printed, summary: readFileSync(summary, 'utf8'), reports: path.join(temp, 'backlog') };
}

/** A host with one pull request. */
async function host(): Promise<{ readonly url: string; readonly methods: string[] }> {
  const methods: string[] = [];
  const server = createServer((request, response) => {
    request.resume();
    request.on('end', () => {
      methods.push(request.method ?? '');
      const pull = { number: 7, html_url: 'https://host/7', head: { repo: { full_name: 'me/shop' } } };
      response.end(JSON.stringify(request.method === 'GET' ? (methods.length > 1 ? [pull] : []) : pull));
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  onTestFinished(() => void server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url, methods };
}

test('the token is only where no agent runs, and the queue is kept however a night ends', () => {
  const { steps } = action.runs;
  const withToken = steps.filter(({ env = {} }) => Object.values(env).some((value) => value.includes('inputs.token')));
  expect(withToken.map(({ name }) => name)).toEqual(['Push']);
  const last = steps.slice(-2).map(({ uses, name, if: condition }) => [uses ?? name, condition]);
  expect(last).toEqual([
    ['actions/cache/save@v4', 'always()'],
    ['End as the run ended', undefined],
  ]);
});

test('nights of the action: with nothing, with a cache, and without one', async () => {
  const it = TestProject.make({});
  cpSync(path.join(checkout, 'specs-example'), path.join(it.root, 'specs-example'), {
    recursive: true,
    filter: (file) => !file.includes('.backlog'),
  });
  it.commit('The example');
  const remote = path.join(it.outside, 'remote.git');
  const git = (...args: readonly string[]): string =>
    execFileSync('git', args, { cwd: it.root, env: it.env, encoding: 'utf8', stdio: 'pipe' }).trim();
  git('clone', '--quiet', '--bare', it.root, remote);
  git('remote', 'add', 'origin', remote);
  const { url, methods } = await host();
  const clone = (name: string): string => {
    const at = path.join(it.outside, name);
    git('clone', '--quiet', '--depth=1', `file://${remote}`, at);
    return at;
  };
  const given = { specs: 'specs-example', 'allow-unsandboxed': 'true' };

  const first = clone('first');
  const one = await night(it, first, given, url);
  expect([one.code, one.code === 0 ? '' : one.printed]).toEqual([0, '']);
  expect(one.printed).toContain('Opened the pull request to main: https://host/7\n');
  expect(one.summary).toMatch(/^# Run [\w-]+: 10 of 10 done\n/);
  for (const name of ['report.json', 'report.html', 'junit.xml'])
    expect(existsSync(path.join(one.reports, name))).toBe(true);
  expect(git('-C', remote, 'log', '-1', '--format=%an <%ae>', 'backlog/next')).toBe(
    'backlog <backlog@users.noreply.github.com>',
  );

  // The day: somebody adds a unit that cannot be done.
  it.write({ 'specs-example/odd.md': '# Odd\n\n## Acceptance criteria\n\n- [ ] It is there — check: `test -f odd`\n' });
  it.commit('Odd');
  git('push', '--quiet', 'origin', 'main');
  const second = clone('second');
  renameSync(path.join(first, '.git/backlog'), path.join(second, '.git/backlog'));
  const two = await night(it, second, given, url);
  expect([two.code, two.summary.split('\n')[0]?.replace(/.*: /, '')]).toEqual([1, '10 of 11 done, 1 failed']);
  expect(two.printed).toMatch(/^::error file=specs-example\/odd\.md,line=1,title=odd%3A failed::/m);
  expect(two.printed).toContain('Updated the pull request to main: https://host/7\n');

  const three = await night(it, clone('third'), given, url);
  expect([three.code, three.printed.includes('Pushed backlog/next to origin')]).toEqual([1, true]);
  expect(methods.slice(0, 4)).toEqual(['GET', 'POST', 'GET', 'PATCH']);

  // A night with nothing to do has no report of its own, and shows none of another night.
  const fourth = clone('fourth');
  renameSync(path.join(second, '.git/backlog'), path.join(fourth, '.git/backlog'));
  const four = await night(it, fourth, given, url);
  expect([four.code, four.summary, existsSync(path.join(four.reports, 'report.json'))]).toEqual([1, '', false]);
  expect(four.printed).toContain('Nothing to run: the remaining units need you.');
  const landed = git('-C', remote, 'log', '--format=%(trailers:key=Backlog-Unit,valueonly)', 'main..backlog/next');
  expect(new Set(landed.split('\n').filter((unit) => unit !== '')).size).toBe(10);
});
