import { Command } from 'commander';
import { statSync } from 'node:fs';
import path from 'node:path';
import type { Checked } from '../../../engine/verbs/keeping/check.ts';
import { notWorkLine } from '../../../engine/project/not-work.ts';
import type { Counts } from '../../../engine/verbs/keeping/score.ts';
import { type Diagnostic, inputError } from '../../../model/diagnostic.ts';
import { formatDiagnostic } from '../../format-diagnostic.ts';
import { exitCodes } from '../../../model/exit-code.ts';
import { listSome } from '../../../model/list-some.ts';
import { plural } from '../../../util/text/plural.ts';
import { here } from '../../../util/files/here.ts';
import { similarPath } from '../../../util/files/similar-path.ts';
import { printableLine } from '../../../util/text/printable.ts';
import { answer } from '../../answer.ts';
import {
  type FormatOptions,
  foundSpecs,
  sayWhatIsRead,
  type SpecsChoice,
  specsFolder,
  withFormat,
  withSpecs,
} from '../../folder.ts';
import { digests, oneOf, repeatable } from '../../options.ts';
import { print, printJson } from '../../output.ts';
import { interruptible } from '../../signals.ts';

interface CheckOptions extends FormatOptions {
  readonly failOn?: 'error' | 'warning';
  readonly rule?: readonly string[];
  readonly runChecks?: true;
  readonly allowUnsandboxed?: true;
  readonly trust?: readonly string[];
  readonly all?: true;
  readonly json?: true;
}

/** With more findings than this, those of a rule are shown together. */
const oneScreen = 20;
/** Findings of a rule that are shown when they are shown together. */
const shownOfRule = 2;

/** The most names of what is held back or no work, for each reason. */
const shownAside = 5;

export function checkCommand(): Command {
  return withFormat(withSpecs(new Command('check').argument('[path...]', 'the specs folder, or files in it')))
    .summary('validate the configuration and the specs')
    .description(
      'Validates the configuration and the specs as a run would, and prints every finding with file, line, column, rule and remedy, then a score. Runs nothing without --run-checks, and writes nothing. "docs/specs.md" lists the rules.',
    )
    .option(
      '--fail-on <level>',
      'exit with 2 from this level on: "error" (default) or "warning"',
      oneOf('--fail-on', ['error', 'warning'] as const),
    )
    .addOption(repeatable('--rule <name=level>', 'make findings of a rule "off", "warning" or "error"', ruleLevel))
    .option('--run-checks', 'run the checks of open units on HEAD in the sandbox, and report those that pass already')
    .option('--allow-unsandboxed', 'with --run-checks: run them unsandboxed, as your user')
    .addOption(digests('with --run-checks: consent to what the configuration asks for, if its digest is this'))
    .option('--all', 'show every finding, however many there are')
    .option('--json', 'print units, diagnostics and score as JSON')
    .action(async (paths: readonly string[], options: CheckOptions) => {
      const { folder, files } = readFrom(paths, options);
      sayWhatIsRead(folder);
      const ask = async (signal: AbortSignal) =>
        answer(
          'check',
          {
            ...{ folder, files, rules: levelsOf(options.rule ?? []), runChecks: options.runChecks === true },
            ...{ allowUnsandboxed: options.allowUnsandboxed === true, trust: options.trust ?? null },
          },
          { signal },
        );
      // Reading alone holds nothing, so a signal ends the process at once, also amid a file that takes long.
      const result = options.runChecks ? await interruptible(ask) : await ask(new AbortController().signal);
      const isBad = ({ severity }: Diagnostic): boolean => severity === 'error' || options.failOn === 'warning';
      if (result.diagnostics.some(isBad)) process.exitCode = exitCodes['bad-input'];
      if (options.json) return printJson('check', result);
      showFindings(result.diagnostics, options.all === true);
      showScore(result);
    });
}

/** A rule and its level, as `name=level`. */
function ruleLevel(given: string): string {
  if (/^[a-z][a-z0-9-]*=(?:off|warning|error)$/.test(given)) return given;
  throw inputError(
    'invalid-option',
    `invalid --rule ${JSON.stringify(given)}: expected a rule and "off", "warning" or "error"`,
    'Write it as: --rule overlap=off.',
  );
}

