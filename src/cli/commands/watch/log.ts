import { Command } from 'commander';
import { restoredLines } from '../../evidence.ts';
import { answer } from '../../answer.ts';
import { type FolderOptions, specsFolder, withSpecs } from '../../folder.ts';
import { print, printJson } from '../../output.ts';

export function logCommand(): Command {
  return withSpecs(
    new Command('log')
      .summary('show the history of a unit')
      .description('Shows the recorded history of a unit over all runs, oldest first.')
      .argument('<unit>', 'id or key of the unit'),
  )
    .option('--json', 'print the events as JSON')
    .action(async (name: string, options: FolderOptions & { readonly json?: true }) => {
      const [{ reporters, Teller }, { stateWithNames }] = await Promise.all([
        import('../../../report/reporters.ts'),
        import('../../../report/run-state.ts'),
      ]);
      const it = await answer('log', { folder: specsFolder(options), unit: name });
      const { id, key, title, events, commit, restored } = it;
      if (options.json) return printJson('log', { key, events, restored });
      if (restored !== null) print(restoredLines(restored, commit).join('\n'));
      const before = stateWithNames([{ id, key, title }]);
      const teller = new Teller(reporters.ofEvents('progress'), before, { isVerbose: true });
      const lines = events.flatMap((event) => {
        const at = new Date(event.at).toISOString().replace('T', ' ').slice(0, 19);
        return teller.hear(event).map(({ text }) => `${at}  ${text}`);
      });
      if (lines.length > 0) print(lines.join('\n'));
      else if (restored === null) print(`Nothing has happened to ${key} yet.`);
    });
}
