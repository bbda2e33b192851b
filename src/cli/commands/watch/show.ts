import { Command } from 'commander';
import { describeFailure } from '../../../model/describe-failure.ts';
import { printableLine } from '../../../util/text/printable.ts';
import { evidenceLine, restoredLines } from '../../evidence.ts';
import { answer } from '../../answer.ts';
import { type FolderOptions, specsFolder, withSpecs } from '../../folder.ts';
import { print, printJson } from '../../output.ts';

export function showCommand(): Command {
  return withSpecs(
    new Command('show')
      .summary('show one unit')
      .description(
        'Shows a unit: its text, its state and the reason, each criterion with its evidence, and its attempts.',
      )
      .argument('<unit>', 'id or key of the unit'),
  )
    .option('--json', 'print the unit as JSON')
    .action(async (name: string, options: FolderOptions & { readonly json?: true }) => {
      const detail = await answer('show', { folder: specsFolder(options), unit: name });
      if (options.json) return printJson('unit', detail);
      const { row } = detail;
      const { spec } = row;
      print(`${spec.title} (${spec.key})`);
      print(`${row.state}${row.why === null ? '' : `: ${row.why}`}`);
      print(
        `${printableLine(spec.file)}:${spec.line}${spec.phase === null ? '' : ` · phase ${spec.phase}`}${row.landedCommit === null ? '' : ` · commit ${row.landedCommit.slice(0, 10)}`}`,
      );
      if (spec.depends.length > 0) print(`after ${spec.depends.join(', ')}`);
      if (detail.dependents.length > 0) print(`before ${detail.dependents.join(', ')}`);
      if (spec.touches.length > 0) print(`touches ${spec.touches.join(', ')}`);
      print('');
      for (const criterion of spec.criteria) {
        const verdict = detail.verdicts.find(
          (v) =>
            v.kind !== 'project-check' &&
            v.kind !== 'review' &&
            v.position === criterion.position &&
            v.text === criterion.text,
        );
        print(
          `[${verdict?.verdict === 'met' ? 'x' : ' '}] ${criterion.kind}: ${criterion.text}${verdict ? ` (${verdict.verdict}${verdict.role === null ? '' : `, ${verdict.role}`})` : ''}`,
        );
        for (const evidence of verdict?.evidence ?? []) {
          print(`      ${evidenceLine(evidence)}`);
          if (evidence.kind === 'command' && evidence.on === 'candidate')
            for (const line of [
              ...(evidence.shows ?? []),
              ...(evidence.output === undefined ? [] : [`whole output: ${evidence.output}`]),
            ])
              print(`        ${line}`);
        }
      }
      if (detail.restored !== null) print(`\n${restoredLines(detail.restored, row.landedCommit).join('\n')}`);
      for (const problem of spec.problems) print(`problem: ${problem.message}`);
      for (const attempt of detail.attempts) {
        print(
          `\nattempt ${attempt.id} (${attempt.role}): ${attempt.outcome ?? 'active'}${attempt.repairs > 0 ? `, ${attempt.repairs} repairs` : ''}`,
        );
        if (attempt.failure) print(`  ${describeFailure(attempt.failure)}`);
      }
    });
}
