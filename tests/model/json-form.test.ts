import { Ajv } from 'ajv';
import { expect, test } from 'vitest';
import { jsonForm, jsonFormSchema } from '../../src/model/json-form.ts';

const day = Date.UTC(2026, 11, 1);

test.each<readonly [what: string, data: unknown, form: unknown]>([
  ['a time', { at: day }, { at: '2026-12-01T00:00:00.000Z' }],
  [
    'times with names',
    { endedAt: 0, parkedUntil: day },
    { endedAt: '1970-01-01T00:00:00.000Z', parkedUntil: '2026-12-01T00:00:00.000Z' },
  ],
  ['a time that is unknown, or text already', { endedAt: null, at: '12:00' }, { endedAt: null, at: '12:00' }],
  ['a number that is no time', { at: 9e15, until: Number.NaN }, { at: null, until: null }],
  ['money', { costMicroUsd: 1_234_567, leftMicroUsd: null }, { costUsd: 1.234567, leftUsd: null }],
  ['the smallest money', { costMicroUsd: 1 }, { costUsd: 0.000001 }],
  [
    'durations, counts and words that only look like it',
    { atMs: 5, format: 3, chat: 1, usd: 2, MicroUsds: 4, what: 9 },
    { atMs: 5, format: 3, chat: 1, usd: 2, MicroUsds: 4, what: 9 },
  ],
  [
    'lists and what is inside',
    [{ a: [{ at: 0 }, null, 7, 'x'] }],
    [{ a: [{ at: '1970-01-01T00:00:00.000Z' }, null, 7, 'x'] }],
  ],
  [
    'a name that is no name',
    JSON.parse('{"__proto__": {"at": 0}}'),
    JSON.parse('{"__proto__": {"at": "1970-01-01T00:00:00.000Z"}}'),
  ],
  ['what has the form', { at: '2026-12-01T00:00:00.000Z', costUsd: 1 }, { at: '2026-12-01T00:00:00.000Z', costUsd: 1 }],
  ['no data', undefined, undefined],
])('the names of fields decide about their form: %s', (_what, data, form) => {
  expect(jsonForm(data)).toEqual(form);
  expect(jsonForm(jsonForm(data))).toEqual(form);
});

test('a schema says of the form what it said of the data', () => {
  const schema = {
    type: 'object',
    properties: {
      at: { type: 'number', description: 'When.' },
      until: { type: ['number', 'null'] },
      doneAt: { type: 'string' },
      of: {
        type: 'array',
        items: { type: 'object', properties: { costMicroUsd: { type: 'number' } }, required: ['costMicroUsd'] },
      },
      properties: { anyOf: [{ type: 'string' }, { type: 'object', properties: { endedAt: { type: 'integer' } } }] },
    },
    required: ['at', 'of'],
  };
  const form = jsonFormSchema(schema) as typeof schema;
  expect(form).toEqual({
    type: 'object',
    properties: {
      at: { type: 'string', format: 'date-time', description: 'When.' },
      until: { type: ['string', 'null'], format: 'date-time' },
      doneAt: { type: 'string' },
      of: {
        type: 'array',
        items: { type: 'object', properties: { costUsd: { type: 'number' } }, required: ['costUsd'] },
      },
      properties: {
        anyOf: [
          { type: 'string' },
          { type: 'object', properties: { endedAt: { type: 'string', format: 'date-time' } } },
        ],
      },
    },
    required: ['at', 'of'],
  });
  const data = { at: day, until: null, of: [{ costMicroUsd: 5 }], properties: { endedAt: day } };
  const fits = new Ajv({ formats: { 'date-time': true } }).compile(form);
  expect([fits(jsonForm(data)), fits(data)]).toEqual([true, false]);
});
