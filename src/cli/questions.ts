import { confirm, isCancel, select } from '@clack/prompts';
import type { InstalledAgent } from '../agents/configured/installed.ts';
import type { Runner } from '../engine/discovery/test-runner.ts';
import { printableLine } from '../util/text/printable.ts';
import { answer } from './answer.ts';
import { print } from './output.ts';

/** Asks whether tests of the project may run now. */
export async function askToTry(runners: readonly Runner[]): Promise<boolean> {
  const ways = runners.flatMap(({ ways: [way] }) =>
    way === undefined ? [] : [way.setup === null ? way.command : `${way.setup}, then ${way.command}`],
  );
  const answer = await confirm({
    message: `Run the project's tests on HEAD, in the sandbox, to see whether they pass?\n${ways.map((way) => printableLine(way, 300)).join('\n')}`,
    output: process.stderr,
  });
  return !isCancel(answer) && answer;
}

/** Asks for the agent of the configuration; null without an answer or a usable agent. */
export async function askForAgent(agents: readonly InstalledAgent[]): Promise<string | null> {
  const usable = agents.flatMap(({ agent, program, version, logins }) =>
    agent === null ? [] : [{ value: agent, label: `${program} ${version ?? ''}`.trim(), hint: logins.join(', ') }],
  );
  if (usable.length === 0) return null;
  const hasKey = (process.env['ANTHROPIC_API_KEY'] ?? '') !== '';
  const answer = await select({
    message: 'Which agent should runs use?',
    options: [
      ...(hasKey ? [{ value: 'anthropic', label: 'anthropic', hint: 'the API, with ANTHROPIC_API_KEY' }] : []),
      ...usable,
      { value: '', label: 'none of them for now', hint: 'run with --agent' },
    ],
    output: process.stderr,
  });
  return isCancel(answer) || answer === '' ? null : answer;
}

/** Asks for consent to the new configuration, if it needs any. */
export async function askToTrust(folder: string): Promise<void> {
  const { askConsent } = await import('./consent.ts');
  const asked = await answer('consent', { folder });
  if (asked.isTrusted) return;
  if (await askConsent(asked)) await answer('trust', { folder, digest: asked.digest });
  else print('Runs do not start before you consent: "backlog trust".');
}
