import { z } from 'zod';
import { own } from '../../util/values/own.ts';
import { didYouMean } from '../../util/text/suggest.ts';

/*
 * Describes invalid values in sentences: the key, the expected and actual value, and a likely correction. Messages of our
 * schemas are used unchanged, messages of zod never.
 */

/** An error in a value. */
export interface Problem {
  readonly code: 'unknown-key' | 'bad-value';
  readonly message: string;
  readonly hint?: string;
  readonly path: readonly (string | number)[];
  /** True if the key is wrong, not its value. */
  readonly isKey: boolean;
}

type Issue = z.core.$ZodIssue;
/** The part of JSON Schema that is used here. */
interface Shape {
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Shape[];
  readonly oneOf?: readonly Shape[];
  readonly properties?: Readonly<Record<string, Shape>>;
  readonly additionalProperties?: Shape | boolean;
  readonly propertyNames?: Shape;
  readonly items?: Shape;
  readonly format?: string;
  readonly minLength?: number;
  readonly minItems?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
}

/** Validates a value; `whole` is its name in messages. */
export function check<T extends z.ZodType>(
  schema: T,
  data: unknown,
  whole: string,
): { readonly value: z.output<T> } | { readonly problems: readonly Problem[] } {
  const result = schema.safeParse(data, { error: () => '' }); // empty unless our schema has a message of its own
  if (result.success) return { value: result.data };
  const shape = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Shape;
  return { problems: result.error.issues.flatMap((issue) => told(issue, { shape, data, whole, at: [] })) };
}

interface Around {
  readonly shape: Shape;
  readonly data: unknown;
  readonly whole: string;
  readonly at: readonly (string | number)[];
}

function told(issue: Issue, around: Around): Problem[] {
  const path = [...around.at, ...(issue.path as (string | number)[])];
  const name = path.length === 0 ? around.whole : `"${path.join('.')}"`;
  const bad = (message: string, hint?: string): Problem[] => [
    { code: 'bad-value', message, ...(hint === undefined ? {} : { hint }), path, isKey: false },
  ];
  if (issue.message !== '') return bad(`${name}: ${issue.message}`);
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownKey([...path, key], around));
  if (issue.code === 'invalid_key') {
    const said = issue.issues.find(({ message }) => message !== '')?.message;
    const why = said ?? `it must be ${describe(namesAt(around, path))}`;
    const [key, holder] = [JSON.stringify(String(path.at(-1))), path.slice(0, -1).join('.')];
    return bad(`the name ${key} in "${holder}" cannot be used: ${why}`).map((one) => ({ ...one, isKey: true }));
  }
  if (issue.code === 'invalid_union') {
    const inner = 'options' in issue ? null : meant(issue.errors);
    if (inner) return inner.flatMap((one) => told(one, { ...around, at: path }));
  }
  const is = valueAt(around.data, path);
  const options = 'options' in issue && Array.isArray(issue.options) ? (issue.options as unknown[]) : null;
  const wanted: Shape = options ? { enum: options } : merged(shapesAt(around.shape, path, around.data));
  const must = `must be ${describe(wanted)}`;
  if (is === undefined) return bad(`${name} is missing; it ${must}`);
  return bad(`${name} ${must}, got ${shown(is)}`, hintFor(wanted, is));
}

/** The alternative of a union that the author probably meant: the only one that fails below the value itself. */
function meant(errors: readonly (readonly Issue[])[]): readonly Issue[] | null {
  const deeper = errors.filter((issues) =>
    issues.every(
      ({ code, path, message }) =>
        path.length > 0 || code === 'unrecognized_keys' || code === 'too_small' || message !== '',
    ),
  );
  return deeper.length === 1 ? (deeper[0] ?? null) : null;
}

function unknownKey(path: readonly (string | number)[], { shape, data }: Around): Problem {
  const key = String(path.at(-1));
  const here = [...new Set(shapesAt(shape, path.slice(0, -1), data).flatMap((one) => namesOf(one)))];
  const [likely] = pathsTo(shape, key);
  const all = here.length > 0 && here.length <= 20 ? `There are: ${here.join(', ')}.` : undefined;
  const hint = likely === undefined ? didYouMean(key, here, all) : `Did you mean "${likely}"?`;
  return {
    code: 'unknown-key',
    message: `unknown key "${path.join('.')}"`,
    ...(hint === undefined ? {} : { hint }),
    path,
    isKey: true,
  };
}

/** Keys of objects of this shape. */
function namesOf({ properties, propertyNames }: Shape): string[] {
  return [...Object.keys(properties ?? {}), ...(propertyNames?.enum ?? []).map(String)];
}

function ways(shape: Shape): readonly Shape[] {
  const inner = [...(shape.anyOf ?? []), ...(shape.oneOf ?? [])];
  return inner.length === 0 ? [shape] : inner.flatMap(ways);
}

