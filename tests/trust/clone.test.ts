import Sqlite from 'better-sqlite3';
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { openDatabase } from '../../src/queue/database.ts';
import { byTurns } from '../support/by-turns.ts';
import { spec, TestProject, writeFiles } from '../support/project.ts';

/*
 * A folder that somebody else made: cloned, or unpacked with its git directory. Looking at it, and running it, writes
 * nothing outside of it, starts no program of its, and believes nothing that it says about itself.
 */

const looks = [['status'], ['check'], ['plan'], ['doctor']];
let looked = 0;

/** Each row is listed, looked at in one of the other ways, by turns, and run. */
function commandsOfRow(): readonly (readonly string[])[] {
  return [['list'], looks[looked++ % looks.length] ?? [], ['run', 'specs', '--json']];
}

/** The agent never does what the unit asks for: whoever sees it done was fooled. */
const files = {
  'specs/u.md': spec('U', ['id: u', 'touches: [a.txt]'], ['There — check: `test -f a.txt`']),
  'specs/backlog.config.json': JSON.stringify({
    agent: 'a',
    agents: { a: { type: 'command', command: 'touch b.txt', costUsd: 0 } },
    limits: { attempts: 1 },
  }),
  'a/b': '',
};

interface Place {
  readonly it: TestProject;
  /** A folder outside that must stay empty, and a program in it that says that it was started. */
  readonly out: string;
  readonly program: string;
}

function make(): Place {
  const it = TestProject.make(files);
  chmodSync(path.dirname(it.root), 0o711); // commands of root run as another user
  const out = path.join(it.outside, 'out');
  mkdirSync(out);
  const program = path.join(it.outside, 'started.sh');
  writeFileSync(program, `#!/bin/sh\ntouch ${out}/started\n[ -t 0 ] || cat\n`);
  chmodSync(program, 0o755);
  return { it, out, program };
}

const bare = (folder: string, config: string): Record<string, string> => ({
  [`${folder}HEAD`]: 'ref: refs/heads/main\n',
  [`${folder}objects/keep`]: '',
  [`${folder}refs/heads/keep`]: '',
  [`${folder}config`]: `[core]\n\trepositoryformatversion = 0\n${config}`,
});

/** A queue whose triggers say yes to everything. */
function plantQueue(folder: string): void {
  openDatabase(folder).close();
  const sqlite = new Sqlite(path.join(folder, 'backlog.db'));
  sqlite.exec(
    "create trigger yes after update of state on units when new.state = 'awaiting' or new.state = 'failed' begin update units set state = 'done' where id = new.id; end",
  );
  sqlite.pragma('journal_mode = DELETE');
  sqlite.close();
}

const link = (place: Place, to: string, name: string): void => {
  mkdirSync(path.dirname(path.join(place.it.root, name)), { recursive: true });
  symlinkSync(to, path.join(place.it.root, name));
};

/** What a repository can ship, so that a plain clone has it. */
const shipped: Readonly<Record<string, (place: Place) => void>> = {
  nothing: () => {},
  'a queue with a trigger': ({ it }) => plantQueue(path.join(it.root, 'specs/.backlog')),
  'a queue that is a link to a file outside': (place) => link(place, `${place.out}/db`, 'specs/.backlog/backlog.db'),
  'a state folder that is a link outside': (place) => link(place, place.out, 'specs/.backlog'),
  'a state folder that is a link to the git directory': (place) => link(place, '../.git', 'specs/.backlog'),
  'a private git directory that is a link to the git directory': (place) =>
    link(place, '../../.git', 'specs/.backlog/git'),
  'an ignore file that is a link outside': (place) => link(place, `${place.out}/made`, 'specs/.backlog/.gitignore'),
  'reports that are a link outside': (place) => link(place, place.out, 'specs/.backlog/runs'),
  'locks that are links outside': (place) => {
    link(place, `${place.out}/lock`, 'specs/.backlog/runner.lock');
    link(place, `${place.out}/followups`, 'specs/.backlog/followups.lock');
  },
  'a private git directory with configuration of its own': ({ it, program }) =>
    it.write({
      'specs/.backlog/git/commondir': '../../../docs/data',
      'docs/data/info/attributes': '* filter=x',
      'docs/data/refs/keep': '',
      'docs/data/config': `[core]\n\tbare = true\n[filter "x"]\n\tsmudge = ${program}\n\tclean = ${program}\n`,
    }),
  'specs laid out as a bare repository': ({ it, program }) =>
    it.write(
      bare('specs/', `\tbare = true\n\tfsmonitor = ${program}\n\tpager = ${program}\n\tsshCommand = ${program}\n`),
    ),
  'specs laid out as a repository with a working tree': ({ it, out, program }) =>
    it.write(bare('specs/', `\tbare = false\n\tworktree = ${out}\n\tfsmonitor = ${program}\n`)),
  'the root laid out as a bare repository': ({ it, program }) =>
    it.write(bare('', `\tbare = true\n\tfsmonitor = ${program}\n`)),
  'attributes that name drivers': ({ it }) =>
    it.write({ '.gitattributes': '* filter=x diff=x merge=x\n', 'a/.gitattributes': '* filter=x\n' }),
};