function levelsOf(given: readonly string[]): Record<string, 'off' | 'warning' | 'error'> {
  return Object.fromEntries(given.map((one) => one.split('=') as [string, 'off' | 'warning' | 'error']));
}

/** The folder to read, and the files in it that are asked for; none for all. */
function readFrom(paths: readonly string[], options: CheckOptions): { folder: SpecsChoice; files: string[] } {
  const [first] = paths;
  if (first === undefined) return { folder: specsFolder(options), files: [] };
  const isFile = (name: string): boolean => statSync(name, { throwIfNoEntry: false })?.isFile() === true;
  const files = paths.filter(isFile);
  if (statSync(first, { throwIfNoEntry: false }) === undefined) {
    const similar = similarPath(here() ?? '/', first);
    const hint = similar === null ? 'Name a specs folder, or files in one.' : `Did you mean "${similar}"?`;
    throw inputError('no-file', `there is no file or folder ${first}`, hint);
  }
  if (files.length === 0 && paths.length === 1) return { folder: specsFolder(options, first), files };
  const other = paths.find((name) => !isFile(name));
  if (other !== undefined)
    throw inputError('no-file', `${other} is not a file`, 'Name one folder, or one or more files.');
  const above = path.dirname(path.resolve(first));
  const named = options.specs === undefined ? foundSpecs(options.format) : specsFolder(options);
  const isInside = (name: string): boolean =>
    named !== null && !path.relative(path.resolve(named.folder), path.resolve(name)).startsWith('..');
  if (named !== null && files.every(isInside)) return { folder: named, files };
  return { folder: specsFolder({ ...options, specs: path.relative('.', above) || '.' }), files };
}

/** Prints findings one by one, or by rule if they do not fit on a screen. */
function showFindings(diagnostics: readonly Diagnostic[], isAll: boolean): void {
  if (isAll || diagnostics.length <= oneScreen) {
    for (const diagnostic of diagnostics) print(`${formatDiagnostic(diagnostic)}\n`);
    return;
  }
  for (const same of Map.groupBy(diagnostics, ({ code, severity }) => `${severity} ${code}`).values()) {
    for (const diagnostic of same.slice(0, shownOfRule)) print(`${formatDiagnostic(diagnostic)}\n`);
    const [first] = same;
    const more = same.slice(shownOfRule);
    const files = new Set(more.flatMap(({ file }) => file ?? [])).size;
    if (first !== undefined && more.length > 0)
      print(`… and ${plural(more.length, `more ${first.severity}`)} [${first.code}] in ${plural(files, 'file')}\n`);
  }
  print(`--all shows every finding, --json too; --rule <name>=off leaves a rule out.\n`);
}

function showScore({ diagnostics, files, score, notWork, held }: Checked): void {
  const problems = diagnostics.length === 0 ? 'no problem' : plural(diagnostics.length, 'problem');
  print(`${problems} in ${plural(files, 'file')}`);
  const aside = notWorkLine(notWork);
  if (aside !== null) print(aside);
  for (const { why, places } of notWork)
    print(`  ${why}: ${listSome([...new Set(places.map(({ file }) => printableLine(file, 200)))], shownAside)}`);
  for (const { why, units } of held) print(`held back: ${listSome(units, shownAside)}: ${printableLine(why, 200)}`);
  for (const counts of score.formats) print(`${counts.format}: ${shareLine(counts)}`);
  if (score.formats.length > 1) print(`all: ${shareLine(score)}`);
}

/** Shares of a format, such as "8 of 10 open units can run, 3 of 40 criteria have a command". */
function shareLine({ units, done, held, runnable, criteria, withCommand, joins, resolvedJoins }: Counts): string {
  const left = [...(done > 0 ? [`${done} done`] : []), ...(held > 0 ? [`${held} held back`] : [])];
  const aside = left.length === 0 ? '' : ` (${left.join(', ')})`;
  return [
    `${runnable} of ${plural(units, 'unit')}${aside} can run`,
    ...(criteria === 0
      ? []
      : [`${withCommand} of ${criteria} ${criteria === 1 ? 'criterion has' : 'criteria have'} a command`]),
    ...(joins === 0 ? [] : [`${resolvedJoins} of ${plural(joins, 'reference')} to criteria resolve`]),
  ].join(', ');
}
