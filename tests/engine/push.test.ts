import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { hostOf } from '../../src/engine/hosts/host.ts';
import { fileUnit, scripted, TestProject, writeFile } from '../support/project.ts';

/** A project with a bare repository as its remote. */
function withRemote(files: Readonly<Record<string, string>> = fileUnit('a')): TestProject {
  const it = TestProject.make({ ...scripted([writeFile]), ...files });
  it.git('init', '--quiet', '--bare', '--initial-branch=main', path.join(it.outside, 'remote.git'));
  it.git('remote', 'add', 'origin', path.join(it.outside, 'remote.git'));
  it.git('push', '--quiet', 'origin', 'main');
  return it;
}

const refsAt = (it: TestProject, where: string): string[] =>
  it
    .git('-C', where, 'for-each-ref', '--format=%(refname) %(objectname)')
    .split('\n')
    .filter((line) => /backlog/.test(line));
const atRemote = (it: TestProject): string[] => refsAt(it, path.join(it.outside, 'remote.git'));

test('a run pushes its branch with the records, and another clone sees what landed', async () => {
  const it = withRemote();
  const ended = await it.backlog('run', 'specs', '--quiet', '--push');
  expect({ code: ended.code, stderr: ended.stderr }).toEqual({ code: 0, stderr: '' });
  expect(ended.stdout.trimEnd().split('\n').at(-1)).toBe(
    'Pushed backlog/next to origin, with the records of what landed.',
  );
  const shared = ['refs/backlog/landings', 'refs/backlog/ledger', 'refs/heads/backlog/next'];
  expect(atRemote(it)).toEqual(refsAt(it, it.root).filter((line) => shared.some((ref) => line.startsWith(`${ref} `))));

  const clone = path.join(it.outside, 'clone');
  execFileSync('git', ['clone', '--quiet', path.join(it.outside, 'remote.git'), clone], { env: it.env });
  it.git(
    '-C',
    clone,
    'fetch',
    '--quiet',
    'origin',
    'refs/heads/backlog/next:refs/heads/backlog/next',
    '+refs/backlog/*:refs/backlog/*',
  );
  const seen = await it.start(['list'], { cwd: clone }).ended;
  expect(seen.stdout).toBe('done  a  A\n');
});

test('what stands in the way of a push is told, keeps what landed, and ends with 2, however the run ended', async () => {
  const it = withRemote({ ...fileUnit('a'), ...fileUnit('b', ['depends: [a]']) });
  const pushed = async (...args: readonly string[]): Promise<string> => {
    const { code, stderr } = await it.backlog('push', ...args);
    return `${code}: ${stderr}`;
  };
  expect((await it.backlog('push')).stdout).toBe('Nothing to push: there is no branch backlog/next yet.\n');
  expect(await pushed('--remote', 'upstream')).toBe(
    '2: error: there is no remote "upstream" [no-remote]\n  There are: origin.\n',
  );
  expect(await pushed('--remote=--exec=touch x')).toMatch(/^2: error: there is no remote "--exec=touch x"/);
  await it.run(0, '--only', 'a');
  // Somebody else landed something else there.
  const other = it.git('commit-tree', 'HEAD^{tree}', '-m', 'other');
  it.git('push', '--quiet', 'origin', `${other}:refs/heads/backlog/next`);
  const before = atRemote(it);
  expect(await pushed()).toMatch(
    /^2: error: origin did not take refs\/heads\/backlog\/next and refs\/backlog\/landings: [^]*\[not-pushed\]\n {2}Something else landed there\./,
  );
  expect(atRemote(it)).toEqual(before);
  const ended = await it.backlog('run', 'specs', '--quiet', '--push');
  expect([ended.code, it.landings()]).toEqual([2, ['a', 'b']]);
  it.git('remote', 'set-url', 'origin', 'https://me:secret@127.0.0.1:1/x.git');
  const refused = await pushed();
  expect(refused).toContain('127.0.0.1:1/x.git');
  expect(refused).not.toContain('secret');
});

interface Asked {
  readonly method: string;
  readonly url: string;
  readonly token: string | undefined;
  readonly body: Readonly<Record<string, string>> | null;
}

