import type { Command } from 'commander';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { createProgram } from '../../src/cli/program.ts';
import { exitCodes } from '../../src/model/exit-code.ts';

const program = createProgram();
const commands = program.commands.flatMap((one) => [one, ...one.commands]);
const nameOf = (command: Command): string =>
  command.parent === program || command.parent === null
    ? command.name()
    : `${nameOf(command.parent)} ${command.name()}`;
/** What an editor reads; it has no folder. */
const folderless = ['schema', 'completion'];

describe('every command', () => {
  test('takes the specs folder with -s and --specs', () => {
    const without = commands.filter(
      (command) => !command.options.some(({ short, long }) => short === '-s' && long === '--specs'),
    );
    expect(without.map(nameOf)).toEqual(folderless);
  });

  test('takes the folder as an argument, too, where it has no other one', () => {
    const arguments_ = commands.map((command) => [
      nameOf(command),
      command.registeredArguments.map((argument) => argument.name()).join(' '),
    ]);
    expect(arguments_.filter(([, names]) => names === '')).toEqual([]);
    expect(arguments_.filter(([, names]) => names === 'folder').map(([name]) => name)).toEqual(
      'plan run status watch board list agents runs costs inbox merge push doctor trust gc version'.split(' '),
    );
  });

  test('prints JSON', () => {
    const without = commands.filter((command) => !command.options.some(({ long }) => long === '--json'));
    expect(without.map(nameOf)).toEqual(['schema', 'completion']);
  });

  test('shows in its help what it takes, with -C, and which option is required', () => {
    for (const command of commands) {
      const help = command.helpInformation();
      expect(help).toContain('-C <dir>');
      for (const option of command.options.filter(({ hidden }) => !hidden)) expect(help).toContain(option.flags);
      for (const option of command.options.filter(({ mandatory }) => mandatory))
        expect(help.replaceAll(/\s+/g, ' ')).toMatch(new RegExp(`${option.flags} .*\\(required\\)`));
    }
  });

  test('is summed up with a verb: no third person, no article, no question', () => {
    const odd = commands.filter(
      (command) => !/^[a-z]+ /.test(command.summary()) || /^(?:what|tell|have)\b/.test(command.summary()),
    );
    expect(odd.map(nameOf)).toEqual([]);
  });

  test('takes options with several values one at a time', () => {
    expect(commands.flatMap((command) => command.options.filter((option) => option.variadic))).toEqual([]);
  });
});

/** What `--help` prints. */
function help(command: Command | undefined): string {
  let text = '';
  command?.configureOutput({ writeOut: (more) => (text += more), getOutHelpWidth: () => 100 }).outputHelp();
  return text;
}

test('docs/commands.md says of each command what its help says', async () => {
  const [first = '', ...words] = [program, ...commands].map(
    (command) =>
      `## backlog${command === program ? '' : ` ${nameOf(command)}`}\n\n\`\`\`text\n${help(command).trimEnd()}\n\`\`\`\n`,
  );
  const page = [
    '# Commands',
    'Every command with its arguments, options and exit codes, as `backlog <command> --help` prints them. A test keeps this page equal to the program: after a change, `npx vitest run tests/cli/program.test.ts -u` writes it anew.',
    ...[first, ...words].map((section) => section.trimEnd()),
  ];
  await expect(`${page.join('\n\n')}\n`).toMatchFileSnapshot('../../docs/commands.md');
});

test('every command says its exit codes', () => {
  for (const command of commands) expect(help(command)).toMatch(/^Exit codes:/m);
});

test('exit codes are complete in the help of the program and of run, and in the README', () => {
  const readme = readFileSync(path.resolve(import.meta.dirname, '../../README.md'), 'utf8');
  const run = program.commands.find((command) => command.name() === 'run');
  for (const code of Object.values(exitCodes)) {
    expect(help(program)).toMatch(new RegExp(`^  ${code} +\\S`, 'm'));
    expect(help(run)).toMatch(new RegExp(`^  ${code} +\\S`, 'm'));
    expect(readme).toMatch(new RegExp(`^\\| ${code} +\\| `, 'm'));
  }
});
