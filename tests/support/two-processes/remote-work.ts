import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { Link } from '../../../src/engine/jobs/executor.ts';
import type {
  CheckJob,
  CheckResult,
  LookJob,
  LookResult,
  NotExecuted,
  OrderJob,
  OrderResult,
  SetUpJob,
  SetUpResult,
} from '../../../src/engine/jobs/job.ts';
import type { LocalWork } from '../../../src/engine/jobs/local-executor.ts';
import type { Opened } from '../../../src/engine/run/opened.ts';
import { noUsage, type Reservation } from '../../../src/model/agent.ts';
import type { AttemptId } from '../../../src/model/ids.ts';
import type { Turn } from '../../../src/util/process/turn.ts';
import { onAborted } from '../../../src/util/time/aborted.ts';
import type { Files, FromWorker, ToWorker } from './messages.ts';
import { packOf, unpack } from './packs.ts';

type Result = OrderResult | CheckResult | SetUpResult | LookResult | NotExecuted | null;

interface Pending {
  readonly link: Link | null;
  readonly leases: Map<number, Reservation>;
  readonly resolve: (result: Result) => void;
}

interface Helper {
  readonly child: ChildProcess;
  readonly opened: Promise<void>;
  /** What it has of the run's objects. */
  readonly has: Set<string>;
  readonly exited: Promise<void>;
}

/** Milliseconds between looks at what people said to the agents, and at what is left of the money. */
const tickMs = 50;

/** Executes jobs in a worker process: all that goes there and comes back is JSON. A worker that is gone is replaced. */
export class RemoteWork implements LocalWork {
  readonly #run: Opened;
  readonly #outputs: string;
  readonly #folder: string;
  readonly #pending = new Map<number, Pending>();
  #helper: Helper | null = null;
  #last = 0;
  #helpers = 0;
  #packing: Promise<unknown> = Promise.resolve();
  #canTrace = true;

  /** `outputs`: the folder of the run's outputs; `folder`: where workers have theirs. */
  constructor(run: Opened, outputs: string, folder: string) {
    this.#run = run;
    this.#outputs = outputs;
    this.#folder = folder;
  }

  get canTrace(): boolean {
    return this.#run.launcher.hasTracer && this.#canTrace;
  }

