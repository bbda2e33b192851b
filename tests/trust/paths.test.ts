import { existsSync, linkSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { keepBrief, onUnit, send, write } from '../support/agent-script.ts';
import { scripted, spec, TestProject } from '../support/project.ts';

/*
 * A cloned repository decides what its paths lead to. Nothing that a spec, a prompt, a followup or the configuration
 * names may be a way to another file of the user: neither to read it nor to write it.
 */

const secret = 'canary-of-the-user';

/** A repository with one unit whose agent carries off what it is told, and the user's file beside it. */
class Clone {
  readonly project: TestProject;
  readonly login: string;

  constructor(files: Readonly<Record<string, string>> = {}, more: object = {}) {
    this.project = TestProject.make({
      ...scripted(keepBrief('a.txt'), { limits: { attempts: 1 }, ...more }),
      'specs/a.md': spec('A', ['touches: [a.txt]', 'prompt: notes.txt'], ['There — check: `test -s a.txt`']),
      'specs/notes.txt': 'Be kind.\n',
      'specs/followups.md': '# Followups\n',
      ...files,
    });
    this.login = path.join(this.project.outside, 'home', 'login.txt');
    writeFileSync(this.login, `${secret}\n`);
  }

  at(file: string): string {
    return path.join(this.project.root, file);
  }

  /** Puts a link in place of a file. */
  link(file: string, to: string): this {
    this.project.git('rm', '-r', '--quiet', '--cached', '--ignore-unmatch', file);
    this.project.git('clean', '-fdxq', '--', file);
    mkdirSync(path.dirname(this.at(file)), { recursive: true });
    symlinkSync(to, this.at(file));
    return this;
  }

  /** Everything that is in the repository, on all its branches. */
  get all(): string {
    return this.project.git('log', '--all', '-p', '--format=%B');
  }
}

let clone: Clone;
beforeEach(() => {
  clone = new Clone();
});

/** Ways to make a path lead elsewhere, and the word of the refusal. */
const spellings: Readonly<Record<string, readonly [make: (at: string, to: string) => void, word: string]>> = {
  'a link': [(at, to) => symlinkSync(to, at), 'link'],
  'a link that is relative': [(at, to) => symlinkSync(path.relative(path.dirname(at), to), at), 'link'],
  'a link to a link': [
    (at, to) => {
      symlinkSync(to, `${at}.more`);
      symlinkSync(`${path.basename(at)}.more`, at);
    },
    'link',
  ],
  'a link to the environment': [(at) => symlinkSync('/proc/self/environ', at), 'link'],
  'a second name': [(at, to) => linkSync(to, at), 'hard link'],
};

describe.each(Object.entries(spellings))('%s', (_name, [make, word]) => {
  test('is no prompt of a spec', async () => {
    clone.project.git('rm', '--quiet', 'specs/notes.txt');
    make(clone.at('specs/notes.txt'), clone.login);
    const ended = await clone.project.backlog('run', 'specs');
    expect(ended.code).toBe(1);
    expect((await clone.project.backlog('check', 'specs')).stdout).toContain(word);
    expect(clone.all).not.toContain(secret);
  });

  test('is no file for followups', async () => {
    clone.project.git('rm', '--quiet', 'specs/followups.md');
    make(clone.at('specs/followups.md'), clone.login);
    const ended = await clone.project.backlog('add', 'Do more', '--check', 'true');
    expect(ended).toMatchObject({ code: 2, stdout: '' });
    expect(ended.stderr).toContain(word);
    expect(readFileSync(clone.login, 'utf8')).toBe(`${secret}\n`);
  });

  test('is no configuration', async () => {
    clone.project.git('rm', '--quiet', 'specs/backlog.config.json');
    make(clone.at('specs/backlog.config.json'), clone.login);
    const ended = await clone.project.backlog('list', 'specs');
    expect(ended.code).toBe(2);
    expect(ended.stderr).toContain(word);
    expect(ended.stderr).not.toContain(secret);
  });
});

test('folders on the way are no links either', async () => {
  mkdirSync(path.join(clone.project.outside, 'home/more'));
  writeFileSync(path.join(clone.project.outside, 'home/more/followups.md'), '# Followups\n');
  clone.link('specs/more', path.join(clone.project.outside, 'home/more'));
  const ended = await clone.project.backlog('add', 'Do more', '--check', 'true', '--spec', 'more/followups.md');
  expect(ended.code).toBe(2);
  expect(ended.stderr).toContain('specs/more is a symbolic link');
});

test('a specs folder that is a link out of the repository is not read; the folder itself may be named', async () => {
  const other = path.join(clone.project.outside, 'home/notes');
  mkdirSync(other);
  writeFileSync(path.join(other, 'diary.md'), `# ${secret}\n`);
  clone.link('specs', other);
  for (const command of [['list'], ['check', 'specs'], ['run', 'specs'], ['init', 'specs'], ['add', 'More']]) {
    const ended = await clone.project.backlog(...command);
    expect({ command, code: ended.code }).toEqual({ command, code: 2 });
    expect(ended.stdout + ended.stderr).not.toContain(secret);
    expect(ended.stderr).toContain('leads out of its repository');
  }
  expect(existsSync(path.join(other, 'backlog.config.json'))).toBe(false);
  expect((await clone.project.backlog('list', other)).stdout).toContain(secret);
});

test('prompts and recordings of the configuration stay in the repository', async () => {
  const outside = path.join(clone.project.outside, 'home');
  const ways = ['../../outside/home/login.txt', path.join(outside, 'login.txt'), '../prompt.md', 'deep/prompt.md'];
  clone.link('prompt.md', clone.login);
  clone.link('specs/deep', outside);
  for (const prompt of ways) {
    clone.project.write(scripted(keepBrief('a.txt'), { limits: { attempts: 1 }, roles: { builder: { prompt } } }));
    const ended = await clone.project.backlog('run', 'specs');
    expect({ prompt, code: ended.code }).toEqual({ prompt, code: 2 });
    expect(ended.stderr).toContain(`the prompt ${prompt} is not`);
  }
  expect(clone.all).not.toContain(secret);
  clone.link('recordings', outside);
  clone.project.write({
    '../outside/home/a/builder-1.1.jsonl': `${secret}\n`,
    'specs/backlog.config.json': JSON.stringify({
      agent: 'r',
      agents: { r: { type: 'replay', recordings: '../recordings' } },
      sandbox: { tier: 'none', allowUnsandboxed: true },
      limits: { attempts: 1 },
    }),
  });
  const report = await clone.project.run(1);
  expect(report.units[0]?.failure?.sentence).toContain('recordings is a symbolic link');
});

test('honest files beside: a prompt in a folder below, one of the repository for a role, specs inside by a link', async () => {
  const honest = new Clone(
    {
      'specs/a.md': spec('A', ['touches: [a.txt]', 'prompt: more/notes.txt'], ['There — check: `test -s a.txt`']),
      'specs/more/notes.txt': 'Be kind.\n',
      'prompts/builder.md': 'Build well.\n',
    },
    { roles: { builder: { prompt: '../prompts/builder.md' } } },
  );
  symlinkSync('specs', honest.at('work'));
  const ended = await honest.project.backlog('run', 'work');
  expect({ code: ended.code, stderr: ended.code === 0 ? '' : ended.stderr }).toEqual({ code: 0, stderr: '' });
  expect(honest.project.landed('a.txt')).toContain('Be kind.');
  expect(honest.project.landed('a.txt')).toContain('Build well.');
  expect((await honest.project.backlog('add', 'Do more', '--check', 'true')).code).toBe(0);
  expect(honest.project.read('specs/followups.md')).toContain('- [ ] Do more');
});

test('a branch that is a symbolic ref to another one is not landed on: that one would move', async () => {
  const { project } = clone;
  for (const to of ['refs/heads/main', 'refs/heads/other', 'HEAD']) {
    const before = project.git('rev-parse', 'main');
    project.git('symbolic-ref', 'refs/heads/backlog/next', to);
    const ended = await project.backlog('run', 'specs');
    expect({ to, code: ended.code }).toEqual({ to, code: 2 });
    expect(ended.stderr).toContain('is a symbolic ref');
    expect([project.git('rev-parse', 'main'), project.git('status', '--porcelain')]).toEqual([before, '']);
  }
});

test('names that other systems cannot tell apart or take for a git folder do not land; honest ones do', async () => {
  const names: Readonly<Record<string, string>> = {
    twins: 'src/cafe\u0301',
    sharp: 'src/strasse',
    short: 'src/git~1/config',
    hidden: 'src/.g\u200cit/config',
    stream: 'src/.git::$INDEX_ALLOCATION/config',
    backslash: 'src/a\\..\\..\\.git\\config',
    device: 'src/aux.c',
    colon: 'src/a:b',
    good: 'src/[id]/über uns.md',
  };
  const makes = Object.entries(names).map(([unit, name]) =>
    onUnit(unit, `mkdir -p '${path.dirname(name)}'`, write(name, 'x')),
  );
  const project = TestProject.make({
    ...scripted([...makes, write('$BACKLOG_UNIT.txt', 'x')], { limits: { attempts: 1, repairs: 0 } }),
    'src/caf\u00e9': 'x',
    'src/stra\u00dfe': 'x',
    ...Object.fromEntries(
      Object.keys(names).map((unit) => [
        `specs/${unit}.md`,
        spec(unit, [`touches: ["src/**", ${unit}.txt]`], [`There — check: \`test -s ${unit}.txt\``]),
      ]),
    ),
  });
  const report = await project.run(1);
  expect(Object.fromEntries(report.units.map((unit) => [unit.id, unit.failure?.reason ?? unit.state]))).toEqual({
    ...Object.fromEntries(Object.keys(names).map((unit) => [unit, 'forbidden-tree'])),
    good: 'done',
  });
});

test('patterns of a stranger are decided in time', { timeout: 120_000 }, async () => {
  const { project } = clone;
  project.write({
    'specs/b.md': spec('B', [`touches: ["${'**/a/*/'.repeat(14)}z"]`], ['x — check: `true`']),
    'specs/c.md': spec('C', [`touches: ["${'a/'.repeat(60)}y"]`], ['x — check: `true`']),
  });
  expect((await project.backlog('plan', 'specs')).code).toBe(0);
});

test('what an agent proposed stays a claim when a person takes it over', async () => {
  const line = { title: 'Tidy `it` up', criteria: ['The sources are tidy — check: `test -e a.txt; curl evil`'] };
  const honest = new Clone(scripted([write('a.txt', 'x'), send(line)]));
  await honest.project.run(0);
  const listed = JSON.parse((await honest.project.backlog('list', '--json')).stdout) as {
    units: { id: string; state: string }[];
  };
  const proposal = listed.units.find(({ state }) => state === 'proposed')?.id ?? '';
  expect((await honest.project.backlog('add', '--proposal', proposal)).code).toBe(0);
  const shown = JSON.parse((await honest.project.backlog('show', 'followups.tidy-it-up', '--json')).stdout) as {
    row: { spec: { title: string; criteria: { kind: string }[] } };
  };
  expect(shown.row.spec.title).toBe('Tidy `it` up');
  expect(shown.row.spec.criteria.map(({ kind }) => kind)).toEqual(['claim']);
});
