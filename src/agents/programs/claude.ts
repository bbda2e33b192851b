import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { PassThrough } from 'node:stream';
import {
  addUsage,
  type Agent,
  type AgentEmit,
  type ExecResult,
  noUsage,
  type Order,
  type Outcome,
} from '../../model/agent.ts';
import type { AgentFailed } from '../../model/failure.ts';
import type { Clock } from '../../util/time/clock.ts';
import { printableLine } from '../../util/text/printable.ts';
import { wrapUp } from '../words/brief.ts';
import { claudeEnv } from './claude-env.ts';
import { asReplies } from './claude-replies.ts';
import { ClaudeStream, endOf } from './claude-stream.ts';
import { explained } from './explained.ts';
import { Lines } from '../words/lines.ts';
import { factsOf } from '../money/models.ts';
import { comeBackAt, type ModelAccess, type OpenAccess, withModel } from '../proxy/model-access.ts';
import { layOut, type OrderFiles } from './order-files.ts';
import { record } from '../voices/recording.ts';
import { toolsFor } from '../tools/index.ts';
import { maySeeWeb } from '../words/web.ts';
import { failedOutcome, timeOver } from '../provider/agent-failed.ts';
import { askForAnswer, maxMessageBytes, maxOutputBytes, nudges, startMs, watchMs } from './process-limits.ts';
import { theirError } from '../provider/their-error.ts';
import { unstarted } from './unstarted.ts';

export interface ClaudeOptions {
  readonly name: string;
  /** The program: an absolute path, or a name on PATH. */
  readonly program: string;
  readonly model: string;
  /** Its version, and the payment. */
  readonly about: string;
  readonly access: ModelAccess;
  /** Folder of the transcripts. */
  readonly sessions: string;
  /** Folder for recordings; null for none. */
  readonly recordInto: string | null;
  readonly clock: Clock;
}

/** Milliseconds to end after its result. */
const lingerMs = 5000;

/** The user's Claude Code, headless, in the sandbox. A proxy with the key connects it to the model. */
export function claudeAgent(options: ClaudeOptions): Agent {
  const limiterOf = (model: string | null): ReturnType<ModelAccess['limiterOf']> =>
    options.access.limiterOf(model ?? options.model);
  return {
    name: options.name,
    about: options.about,
    abilities: {
      resume: true,
      structuredAnswers: true,
      inbox: true,
      loads: [],
      offers: false,
      reportsCost: true,
      web: true,
    },
    pausedUntil: (model) => limiterOf(model).pausedUntil,
    work: (order, emit, signal) =>
      withModel(options.access, order, emit, signal, options.clock, async (open) => {
        try {
          return await converse(options, open, order, emit, signal);
        } catch (error) {
          return failedOutcome('crashed', theirError(error), noUsage);
        }
      }),
  };
}

