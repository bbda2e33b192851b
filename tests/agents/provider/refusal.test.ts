import { expect, test } from 'vitest';
import { refusalOf } from '../../../src/agents/provider/refusal.ts';

const provider = 'https://api.anthropic.com';
const asked = {
  provider,
  model: 'claude-x',
  credential: 'key',
  variable: 'MY_KEY',
  isKnown: false,
  hasReplied: true,
} as const;

test.each<[string, number, string | null, string, string | null]>([
  ['a wrong key', 401, 'authentication_error', 'invalid x-api-key', 'key'],
  ['a key without the right', 403, 'permission_error', 'not allowed', 'key'],
  ['a gate before the provider', 403, null, '<html>', 'key'],
  ['no money', 402, 'billing_error', 'pay', 'key'],
  ['no money, as it is told today', 400, 'invalid_request_error', 'Your credit balance is too low to access', 'key'],
  ['no such model', 404, 'not_found_error', 'model: claude-x', 'model'],
  ['another bad request', 400, 'invalid_request_error', 'prompt is too long', null],
  ['too much', 413, 'request_too_large', 'too large', null],
  ['too often', 429, 'rate_limit_error', 'slow down', null],
  ['a fault', 500, 'api_error', 'oops', null],
  ['overload', 529, 'overloaded_error', 'busy', null],
])('what the next call would meet as well: %s', (_name, status, type, message, kind) => {
  expect(refusalOf({ status, type, message }, asked)?.kind ?? null).toBe(kind);
});

test.each<[string, number, string | null, string, boolean]>([
  ['a gateway that takes nothing', 400, 'invalid_request_error', 'unknown field "thinking"', true],
  ['an error of another API', 400, null, '{"error":{"message":"no such route"}}', true],
  ['a page to log in', 200, null, '<!doctype html><title>Sign in</title>', true],
  ['nothing at all', 204, null, '', true],
  ['another address', 302, null, '', true],
  ['a method that is not there', 405, null, 'Method Not Allowed', true],
  ['a proxy that wants a password', 407, null, '<html>', true],
  ['an address that was given up', 410, null, 'Gone', true],
  ['an error within a stream', 0, 'invalid_request_error', 'no', true],
  ['too long a prompt', 400, 'invalid_request_error', 'prompt is too long: 2 > 1', false],
  ['too large a request', 413, null, '<html>', false],
  ['too slow a request', 408, null, '', false],
  ['too often', 429, 'rate_limit_error', 'slow down', false],
  ['a gateway without a provider', 502, null, '<html>', false],
  ['a fault within a stream', 0, 'overloaded_error', 'busy', false],
])('what is for good where no model has replied yet: %s', (_name, status, type, message, isForGood) => {
  const kind = refusalOf({ status, type, message }, { ...asked, hasReplied: false })?.kind ?? null;
  expect(kind).toBe(isForGood ? 'request' : null);
  expect(refusalOf({ status, type, message }, asked)).toBe(null);
});

test('words of whoever answered stand on one line', () => {
  const page = { status: 200, type: null, message: '<!doctype html>\n<title>\u001b[31mSign in</title>\n' };
  expect(refusalOf(page, { ...asked, hasReplied: false })).toEqual({
    reason: 'agent-unusable',
    kind: 'request',
    detail: `${provider} has answered no call of this run with a reply of "claude-x" (200: <!doctype html> <title>Sign in</title>)`,
    remedy:
      'Check the address ("baseUrl", ANTHROPIC_BASE_URL), gateways and login pages on the way, and the settings of the agent, then run again.',
  });
});

test('it names the provider, the variable, what was said, and what to do', () => {
  const wrong = { status: 401, type: 'authentication_error', message: 'invalid x-api-key' };
  expect(refusalOf(wrong, asked)).toEqual({
    reason: 'agent-unusable',
    kind: 'key',
    detail: `${provider} refused the key in MY_KEY (401 authentication_error: invalid x-api-key)`,
    remedy: 'Set a valid key in MY_KEY, then run again.',
  });
  expect(refusalOf(wrong, { ...asked, credential: 'token' })?.remedy).toBe(
    'Run "claude setup-token" and set MY_KEY, then run again.',
  );
});

test('a provider that took the key before refuses one model only', () => {
  const refusing = { status: 403, type: 'permission_error', message: 'not for you' };
  expect(refusalOf(refusing, { ...asked, isKnown: true })?.kind).toBe('model');
  expect(refusalOf({ ...refusing, status: 401 }, { ...asked, isKnown: true })?.kind).toBe('key');
});
