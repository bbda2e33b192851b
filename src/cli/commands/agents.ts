import { Command } from 'commander';
import { setTimeout as delay } from 'node:timers/promises';
import { inputError } from '../../model/diagnostic.ts';
import { exitCodes } from '../../model/exit-code.ts';
import type { SessionRow } from '../../queue/sessions.ts';
import { printableLine } from '../../util/terminal.ts';
import { specsFolder } from '../folder.ts';
import { print, printAside, printDocument, printJson, table } from '../output.ts';

interface Options {
  readonly specs?: string;
  readonly all?: true;
  readonly json?: true;
}

/** Milliseconds between looks at what an agent does. */
const lookMs = 250;

/** `backlog agents` */
export function agentsCommand(): Command {
  const command = new Command('agents')
    .summary('see the agents, and speak to them')
    .description('Shows the agents at work: who, on what, how full its context is, what it used, what it said last.')
    .option('-s, --specs <folder>', 'the specs folder (default: the one here, or ./specs)')
    .option('-a, --all', 'also those that have ended')
    .option('--json', 'print them as JSON')
    .action(async (options: Options) => {
      const { listAgents } = await import('../../engine/verbs/agents.ts');
      const agents = await listAgents(specsFolder(options.specs), options.all === true);
      if (options.json) return printJson('agents', { agents });
      if (agents.length === 0) return print(options.all ? 'No agents.' : 'No agent is at work.');
      print(table(agents.map(cells)).join('\n'));
    });
  const sub = (name: string, summary: string): Command =>
    command
      .command(name)
      .summary(summary)
      .description(`${summary[0]?.toUpperCase()}${summary.slice(1)}.`);
  // Options of the command itself are taken by it, wherever they stand.
  const all = (): Options => command.opts<Options>();

  sub('show', 'show one agent, with the files that it read and wrote')
    .argument('<name>', 'its name, as the list has it')
    .action(async (name: string) => {
      const { showAgent } = await import('../../engine/verbs/agents.ts');
      const orders = await showAgent(specsFolder(all().specs), name);
      if (all().json) return printJson('agent', { name, orders });
      for (const order of orders) {
        const [first = '', ...rest] = cells(order);
        print(`${first}${order.round > 0 ? `, repair ${order.round}` : ''}: ${rest.join(' · ')}`);
        if (order.filesRead.length > 0) print(`  read    ${order.filesRead.join(', ')}`);
        if (order.filesWritten.length > 0) print(`  wrote   ${order.filesWritten.join(', ')}`);
        const { inputTokens, cacheReadTokens, cacheWriteTokens, outputTokens, calls, toolCalls } = order.usage;
        print(
          `  tokens  ${inputTokens} in, ${cacheReadTokens} from the cache, ${cacheWriteTokens} written to it, ${outputTokens} out; ${calls} calls, ${toolCalls} tool calls`,
        );
      }
    });

  sub('tail', 'follow what an agent does, until it ends')
    .argument('<name>', 'its name, as the list has it')
    .action(async (name: string) => {
      const [{ agentEvents }, { progressLine }] = await Promise.all([
        import('../../engine/verbs/agents.ts'),
        import('../../report/progress.ts'),
      ]);
      for (let after = 0; ;) {
        const { events, isAtWork } = await agentEvents(specsFolder(all().specs), name, after);
        for (const { id, at, event } of events) {
          after = id;
          const line = progressLine(event, (unit) => unit, true);
          if (all().json) printDocument({ at, event }, true);
          else if (line) print(`${new Date(at).toISOString().slice(11, 19)}  ${line.text}`);
        }
        if (!isAtWork) return;
        await delay(lookMs);
      }
    });

  sub('tell', 'say something to an agent at work; it hears it at its next turn')
    .argument('<name>', 'its name, as the list has it')
    .argument('<words>', 'what it should know')
    .action(async (name: string, words: string) => ask('tell', name, words, all()));

  sub('stop', 'end an agent; its unit is paused until "backlog resume"')
    .argument('<name>', 'its name, as the list has it')
    .action(async (name: string) => ask('stop', name, '', all()));

  sub('rm', 'take ended agents out of the list, with their transcripts')
    .argument('[name]', 'its name, as the list has it')
    .action(async (name: string | undefined) => {
      if ((name === undefined) === (all().all === undefined))
        throw inputError('no-name', 'either one agent is meant, or all', 'Name one, or pass --all.');
      const [{ removeAgents }, { plural }] = await Promise.all([
        import('../../engine/verbs/agents.ts'),
        import('../../util/plural.ts'),
      ]);
      const removed = await removeAgents(specsFolder(all().specs), name ?? null);
      if (all().json) return printJson('agents-removed', { removed });
      print(`Took ${plural(removed, 'agent')} out of the list; what they cost stays counted.`);
    });
  return command;
}

async function ask(verb: 'tell' | 'stop', name: string, message: string, options: Options): Promise<void> {
  const [{ unitOfAgent }, { askFor }] = await Promise.all([
    import('../../engine/verbs/agents.ts'),
    import('../../engine/verbs/ask.ts'),
  ]);
  const folder = specsFolder(options.specs);
  const unit = await unitOfAgent(folder, name);
  const asked = await askFor({ folder, verb, unit, message });
  const isTaken = asked.outcome === null || /(?:hears it at its next turn|is being stopped)/.test(asked.outcome);
  if (!isTaken) process.exitCode = exitCodes['bad-input'];
  if (options.json) printJson('request', { verb, ...asked, isTaken });
  else if (isTaken) print(asked.outcome ?? 'The run at work has not answered yet; it will apply this when it can.');
  else printAside(asked.outcome ?? '');
}

function cells(session: SessionRow): string[] {
  const { usage, contextTokens, contextWindow, lastWord } = session;
  const model = session.model === null ? '' : ` ${session.model}`;
  const until = session.endedAt ?? Date.now();
  const window =
    contextTokens === null
      ? ''
      : `, ${Math.round(contextTokens / 1000)}k${contextWindow === null ? '' : ` of ${Math.round(contextWindow / 1000)}k`}`;
  const cost = usage.costMicroUsd === null ? '$?' : `$${(usage.costMicroUsd / 1e6).toFixed(2)}`;
  const notional = usage.notionalMicroUsd > 0 ? ` (notional $${(usage.notionalMicroUsd / 1e6).toFixed(2)})` : '';
  return [
    session.name,
    `${session.agent}${model}`,
    session.endedAt === null ? 'at work' : (session.outcome ?? 'ended'),
    `${Math.round((until - session.startedAt) / 1000)} s${window}`,
    `${cost}${notional}`,
    lastWord === null ? '' : printableLine(lastWord, 80),
  ];
}