describe('a plain clone that ships', () => {
  test.each(byTurns(Object.entries(shipped), 2))('%s', { timeout: 400_000 }, async (_, plant) => {
    const place = make();
    plant(place);
    const { it } = place;
    it.git('add', '--all', '--force');
    it.git('commit', '--quiet', '--allow-empty', '--message', 'docs');
    const origin = path.join(it.outside, 'origin');
    renameSync(it.root, origin);
    // The victim has drivers of these names, as with any widely used tool; the repository chooses where they apply.
    it.git.call({ root: it.outside, env: it.env }, 'clone', '--quiet', origin, it.root);
    await isSafe(place);
  });
});

const configured =
  (text: (program: string, out: string) => string): ((place: Place) => void) =>
  ({ it, out, program }) =>
    writeFileSync(path.join(it.root, '.git/config'), `${it.read('.git/config')}\n${text(program, out)}`);

/** What only an archive can bring: its own git directory. `refused`: who opens the queue says so. */
const unpacked: Readonly<
  Record<string, { readonly plant: (place: Place) => void; readonly refused?: RegExp; readonly unasked?: string }>
> = {
  'a file system monitor': { plant: configured((program) => `[core]\n\tfsmonitor = ${program}\n`) },
  'an ssh command and a pager': {
    plant: configured((program) => `[core]\n\tsshCommand = ${program}\n\tpager = ${program}\n\teditor = ${program}\n`),
  },
  'signing programs': {
    plant: configured(
      (program) => `[commit]\n\tgpgSign = true\n[log]\n\tshowSignature = true\n[gpg]\n\tprogram = ${program}\n`,
    ),
  },
  'drivers, with attributes for all files': {
    plant: (place) => {
      configured(
        (program) =>
          `[diff]\n\texternal = ${program}\n[filter "x"]\n\tclean = ${program}\n\tsmudge = ${program}\n[diff "x"]\n\tcommand = ${program}\n\ttextconv = ${program}\n[merge "x"]\n\tdriver = ${program}\n`,
      )(place);
      mkdirSync(path.join(place.it.root, '.git/info'), { recursive: true });
      writeFileSync(path.join(place.it.root, '.git/info/attributes'), '* filter=x diff=x merge=x\n');
    },
    refused: /\[filter\]/,
    unasked: 'status',
  },
  'included configuration': {
    plant: (place) => {
      place.it.write({ 'a/config': `[core]\n\tfsmonitor = ${place.program}\n\thooksPath = ${place.it.outside}\n` });
      configured(() => `[include]\n\tpath = ../a/config\n[includeIf "gitdir:**"]\n\tpath = ../a/config\n`)(place);
    },
  },
  hooks: {
    plant: ({ it, program }) => {
      for (const name of ['reference-transaction', 'post-checkout', 'post-index-change', 'pre-commit', 'post-commit']) {
        mkdirSync(path.join(it.root, '.git/hooks'), { recursive: true });
        symlinkSync(program, path.join(it.root, '.git/hooks', name));
      }
    },
  },
  'a remote that is asked for missing objects': {
    plant: (place) => {
      configured(
        (program) =>
          `[extensions]\n\tpartialClone = origin\n[protocol "ext"]\n\tallow = always\n[remote "origin"]\n\turl = ext::${program}\n\tpromisor = true\n\tuploadpack = ${program}\n`,
      )(place);
      const { it } = place;
      it.git('config', 'core.repositoryFormatVersion', '1');
      const blob = it.git('rev-parse', 'HEAD:specs/u.md');
      renameSync(path.join(it.root, '.git/objects', blob.slice(0, 2), blob.slice(2)), path.join(it.outside, 'blob'));
    },
    refused: /partial-clone/,
    unasked: 'status',
  },
  'a working tree elsewhere': {
    plant: configured((_, out) => `[core]\n\tworktree = ${out}\n`),
    refused: /odd-repository/,
  },
  'objects and configuration from a tracked folder': {
    plant: ({ it, program }) => {
      it.write(bare('a/data/', `\tfsmonitor = ${program}\n`));
      writeFileSync(path.join(it.root, '.git/commondir'), '../a/data\n');
    },
    refused: /odd-repository/,
  },
  'a git directory that is a link': {
    plant: ({ it }) => {
      renameSync(path.join(it.root, '.git'), path.join(it.outside, 'git'));
      symlinkSync(path.join(it.outside, 'git'), path.join(it.root, '.git'));
    },
    refused: /odd-repository/,
  },
  'a git directory in a tracked folder': {
    plant: ({ it }) => {
      renameSync(path.join(it.root, '.git'), path.join(it.root, 'a/git'));
      writeFileSync(path.join(it.root, '.git'), 'gitdir: a/git\n');
    },
    refused: /odd-repository/,
  },
  'a state folder that is a link': {
    plant: (place) => link(place, place.out, '.git/backlog'),
    refused: /odd-state/,
    unasked: 'status',
  },
  'a state folder of the specs that is a link': {
    plant: (place) => link(place, place.out, '.git/backlog/specs'),
    refused: /odd-state/,
    unasked: 'status',
  },
  'a queue with a trigger': {
    plant: ({ it }) => plantQueue(path.join(it.root, '.git/backlog/specs')),
    refused: /database-foreign/,
  },
  'a queue that is a link': {
    plant: (place) => {
      link(place, `${place.out}/db`, '.git/backlog/specs/backlog.db');
    },
    refused: /odd-state/,
  },
};

