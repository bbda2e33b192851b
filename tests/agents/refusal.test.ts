import { expect, test } from 'vitest';
import { refusalOf } from '../../src/agents/refusal.ts';

const provider = 'https://api.anthropic.com';
const asked = { provider, model: 'claude-x', credential: 'key', variable: 'MY_KEY', isKnown: false } as const;

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
