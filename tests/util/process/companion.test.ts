import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { expect, test } from 'vitest';

/** Runs a program that has a companion, and tells what it printed and how long it lived. */
function runs(program: string): string {
  const file = path.resolve(import.meta.dirname, '../../../src/util/process/companion.ts');
  const code = `import { Companion } from ${JSON.stringify(file)};
    const env = { PATH: process.env.PATH };
    const open = (file, onOutput, onEnd = () => {}) => new Companion({ file, args: [], cwd: '/', env, onOutput, onEnd });
    ${program}`;
  return execFileSync(process.execPath, ['--input-type=module', '-e', code], { encoding: 'utf8', timeout: 60_000 });
}

test('a companion keeps nobody from ending once it has answered, and until then it does', () => {
  expect(
    runs(`const one = open('cat', (bytes) => { process.stdout.write(bytes); one.rest(); });
      one.ask('hello'); process.on('exit', () => console.log('', one.isThere));`),
  ).toBe('hello true\n');
});

test('its end is told, with what it said or why it did not start', () => {
  expect(
    runs(`open('sh', () => {}, (why) => console.log(why)).ask('echo no >&2; exit 3\\n');
      open('/no/such/program', () => {}, (why) => console.log(why)).ask('x');`)
      .split('\n')
      .toSorted(),
  ).toEqual(['', '/no/such/program is not installed, or not on PATH', 'no']);
});
