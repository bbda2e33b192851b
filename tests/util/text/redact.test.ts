import { expect, test } from 'vitest';
import { createRedactor } from '../../../src/util/text/redact.ts';

test('known secrets are taken out wherever they stand; short ones are left alone', () => {
  const redactor = createRedactor(['sk-12345678', undefined, '', 'abc']);
  expect(redactor.text('a sk-12345678, sk-12345678b abc')).toBe('a [secret], [secret]b abc');
  expect([redactor.isIn(Buffer.from('x sk-12345678')), redactor.isIn(Buffer.from('abc'))]).toEqual([true, false]);
});
