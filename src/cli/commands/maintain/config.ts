import { Command } from 'commander';
import { answer } from '../../answer.ts';
import { type FolderOptions, foundSpecs, specsFolder, typedFor, withSpecs } from '../../folder.ts';
import { print, printAside, printJson } from '../../output.ts';

interface Options extends FolderOptions {
  readonly json?: true;
}

export function configCommand(): Command {
  const command = withSpecs(new Command('config'))
    .summary('read and change the configuration')
    .description(
      'Reads the effective configuration, and changes its file. A key leads through objects and lists with dots, such as limits.maxAgents.',
    )
    .argument('[key]', 'what to read (the same as "config get")')
    .option('--json', 'print the result as JSON')
    .action(async (key: string | undefined, options: Options) => get(key, options));
  command.addCommand(
    withSpecs(new Command('get'))
      .summary('print the effective configuration, or a value in it')
      .description(
        'Prints the effective configuration as JSON, or one value. Where it comes from is told on standard error.',
      )
      .argument('[key]', 'such as limits.maxAgents')
      .option('--json', 'print value and origin as JSON')
      .action(async (key: string | undefined, _own: Options, self: Command) => get(key, self.optsWithGlobals())),
  );
  command.addCommand(
    withSpecs(new Command('set'))
      .summary('change a value in the configuration file')
      .description(
        'Changes a value in the configuration file, and makes the file where there is none. Comments and formatting stay. Nothing is written that a run would refuse.',
      )
      .argument('<key>', 'such as limits.maxAgents')
      .argument('<value>', 'JSON, or a text')
      .option('--json', 'print the result as JSON')
      .action(async (key: string, value: string, _own: Options, self: Command) =>
        set(key, value, self.optsWithGlobals()),
      ),
  );
  command.addCommand(
    withSpecs(new Command('unset'))
      .summary('take a value out of the configuration file')
      .description('Takes a value out of the configuration file, so that its default holds.')
      .argument('<key>', 'such as limits.maxAgents')
      .option('--json', 'print the result as JSON')
      .action(async (key: string, _own: Options, self: Command) => set(key, null, self.optsWithGlobals())),
  );
  return command;
}

async function get(key: string | undefined, options: Options): Promise<void> {
  const folder = options.specs === undefined ? (foundSpecs() ?? specsFolder(options)) : specsFolder(options);
  const { kind, ...told } = await answer('config-get', { folder, key: key ?? null });
  if (options.json) return printJson(kind, told);
  const { file, value, origin, withheld } = told;
  print(typeof value === 'string' ? value : JSON.stringify(value, null, 2));
  const consent = `no effect before you consent: ${typedFor(folder).command('trust')}`;
  if (origin === 'withheld') printAside(`from ${file}; ${consent}`);
  else if (origin === 'default') printAside('the default');
  else printAside(file === null ? 'the defaults; there is no configuration file' : `from ${file}`);
  if (origin === null && withheld.length > 0) printAside(`Left out, ${consent} (${withheld.join(', ')})`);
}

async function set(key: string, text: string | null, options: Options): Promise<void> {
  const folder = specsFolder(options);
  const { kind, ...told } = await answer('config-set', { folder, key, text });
  if (options.json) return printJson(kind, told);
  if (!told.isChanged) return print(`${told.file} stays as it is.`);
  print(`${told.file}: ${text === null ? `${key} is gone` : `${key} is set`}.`);
  const mine = told.withheld.filter((one) => one === key || one.startsWith(`${key}.`) || key.startsWith(`${one}.`));
  if (mine.length > 0) print(`It has no effect before you consent: ${typedFor(folder).command('trust')}`);
}