/** Runs it until there is an answer. A missing or invalid answer is requested in the same session. */
async function converse(
  options: ClaudeOptions,
  open: OpenAccess,
  order: Order,
  emit: AgentEmit,
  signal: AbortSignal,
): Promise<Outcome> {
  const ends = options.clock.now() + order.limits.timeMs;
  const files = await layOut(order, []);
  const system = await files.add('system.md', `${order.brief.shared}\n\n${howToAnswer}`);
  const mcp = await files.add('mcp.json', JSON.stringify({ mcpServers: { backlog: await files.server() } }));
  let session = order.session;
  let prompt = order.brief.own;
  let usage = noUsage;
  for (let asked = 0; ; asked++) {
    const window = factsOf(order.model ?? options.model).contextWindow;
    const stream = new ClaudeStream((event) => {
      const { contextTokens } = stream;
      const spent = { ...open.proxy.usage(), toolCalls: usage.toolCalls + stream.toolCalls };
      emit({ type: 'usage', usage: spent, contextTokens, contextWindow: window });
      emit(event);
    }, options.recordInto !== null);
    const argv = argvOf(options, order, { system, mcp, session });
    const timeoutMs = Math.max(1, ends - options.clock.now());
    const result = await run(options, open, order, stream, { argv, prompt, files, timeoutMs, signal });
    usage = addUsage(usage, { ...noUsage, toolCalls: stream.toolCalls });
    if (asked === 0 && stream.version !== null)
      emit({ type: 'turn', text: `Claude Code ${stream.version}, login: ${stream.login ?? 'unknown'}` });
    if (signal.aborted) return failedOutcome('crashed', 'It was stopped.', usage);
    if (options.recordInto !== null) {
      const { workspace } = order;
      const replies = asReplies(stream.messages, workspace.inside(workspace.path), stream.result?.result ?? '');
      await record(options.recordInto, order, replies, asked === 0 && order.session === null);
    }
    const { followups, blocked } = await files.outbox(emit);
    if (stream.result === null && result.why !== null) return failedOutcome(result.why.kind, result.why.detail, usage);
    const broken = stream.result === null ? unstarted(options.name, [options.program], result.exec) : null;
    if (broken !== null) return { kind: 'failed', failure: broken, usage };
    const end = endOf(stream, options.clock.now());
    if (end.kind === 'limited') {
      const until = end.until ?? comeBackAt(options.access, open.proxy, options.clock);
      if (end.until !== null)
        options.access.limiterOf(order.model ?? options.model).pause(end.until, printableLine(end.why, 200));
      return { kind: 'limited', until, why: end.why, usage };
    }
    if (end.kind === 'failed') {
      const said = stream.result === null ? explained(result.exec.output) : '';
      const detail = `${end.failure.detail}${said === '' ? '' : ` ${said}`}`;
      return { kind: 'failed', failure: { ...end.failure, detail }, usage };
    }
    if (blocked !== null) return { kind: 'blocked', why: blocked, usage };
    const found = await files.answer(end.text);
    session = stream.session ?? session;
    const words = order.takeWords();
    if (words.length > 0 && session !== null) {
      prompt = words.join('\n\n');
      asked--; // not a missing answer
      continue;
    }
    if ('answer' in found) return { kind: 'finished', answer: found.answer, followups, usage, session };
    if (asked >= nudges || session === null) return failedOutcome('silent', found.problem, usage);
    prompt = askForAnswer(found.problem);
  }
}

const howToAnswer =
  'The tools finish, block, followup and note are those of the MCP server "backlog" (mcp__backlog__finish, and so on).';

/** Claude Code's names of the tools. */
function toolsOf(order: Pick<Order, 'access' | 'tools'>): string {
  const names = toolsFor(order).map(({ name }) => `${name[0]?.toUpperCase()}${name.slice(1)}`);
  // Its own fetch tool would run inside the sandbox, without a network.
  return [...names, ...(maySeeWeb(order) ? ['WebSearch'] : [])].join(',');
}

const answerNames = ['block', 'finish', 'followup', 'note'].map((name) => `mcp__backlog__${name}`).join(',');

function argvOf(
  options: ClaudeOptions,
  order: Order,
  files: { readonly system: string; readonly mcp: string; readonly session: string | null },
): string[] {
  const tools = toolsOf(order);
  // As root, it refuses to bypass permissions; without a sandbox that changes the user, the tools are listed instead.
  const isRoot = order.workspace.tier === 'none' && process.getuid?.() === 0;
  return [
    options.program,
    ...['-p', '--input-format', 'stream-json', '--output-format', 'stream-json', '--verbose'],
    ...['--model', order.model ?? options.model, '--effort', order.effort, '--max-turns', String(order.limits.turns)],
    ...['--tools', tools, '--setting-sources', '', '--strict-mcp-config', '--mcp-config', files.mcp],
    ...['--append-system-prompt-file', files.system],
    ...(isRoot
      ? ['--permission-mode', 'dontAsk', '--allowedTools', `${tools},${answerNames}`]
      : ['--permission-mode', 'bypassPermissions']),
    ...(files.session === null ? [] : ['--resume', files.session]),
  ];
}

