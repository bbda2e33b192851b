import { expect, test } from 'vitest';
import { Interrupted } from '../../../src/engine/context/interrupted.ts';
import { isBug, machineError } from '../../../src/engine/context/machine.ts';
import { inputError } from '../../../src/model/diagnostic.ts';
import { RefsBlocked } from '../../../src/repo/refs/refs.ts';
import { PathRefused } from '../../../src/util/files/confined-file.ts';

const full = Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });
const denied = Object.assign(new Error('EACCES'), { code: 'EACCES', path: '/x' });

test.each<[what: string, error: unknown, is: boolean]>([
  ['a type error', new TypeError('x is not a function'), true],
  ['an internal error', new Error('Internal error: a conflict was not decided'), true],
  ['what is no error', 'text', true],
  ['an abort', new DOMException('This operation was aborted', 'AbortError'), false],
  ['an interruption', new Interrupted({ kind: 'stopped' }), false],
  ['a machine that failed', new Interrupted({ kind: 'broken', why: 'no sandbox' }), false],
  ['a wrong input', inputError('x', 'it is wrong', 'Mend it.'), false],
  ['an error about the machine', machineError('the disk is full'), false],
  ['a locked ref', new RefsBlocked('a lock', 'Remove it.'), false],
  ['a full disk', full, false],
  ['a path without permission', denied, false],
  ['a refused path', new PathRefused('/', 'x', 'link', 'is a link'), false],
])('%s is a bug of ours or not', (_what, error, is) => {
  expect(isBug(error)).toBe(is);
});
