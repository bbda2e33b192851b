// Writes src/cli/json-schemas.json, the JSON Schemas of what commands print with --json, from the types of the code.
// node scripts/json-schemas.ts [--check]
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { buildGenerator, programFromConfig } from 'typescript-json-schema';
import { jsonFormSchema } from '../src/model/json-form.ts';

interface Generated {
  readonly properties: Readonly<Record<string, object>>;
  readonly definitions: Readonly<Record<string, object>>;
}

const root = path.join(import.meta.dirname, '..');
const file = path.join(root, 'src/cli/json-schemas.json');
const program = programFromConfig(path.join(root, 'tsconfig.json'), [path.join(root, 'src/cli/json-outputs.ts')]);
const generator = buildGenerator(program, { required: true, ignoreErrors: true });
if (generator === null) throw new Error('the types cannot be read');
const { properties, definitions } = named(generator.getSchemaForSymbol('JsonOutputs') as Generated);
const parts = jsonFormSchema({ kinds: Object.fromEntries(Object.entries(properties).toSorted(byName)), definitions });
// One schema a line: a change shows as the lines of the kinds that it concerns.
const lines = (from: object): string =>
  Object.entries(from)
    .map(([name, schema]) => `${JSON.stringify(name)}: ${JSON.stringify(schema)}`)
    .join(',\n');
const text = Object.entries(parts as Record<string, object>)
  .map(([name, from]) => `${JSON.stringify(name)}: {\n${lines(from)}\n}`)
  .join(',\n');
const wanted = `{\n${text}\n}\n`;
if (!process.argv.includes('--check')) writeFileSync(file, wanted);
else if (readFileSync(file, 'utf8') !== wanted) {
  process.stderr.write('src/cli/json-schemas.json is not what the types say. Run: node scripts/json-schemas.ts\n');
  process.exitCode = 1;
}

function byName([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : 1;
}

/**
 * Without names that tell where the sources are: the generator names a part by its type, which may be a whole expression with
 * absolute paths. A part whose type has no name of its own stands where it is used.
 */
function named(from: Generated): Generated {
  const names = new Map<string, string>();
  for (const name of Object.keys(from.definitions).toSorted()) {
    const short = /^(?:import\(.*\)\.)?(\w+)(?:<string>)?$/.exec(name)?.[1];
    if (short === undefined) continue;
    let unique = short;
    for (let count = 2; [...names.values()].includes(unique); count++) unique = `${short}${count}`;
    names.set(name, unique);
  }
  const used = new Map<string, unknown>();
  const resolve = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(resolve);
    if (typeof value !== 'object' || value === null) return value;
    const { $ref, ...more } = value as { readonly $ref?: unknown };
    if (typeof $ref !== 'string')
      return Object.fromEntries(Object.entries(value).map(([key, it]) => [key, resolve(it)]));
    const name = decodeURIComponent($ref.replace('#/definitions/', ''));
    const short = names.get(name);
    const definition = from.definitions[name];
    if (short === undefined) {
      const { description: _ofTheType, ...inner } = definition as { readonly description?: string };
      return resolve({ ...inner, ...more });
    }
    if (!used.has(short)) {
      used.set(short, null); // in progress: types may contain themselves
      used.set(short, resolve(definition));
    }
    return { $ref: `#/definitions/${short}` };
  };
  const properties = resolve(from.properties) as Generated['properties'];
  return { properties, definitions: Object.fromEntries([...used].toSorted(byName)) as Generated['definitions'] };
}
