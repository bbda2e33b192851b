import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { Fleet } from '../../../src/engine/crew/fleet.ts';
import { openLauncher, projectRedactor } from '../../../src/engine/boxes/launch.ts';
import { Outputs } from '../../../src/engine/boxes/outputs.ts';
import { openEgress } from '../../../src/engine/boxes/workshop.ts';
import { changedProgram } from '../../../src/engine/consent/consent.ts';
import { RunEnd } from '../../../src/engine/context/run-end.ts';
import type { Link } from '../../../src/engine/jobs/executor.ts';
import type { OrderJob } from '../../../src/engine/jobs/job.ts';
import { openWorker, type Worker } from '../../../src/engine/jobs/worker.ts';
import { projectMark } from '../../../src/engine/project/project.ts';
import type { OverCap, Reservation, ToolResult } from '../../../src/model/agent.ts';
import { uncapped } from '../../../src/queue/budget.ts';
import { branchRef } from '../../../src/repo/refs/branch.ts';
import { openRepository, refs, type Repository } from '../../../src/repo/git/repository.ts';
import type { FromWorker, Start, ToWorker } from './messages.ts';
import { packOf } from './packs.ts';

/* A worker in a process of its own, with a folder, a repository and agents of its own: `worker.ts <folder>`. */

const folder = path.resolve(process.argv[2] ?? '');
writeFileSync(path.join(folder, 'pid'), String(process.pid));
const stop = new AbortController();
const kill = new AbortController();
const end = new RunEnd({ stop: stop.signal, kill: kill.signal });
/** Of each order, what the run sends while it is executed. */
const orders = new Map<number, { words: string[]; isRunningOut: boolean; readonly stop: AbortController }>();
/** The turns of checks. */
const checks = new Map<number, Readonly<Record<'needed' | 'stop', AbortController>>>();
const leases = new Map<number, (over: OverCap | null) => void>();
const calls = new Map<number, (result: ToolResult) => void>();
const atWork = new Set<Promise<void>>();
let lastLease = 0;
let lastCall = 0;
let isClosed = false;
interface Opened {
  readonly worker: Worker;
  readonly repository: Repository;
  readonly branch: string;
  readonly outputs: Outputs;
  readonly close: () => Promise<void>;
}
let opened: Promise<Opened> | null = null;
/** What the run has. */
const known = new Set<string>();
let taking: Promise<void> = Promise.resolve();

const send = (message: FromWorker): void => void process.stdout.write(`${JSON.stringify(message)}\n`);

for await (const line of createInterface({ input: process.stdin })) {
  const message = JSON.parse(line) as ToWorker;
  if (message.type === 'close') {
    isClosed = true;
    break;
  }
  switch (message.type) {
    case 'open':
      opened = open(message.start);
      send({ type: 'opened', canTrace: (await opened).worker.canTrace });
      break;
    case 'stop':
      orders.get(message.nr)?.stop.abort();
      checks.get(message.nr)?.stop.abort();
      break;
    case 'needed':
      checks.get(message.nr)?.needed.abort();
      break;
    case 'words':
      orders.get(message.nr)?.words.push(...message.words);
      break;
    case 'running-out': {
      const order = orders.get(message.nr);
      if (order) order.isRunningOut = true;
      break;
    }
    case 'reserved':
      leases.get(message.lease)?.(message.over);
      leases.delete(message.lease);
      break;
    case 'called':
      calls.get(message.call)?.(message.result);
      calls.delete(message.call);
      break;
    case 'closing':
      stop.abort();
      break;
    case 'end':
      kill.abort();
      break;
    default: {
      const done = execute(message).finally(() => atWork.delete(done));
      atWork.add(done);
    }
  }
}
if (!isClosed) kill.abort(); // the run is gone: nothing goes on without it
await closeAll();
process.stdin.destroy();

async function closeAll(): Promise<void> {
  for (const order of orders.values()) order.stop.abort();
  await Promise.allSettled(atWork);
  await (await opened)?.close();
}

async function open(start: Start): Promise<Opened> {
  const { branch, timeoutMs, identity, allowUnsandboxed } = start;
  const project = { ...start.project, asker: { ...start.project.asker, env: process.env } };
  const target = path.join(folder, 'repository');
  mkdirSync(target, { recursive: true });
  const git = (...args: string[]): Buffer => execFileSync('git', args, { cwd: target });
  git('init', '--quiet');
  git('-c', 'user.name=W', '-c', 'user.email=w@example.org', 'commit', '--quiet', '--allow-empty', '--message', 'None');
  const state = path.join(folder, 'state');
  mkdirSync(state, { recursive: true });
  const found = await openRepository({ folder: target, stateFolder: state, env: process.env, identity });
  const bytes = (text: string): Buffer => Buffer.from(text, 'base64');
  const { everywhere, here, ...checkout } = start.checkout;
  const repository = { ...found, checkout: { ...checkout, everywhere: bytes(everywhere), here: bytes(here) } };
  const cache = path.join(folder, 'cache');
  mkdirSync(cache, { recursive: true, mode: 0o711 });
  const { config } = project;
  const redactor = projectRedactor(project);
  const mark = projectMark(project);
  const egress = openEgress(cache, mark);
  const launched = await openLauncher(project, {
    folder: cache,
    allowUnsandboxed,
    redactor,
    egress,
    signal: end.signal,
  });
  const { launcher, isReachable, askProgram } = launched;
  const fleet = await Fleet.gather({
    ...{ config, configBase: project.configBase, configRoot: project.configRoot, flag: start.agent, units: [] },
    ...{ sessions: path.join(state, 'sessions'), recordInto: null, env: process.env },
    ...{ caps: uncapped, isUnmetered: true, isOffline: false, isReachable, askProgram },
    isChanged: (agent) => changedProgram(project, agent),
  });
  const outputs = new Outputs(path.join(state, 'output'));
  const worker = openWorker({
    ...{ config, repository, launcher, cache, mark, outputs, redactor, end, branch, timeoutMs },
    agent: (name) => fleet.open(name),
  });
  const close = async (): Promise<void> => {
    await worker.close();
    await egress.close();
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  };
  return { worker, repository, branch, outputs, close };
}