describe('an unpacked archive whose git directory holds', () => {
  test.each(byTurns(Object.entries(unpacked), 2))(
    '%s',
    { timeout: 400_000 },
    async (_, { plant, refused, unasked }) => {
      const place = make();
      plant(place);
      await isSafe(place, refused, unasked);
    },
  );
});

test.runIf(process.getuid?.() === 0)(
  'a repository of another user is refused, as git refuses it',
  { timeout: 200_000 },
  async () => {
    const place = make();
    spawnSync('chown', ['--recursive', '65534:65534', place.it.root]);
    await isSafe(place, /dubious ownership[^]*safe\.directory/);
    expect(existsSync(path.join(place.it.root, '.git/backlog'))).toBe(false);
  },
);

test(
  'a command that a git hook started sees the repository where it is, and touches no other',
  { timeout: 200_000 },
  async () => {
    const { it, out } = make();
    const other = TestProject.make({ 'x.txt': 'x' });
    const git = path.join(other.root, '.git');
    const before = snapshot(git);
    const env = { GIT_DIR: git, GIT_WORK_TREE: other.root, GIT_INDEX_FILE: path.join(git, 'index'), GIT_PREFIX: 'x/' };
    const more = { GIT_OBJECT_DIRECTORY: path.join(git, 'objects'), GIT_COMMON_DIR: git, GIT_EXEC_PATH: out };
    const ended = await it.start(['list'], { env: { ...env, ...more } }).ended;
    expect(ended).toEqual({ code: 0, stdout: 'ready  u  U\n', stderr: '' });
    expect([snapshot(git), existsSync(path.join(it.state, 'backlog.db'))]).toEqual([before, true]);
  },
);

