/**
 * The form that data of ours has in JSON output. The names of fields decide: a time (`at`, `until`, `…At`, `…Until`), kept in
 * milliseconds since the epoch, becomes ISO 8601 in UTC; money (`…MicroUsd`), kept in whole micro-dollars, becomes `…Usd` in
 * dollars. Other fields, and fields that have this form already, stay as they are.
 */
export function jsonForm(data: unknown): unknown {
  if (Array.isArray(data)) return data.map(jsonForm);
  if (typeof data !== 'object' || data === null) return data;
  return Object.fromEntries(
    Object.entries(data).map(([name, value]) => {
      if (typeof value !== 'number') return [formName(name), jsonForm(value)];
      if (isTime(name)) return [name, isoTime(value)];
      return isMoney(name) ? [formName(name), value / microsOfUsd] : [name, value];
    }),
  );
}

const microsOfUsd = 1_000_000;

function isTime(name: string): boolean {
  return /^(?:at|until)$|(?:At|Until)$/.test(name);
}

function isMoney(name: string): boolean {
  return name.endsWith('MicroUsd');
}

function formName(name: string): string {
  return isMoney(name) ? name.replace(/MicroUsd$/, 'Usd') : name;
}

/** Null for a number that is no time. */
function isoTime(ms: number): string | null {
  const time = new Date(ms);
  return Number.isNaN(time.valueOf()) ? null : time.toISOString();
}

interface Schema {
  readonly type?: string | readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly [keyword: string]: unknown;
}

/** The JSON Schema of `jsonForm(data)`, from the one of the data. */
export function jsonFormSchema(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(jsonFormSchema);
  if (typeof schema !== 'object' || schema === null) return schema;
  const { properties, required, ...more } = schema as Schema;
  const inner = Object.fromEntries(Object.entries(more).map(([name, value]) => [name, jsonFormSchema(value)]));
  if (!isProperties(properties)) return properties === undefined ? inner : { ...inner, properties };
  return {
    ...inner,
    properties: Object.fromEntries(
      Object.entries(properties).map(([name, value]) => [
        formName(name),
        isTime(name) ? timeSchema(value) : jsonFormSchema(value),
      ]),
    ),
    ...(required === undefined ? {} : { required: required.map(formName) }),
  };
}

function isProperties(value: unknown): value is Readonly<Record<string, Schema>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function timeSchema(schema: Schema): unknown {
  const { type, ...more } = schema;
  const types = [type ?? []].flat();
  if (!types.includes('number') && !types.includes('integer')) return jsonFormSchema(schema);
  return { ...more, type: types.includes('null') ? ['string', 'null'] : 'string', format: 'date-time' };
}
