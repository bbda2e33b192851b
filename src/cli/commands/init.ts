import { Command } from 'commander';
import { type FolderOptions, namedFolder, shownPath } from '../folder.ts';
import { print, printJson } from '../output.ts';

/** `backlog init` */
export function initCommand(): Command {
  return new Command('init')
    .summary('make a specs folder')
    .description(
      'Makes a specs folder with a configuration, an example spec and an empty followups.md. Files that are there stay as they are.',
    )
    .argument('[dir]', 'the folder to make (default: specs)')
    .option('-s, --specs <folder>', 'the same')
    .option('--json', 'print the result as JSON')
    .action(async (named: string | undefined, options: FolderOptions & { readonly json?: true }) => {
      const dir = namedFolder(options, named) ?? 'specs';
      const { initFolder } = await import('../../engine/verbs/init.ts');
      const result = await initFolder(dir);
      if (options.json) return printJson('init', result);
      for (const file of result.made) print(`made ${shownPath(result.folder)}/${file}`);
      for (const file of result.kept) print(`kept ${shownPath(result.folder)}/${file}`);
      if (result.made.length === 0) return print(`${shownPath(result.folder)} is set up already: nothing was changed.`);
      print(
        `Next: describe work in ${shownPath(result.folder)}/, then "backlog check ${dir}" and "backlog run ${dir}".`,
      );
    });
}