describe('what people have is worked on as before', () => {
  const made: Readonly<Record<string, (it: TestProject) => string>> = {
    'a linked worktree': (it) => {
      it.git('worktree', 'add', '--quiet', '-b', 'other', path.join(it.outside, 'tree'));
      return path.join(it.outside, 'tree');
    },
    'a linked worktree in the working tree': (it) => {
      it.git('worktree', 'add', '--quiet', '-b', 'other', path.join(it.root, '.trees/one'));
      return path.join(it.root, '.trees/one');
    },
    'a git directory apart': (it) => {
      it.git('init', '--quiet', `--separate-git-dir=${path.join(it.outside, 'apart.git')}`);
      return it.root;
    },
    'a submodule': (it) => {
      const above = TestProject.make({ 'x.txt': 'x' });
      above.git('-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', it.root, 'sub');
      return path.join(above.root, 'sub');
    },
    'a shallow clone': (it) => {
      it.commit('two');
      it.git('clone', '--quiet', '--depth', '1', `file://${it.root}`, path.join(it.outside, 'shallow'));
      return path.join(it.outside, 'shallow');
    },
    'a clone that borrows objects': (it) => {
      it.git('clone', '--quiet', '--shared', it.root, path.join(it.outside, 'shared'));
      return path.join(it.outside, 'shared');
    },
    'no repository at all': (it) => {
      writeFiles(path.join(it.outside, 'plain'), files);
      return path.join(it.outside, 'plain');
    },
  };
  test.each(Object.entries(made))('%s', { timeout: 200_000 }, async (_, from) => {
    const { it } = make();
    const cwd = from(it);
    for (let time = 0; time < 2; time++) {
      const ended = await it.start(['list'], { cwd }).ended;
      expect(ended).toEqual({ code: 0, stdout: 'ready  u  U\n', stderr: '' });
    }
    expect(existsSync(path.join(cwd, 'specs/.backlog'))).toBe(false);
  });
});

test('a queue in the place of old is told about once', { timeout: 200_000 }, async () => {
  const { it } = make();
  plantQueue(path.join(it.root, 'specs/.backlog'));
  const told = await Promise.resolve(it.backlog('list'));
  expect([told.code, told.stdout]).toEqual([0, 'ready  u  U\n']);
  expect(told.stderr).toContain(`${it.root}/specs/.backlog/backlog.db is not opened`);
  expect(told.stderr).toContain(it.state);
  expect((await it.backlog('list')).stderr).toBe('');
});

/** Every file below a folder with its content; only names for what is no plain file. */
function snapshot(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .map((entry) => {
      const file = path.join(entry.parentPath, entry.name);
      return entry.isFile() ? `${file}: ${readFileSync(file, 'latin1')}` : file;
    })
    .toSorted();
}

/** `unasked`: a command that asks for nothing of what is refused. */
async function isSafe({ it, out }: Place, refused?: RegExp, unasked?: string): Promise<void> {
  const watched = ['HEAD', 'config', 'refs/heads/main', 'index'].map((name) => path.join(it.root, '.git', name));
  const look = (): (string | null)[] => watched.map((file) => (existsSync(file) ? readFileSync(file, 'latin1') : null));
  const before = look();
  for (const command of commandsOfRow()) {
    const ended = await it.backlog(...command);
    const name = command[0] ?? '';
    expect([name, readdirSync(out), look()]).toEqual([name, [], before]);
    expect([name, ended.stderr]).toEqual([name, expect.not.stringContaining('Internal error')]);
    const isLooking = name === 'check' || name === 'doctor'; // at the specs, not at the queue
    if (refused && (isLooking || name === unasked)) continue;
    if (refused) {
      const said = ended.stdout + ended.stderr;
      expect([name, ended.code === 0, said]).toEqual([name, false, expect.stringMatching(refused)]);
    } else if (name === 'list') expect(ended.stdout).toBe('ready  u  U\n');
    else if (name === 'run') expect(ended.stdout).not.toContain('"state": "done"');
  }
}
