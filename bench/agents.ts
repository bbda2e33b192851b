// What agents on the API take, against a stand-in whose prompt cache is exact: input cost of a wave of ten that share
// 20,000 tokens, with and without waiting for the first; time of a turn beyond model and tools; memory of fifty at once.
// node bench/agents.ts [runs]
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { anthropicVoice } from '../src/agents/voices/anthropic.ts';
import { Limiter } from '../src/agents/provider/limiter.ts';
import { runLoop } from '../src/agents/loop/loop.ts';
import { factsOf } from '../src/agents/money/models.ts';
import { Prices } from '../src/agents/money/prices.ts';
import { Warmth } from '../src/agents/provider/warmth.ts';
import { handleOf } from '../src/engine/boxes/handle.ts';
import type { Order } from '../src/model/agent.ts';
import { attemptId, idFromKey } from '../src/model/ids.ts';
import { createLauncher } from '../src/sandbox/launcher.ts';
import { noTier } from '../src/sandbox/none.ts';
import { systemClock } from '../src/util/time/clock.ts';
import { Cores } from '../src/util/process/cores.ts';
import { type Billed, cachedModel } from '../tests/support/cached-model.ts';
import { median } from './support/measure.ts';

/** Of each turn: 1,500 tokens that its command prints, 400 that the model says. */
const turnChars = { prints: 6000, says: 1600 };
const shared = 'A shared part of twenty thousand tokens. '.repeat(80_000 / 41);
const signal = new AbortController().signal;
const prices = new Prices();
const facts = factsOf('claude-opus-5-5');

/** A process of its own for the model, so that its work is not counted as ours. */
interface Model {
  readonly url: string;
  billed(): Promise<Billed>;
  close(): void;
}

async function ask<T>(child: ChildProcess, message: object): Promise<T> {
  return new Promise((resolve) => {
    child.once('message', (answer) => resolve(answer as T));
    child.send(message);
  });
}

async function openModel(options: Parameters<typeof cachedModel>[0]): Promise<Model> {
  const child = spawn(process.execPath, [import.meta.filename, 'model'], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const url = await ask<string>(child, options);
  return { url, billed: async () => ask<Billed>(child, {}), close: () => void child.kill() };
}

function serve(): void {
  let model: Awaited<ReturnType<typeof cachedModel>> | null = null;
  process.on('message', (message) => {
    void (async () => {
      const isOpen = model !== null;
      model ??= await cachedModel(message as Parameters<typeof cachedModel>[0]);
      process.send?.(isOpen ? model.billed : model.url);
    })();
  });
}

function orderIn(folder: string, index: number): Order {
  const launcher = createLauncher({ tier: noTier, maxCommandMs: 60_000, searchPath: '/usr/bin:/bin' });
  const box = {
    workspace: path.join(folder, `${index}/ws`),
    scratch: path.join(folder, `${index}/scratch`),
    mark: 'bench',
  };
  for (const at of [box.workspace, `${box.scratch}/home`, `${box.scratch}/tmp`]) mkdirSync(at, { recursive: true });
  const unit = idFromKey(`u${index}`);
  return {
    name: `${unit}.1-builder`,
    unit,
    attempt: attemptId(unit, 1),
    attemptNumber: 1,
    role: 'builder',
    brief: { shared, own: `Unit ${index}.` },
    workspace: handleOf({ launcher, cores: new Cores() }, box, unit, (why) => {
      throw new Error(why);
    }),
    access: 'write',
    tools: null,
    offers: [],
    answerSchema: null,
    model: null,
    effort: 'high',
    limits: { turns: 500, timeMs: 600_000, idleMs: 60_000 },
    budget: { isCapped: false, reserve: () => ({ settle: () => {} }), isRunningOut: () => false },
    takeWords: () => [],
    onHeld: () => {},
    lens: null,
    sessionNumber: 1,
    session: null,
  };
}

/** Lets `count` agents work at once; `isWarmed` false: nobody waits for anybody. */
async function wave(url: string, count: number, isWarmed: boolean): Promise<void> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'backlog-bench-'));
  const limiter = new Limiter(systemClock);
  const together = new Warmth(systemClock);
  const outcomes = await Promise.all(
    Array.from({ length: count }, async (_, index) => {
      const warmth = isWarmed ? together : new Warmth(systemClock);
      const common = {
        apiKey: 'sk-bench',
        keyVariable: 'ANTHROPIC_API_KEY',
        baseUrl: url,
        model: 'claude-opus-5-5',
        maxTokens: 32_000,
      };
      const voice = anthropicVoice({ ...common, cacheTtl: '5m', prices, facts, limiter, warmth });
      const loop = {
        openVoice: async () => voice,
        sessions: path.join(folder, 's'),
        clock: systemClock,
        random: Math.random,
      };
      return runLoop(loop, orderIn(folder, index), () => {}, signal);
    }),
  );
  rmSync(folder, { recursive: true });
  const bad = outcomes.find(({ kind }) => kind !== 'finished');
  if (bad) throw new Error(JSON.stringify(bad));
}