/** The possible shapes of a value at a path. Constants around it decide, such as the `type` of an agent. */
function shapesAt(shape: Shape, path: readonly (string | number)[], data: unknown): readonly Shape[] {
  let shapes = fitting(ways(shape), data);
  for (const [depth, key] of path.entries()) {
    const is = valueAt(data, path.slice(0, depth + 1));
    const inner = shapes.flatMap(({ properties, additionalProperties, items }) => {
      const rest = typeof additionalProperties === 'object' ? additionalProperties : undefined;
      const one = typeof key === 'number' ? items : (own(properties ?? {}, key) ?? rest);
      return one ? ways(one) : [];
    });
    shapes = fitting(inner, is);
  }
  return shapes;
}

/** Removes the shapes whose constants differ from the value; returns all if none is left. */
function fitting(shapes: readonly Shape[], is: unknown): readonly Shape[] {
  const left = shapes.filter(({ properties = {} }) =>
    Object.entries(properties).every(([name, { const: constant }]) => {
      const said = valueAt(is, [name]);
      return constant === undefined || said === undefined || said === constant;
    }),
  );
  return left.length === 0 ? shapes : left;
}

function namesAt({ shape, data }: Around, path: readonly (string | number)[]): Shape {
  return shapesAt(shape, path.slice(0, -1), data).find(({ propertyNames }) => propertyNames)?.propertyNames ?? {};
}

function merged(shapes: readonly Shape[]): Shape {
  return shapes.length === 1 ? (shapes[0] ?? {}) : { anyOf: shapes };
}

/** The paths of a known key, such as `limits.maxAgents`; names that people choose are `<name>`. */
function pathsTo(shape: Shape, key: string, at: readonly string[] = []): string[] {
  return ways(shape).flatMap(({ properties, additionalProperties, items }) => [
    ...Object.keys(properties ?? {}).flatMap((name) => (name === key ? [[...at, name].join('.')] : [])),
    ...Object.entries(properties ?? {}).flatMap(([name, inner]) => pathsTo(inner, key, [...at, name])),
    ...(typeof additionalProperties === 'object' ? pathsTo(additionalProperties, key, [...at, '<name>']) : []),
    ...(items ? pathsTo(items, key, at) : []),
  ]);
}

function valueAt(data: unknown, path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>(
    (value, key) =>
      typeof value === 'object' && value !== null ? own(value as Record<string, unknown>, String(key)) : undefined,
    data,
  );
}

/** `a whole number from 1 to 1000`, `"none", "host" or a list`. */
function describe(shape: Shape): string {
  const all = ways(shape);
  const words = all
    .flatMap((one) => (one.const !== undefined ? [one.const] : (one.enum ?? [])))
    .map((one) => JSON.stringify(one));
  const kinds = all.filter((one) => one.const === undefined && one.enum === undefined).map(kind);
  return listed([...new Set([...words, ...kinds])]);
}

function listed(all: readonly string[]): string {
  if (all.length === 0) return 'something else';
  return all.length === 1 ? (all[0] ?? '') : `${all.slice(0, -1).join(', ')} or ${all.at(-1)}`;
}

function kind(shape: Shape): string {
  switch (shape.type) {
    case 'integer':
      return `a whole number${range(shape)}`;
    case 'number':
      return `a number${range(shape)}`;
    case 'boolean':
      return 'true or false';
    case 'null':
      return 'null';
    case 'array': {
      const of = shape.items?.type === 'string' ? ' of strings' : shape.items?.type === 'object' ? ' of objects' : '';
      return `a list${of}${(shape.minItems ?? 0) > 0 ? ' with at least one entry' : ''}`;
    }
    case 'object':
      return 'an object';
    case 'string':
      if (shape.format === 'uri') return 'an address, such as "https://example.org"';
      return (shape.minLength ?? 0) > 0 ? 'a string that is not empty' : 'a string';
    default:
      return 'something else';
  }
}

function range({ minimum, maximum, exclusiveMinimum }: Shape): string {
  const [low, high] = [minimum, maximum].map((bound) =>
    bound === undefined || Math.abs(bound) >= Number.MAX_SAFE_INTEGER ? undefined : bound,
  );
  if (exclusiveMinimum !== undefined && exclusiveMinimum > -Number.MAX_SAFE_INTEGER)
    return ` above ${exclusiveMinimum}`;
  if (low !== undefined && high !== undefined) return ` from ${low} to ${high}`;
  if (low !== undefined) return ` from ${low} up`;
  return high === undefined ? '' : ` up to ${high}`;
}

/** A value as JSON, shortened. */
function shown(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'an object';
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 60 ? `${text.slice(0, 57)}…"` : text;
}

function hintFor(wanted: Shape, is: unknown): string | undefined {
  if (typeof is !== 'string') return undefined;
  const types = ways(wanted).map(({ type }) => type);
  const isNumber = types.some((type) => type === 'number' || type === 'integer');
  if (
    (isNumber && is.trim() !== '' && Number.isFinite(Number(is))) ||
    (types.includes('boolean') && /^(?:true|false)$/.test(is))
  )
    return `Write it without quotes: ${is.trim()}.`;
  const words = ways(wanted).flatMap((one) =>
    typeof one.const === 'string' ? [one.const] : (one.enum ?? []).map(String),
  );
  return didYouMean(is, words);
}
