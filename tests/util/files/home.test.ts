import os from 'node:os';
import { expect, test } from 'vitest';
import { folderIn, homeFolder } from '../../../src/util/files/home.ts';

test.each([
  ['/home/ada', '/home/ada'],
  ['/home/ada/', '/home/ada'],
  ['/', '/'],
  ['', os.userInfo().homedir],
  ['relative', os.userInfo().homedir],
  [undefined, os.userInfo().homedir],
])('HOME=%s names the home folder %s', (HOME, home) => {
  expect(homeFolder({ HOME })).toBe(home);
});

test.each([
  ['/x/cache', '/x/cache'],
  ['', null],
  ['cache', null],
  [undefined, null],
])('a variable counts where it names an absolute folder: %s', (value, folder) => {
  expect(folderIn('XDG_CACHE_HOME', { XDG_CACHE_HOME: value })).toBe(folder);
});
