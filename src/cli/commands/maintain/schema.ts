import { Argument, Command } from 'commander';
import { printedBy } from '../../json-outputs.ts';
import { print, printDocument } from '../../output.ts';

/** What has a schema beside the output of commands. */
const files = {
  config: 'backlog.config.json',
  report: 'report.json, and "report --format json"',
  event: 'a line of "watch --json" and "log --follow --json"',
  hook: 'what the command of a hook gets on standard input',
  message: 'what a webhook of the format "json" gets',
} as const;

const about: Readonly<Record<string, string>> = { ...files, ...printedBy };

type Schema = Readonly<Record<string, unknown>>;

export function schemaCommand(): Command {
  return new Command('schema')
    .summary('print a JSON Schema')
    .description(
      'Prints the JSON Schema of a file, or of what a command prints with --json: name the "kind" that the output has. Without a name, it lists all that have one.',
    )
    .addArgument(new Argument('[what]', 'which one').choices(Object.keys(about)))
    .action(async (what: string | undefined) => {
      if (what === undefined) {
        const width = Math.max(...Object.keys(about).map((name) => name.length));
        for (const [name, of] of Object.entries(about)) print(`${name.padEnd(width)}  ${of}`);
        return;
      }
      printDocument(await schemaOf(what));
    });
}

async function schemaOf(what: string): Promise<object> {
  if (what === 'event' || !Object.hasOwn(files, what)) {
    const { default: outputs } = await import('../../json-schemas.json', { with: { type: 'json' } });
    const definitions: Readonly<Record<string, Schema>> = outputs.definitions;
    const kinds: Readonly<Record<string, Schema>> = outputs.kinds;
    return whole(
      what === 'event' ? { $ref: '#/definitions/RecordedEvent' } : enveloped(what, kinds[what] ?? {}),
      definitions,
    );
  }
  const [{ z }, { configSchema }, { reportSchema }, { hookEventSchema, messageSchema }] = await Promise.all([
    import('zod'),
    import('../../../model/config.ts'),
    import('../../../model/report.ts'),
    import('../../../model/hook-event.ts'),
  ]);
  const schemas = { config: configSchema, report: reportSchema, hook: hookEventSchema, message: messageSchema };
  return z.toJSONSchema(schemas[what as keyof typeof schemas], { io: 'input' });
}

/** The output of a kind: two fields that all outputs have, and its own. */
function enveloped(kind: string, own: Schema): Schema {
  const properties = { schemaVersion: { const: 1 }, kind: { const: kind } };
  return { allOf: [{ type: 'object', properties, required: Object.keys(properties) }, own] };
}

/** A schema with the definitions that it needs. */
function whole(schema: Schema, all: Readonly<Record<string, Schema>>): object {
  const needed = new Map<string, Schema>();
  const look = (value: unknown): void => {
    for (const [, name = ''] of JSON.stringify(value).matchAll(/"\$ref":"#\/definitions\/(\w+)"/g)) {
      const definition = all[name];
      if (definition === undefined || needed.has(name)) continue;
      needed.set(name, definition);
      look(definition);
    }
  };
  look(schema);
  const definitions = Object.fromEntries([...needed].toSorted(([a], [b]) => (a < b ? -1 : 1)));
  return { $schema: 'http://json-schema.org/draft-07/schema#', ...schema, definitions };
}