  async order(job: OrderJob, link: Link, stop: AbortSignal): Promise<OrderResult> {
    if (stop.aborted) return { outcome: { kind: 'stopped' }, usage: noUsage };
    const names = job.workspace === null ? [] : [job.workspace.baseCommit, job.workspace.baseTree];
    const nr = ++this.#last;
    let isTold = false;
    const watch = setInterval(() => {
      const words = link.takeWords();
      if (words.length > 0) this.#send({ type: 'words', nr, words });
      if (isTold || !link.budget.isRunningOut()) return;
      isTold = true;
      this.#send({ type: 'running-out', nr });
    }, tickMs);
    const onStop = (): void => this.#send({ type: 'stop', nr });
    stop.addEventListener('abort', onStop, { once: true });
    try {
      const result = await this.#ask(nr, link, [...names, job.tree, job.tip], (pack) => ({
        type: 'order',
        nr,
        pack,
        job,
      }));
      return result !== null && 'outcome' in result ? result : { outcome: result as NotExecuted, usage: null };
    } finally {
      clearInterval(watch);
      stop.removeEventListener('abort', onStop);
    }
  }

  async check(job: CheckJob, turn: Turn): Promise<CheckResult> {
    const nr = ++this.#last;
    let ends: (() => void)[] = [];
    try {
      return (await this.#ask(nr, null, [job.tree, job.tip], (pack) => {
        // What is sent before the job is not heard.
        queueMicrotask(() => {
          ends = (['needed', 'stop'] as const).map((type) => onAborted(turn[type], () => this.#send({ type, nr })));
        });
        return { type: 'check', nr, pack, job };
      })) as CheckResult;
    } finally {
      for (const end of ends) end();
    }
  }

  async setUp(job: SetUpJob): Promise<SetUpResult> {
    const nr = ++this.#last;
    return (await this.#ask(nr, null, [job.tree, job.tip], (pack) => ({
      type: 'set-up',
      nr,
      pack,
      job,
    }))) as SetUpResult;
  }

  async look(look: LookJob): Promise<LookResult> {
    if (this.#helper === null) return { kind: 'unseen' };
    const nr = ++this.#last;
    return (await this.#ask(nr, null, [], () => ({ type: 'look', nr, look }))) as LookResult;
  }

  async release(attempt: AttemptId): Promise<NotExecuted | null> {
    if (this.#helper === null) return null;
    const nr = ++this.#last;
    return (await this.#ask(nr, null, [], () => ({ type: 'release', nr, attempt }))) as NotExecuted | null;
  }

  async close(): Promise<null> {
    const helper = this.#helper;
    if (helper === null) return null;
    await helper.opened;
    this.#send({ type: 'close' });
    await helper.exited;
    return null;
  }

  async #ask(
    nr: number,
    link: Link | null,
    names: readonly string[],
    message: (pack: string) => ToWorker,
  ): Promise<Result> {
    const helper = (this.#helper ??= this.#start());
    await helper.opened;
    const result = new Promise<Result>((resolve) => this.#pending.set(nr, { link, leases: new Map(), resolve }));
    // One after the other: what one pack holds, the next one counts on.
    const sent = this.#packing.then(async () => {
      const pack = await packOf(this.#run.repository, names, helper.has);
      if (this.#helper === helper) this.#send(message(pack));
      else this.#answer(nr, { kind: 'lost', why: 'its worker is gone' });
    });
    this.#packing = sent.catch(() => undefined);
    await sent;
    return result;
  }

  #start(): Helper {
    const folder = path.join(this.#folder, `worker-${++this.#helpers}`);
    mkdirSync(folder, { recursive: true });
    const child = spawn(process.execPath, [path.join(import.meta.dirname, 'worker.ts'), folder], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    let isOpen = (): void => {};
    const opened = new Promise<void>((resolve) => (isOpen = resolve));
    const exited = new Promise<void>((resolve) => child.on('exit', () => resolve()));
    const helper: Helper = { child, opened, has: new Set(), exited };
    child.stdin.on('error', () => undefined); // its end is heard below
    void (async (): Promise<void> => {
      for await (const line of createInterface({ input: child.stdout })) {
        const message = JSON.parse(line) as FromWorker;
        if (message.type === 'opened') isOpen();
        else await this.#hear(helper, message);
      }
      await exited;
      isOpen();
      if (this.#helper === helper) this.#helper = null;
      for (const nr of this.#pending.keys()) this.#answer(nr, { kind: 'lost', why: 'its worker is gone' });
    })();
    const { project, settings, launcher, fleet, repository, end } = this.#run;
    const { everywhere, here, ...checkout } = repository.checkout;
    const start = {
      project: { ...project, asker: { ...project.asker, env: {} } }, // a worker has an environment of its own
      branch: settings.branch,
      timeoutMs: settings.attemptTimeoutMs,
      allowUnsandboxed: launcher.tier === 'none',
      agent: fleet.casting.defaultName,
      identity: repository.identity,
      checkout: { ...checkout, everywhere: everywhere.toString('base64'), here: here.toString('base64') },
    };
    child.stdin.write(`${JSON.stringify({ type: 'open', start })}\n`);
    const tell = (message: ToWorker): void => void child.stdin.write(`${JSON.stringify(message)}\n`);
    for (const [signal, type] of [
      [end.closing, 'closing'],
      [end.signal, 'end'],
    ] as const) {
      if (signal.aborted) tell({ type });
      else signal.addEventListener('abort', () => tell({ type }), { once: true });
    }
    return helper;
  }

  #send(message: ToWorker): void {
    this.#helper?.child.stdin?.write(`${JSON.stringify(message)}\n`);
  }

  #answer(nr: number, result: Parameters<Pending['resolve']>[0]): void {
    this.#pending.get(nr)?.resolve(result);
    this.#pending.delete(nr);
  }

  async #hear(helper: Helper, message: Exclude<FromWorker, { type: 'opened' }>): Promise<void> {
    const pending = this.#pending.get(message.nr);
    if (pending === undefined) return;
    switch (message.type) {
      case 'event':
        return pending.link?.hear(message.event);
      case 'reserve': {
        const { nr, lease, worstCase } = message;
        const made = await pending.link?.budget.reserve(worstCase);
        if (made === undefined) return;
        if (!('refused' in made)) pending.leases.set(lease, made);
        return this.#send({ type: 'reserved', nr, lease, over: 'refused' in made ? made : null });
      }
      case 'call': {
        const { nr, call, name, input } = message;
        // Others are heard meanwhile: a tool may take its time.
        void pending.link?.call(name, input).then((result) => this.#send({ type: 'called', nr, call, result }));
        return;
      }
      case 'settle':
        return pending.leases.get(message.lease)?.settle(message.charge);
      case 'result': {
        this.#canTrace &&= message.canTrace;
        await unpack(this.#run.repository, message.pack);
        const result = JSON.parse(JSON.stringify(message.result), (_, value: unknown) =>
          typeof value === 'string' && value in message.files ? this.#brought(value, message.files) : value,
        ) as typeof message.result;
        if (result !== null && 'outcome' in result && result.outcome.kind === 'finished' && result.outcome.harvested) {
          helper.has.add(result.outcome.harvested.commit);
          helper.has.add(result.outcome.harvested.tree);
        }
        if (result !== null && 'tree' in result && result.tree !== null) helper.has.add(result.tree);
        return this.#answer(message.nr, result);
      }
    }
  }

  /** Writes an output that the worker kept into the run's folder, and says where. */
  #brought(file: string, files: Files): string {
    const here = path.join(this.#outputs, path.basename(file));
    mkdirSync(this.#outputs, { recursive: true, mode: 0o700 });
    writeFileSync(here, Buffer.from(files[file] ?? '', 'base64'), { mode: 0o600 });
    return path.isAbsolute(file) ? here : file;
  }
}
