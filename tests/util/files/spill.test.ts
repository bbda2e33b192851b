import { existsSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { createRedactor } from '../../../src/util/text/redact.ts';
import { Spill } from '../../../src/util/files/spill.ts';
import { printable } from '../../../src/util/text/printable.ts';
import { temporaryFolder } from '../../support/project.ts';

test('what is spilled is all there, without secrets and escapes, wherever the chunks part them', () => {
  const folder = temporaryFolder();
  const redactor = createRedactor(['sk-secret-1234']);
  const whole = 'one ✔\n\u001b[31mred\u001b[0m sk-secret-1234 two\nno end';
  const bytes = Buffer.from(whole);
  for (const size of [1, 2, 3, 7, 1000]) {
    const file = path.join(folder, 'deeper', String(size));
    const spill = new Spill(file, (text) => printable(redactor.text(text)));
    expect(existsSync(file)).toBe(false);
    for (let at = 0; at < bytes.length; at += size) spill.push(bytes.subarray(at, at + size));
    spill.end();
    expect(readFileSync(file, 'utf8')).toBe('one ✔\nred [secret] two\nno end');
    expect(statSync(file).mode & 0o777).toBe(0o600);
  }
});

test('nothing is written for nothing, and no more than there is room for', () => {
  const folder = temporaryFolder();
  const none = new Spill(path.join(folder, 'none'), (text) => text);
  none.end();
  expect(existsSync(path.join(folder, 'none'))).toBe(false);
  const file = path.join(folder, 'long');
  const long = new Spill(file, (text) => text);
  const chunk = Buffer.from(`${'x'.repeat(1024 * 1024 - 1)}\n`);
  for (let i = 0; i < 70; i++) long.push(chunk);
  long.end();
  expect(Math.floor(statSync(file).size / 1024 / 1024)).toBe(65);
  expect(readFileSync(file, 'utf8').slice(-60)).toMatch(/\n\[… output after 64 MiB was dropped …\]\n$/);
  const closed = new Spill(path.join(file, 'x'), (text) => text);
  closed.push(Buffer.from('a line\n'));
  closed.end(); // what cannot be written is done without
});
