import type { Clock } from '../../util/time/clock.ts';
import { Pool } from './pool.ts';
import type { AgentUnusable } from '../../model/failure.ts';
import { CallFailed, type CallEnd, type HeaderReader, type Pass } from './voice.ts';
import { waitOf } from './waits.ts';

/** Longest wait in ms; for more, the unit is parked and its slot freed. */
export const longWaitMs = 120_000;

const firstWindow = 8;
const maxWindow = 64;
/** Milliseconds in which refusals of concurrent calls count as one. */
const sameTroubleMs = 1000;
const overloadsUntilOpen = 5;
const firstOpenMs = 30_000;
const longestOpenMs = 600_000;
const unknownRetryMs = 5000;
/** Refused calls before any reply, or bad answers before any good one, after which nothing is asked. */
const maxRefused = 3;

/**
 * Limits concurrent calls to a provider with one key and for one class of models, for all agents: halves them on a
 * refusal, adds one after each round of good answers, waits as long as the provider says, and probes with a single call
 * after repeated overloads.
 */
export class Limiter {
  readonly #clock: Clock;
  /** The state of the provider with this key; null if it is assumed to work. */
  readonly pool: Pool | null;
  #window = firstWindow;
  #inFlight = 0;
  #halvedAt = Number.NEGATIVE_INFINITY;
  #blockedUntil = 0;
  #why = '';
  #overloads = 0;
  #openMs = firstOpenMs;
  /** True while one call probes an overloaded provider. */
  #isProbing = false;
  #hasReplied: boolean;
  #refused = 0;
  #hasServed: boolean;
  #bad = 0;
  #doubt: AgentUnusable | null = null;
  #refusal: AgentUnusable | null = null;
  readonly #waiting: (() => void)[] = [];

  constructor(clock: Clock, pool: Pool | null = null) {
    this.#clock = clock;
    this.pool = pool;
    this.#hasReplied = pool === null;
    this.#hasServed = pool === null;
  }

  /** True once a model of this class has replied. */
  get hasReplied(): boolean {
    return this.#hasReplied;
  }

  /** Why these models are unusable for the rest of the run; null if usable. */
  get refusal(): AgentUnusable | null {
    return this.pool?.refusal ?? this.#refusal;
  }

  /** Why these models may be unusable: there was a bad answer and no good one yet; else null. */
  get doubt(): AgentUnusable | null {
    return this.#hasServed ? null : this.#doubt;
  }

  /** End of a pause that is too long to wait for (ms since the epoch); else null. */
  get pausedUntil(): number | null {
    return this.#blockedUntil - this.#clock.now() > longWaitMs ? this.#blockedUntil : null;
  }