async function execute(message: Extract<ToWorker, { readonly nr: number }>): Promise<void> {
  const { nr } = message;
  const turn = { needed: new AbortController(), stop: new AbortController() };
  if (message.type === 'check') checks.set(nr, turn); // what is sent meanwhile is heard
  if (opened === null) throw new Error('a job before its worker was opened');
  const { worker, repository, branch, outputs } = await opened;
  const answer = (result: Extract<FromWorker, { type: 'result' }>['result'], pack = ''): void =>
    send({ type: 'result', nr, pack, files: filesOf(result, outputs), canTrace: worker.canTrace, result });
  if (message.type === 'release') {
    return answer(await worker.release(message.attempt));
  }
  if (message.type === 'look') {
    const seen = await worker.look(message.look, end.signal);
    const tree = 'tree' in seen ? seen.tree : null;
    return answer(seen, tree === null ? '' : await packOf(repository, [tree], known));
  }
  if (!('job' in message)) return;
  const { job } = message;
  const start = message.type === 'order' ? link(nr, message.job) : null; // what is sent meanwhile is heard
  taking = taking.then(async () => {
    if (message.pack !== '')
      execFileSync('git', ['unpack-objects', '-q'], {
        cwd: repository.gitDir,
        input: Buffer.from(message.pack, 'base64'),
      });
    await refs(repository, {}, 'update-ref', branchRef(branch), job.tip);
    for (const name of [job.tree, job.tip]) known.add(name);
  });
  await taking;
  if (message.type === 'check') {
    answer(await worker.check(message.job, { needed: turn.needed.signal, stop: turn.stop.signal }));
    checks.delete(nr);
    return;
  }
  if (message.type === 'set-up') return answer(await worker.setUp(message.job));
  if (message.type !== 'order' || start === null) return;
  const { job: order } = message;
  for (const name of order.workspace === null ? [] : [order.workspace.baseCommit, order.workspace.baseTree])
    known.add(name);
  const result = await worker.order(order, start.link, start.stop);
  const { outcome } = result;
  const made = outcome.kind === 'finished' ? outcome.harvested : null;
  const pack = made === null ? '' : await packOf(repository, [made.commit, made.tree], known);
  answer(result, pack);
  orders.delete(nr);
}

function link(nr: number, { isCapped }: OrderJob): { readonly link: Link; readonly stop: AbortSignal } {
  const order = { words: [] as string[], isRunningOut: false, stop: new AbortController() };
  orders.set(nr, order);
  const reserve = async (worstCase: number): Promise<Reservation | OverCap> => {
    const lease = ++lastLease;
    const over = new Promise<OverCap | null>((resolve) => leases.set(lease, resolve));
    send({ type: 'reserve', nr, lease, worstCase });
    return (await over) ?? { settle: (charge) => send({ type: 'settle', nr, lease, charge }) };
  };
  return {
    stop: order.stop.signal,
    link: {
      budget: { isCapped, reserve, isRunningOut: () => order.isRunningOut },
      hear: (event) => send({ type: 'event', nr, event }),
      takeWords: () => order.words.splice(0),
      call: async (name, input) => {
        const call = ++lastCall;
        const result = new Promise<ToolResult>((resolve) => calls.set(call, resolve));
        send({ type: 'call', nr, call, name, input });
        return result;
      },
    },
  };
}

/** Outputs that were kept here, for the run to have them. */
function filesOf(result: Extract<FromWorker, { type: 'result' }>['result'], outputs: Outputs): Record<string, string> {
  const files = [
    result !== null && 'written' in result ? result.written?.spill : undefined,
    result !== null && 'outcome' in result && result.outcome.kind === 'failed' && 'output' in result.outcome.failure
      ? result.outcome.failure.output
      : undefined,
  ].filter((file) => file !== undefined);
  return Object.fromEntries(
    files.flatMap((file) => {
      const here = outputs.at(file) ?? file;
      return existsSync(here) ? [[file, readFileSync(here).toString('base64')]] : [];
    }),
  );
}
