import { expect, test } from 'vitest';
import { z } from 'zod';
import { configSchema } from '../../src/model/config.ts';
import { askedKeys, fitsKey, safeKeys } from '../../src/model/consent.ts';

interface JsonSchema {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly additionalProperties?: JsonSchema | boolean;
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
}

/** Every key that has no keys of its own, by its path; `*` for a name or an index that the author chooses. */
function leaves(schema: JsonSchema, at: string): string[] {
  const below = (name: string): string => (at === '' ? name : `${at}.${name}`);
  const any = schema.anyOf ?? schema.oneOf;
  if (any) return any.flatMap((one) => leaves(one, at));
  if (schema.properties) return Object.entries(schema.properties).flatMap(([name, one]) => leaves(one, below(name)));
  if (typeof schema.additionalProperties === 'object') return leaves(schema.additionalProperties, below('*'));
  if (schema.items) {
    const inner = leaves(schema.items, below('*'));
    return inner.length === 1 && inner[0] === below('*') ? [at] : inner;
  }
  return [at];
}

const all = [...new Set(leaves(z.toJSONSchema(configSchema, { io: 'input' }) as JsonSchema, ''))];

/** The patterns of a list that say something of a key: of it, or of all that is around it. */
function saying(patterns: readonly string[], key: string): string[] {
  const parts = key.split('.');
  return patterns.filter((pattern) => parts.some((_, index) => fitsKey(pattern, parts.slice(0, index + 1))));
}

test('every key of the configuration is in exactly one list: it needs consent, or it is safe in a box', () => {
  expect(all.length).toBeGreaterThan(80);
  const wrong = all.filter((key) => saying(Object.keys(askedKeys), key).length + saying(safeKeys, key).length !== 1);
  expect(wrong.filter((key) => key !== 'setup.network' && key !== 'setup.command')).toEqual([]);
});

test('the lists name no key that there is not', () => {
  const known = [...Object.keys(askedKeys), ...safeKeys];
  expect(known.filter((pattern) => !all.some((key) => saying([pattern], key).length > 0))).toEqual([]);
});
