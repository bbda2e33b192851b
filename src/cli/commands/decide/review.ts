import { Command } from 'commander';
import { evidenceLine } from '../../evidence.ts';
import { answer } from '../../answer.ts';
import { type FolderOptions, specsFolder, typedFor, withSpecs } from '../../folder.ts';
import { print, printJson } from '../../output.ts';
import { printable, printableLine } from '../../../util/text/printable.ts';
import { plural } from '../../../util/text/plural.ts';

export function reviewCommand(): Command {
  return withSpecs(new Command('review'))
    .summary('show what waits for your approval')
    .description(
      'Shows the units that wait for your approval, with evidence and diff. Units that block the most others come first, then the smallest. Answer with "backlog approve" or "backlog reject".',
    )
    .argument('[unit]', 'id or key of one unit (default: all that wait)')
    .option('--no-diff', 'leave out the diffs')
    .option('--json', 'print it as JSON')
    .action(
      async (name: string | undefined, options: FolderOptions & { readonly diff: boolean; readonly json?: true }) => {
        const folder = specsFolder(options);
        const { units: awaiting } = await answer('review', { folder, unit: name ?? null });
        const typed = typedFor(folder);
        if (options.json) return printJson('review', { units: awaiting });
        if (awaiting.length === 0)
          return print(
            name === undefined ? 'Nothing waits for your approval.' : `${name} does not wait for your approval.`,
          );
        for (const [index, unit] of awaiting.entries()) {
          if (index > 0) print('');
          print(`${printableLine(unit.title, 200)} (${unit.key}), +${unit.linesAdded} −${unit.linesRemoved}`);
          if (unit.why !== null) print(printableLine(unit.why, 500));
          if (unit.dependents.length > 0)
            print(`${plural(unit.dependents.length, 'unit')} waiting for it: ${unit.dependents.join(', ')}`);
          for (const verdict of unit.verdicts) {
            const mark = verdict.verdict === 'met' ? '✓' : verdict.verdict === 'unmet' ? '✗' : '…';
            print(`  ${mark} ${printableLine(verdict.text, 300)}${verdict.role === null ? '' : ` (${verdict.role})`}`);
            for (const evidence of verdict.evidence) print(`      ${evidenceLine(evidence)}`);
          }
          for (const { file, line, lines } of unit.unproven)
            print(`  ? ${file}:${lines > 1 ? `${line}-${line + lines - 1}` : line}: not covered by any check`);
          if (unit.patch !== '' && !unit.isReviewed)
            print('  ? not reviewed for hard-coded or special-cased behaviour');
          const { sinceApproved } = unit;
          if (options.diff && sinceApproved !== null) {
            print(`\nChanges since ${printableLine(sinceApproved.by, 200)} approved it:\n`);
            print(`${printable(sinceApproved.patch).trimEnd()}\n\nThe whole change:`);
          }
          if (options.diff && unit.patch !== '') print(`\n${printable(unit.patch).trimEnd()}\n`);
          if (unit.isClaim) {
            print(typed.command('adopt', unit.id));
            continue;
          }
          print(typed.command('approve', unit.id, ...(unit.digest === null ? [] : ['--digest', unit.digest])));
          print(`${typed.command('reject', unit.id)} -m "…"`);
        }
      },
    );
}
