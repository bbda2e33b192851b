import { execFileSync } from 'node:child_process';
import { closeSync, constants, openSync, readFileSync, readSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { Keys, keysIn } from '../../../src/cli/live/keys.ts';
import { Screen, type ScreenLine } from '../../../src/cli/live/screen.ts';
import { Terminal } from '../../../src/cli/live/terminal.ts';
import { temporaryFolder } from '../../support/project.ts';

/** All that stands in a pipe, a letter for each byte. */
function drain(fd: number): string {
  const [bytes, parts] = [Buffer.alloc(65_536), [] as string[]];
  try {
    for (let count = 1; count > 0;) {
      count = readSync(fd, bytes);
      parts.push(bytes.toString('latin1', 0, count));
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
  }
  return parts.join('');
}

test.skipIf(process.platform !== 'linux')(
  'a terminal that takes nothing is not waited for, and gets all of it once it does',
  () => {
    const pipe = path.join(temporaryFolder(), 'pipe');
    execFileSync('mkfifo', [pipe]);
    const fd = openSync(pipe, constants.O_RDWR | constants.O_NONBLOCK);
    onTestFinished(() => closeSync(fd));
    const late: string[] = [];
    const terminal = new Terminal({ fd, write: (text) => late.push(text) });
    const text = '日本é'.repeat(20_000);
    terminal.write(text);
    expect(terminal.isReady).toBe(false);
    let taken = '';
    for (let round = 0; round < 100 && !terminal.isReady; round++) taken += drain(fd);
    taken += drain(fd);
    expect(Buffer.from(taken, 'latin1').toString()).toBe(text);
    terminal.close();
    expect(late).toEqual([]);
  },
);

test('a frame writes only what changed, and erasing leaves nothing but the cursor', () => {
  const file = path.join(temporaryFolder(), 'out');
  writeFileSync(file, '');
  const fd = openSync(file, 'r+');
  onTestFinished(() => closeSync(fd));
  const terminal = new Terminal({ fd, write: () => true });
  const screen = new Screen(terminal, 20);
  const line = (text: string): ScreenLine => ({ text, width: text.length });
  let seen = 0;
  /** What was written since. */
  const written = (): string => {
    const all = readFileSync(file, 'utf8');
    const more = all.slice(seen);
    seen = all.length;
    return JSON.stringify(more.replaceAll('\u001b', '^')).slice(1, -1);
  };
  const [begin, end] = ['^[?2026h^[?25l', '^[?2026l'];
  screen.draw(['one', 'two', 'three'].map(line), 20);
  expect(written()).toBe(`${begin}\\r^[?7lone^[K\\r\\ntwo^[K\\r\\nthree^[K\\r^[?7h${end}`);
  screen.draw(['one', 'two', 'three'].map(line), 20);
  expect(written()).toBe('');
  screen.draw(['one', '2', 'three'].map(line), 20);
  expect(written()).toBe(`${begin}\\r^[2A^[?7l\\r\\n2^[K\\r\\n\\r^[?7h${end}`);
  screen.draw(['one'].map(line), 20);
  expect(written()).toBe(`${begin}\\r^[2A^[?7l\\r\\n^[J^[1A\\r^[?7h${end}`);
  screen.print('an event\n', 20);
  expect(written()).toBe(`${begin}\\r^[2K\\r^[?7han event\\r\\n\\r^[?7lone^[K\\r^[?7h${end}`);
  // A line of 18 columns takes three rows of a terminal of eight.
  screen.draw(['a line of 18 colum', 'x'].map(line), 20);
  written();
  screen.draw(['x'].map(line), 8);
  expect(written()).toBe(`${begin}\\r^[3A^[2K^[B^[2K^[B^[2K^[B^[2K\\r^[3A^[?7lx^[K\\r^[?7h${end}`);
  screen.erase(8);
  expect(written()).toBe('\\r^[2K\\r^[?7h^[?25h');
  terminal.close();
});

test.each([
  ['a letter', 'q', [{ kind: 'text', text: 'q' }]],
  ['a text with other letters', 'né 日', [{ kind: 'text', text: 'né 日' }]],
  ['enter', '\r', [{ kind: 'named', name: 'enter' }]],
  [
    'arrows of both kinds',
    '\u001b[A\u001bOB',
    [
      { kind: 'named', name: 'up' },
      { kind: 'named', name: 'down' },
    ],
  ],
  [
    'escape alone, before another key',
    '\u001bq',
    [
      { kind: 'named', name: 'escape' },
      { kind: 'text', text: 'q' },
    ],
  ],
  ['a key of ours after one that means nothing', '\u001b[3~\u001b[1;5Cp', [{ kind: 'text', text: 'p' }]],
  ['Ctrl-C', '\u0003', [{ kind: 'named', name: 'ctrl-c' }]],
  ['control characters without a meaning', '\u0000\u0001\u0007', []],
])('keys: %s', (_name, input, keys) => expect(keysIn(input)).toEqual(keys));

test.each<[name: string, pieces: readonly string[], keys: readonly unknown[]]>([
  ['a paste', ['\u001b[200~q\nq\u001b[201~'], [{ kind: 'pasted', text: 'q\nq' }]],
  [
    'a paste in pieces, between keys',
    ['j\u001b[200~a', 'b\nq', 'c\u001b[201~k'],
    [
      { kind: 'text', text: 'j' },
      { kind: 'pasted', text: 'ab\nqc' },
      { kind: 'text', text: 'k' },
    ],
  ],
  ['a paste that does not end', ['\u001b[200~q', 'q', 'q\u0003'], [{ kind: 'named', name: 'ctrl-c' }]],
  [
    'more than is kept',
    [`\u001b[200~${'x'.repeat(50_000)}\u001b[201~`],
    [{ kind: 'pasted', text: 'x'.repeat(20_000) }],
  ],
])('what is pasted is one key: %s', (_name, pieces, found) => {
  const keys = new Keys();
  expect(pieces.flatMap((piece) => keys.in(piece))).toEqual(found);
});