/** A host's API that knows no open request first, and one then. */
async function host(
  answerOf: (asked: Asked, url: string) => object,
): Promise<{ url: string; asked: Asked[]; close: () => Promise<void> }> {
  const asked: Asked[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const text = Buffer.concat(chunks).toString('utf8');
      const { authorization, 'private-token': gitlab } = request.headers;
      const token = authorization ?? (gitlab as string | undefined);
      const one = {
        method: request.method ?? '',
        url: request.url ?? '',
        token,
        body: text === '' ? null : (JSON.parse(text) as Record<string, string>),
      };
      asked.push(one);
      response.end(JSON.stringify(answerOf(one, url)));
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const close = async (): Promise<void> => {
    await new Promise((done) => server.close(done));
  };
  onTestFinished(close);
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url, asked, close };
}

const noGh = (it: TestProject): string => {
  const programs = path.join(it.outside, 'programs');
  it.git('init', '--quiet', programs);
  for (const name of ['git', 'sh', 'dirname', 'uname', 'cat', 'env'])
    execFileSync('ln', ['-s', execFileSync('which', [name], { encoding: 'utf8' }).trim(), path.join(programs, name)]);
  return programs;
};

test.each([
  [
    'GitHub',
    {
      env: (url: string) => ({ GITHUB_API_URL: url, GITHUB_REPOSITORY: 'me/shop', GITHUB_TOKEN: 'a-token' }),
      token: 'Bearer a-token',
      list: '/repos/me/shop/pulls?head=me%3Abacklog%2Fnext&base=main&state=open',
      make: '/repos/me/shop/pulls',
      change: ['PATCH', '/repos/me/shop/pulls/7'],
      from: { head: 'backlog/next', base: 'main' },
      text: 'body',
      answer: { number: 7, html_url: 'https://host/7', head: { repo: { full_name: 'Me/shop' } } },
      strangers: [
        { number: 3, html_url: 'https://host/3', head: { repo: { full_name: 'stranger/shop' } } },
        { number: 4, html_url: 'https://host/4', head: { repo: null } },
      ],
    },
  ],
  [
    'GitLab',
    {
      env: (url: string) => ({ CI_API_V4_URL: url, CI_PROJECT_ID: '12', GITLAB_TOKEN: 'a-token' }),
      token: 'a-token',
      list: '/projects/12/merge_requests?source_branch=backlog%2Fnext&target_branch=main&state=opened',
      make: '/projects/12/merge_requests',
      change: ['PUT', '/projects/12/merge_requests/7'],
      from: { source_branch: 'backlog/next', target_branch: 'main' },
      text: 'description',
      answer: { iid: 7, web_url: 'https://host/7', source_project_id: 12, target_project_id: 12 },
      strangers: [
        { iid: 3, web_url: 'https://host/3', source_project_id: 99, target_project_id: 12 },
        { iid: 4, web_url: 'https://host/4', source_project_id: null, target_project_id: 12 },
      ],
    },
  ],
])('on %s, a pull request is opened once, and updated then; those of forks are left alone', async (_, api) => {
  const it = withRemote({ ...fileUnit('a'), ...fileUnit('b') });
  let open: object[] = api.strangers;
  const { url, asked } = await host(({ method }) => {
    if (method === 'GET') return open;
    open = [...api.strangers, api.answer];
    return api.answer;
  });
  const env = { ...api.env(url), PATH: noGh(it) };
  const pushed = async (...args: readonly string[]): Promise<string | undefined> => {
    const ended = await it.start([...args, '--pr'], { env }).ended;
    expect({ code: ended.code, stderr: ended.stderr }).toEqual({ code: 0, stderr: '' });
    return ended.stdout.trimEnd().split('\n').at(-1);
  };
  expect(await pushed('run', 'specs', '--quiet', '--only', 'a')).toBe(
    'Opened the pull request to main: https://host/7',
  );
  expect(await pushed('run', 'specs', '--quiet')).toBe('Updated the pull request to main: https://host/7');
  expect(await pushed('push')).toBe('Updated the pull request to main: https://host/7');
  const texts = asked.map(({ body }) => body?.[api.text] ?? '');
  const title = (count: string): string => `backlog: ${count}`;
  const text = (at: number): object => ({ [api.text]: texts[at] });
  const change = (at: number): object => ({
    method: api.change[0],
    url: api.change[1],
    body: { title: title('2 landed units'), ...text(at) },
  });
  expect(asked).toEqual(
    [
      { method: 'GET', url: api.list, body: null },
      { method: 'POST', url: api.make, body: { ...api.from, title: title('1 landed unit'), ...text(1) } },
      { method: 'GET', url: api.list, body: null },
      change(3),
      { method: 'GET', url: api.list, body: null },
      change(5),
    ].map((one) => ({ ...one, token: api.token })),
  );
  expect(texts[1]).toMatch(/^# Run [\w-]+: 1 of 2 done, 1 ready\n/);
  expect(texts[5]).toBe(texts[3]);
  it.git('merge', '--quiet', 'backlog/next');
  expect(await pushed('push')).toBe('Pushed backlog/next to origin, with the records of what landed.');
  expect(asked.length).toBe(6);
});

test.each([
  ['an answer of another shape', (): object => ({ message: 'moved' }), 'its answer is not what its documentation says'],
  ['an address that nobody answers', null, 'connect ECONNREFUSED'],
])('%s of a host is told, and the branch stays pushed', async (_, answer, why) => {
  const it = withRemote();
  await it.run(0);
  const { url, close } = await host(answer ?? (() => ({})));
  if (answer === null) await close();
  const env = { PATH: noGh(it), GITHUB_API_URL: url, GITHUB_REPOSITORY: 'me/shop', GITHUB_TOKEN: 'a-token' };
  const ended = await it.start(['push', '--pr'], { env }).ended;
  expect([
    ended.code,
    ended.stderr.includes(`GET ${new URL(url).host}: ${why}`),
    ended.stderr.includes('a-token'),
  ]).toEqual([2, true, false]);
  expect(atRemote(it).length).toBe(3);
});

test('where gh is installed, it opens the pull request, or updates the open one', async () => {
  const it = withRemote();
  const log = path.join(it.outside, 'log');
  const programs = noGh(it);
  it.write({
    '../outside/programs/gh': `#!/bin/sh\necho "$GH_PROMPT_DISABLED $@" >> ${log}\ncase "$2" in list) echo "[{\\"url\\":\\"https://host/3\\",\\"isCrossRepository\\":true}$(cat ${log}.open 2>/dev/null)]";; create) cat > ${log}.body; echo ',{"url":"https://host/7","isCrossRepository":false}' > ${log}.open; echo https://host/7;; edit) cat > ${log}.body;; esac\n`,
  });
  execFileSync('chmod', ['+x', path.join(programs, 'gh')]);
  execFileSync('ln', ['-s', execFileSync('which', ['tee'], { encoding: 'utf8' }).trim(), path.join(programs, 'tee')]);
  await it.run(0);
  const pushed = async (): Promise<string> =>
    (await it.start(['push', '--pr', '--json'], { env: { PATH: programs } }).ended).stdout;
  expect(JSON.parse(await pushed())).toEqual({
    schemaVersion: 1,
    kind: 'push',
    branch: 'backlog/next',
    remote: 'origin',
    isPushed: true,
    ledger: null,
    proposed: { base: 'main', isNew: true, url: 'https://host/7' },
  });
  await pushed();
  const list = '1 pr list --base main --head backlog/next --state open --limit 100 --json url,isCrossRepository';
  expect(readFileSync(log, 'utf8').split('\n')).toEqual([
    list,
    '1 pr create --base main --head backlog/next --title backlog: 1 landed unit --body-file -',
    list,
    '1 pr edit https://host/7 --title backlog: 1 landed unit --body-file -',
    '',
  ]);
  expect(readFileSync(`${log}.body`, 'utf8')).toMatch(/^# Run [\w-]+: 1 of 1 done\n/);
});

test('no error quotes a token: of the environment, of an address, or in the answer of a host', async () => {
  const it = withRemote();
  await it.run(0);
  const { url } = await host(({ token }) => ({ message: `${token} is no good` }));
  const api = { PATH: noGh(it), GITHUB_API_URL: url, GITHUB_REPOSITORY: 'me/shop' };
  const pushed = async (env: Readonly<Record<string, string>>): Promise<string> =>
    (await it.start(['push', '--pr'], { env: { ...api, ...env } }).ended).stderr;
  expect(await pushed({ GITHUB_TOKEN: 'ghp_abcdefgh\nijklmnop' })).toBe(
    'error: GITHUB_TOKEN has characters that no token has [bad-token]\n  Set it again, without blanks and line breaks in it.\n',
  );
  // A line break at its end is one of the file that it comes from.
  expect(await pushed({ GITHUB_TOKEN: 'ghp_abcdefghijklmnop\n' })).toMatch(
    /its answer is not what its documentation says/,
  );
  const refusing = createServer((_, response) => {
    response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end('ghp_abcdefghijklmnop is no good');
  });
  await new Promise<void>((done) => refusing.listen(0, '127.0.0.1', done));
  onTestFinished(() => void refusing.close());
  const at = `127.0.0.1:${(refusing.address() as AddressInfo).port}`;
  const refused = await pushed({ GITHUB_TOKEN: 'ghp_abcdefghijklmnop', GITHUB_API_URL: `http://${at}` });
  expect(refused).toContain('HTTP 401: [secret] is no good');
  for (const login of ['ghp_abcdefghijklmnop', 'me:ghp_abcdefghijklmnop', 'ghp_abcdefghijklmnop:x']) {
    it.git('remote', 'set-url', 'origin', `http://${login}@${at}/x.git`);
    const { code, stderr } = await it.backlog('push');
    expect([code, stderr.includes('ghp_'), stderr.includes(at)]).toEqual([2, false, true]);
  }
});

test('a token of GitLab goes to GitLab, and to the host that its user names, not to a name like it', async () => {
  const it = withRemote();
  await it.run(0);
  const where = { env: { GITLAB_TOKEN: 'glpat-abcdefgh', PATH: noGh(it) }, root: it.root };
  for (const url of [
    'https://gitlab.evil.example/me/x.git',
    'git@my-gitlab.example:me/x',
    'https://gitlab.com.example/x',
  ])
    expect(() => hostOf({ ...where, url })).toThrow(/nothing here can open a pull request/);
  for (const url of ['https://gitlab.com/me/x.git', 'git@gitlab.com:me/x.git'])
    expect(hostOf({ ...where, url })).toBeTypeOf('function');
  const named = { ...where, env: { ...where.env, GITLAB_HOST: 'git.example.org:8443' } };
  expect(hostOf({ ...named, url: 'https://git.example.org:8443/me/x.git' })).toBeTypeOf('function');
  expect(() => hostOf({ ...named, url: 'https://git.example.org/me/x.git' })).toThrow(/nothing here/);
});

test('without a way to a host, the branch is pushed, and the person is told what to do', async () => {
  const it = withRemote();
  await it.run(0);
  const env = { PATH: noGh(it), GITHUB_TOKEN: '', GH_TOKEN: '' };
  const ended = await it.start(['push', '--pr'], { env }).ended;
  expect(ended).toEqual({
    code: 2,
    stdout: '',
    stderr:
      'error: nothing here can open a pull request for this remote [no-host]\n  Install gh and log in, or set GITHUB_TOKEN, or open it by hand: the branch is pushed.\n',
  });
  expect(atRemote(it).length).toBe(3);
  it.git('checkout', '--quiet', '--detach');
  expect((await it.start(['push', '--pr'], { env }).ended).stderr).toBe(
    'error: there is no branch for the pull request to go to [bad-base]\n  Name it with --base.\n',
  );
  expect((await it.start(['push', '--pr', '--base', 'backlog/next'], { env }).ended).stderr).toBe(
    'error: backlog/next cannot be merged into itself [bad-base]\n  Name it with --base.\n',
  );
});
