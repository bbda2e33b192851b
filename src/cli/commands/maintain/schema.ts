import { Argument, Command } from 'commander';
import { printDocument } from '../../output.ts';

export function schemaCommand(): Command {
  return new Command('schema')
    .summary('print a JSON Schema')
    .description('Prints the JSON Schema of the configuration file or of report.json.')
    .addArgument(new Argument('<what>', 'which one').choices(['config', 'report']))
    .action(async (what: string) => {
      const [{ z }, { configSchema }, { reportSchema }] = await Promise.all([
        import('zod'),
        import('../../../model/config.ts'),
        import('../../../model/report.ts'),
      ]);
      printDocument(z.toJSONSchema(what === 'config' ? configSchema : reportSchema, { io: 'input' }));
    });
}
