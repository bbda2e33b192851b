import { Command } from 'commander';
import { printable } from '../../../util/text/printable.ts';
import type { Initialized } from '../../../engine/verbs/keeping/init.ts';
import type { Way } from '../../../engine/discovery/test-runner.ts';
import { answer } from '../../answer.ts';
import { type FolderOptions, foundSpecs, namedFolder, sayWhatIsRead } from '../../folder.ts';
import { shownPath } from '../../../util/files/here.ts';
import { print, printAside, printJson, printStyled, styled } from '../../output.ts';
import { interruptible } from '../../signals.ts';

interface Options extends FolderOptions {
  readonly agent?: string;
  readonly try: boolean;
  readonly allowUnsandboxed?: true;
  readonly yes?: true;
  readonly json?: true;
}

export function initCommand(): Command {
  return new Command('init')
    .summary('create a specs folder with a working configuration')
    .description(
      'Creates a specs folder with a configuration, an example spec and an empty followups.md. It finds the test runners of the project, runs them on HEAD in the sandbox, as "backlog run" would, and makes each passing one a check of every unit. It also finds the agents on PATH and how they are logged in. On a terminal it asks first. It changes nothing where a configuration exists. Where the repository has a backlog of another tool, it makes only the configuration.',
    )
    .argument('[dir]', 'the folder to create (default: specs, or the backlog that is there)')
    .option('-s, --specs <folder>', 'the same')
    .option('--agent <name>', 'the agent that the configuration names')
    .option('--no-try', 'do not run the tests; none becomes a check')
    .option('--allow-unsandboxed', 'run the tests unsandboxed, as your user')
    .option('-y, --yes', 'ask nothing')
    .option('--json', 'print the result as JSON; asks nothing')
    .action(async (argument: string | undefined, options: Options) => {
      const named = namedFolder(options, argument);
      // Where the repository has a backlog, all that is missing is a configuration.
      const choice = named === undefined ? foundSpecs() : null;
      const found = choice?.found.some(({ isLeft }) => !isLeft) === true ? choice : null;
      const dir = named ?? found?.folder ?? 'specs';
      const [{ canAsk }, questions] = await Promise.all([import('../../consent.ts'), import('../../questions.ts')]);
      const isAsked = options.yes !== true && options.json !== true && canAsk();
      const talk = {
        onTry: ({ setup, command }: Way) =>
          printAside(`trying on HEAD: ${setup === null ? '' : `${setup}, then `}${command}`),
        ...(isAsked ? { mayTry: questions.askToTry, choose: questions.askForAgent } : {}),
      };
      const { agent = null, try: isTried, allowUnsandboxed = false } = options;
      const result = await interruptible(async (signal) =>
        answer(
          'init',
          { folder: dir, agent, isTried, allowUnsandboxed, hasBacklog: found !== null },
          { signal, ...talk },
        ),
      );
      if (options.json) return printJson('init', result);
      if (found !== null) sayWhatIsRead(found);
      await tell(dir, result, found !== null);
      if (isAsked) await questions.askToTrust(dir);
    });
}

async function tell(dir: string, result: Initialized, hasBacklog: boolean): Promise<void> {
  const { describeInstalled } = await import('../../../agents/configured/installed.ts');
  const folder = shownPath(result.folder);
  for (const file of result.made) print(`made ${folder}/${file}`);
  for (const file of result.kept) print(`kept ${folder}/${file}`);
  if (result.pages.length > 0)
    print(`ignored, without acceptance criteria: ${result.pages.join(', ')} ("ignore" in backlog.config.json)`);
  if (result.made.length === 0) return print(`${folder} is already set up: nothing was changed.`);
  if (result.made.includes('backlog.config.json')) tellTests(result);
  for (const one of result.agents) print(`agent ${describeInstalled(one)}`);
  const usable = result.agent ?? result.agents.find(({ agent }) => agent !== null)?.agent ?? null;
  if (usable === null)
    print(
      'No agent is usable yet: set ANTHROPIC_API_KEY, or name one under "agent" (docs/configuration.md, "Agents").',
    );
  else if (result.agent !== null) print(`Runs use the agent "${result.agent}".`);
  const flag = usable === null || result.agent !== null ? '' : ` --agent ${usable}`;
  print(
    hasBacklog
      ? `Next: "backlog check", "backlog doctor" and "backlog run${flag}".`
      : `Next: describe work in ${folder}/, then "backlog check ${dir}", "backlog doctor ${dir}" and "backlog run ${dir}${flag}".`,
  );
}

/** Prints the test commands that were found: which became checks, and what to do about the others. */
function tellTests({ tests, notLooked }: Initialized): void {
  if (notLooked !== null) print(`Did not search for tests: ${notLooked}`);
  else if (tests.length === 0)
    print(
      'No test runner was found in HEAD (uncommitted files do not count). Add commands that must keep passing under "checks".',
    );
  for (const { name, command, seen, setup, outcome, why, shows } of tests) {
    const shown = printable(command);
    const needs = setup === null ? '' : ` (set up by: ${printable(setup)})`;
    const entry = `"checks": { "${name}": ${JSON.stringify(command)} }${setup === null ? '' : `, "setup": ${JSON.stringify(setup)}`}`;
    if (outcome === 'green') printStyled(`${styled('green', 'green')} ${shown}${needs}: a check of every unit`);
    else if (outcome === 'red') {
      printStyled(
        `${styled('red', 'red  ')} ${shown}${needs}: ${why} on HEAD, so it did not become a check: every run would stop at it.`,
      );
      for (const line of shows) print(`        ${line}`);
      print(
        `      If open specs are to fix it, give each of them a check for its part. Once it passes on HEAD: ${entry}`,
      );
    } else
      printStyled(
        `${styled('yellow', 'found')} ${shown} (by ${seen}): ${printable(why)}. Once it passes on HEAD: ${printable(entry)}`,
      );
  }
}
