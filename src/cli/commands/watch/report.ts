import { Command, Option } from 'commander';
import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { answer } from '../../answer.ts';
import { type FolderOptions, specsFolder, withSpecs } from '../../folder.ts';
import { inputError } from '../../../model/diagnostic.ts';
import { shownPath } from '../../../util/files/here.ts';
import { openFile } from '../../../util/process/open-file.ts';
import { printableJson } from '../../../util/text/printable.ts';
import { sinceOption } from '../../options.ts';
import { jsonOutput, print, printHostCommand } from '../../output.ts';

/** Options about the report of one run. */
const whole = ['path', 'open'];

interface Options extends FolderOptions {
  readonly path?: true;
  readonly open?: true;
  readonly format?: string;
  readonly output?: string;
  readonly compare?: string;
  readonly since?: number;
  readonly json?: true;
}

export function reportCommand(): Command {
  return withSpecs(new Command('report'))
    .summary('show the report of a run')
    .description(
      'Prints the report of a run, or of the latest one; with --compare or --since, what follows from those of several.',
    )
    .argument('[run]', 'id of the run, or the start of it (see "backlog runs")')
    .option('--path', 'print only the path of the report')
    .addOption(
      new Option(
        '--format <format>',
        'print it as "md" (the default), "json", "junit", "html", "github" (a step summary of GitHub Actions; with --output, annotations are printed, too) or "gitlab" (a Code Quality report)',
      ).conflicts('json'),
    )
    .addOption(
      new Option('--output <file>', 'write it to a file, over what that contained; "-" prints it').conflicts('path'),
    )
    .addOption(
      new Option('--open', 'write it as HTML, and open it in the browser').conflicts(['json', 'path', 'format']),
    )
    .addOption(
      new Option(
        '--compare <run>',
        'what differs between this run and the other one (or the latest), as "md" or "json"',
      ).conflicts(whole),
    )
    .addOption(
      new Option(
        '--since <time>',
        'one account of all runs since "24h", "7d", "06:30" or "2026-12-01", as "md" or "json"',
      )
        .argParser(sinceOption('--since'))
        .conflicts([...whole, 'compare']),
    )
    .option('--json', 'the same as --format json')
    .action(async (run: string | undefined, options: Options) => {
      const { reporters } = await import('../../../report/reporters.ts');
      const format = options.open ? 'html' : options.json ? 'json' : (options.format ?? 'md');
      const write = reporters.ofReports(format);
      if (options.compare !== undefined || options.since !== undefined) return several(run, format, options);
      const { report, file, folder } = await answer('report', { folder: specsFolder(options), run: run ?? null });
      if (options.output !== undefined && options.output !== '-') {
        save(options.output, `${write(report, path.dirname(path.resolve(options.output))).trimEnd()}\n`);
        for (const command of reporters.commandsOf(format)(report)) printHostCommand(command);
        if (options.open) await open(path.resolve(options.output));
      } else if (options.open) await open(path.join(folder, 'report.html'));
      else print(options.path ? shownPath(file) : write(report).trimEnd());
    });
}

/** Prints what follows from the reports of several runs. */
async function several(run: string | undefined, format: string, options: Options): Promise<void> {
  const { compare, since, output } = options;
  if (run !== undefined && since !== undefined)
    throw inputError(
      'conflicting-option',
      `"${run}" is one run, and --since is about several`,
      'Leave one of them out.',
    );
  if (format !== 'md' && format !== 'markdown' && format !== 'json')
    throw inputError('unknown-format', `there is no format "${format}" for this`, 'There are "md" and "json".');
  const folder = specsFolder(options);
  const { comparisonMarkdown, sinceMarkdown } = await import('../../../report/several.ts');
  const made = await (since === undefined
    ? answer('compare', { folder, runs: [compare ?? '', run ?? null] }).then((it) => ({
        json: () => jsonOutput('comparison', it),
        text: () => comparisonMarkdown(it),
      }))
    : answer('since', { folder, since }).then((it) => ({
        json: () => jsonOutput('since', it),
        text: () => sinceMarkdown(it),
      })));
  const text = format === 'json' ? printableJson(made.json()) : made.text();
  if (output === undefined || output === '-') print(text.trimEnd());
  else save(output, `${text.trimEnd()}\n`);
}

async function open(file: string): Promise<void> {
  const isThere = existsSync(file);
  const why = isThere ? await openFile(file, process.env) : 'it was written by a version without HTML';
  if (why === null) return;
  const hint = isThere
    ? `Open it yourself: ${shownPath(file)}`
    : 'Name a file: "backlog report --open --output report.html".';
  throw inputError('not-opened', `the report cannot be opened: ${why}`, hint);
}

/** What is wrong with a file, by the error of the system. */
const wrongFiles: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such folder',
  ENOTDIR: 'a part of its path is no folder',
  EISDIR: 'it is a folder',
  EACCES: 'you may not write there',
  EPERM: 'you may not write there',
  EROFS: 'the disk can only be read',
  ENAMETOOLONG: 'its name is too long',
  ELOOP: 'links lead in a circle',
  ENXIO: 'nobody reads it',
  ETXTBSY: 'it is a program that runs',
};

function save(file: string, text: string): void {
  if (file === '') throw inputError('bad-output', '--output needs the name of a file', 'Or leave it out.');
  try {
    writeFileSync(file, text);
  } catch (error) {
    const why = wrongFiles[(error as NodeJS.ErrnoException).code ?? ''];
    if (why === undefined) throw error; // the machine is in the way
    throw inputError('bad-output', `${file} cannot be written: ${why}`, 'Name another file with --output.');
  }
}