const command = `head -c ${turnChars.prints} /dev/zero | tr '\\0' x`;
/** Dollars per million tokens: input, write, read. */
const inputCost = (billed: Billed): number => billed.input * 4 + billed.write * 5 + billed.read * 0.2;

async function costs(isWarmed: boolean): Promise<Billed> {
  const model = await openModel({ turns: 10, firstMs: 150, wholeMs: 300, command, saysChars: turnChars.says });
  await wave(model.url, 10, isWarmed);
  const billed = await model.billed();
  model.close();
  return billed;
}

/** Milliseconds of a turn of an agent alone, model and tools taken away: between two calls (median), and with them (mean). */
async function turnMs(): Promise<{ readonly between: number; readonly whole: number }> {
  const turns = 200;
  const model = await openModel({ turns, firstMs: 0, wholeMs: 0, command: 'true', saysChars: 200 });
  const times: number[] = [];
  let left = 0;
  const folder = mkdtempSync(path.join(os.tmpdir(), 'backlog-bench-'));
  const common = {
    apiKey: 'sk-bench',
    keyVariable: 'ANTHROPIC_API_KEY',
    baseUrl: model.url,
    model: 'claude-opus-5-5',
    maxTokens: 32_000,
  };
  const warmth = new Warmth(systemClock);
  const voice = anthropicVoice({ ...common, cacheTtl: '5m', prices, facts, limiter: new Limiter(systemClock), warmth });
  const given = orderIn(folder, 0);
  let toolMs = 0;
  let allToolMs = 0;
  const workspace: Order['workspace'] = {
    ...given.workspace,
    async exec(...args) {
      const began = performance.now();
      const result = await given.workspace.exec(...args);
      toolMs += performance.now() - began;
      allToolMs += performance.now() - began;
      return result;
    },
  };
  const loop = {
    // From the end of one answer to the next request: all that is ours, tools taken away.
    openVoice: async () => ({
      ...voice,
      async ask(...args: Parameters<typeof voice.ask>) {
        if (left > 0) times.push(performance.now() - left - toolMs);
        const reply = await voice.ask(...args);
        left = performance.now();
        toolMs = 0;
        return reply;
      },
    }),
    sessions: path.join(folder, 's'),
    clock: systemClock,
    random: Math.random,
  };
  const began = performance.now();
  const outcome = await runLoop(loop, { ...given, workspace }, () => {}, signal);
  if (outcome.kind !== 'finished') throw new Error(JSON.stringify(outcome));
  const wholeMs = performance.now() - began;
  const { busyMs } = await model.billed();
  model.close();
  rmSync(folder, { recursive: true });
  return { between: median(times), whole: (wholeMs - allToolMs - busyMs) / turns };
}

if (process.argv[2] === 'model') serve();
else if (process.argv[2] === 'fifty') {
  await wave(process.argv[3] ?? '', 50, true);
  process.stdout.write(String(process.resourceUsage().maxRSS / 1024));
} else {
  const runs = Number(process.argv[2] ?? 3);
  const ratios: number[] = [];
  for (let run = 0; run < runs; run++) {
    const [cold, warm] = [await costs(false), await costs(true)];
    ratios.push(inputCost(warm) / inputCost(cold));
    if (run > 0) continue;
    for (const [name, billed] of [
      ['all at once', cold],
      ['first one first', warm],
    ] as const)
      process.stdout.write(
        `${name.padEnd(16)} wrote the shared part ${billed.sharedWrites} times; tokens: ${billed.write} written, ${billed.read} read, ${billed.input} else; input $${(inputCost(billed) / 1e6).toFixed(3)}\n`,
      );
  }
  process.stdout.write(`input cost of a wave of ten: x${median(ratios).toFixed(2)} of the un-warmed one\n`);
  const turn = await turnMs();
  process.stdout.write(
    `a turn beyond model and tools: ${turn.whole.toFixed(2)} ms with SDK and HTTP (mean), ${turn.between.toFixed(2)} ms between two calls (median)\n`,
  );
  const model = await openModel({ turns: 10, firstMs: 150, wholeMs: 300, command, saysChars: turnChars.says });
  const child = spawn(process.execPath, [import.meta.filename, 'fifty', model.url], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
  await new Promise((resolve) => child.once('close', resolve));
  model.close();
  process.stdout.write(`fifty agents in one process: ${Number(text).toFixed(0)} MiB at most\n`);
}
