import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll } from 'vitest';
import { type Ended, TestProject, writeFiles } from '../support/project.ts';

/** The checkout that is packed. */
export const checkout = path.resolve(import.meta.dirname, '../..');

/** A folder for the tests of one file, gone after them. */
export function keptFolder(): string {
  const folder = realpathSync(mkdtempSync(path.join(os.tmpdir(), 'backlog-packed-')));
  ends.push(() => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }));
  return folder;
}

/** Packs the checkout as it was built for the tests; returns the path of the tarball. */
export function pack(into: string): string {
  execFileSync('npm', ['pack', '--ignore-scripts', '--silent', '--pack-destination', into], { cwd: checkout });
  const [name = ''] = readdirSync(into).filter((file) => file.endsWith('.tgz'));
  return path.join(into, name);
}

/** The shell commands of a section of the README, without their comments. */
export function readmeCommands(section: string): string[] {
  const text = readFileSync(path.join(checkout, 'README.md'), 'utf8');
  const [, body = ''] = text.split(`\n## ${section}\n`);
  const blocks = (body.split('\n## ')[0] ?? '').matchAll(/^```sh.*\n([^]*?)^```$/gm);
  const lines = [...blocks].flatMap(([, block = '']) => block.trimEnd().split('\n'));
  return lines.map((line) => line.replace(/\s+# .*$/, '').trim());
}

/** Runs a line of shell as a person would type it. */
export async function type(line: string, cwd: string, env: Readonly<Record<string, string>>): Promise<Ended> {
  const child = spawn('/bin/sh', ['-c', line], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk) => (stdout += String(chunk)));
  child.stderr.on('data', (chunk) => (stderr += String(chunk)));
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, stdout, stderr })));
}

/** The same, for a line that has to end well. */
export async function typeWell(line: string, cwd: string, env: Readonly<Record<string, string>>): Promise<string> {
  const { code, stdout, stderr } = await type(line, cwd, env);
  if (code !== 0) throw new Error(`${line}\nended with ${code}:\n${stdout}\n${stderr}`);
  return stdout;
}

/** Things to be removed when all tests of a file are through: those that run side by side have no end of their own. */
const ends: (() => void)[] = [];
afterAll(() => {
  for (const end of ends) end();
});

/** A repository of its own, and what a person who works in it has around them. */
export function repository(files: Readonly<Record<string, string>>): TestProject {
  const project = TestProject.makeKept({}, (end) => ends.push(end));
  writeFiles(project.root, files);
  if (Object.keys(files).length > 0) project.commit('What is there');
  return project;
}

/** The environment of a person: a home of their own, npm set up as it is here, and no program of the checkout on PATH. */
export function personsEnv(project: TestProject): Record<string, string> {
  const global = path.join(project.outside, 'global');
  const others = (process.env['PATH'] ?? '').split(path.delimiter).filter((folder) => !folder.startsWith(checkout));
  const kept = Object.entries(process.env).flatMap(([name, value]) =>
    /_proxy$|^NODE_EXTRA_CA_CERTS$/i.test(name) && value !== undefined ? [[name, value] as const] : [],
  );
  return {
    ...Object.fromEntries(kept),
    ...project.env,
    PATH: [path.join(global, 'bin'), path.dirname(process.execPath), ...others].join(path.delimiter),
    npm_config_userconfig: npmSetting('userconfig'),
    npm_config_globalconfig: npmSetting('globalconfig'),
    npm_config_cache: npmSetting('cache'),
    npm_config_prefix: global,
    npm_config_update_notifier: 'false',
  };
}

const npmSetting = (name: string): string =>
  execFileSync('npm', ['config', 'get', name], { cwd: '/', encoding: 'utf8' }).trim();
