import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { checkout, keptFolder, pack, personsEnv, readmeCommands, repository, type, typeWell } from './support.ts';

/*
 * The commands of the README's "Install", each in a project of the kind that it is for. Where the README says `../backlog`
 * the tests have the tarball, or a clone of this checkout.
 */

const folder = keptFolder();
const tarball = pack(folder);
const clone = path.join(folder, 'clone');
execFileSync('git', ['clone', '--quiet', checkout, clone]);

const version = `${(JSON.parse(readFileSync(path.join(checkout, 'package.json'), 'utf8')) as { version: string }).version}\n`;
const emptyPackage = { 'package.json': '{ "name": "theirs", "private": true }\n', '.gitignore': 'node_modules/\n' };

/** The one command of "Install" that looks so, with the places of this test. */
function command(looks: RegExp, where: string): string {
  const found = readmeCommands('Install').filter((line) => looks.test(line));
  expect(found).toHaveLength(1);
  return (found[0] ?? '').replace(/\S*\.\.\/backlog\S*|git\+\S+/, where);
}

/** Paths of a repository that git would add, without what lies in them. */
const newPaths = (project: ReturnType<typeof repository>): string[] =>
  project
    .git('status', '--porcelain')
    .split('\n')
    .map((line) => line.slice(3));

test.concurrent(
  'an empty JavaScript project: the tarball brings the tool and the SQLite binding, and nothing else',
  async () => {
    const project = repository(emptyPackage);
    const env = personsEnv(project);
    await typeWell(command(/^npm install --save-dev \S+\.tgz$/, tarball), project.root, env);
    expect(await typeWell('npx --no -- backlog --version', project.root, env)).toBe(version);
    expect(readdirSync(path.join(project.root, 'node_modules')).filter((name) => !name.startsWith('.'))).toEqual([
      '@backlog',
      'better-sqlite3',
      'node-addon-api',
    ]);
    // What is bundled instead goes along with its licences.
    expect(project.read('node_modules/@backlog/backlog/dist/third-party-licences.txt')).toMatch(
      /^commander [\d.]+: MIT\n\n/m,
    );
    expect(
      Object.keys((JSON.parse(project.read('package.json')) as { devDependencies: object }).devDependencies),
    ).toEqual(['@backlog/backlog']);
    await typeWell(
      'npx --no -- backlog init && npx --no -- backlog check && npx --no -- backlog plan',
      project.root,
      env,
    );

    // On the oldest Node that the README names, too; on an older one a sentence, and the documented exit code.
    await typeWell(`npm install --no-save oldest@npm:node-linux-${process.arch}@22.18.0`, project.root, env);
    const oldest = path.join(project.root, 'node_modules/oldest/bin/node');
    const bin = path.join(project.root, 'node_modules/.bin/backlog');
    expect(await typeWell(`${oldest} --version && ${oldest} ${bin} list`, project.root, env)).toBe(
      'v22.18.0\nready  hello-file  A file that says hello\n',
    );
    const disguise = 'data:text/javascript,Object.defineProperty(process.versions,"node",{value:"20.20.2"})';
    expect(await type(`${oldest} --import '${disguise}' ${bin} list`, project.root, env)).toEqual({
      code: 78,
      stdout: '',
      stderr:
        'backlog needs Node 22.18 or newer; this is 20.20.2.\nInstall a newer Node, or let npm bring one: npm install --save-dev node@24 (with --global where backlog is installed globally).\n',
    });
  },
);

test.concurrent(
  'an empty Python repository: installed globally, or for one call, it adds nothing but what it is asked for',
  async () => {
    const project = repository({ 'pyproject.toml': '[project]\nname = "theirs"\nversion = "0"\n' });
    const env = personsEnv(project);
    const once = command(/^npx --yes --package /, tarball);
    expect(once).toMatch(/ backlog init$/);
    expect(await typeWell(once.replace(/ init$/, ' --version'), project.root, env)).toBe(version);
    expect(newPaths(project)).toEqual(['']);
    await typeWell(command(/^npm install --global /, tarball), project.root, env);
    expect(await typeWell('backlog --version', project.root, env)).toBe(version);
    await typeWell('backlog init && backlog check && backlog plan', project.root, env);
    expect(newPaths(project)).toEqual(['specs/']);
  },
);

test.concurrent('a checkout by its path: linked, and built by npm', async () => {
  symlinkSync(path.join(checkout, 'node_modules'), path.join(clone, 'node_modules'));
  const project = repository(emptyPackage);
  const env = personsEnv(project);
  expect(existsSync(path.join(clone, 'dist/main.js'))).toBe(false);
  await typeWell(command(/^npm install --save-dev \.\.\/backlog$/, clone), project.root, env);
  expect(await typeWell('npx --no -- backlog --version', project.root, env)).toBe(version);
  expect(existsSync(path.join(clone, 'dist/main.js'))).toBe(true);
});

test.concurrent('a git address: npm builds it', async () => {
  const project = repository(emptyPackage);
  const env = personsEnv(project);
  await typeWell(command(/^npm install --save-dev git\+/, `git+file://${checkout}`), project.root, env);
  expect(await typeWell('npx --no -- backlog --version', project.root, env)).toBe(version);
});