  /** Maximum of concurrent calls. */
  get window(): number {
    return Math.max(1, Math.floor(this.#window));
  }

  /** Admits no calls until then (ms since the epoch), for limits outside of refused calls. */
  pause(until: number, why: string): void {
    this.#block(until - this.#clock.now(), why);
  }

  /** Waits for a place. Rejects with `CallFailed` if the wait would be long, and with the signal's reason. */
  async enter(signal: AbortSignal): Promise<Pass> {
    const admission = (await this.pool?.admit(signal)) ?? null;
    let isProbe: boolean;
    try {
      isProbe = await this.#takePlace(signal);
    } catch (error) {
      admission?.over({ kind: 'other' });
      this.#callIn(); // it may have been woken, and passes its place on
      throw error;
    }
    let hasLeft = false;
    const badBefore = this.#bad;
    return {
      begun: () => {
        this.#hasReplied = true;
        admission?.answered();
      },
      leave: (end, headers) => {
        if (hasLeft) return;
        hasLeft = true;
        this.#inFlight--;
        if (isProbe) this.#isProbing = false;
        // Bad answers of concurrent calls count as one.
        if (end.kind !== 'bad' || this.#bad === badBefore) this.#learn(end);
        if (headers) this.#read(headers);
        admission?.over(end);
        this.#callIn();
      },
    };
  }

  /** Takes a place once there is one; true for the single call that probes an overloaded provider. */
  async #takePlace(signal: AbortSignal): Promise<boolean> {
    for (;;) {
      signal.throwIfAborted();
      if (this.#refusal !== null) throw new CallFailed({ kind: 'fatal', failure: this.#refusal });
      const waitMs = this.#blockedUntil - this.#clock.now();
      if (waitMs > longWaitMs) throw new CallFailed({ kind: 'limited', why: this.#why, retryAfterMs: waitMs });
      if (waitMs > 0) await this.#clock.sleep(waitMs, signal);
      else if (this.#isProbing || this.#inFlight >= this.window) await this.#turn(signal);
      else break;
    }
    this.#inFlight++;
    this.#isProbing = this.#overloads >= overloadsUntilOpen;
    return this.#isProbing;
  }

  /** Wakes as many calls as there are places. Places are not reserved: each call checks again. */
  #callIn(): void {
    const places = this.#isProbing ? 0 : Math.max(0, this.window - this.#inFlight);
    for (const wake of this.#waiting.splice(0, places)) wake();
  }

  async #turn(signal: AbortSignal): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const wake = (): void => {
        signal.removeEventListener('abort', give);
        resolve();
      };
      const give = (): void => {
        const place = this.#waiting.indexOf(wake);
        if (place >= 0) this.#waiting.splice(place, 1);
        reject(signal.reason as Error);
      };
      this.#waiting.push(wake);
      signal.addEventListener('abort', give, { once: true });
    });
  }

  #learn(end: CallEnd): void {
    switch (end.kind) {
      case 'ok':
        this.#hasReplied = true;
        this.#hasServed = true;
        this.#overloads = 0;
        this.#openMs = firstOpenMs;
        this.#window = Math.min(maxWindow, this.#window + 1 / this.#window);
        return;
      case 'limited':
        this.#halve();
        this.#block(end.retryAfterMs ?? unknownRetryMs, end.why);
        return;
      case 'overloaded':
        this.#halve();
        // Calls from before the pause tell nothing new.
        if (this.#clock.now() < this.#blockedUntil || ++this.#overloads < overloadsUntilOpen) return;
        this.#block(this.#openMs, end.why);
        this.#openMs = Math.min(longestOpenMs, this.#openMs * 2);
        return;
      case 'refused':
        // One refusal may be due to its request; if all are refused, the requests are not at fault.
        if (end.failure.kind === 'request' && !this.#hasReplied && ++this.#refused >= maxRefused)
          this.#refusal ??= { ...end.failure, kind: 'model' };
        return;
      case 'bad':
        if (this.#hasServed) return;
        this.#doubt = end.failure;
        if (++this.#bad >= maxRefused) this.#refusal ??= { ...end.failure, kind: 'model' };
        return;
      case 'answered':
      case 'lost':
      case 'other':
    }
  }

  #halve(): void {
    const now = this.#clock.now();
    if (now - this.#halvedAt < sameTroubleMs) return;
    this.#halvedAt = now;
    this.#window = Math.max(1, this.#window / 2);
  }

  #block(ms: number, why: string): void {
    const until = this.#clock.now() + (waitOf(ms) ?? unknownRetryMs);
    if (until <= this.#blockedUntil) return;
    this.#blockedUntil = until;
    this.#why = why;
  }

  /** Pauses for limits that the answer's headers report as exhausted. */
  #read(header: HeaderReader): void {
    for (const bucket of ['requests', 'input-tokens', 'output-tokens']) {
      const remaining = header(`anthropic-ratelimit-${bucket}-remaining`);
      const reset = Date.parse(header(`anthropic-ratelimit-${bucket}-reset`) ?? '');
      if (remaining !== '0' || Number.isNaN(reset)) continue;
      this.#block(reset - this.#clock.now(), `the limit of ${bucket.replace('-', ' ')} is reached`);
    }
    const unified = header('anthropic-ratelimit-unified-status');
    for (const window of ['', '5h-', '7d-']) {
      const status = header(`anthropic-ratelimit-unified-${window}status`);
      const reset = Number(header(`anthropic-ratelimit-unified-${window}reset`) ?? Number.NaN) * 1000;
      if ((unified ?? status) !== 'rejected' || status !== 'rejected' || Number.isNaN(reset)) continue;
      this.#block(reset - this.#clock.now(), 'the limit of the subscription is reached');
    }
  }
}

/** The limiters of a run: one per provider, key and class of models. */
export class Limiters {
  readonly #clock: Clock;
  readonly #limiters = new Map<string, Limiter>();
  readonly #pools = new Map<string, Pool>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  of(provider: string, key: string, model: string): Limiter {
    const name = `${provider} ${key} ${/^claude-([a-z]+)/.exec(model)?.[1] ?? model}`;
    const known = this.#limiters.get(name) ?? new Limiter(this.#clock, this.#pool(provider, key));
    this.#limiters.set(name, known);
    return known;
  }

  #pool(provider: string, key: string): Pool {
    const name = `${provider} ${key}`;
    const known = this.#pools.get(name) ?? new Pool(provider, this.#clock);
    this.#pools.set(name, known);
    return known;
  }
}
