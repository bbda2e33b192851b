import { RequestError } from '@agentclientprotocol/sdk';
import Anthropic from '@anthropic-ai/sdk';
import os from 'node:os';
import { expect, test } from 'vitest';
import { theirError } from '../../../src/agents/provider/their-error.ts';
import { inputError } from '../../../src/model/diagnostic.ts';
import { GitError } from '../../../src/repo/git/git.ts';

function caused(error: Error, cause: unknown): Error {
  return Object.assign(error, { cause });
}

function coded<E extends Error>(error: E, code: string): E {
  return Object.assign(error, { code });
}

test.each<[string, unknown, string]>([
  ['a program that ended', new Error('it ended'), 'it ended'],
  ['a reset connection', coded(new Error('read ECONNRESET'), 'ECONNRESET'), 'read ECONNRESET'],
  ['a request that Node does not make', coded(new TypeError('Invalid header'), 'ERR_INVALID_CHAR'), 'Invalid header'],
  ['a body that broke off', caused(new TypeError('terminated'), coded(new Error('x'), 'UND_ERR_SOCKET')), 'terminated'],
  ['JSON that is none', new SyntaxError('Unexpected token'), 'Unexpected token'],
  ['a stream that a library trips over', caused(new Anthropic.AnthropicError('at'), new TypeError('at')), 'at'],
  [
    'an error of a protocol that is called like ours',
    new RequestError(-32603, 'Internal error: x'),
    'Internal error: x',
  ],
  [
    'a name that speaks of the disk',
    new Error('cannot read a/No space left on device'),
    'cannot read a/No space left on device',
  ],
  [
    'what git says of such a name, on a disk that takes what is written',
    new GitError(['add'], 'error: a/x: Input/output error', os.tmpdir()),
    'git add failed: error: a/x: Input/output error',
  ],
  ['what is too long', new RangeError('Invalid string length'), 'Invalid string length'],
  ['a word that is thrown', 'no', 'no'],
])('%s is told as what it says', (_name, error, said) => expect(theirError(error)).toBe(said));

test.each<[string, Error, string]>([
  ['the disk', coded(new Error('no space'), 'ENOSPC'), 'no space'],
  ['the disk, behind what a library says', caused(new Error('x'), coded(new Error('no space'), 'ENOSPC')), 'no space'],
  ['the queue file', inputError('database-unusable', 'it cannot be used'), 'it cannot be used'],
  ['a slip of ours', new TypeError('x is not a function'), 'x is not a function'],
  ['a call in a wrong way', coded(new RangeError('"delay" is out of range'), 'ERR_OUT_OF_RANGE'), '"delay" is out'],
  ['a statement that the database does not take', coded(new Error('no such column'), 'SQLITE_ERROR'), 'no such column'],
  ['a check of ours', new Error('Internal error: no unit'), 'Internal error: no unit'],
])('%s is no word about a unit: it is thrown on', (_name, error, said) =>
  expect(() => theirError(error)).toThrow(said),
);
