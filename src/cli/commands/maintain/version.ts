import { Command } from 'commander';
import { answer } from '../../answer.ts';
import { type FolderOptions, foundSpecs, namedFolder, specsFolder, withFolder } from '../../folder.ts';
import { print, printJson } from '../../output.ts';
import { version } from '../../version.ts';

export function versionCommand(): Command {
  return withFolder(new Command('version'))
    .summary('print the versions of backlog and what it runs on')
    .description(
      'Prints the versions of backlog, Node, SQLite and git, the sandbox tier that a run would take here, and the agents that are installed. "--version" prints only that of backlog.',
    )
    .option('--json', 'print them as JSON')
    .action(async (named: string | undefined, options: FolderOptions & { readonly json?: true }) => {
      const isNamed = namedFolder(options, named) !== undefined;
      const folder = isNamed ? specsFolder(options, named) : (foundSpecs() ?? '.');
      const { node } = process.versions;
      const { sqlite, git, tier, tierWhy, agents } = await answer('versions', { folder });
      if (options.json) return printJson('version', { backlog: version, node, sqlite, git, tier, tierWhy, agents });
      const why = tierWhy === '' ? '' : ` (${tierWhy})`;
      print(`backlog  ${version}`);
      print(`node     ${node}`);
      print(`sqlite   ${sqlite}`);
      print(`git      ${git ?? 'not found on PATH'}`);
      print(`sandbox  ${tier ?? 'none works here'}${why}`);
      const found = agents.map((one) => (one.version === null ? one.program : `${one.program} ${one.version}`));
      print(`agents   ${found.join(', ') || 'none found on PATH'}`);
    });
}
