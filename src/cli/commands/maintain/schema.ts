import { Argument, Command } from 'commander';
import { printDocument } from '../../output.ts';

export function schemaCommand(): Command {
  return new Command('schema')
    .summary('print a JSON Schema')
    .description(
      'Prints the JSON Schema of the configuration file, of report.json, of an event (a line of "watch --json"), of what the command of a hook gets, or of the message that a webhook of the format "json" gets.',
    )
    .addArgument(new Argument('<what>', 'which one').choices(['config', 'report', 'event', 'hook', 'message']))
    .action(async (what: string) => {
      const [{ z }, { configSchema }, { reportSchema }, { recordedEventSchema }, { hookEventSchema, messageSchema }] =
        await Promise.all([
          import('zod'),
          import('../../../model/config.ts'),
          import('../../../model/report.ts'),
          import('../../../model/event-schema.ts'),
          import('../../../model/hook-event.ts'),
        ]);
      const schemas = {
        ...{ config: configSchema, report: reportSchema, event: recordedEventSchema },
        ...{ hook: hookEventSchema, message: messageSchema },
      };
      printDocument(z.toJSONSchema(schemas[what as keyof typeof schemas], { io: 'input' }));
    });
}
