import { Argument, Command } from 'commander';
import { printDocument } from '../../output.ts';

export function schemaCommand(): Command {
  return new Command('schema')
    .summary('print a JSON Schema')
    .description(
      'Prints the JSON Schema of the configuration file, of report.json, or of an event (a line of "watch --json").',
    )
    .addArgument(new Argument('<what>', 'which one').choices(['config', 'report', 'event']))
    .action(async (what: string) => {
      const [{ z }, { configSchema }, { reportSchema }, { recordedEventSchema }] = await Promise.all([
        import('zod'),
        import('../../../model/config.ts'),
        import('../../../model/report.ts'),
        import('../../../model/event-schema.ts'),
      ]);
      const schemas = { config: configSchema, report: reportSchema, event: recordedEventSchema };
      printDocument(z.toJSONSchema(schemas[what as keyof typeof schemas], { io: 'input' }));
    });
}