function envOf(options: ClaudeOptions, order: Order, open: OpenAccess): Readonly<Record<string, string>> {
  const { scratch } = order.workspace;
  return {
    ...claudeEnv,
    CLAUDE_CONFIG_DIR: order.workspace.inside(path.join(scratch, 'home', '.claude')),
    CLAUDE_CODE_MAX_OUTPUT_TOKENS: String(options.access.maxTokens),
    ANTHROPIC_BASE_URL: open.url,
    // A stand-in for the secret; the proxy adds the real one.
    [options.access.credential.kind === 'key' ? 'ANTHROPIC_API_KEY' : 'CLAUDE_CODE_OAUTH_TOKEN']: open.key,
  };
}

interface Ran {
  readonly exec: ExecResult;
  /** Why we ended it; null if it ended by itself. */
  readonly why: { readonly kind: AgentFailed['kind']; readonly detail: string } | null;
}

/** Runs one process and watches its output; ends it if it hangs. */
async function run(
  options: ClaudeOptions,
  open: OpenAccess,
  order: Order,
  stream: ClaudeStream,
  given: {
    readonly argv: readonly string[];
    readonly prompt: string;
    readonly files: OrderFiles;
    readonly timeoutMs: number;
    readonly signal: AbortSignal;
  },
): Promise<Ran> {
  await mkdir(options.sessions, { recursive: true });
  const name = `${order.name}.jsonl`;
  const transcript = createWriteStream(path.join(options.sessions, name), { flags: 'a' });
  const stop = new AbortController();
  let broken: Error | null = null;
  transcript.on('error', (error) => {
    broken ??= error; // for example, a full disk
    stop.abort();
  });
  let why: Ran['why'] = null;
  let bytes = 0;
  let heardAt = options.clock.now();
  let toldAt: number | null = null;
  let isTold = false; // that most of a cap is spent
  // Input is streamed: it accepts messages of people between steps.
  const input = new PassThrough();
  let said = 0;
  const say = (text: string): void => {
    said++;
    input.write(`${JSON.stringify({ type: 'user', message: { role: 'user', content: text } })}\n`);
  };
  say(given.prompt);
  const end = (kind: AgentFailed['kind'], detail: string): void => {
    why ??= { kind, detail };
    stop.abort();
  };
  const lines = new Lines((line) => {
    transcript.write(`${line}\n`);
    stream.push(line);
    toldAt = stream.isOver ? options.clock.now() : null;
    if (stream.isOver && stream.results >= said) input.end();
  }, maxMessageBytes);
  const watch = setInterval(() => {
    const now = options.clock.now();
    if (!input.writableEnded) {
      for (const words of order.takeWords()) say(words);
      if (!isTold && order.budget.isRunningOut()) {
        isTold = true;
        say(wrapUp);
      }
    }
    if (toldAt !== null && now - toldAt > lingerMs) {
      // It hangs after its result, or merged a message of a person into a turn in progress.
      if (input.writableEnded) return stop.abort();
      input.end();
      toldAt = now;
    }
    if (stream.isBusy || open.proxy.isAsking) heardAt = now;
    const idleMs = bytes === 0 ? Math.max(startMs, order.limits.idleMs) : order.limits.idleMs;
    if (now - heardAt > idleMs) end('stalled', `It produced no output for ${Math.round(idleMs / 1000)} s.`);
  }, watchMs);
  try {
    const exec = await order.workspace.exec(given.argv, {
      timeoutMs: given.timeoutMs,
      input,
      env: { ...given.files.env, ...envOf(options, order, open) },
      doors: open.doors,
      isReadOnly: order.access === 'read',
      signal: AbortSignal.any([given.signal, stop.signal]),
      onOutput(chunk) {
        heardAt = options.clock.now();
        bytes += chunk.length;
        if (bytes > maxOutputBytes) end('crashed', `It wrote more than ${maxOutputBytes / 1024 / 1024} MiB.`);
        else lines.push(chunk);
      },
    });
    lines.end();
    if (broken !== null) throw broken as Error;
    if (exec.timedOut) why ??= { kind: 'time', detail: timeOver(order) };
    return { exec, why };
  } finally {
    clearInterval(watch);
    input.destroy();
    await new Promise<void>((resolve) => {
      transcript.once('close', resolve);
      if (transcript.closed) resolve();
      else transcript.end();
    });
  }
}
