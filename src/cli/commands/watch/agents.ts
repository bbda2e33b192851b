import { Command } from 'commander';
import { setTimeout as delay } from 'node:timers/promises';
import type { SessionRow } from '../../../queue/sessions.ts';
import { printableLine } from '../../../util/text/printable.ts';
import { answer } from '../../answer.ts';
import { type FolderOptions, specsFolder, withFolder, withSpecs } from '../../folder.ts';
import { print, printJson, table } from '../../output.ts';
import { badUsage } from '../../usage.ts';
import { tellAnswers } from '../decide/ask.ts';
import { plural } from '../../../util/text/plural.ts';

interface Options extends FolderOptions {
  readonly all?: true;
  readonly json?: true;
}

/** Polling interval of `tail`, in milliseconds. */
const lookMs = 250;

export function agentsCommand(): Command {
  const command = withFolder(
    new Command('agents')
      .summary('list agents, and send them messages')
      .description('Lists the active agents with their unit, context size, token usage and last message.'),
  )
    .option('-a, --all', 'also agents that have ended')
    .option('--json', 'print them as JSON')
    .enablePositionalOptions() // options after a subcommand belong to it
    .action(async (named: string | undefined, options: Options) => {
      const { agents } = await answer('agents', { folder: specsFolder(options, named), isAll: options.all === true });
      if (options.json) return printJson('agents', { agents });
      if (agents.length === 0) return print(options.all ? 'No agents.' : 'No agent is active.');
      print(table(agents.map(cells)).join('\n'));
    });
  const sub = (name: string, summary: string, argument = '<name>'): Command =>
    withSpecs(
      command
        .command(name)
        .summary(summary)
        .description(`${summary[0]?.toUpperCase()}${summary.slice(1)}.`)
        .argument(argument, 'its name, as "backlog agents" shows it'),
    ).option('--json', 'print the result as JSON');
  const all = (it: Command): Options => it.optsWithGlobals<Options>();

  sub('show', 'show one agent, with the files it read and wrote').action(
    async (name: string, _options: Options, it: Command) => {
      const { orders } = await answer('agent', { folder: specsFolder(all(it)), name });
      if (all(it).json) return printJson('agent', { name, orders });
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
    },
  );

  sub('tail', 'follow the output of an agent until it ends').action(
    async (name: string, _options: Options, it: Command) => {
      const [{ reporters, Teller }, { stateWithNames }] = await Promise.all([
        import('../../../report/reporters.ts'),
        import('../../../report/run-state.ts'),
      ]);
      const isJson = all(it).json === true;
      const tell = reporters.ofEvents(isJson ? 'json' : 'progress');
      let teller: InstanceType<typeof Teller> | null = null;
      for (let after = 0; ;) {
        const folder = specsFolder(all(it));
        const { unit, events, isAtWork } = await answer('agent-events', { folder, name, after });
        teller ??= new Teller(tell, stateWithNames(unit === null ? [] : [unit]), { isVerbose: true });
        for (const event of events) {
          after = event.id;
          const time = isJson ? '' : `${new Date(event.at).toISOString().slice(11, 19)}  `;
          for (const { text } of teller.hear(event)) print(`${time}${text}`);
        }
        if (!isAtWork) return;
        await delay(lookMs);
      }
    },
  );

  sub('tell', 'send a message to an active agent; it gets it at its next turn')
    .argument('<words>', 'the message')
    .action(async (agent: string, message: string, _options: Options, it: Command) =>
      tellAnswers(await answer('tell', { folder: specsFolder(all(it)), agent, message }), all(it)),
    );

  sub('stop', 'stop an agent; its unit is paused until "backlog resume"').action(
    async (agent: string, _options: Options, it: Command) =>
      tellAnswers(await answer('stop', { folder: specsFolder(all(it)), agent }), all(it)),
  );

  const rm = sub('rm', 'remove ended agents and their transcripts', '[name]')
    .option('-a, --all', 'all ended agents')
    .action(async (name: string | undefined) => {
      const options = all(rm);
      if (name === undefined && !options.all)
        throw badUsage('missing-argument', 'no agent is named', rm, 'Name an agent, or pass --all.');
      if (name !== undefined && options.all)
        throw badUsage('conflicting-option', 'a name and --all exclude each other', rm);
      const { removed } = await answer('forget', { folder: specsFolder(options), name: name ?? null });
      if (options.json) return printJson('agents-removed', { removed });
      print(`Removed ${plural(removed, 'agent')} from the list; the cost stays counted.`);
    });
  return command;
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
    session.endedAt === null ? 'active' : (session.outcome ?? 'ended'),
    `${Math.round((until - session.startedAt) / 1000)} s${window}`,
    `${cost}${notional}`,
    lastWord === null ? '' : printableLine(lastWord, 80),
  ];
}
