import type { AgentUnusable } from '../../model/failure.ts';
import type { Clock } from '../../util/time/clock.ts';
import { CallFailed, type CallEnd } from './voice.ts';
import { orAborted } from '../../util/time/aborted.ts';

/** Consecutive lost calls after which a provider that never answered is given up. */
const maxLost = 3;
/** The same for slow connections: milliseconds since the first try, from the second call on. */
const maxLostMs = 45_000;
/** Milliseconds between the first two lost calls; doubled after each further one. */
const firstPauseMs = 1000;
/** Milliseconds that calls wait for the first answer of another one. */
const firstAnswerMs = 10_000;

/** An admitted call. */
interface Admission {
  /** Reports the start of an answer. */
  answered(): void;
  /** Reports the end; only the first time counts. */
  over(end: CallEnd): void;
}

/**
 * The state of one provider with one key, for all agents and models of a run: whether it has answered, and why it will
 * not. Before its first answer, calls go one at a time, so that a wrong key or address costs one request.
 */
export class Pool {
  readonly #provider: string;
  readonly #clock: Clock;
  #hasAnswered = false;
  #refusal: AgentUnusable | null = null;
  /** Settled by an answer or an end, or after a time limit. */
  #trying: Promise<void> | null = null;
  #lost = 0;
  #firstLostAt = 0;
  #nextAt = 0;

  constructor(provider: string, clock: Clock) {
    this.#provider = provider;
    this.#clock = clock;
  }

  /** Why it is unusable for the rest of the run; null if usable. */
  get refusal(): AgentUnusable | null {
    return this.#refusal;
  }

  /** True once it has answered a call. */
  get hasAnswered(): boolean {
    return this.#hasAnswered;
  }

  /** Waits until a call may start. Rejects with `CallFailed` if none may, and with the signal's reason. */
  async admit(signal: AbortSignal): Promise<Admission> {
    for (;;) {
      signal.throwIfAborted();
      if (this.#refusal !== null) throw new CallFailed({ kind: 'fatal', failure: this.#refusal });
      if (this.#hasAnswered) return this.#admission(() => {});
      const waitMs = this.#nextAt - this.#clock.now();
      if (this.#trying !== null) await orAborted(signal, this.#trying);
      else if (waitMs > 0) await this.#clock.sleep(waitMs, signal);
      else break;
    }
    const { promise, resolve } = Promise.withResolvers<void>();
    const late = setTimeout(resolve, firstAnswerMs);
    late.unref();
    const settled = promise.then(() => {
      clearTimeout(late);
      if (this.#trying === settled) this.#trying = null;
    });
    this.#trying = settled;
    return this.#admission(resolve);
  }

  #admission(settle: () => void): Admission {
    let isOver = false;
    return {
      answered: () => {
        this.#hasAnswered = true;
        settle();
      },
      over: (end) => {
        if (isOver) return;
        isOver = true;
        this.#learn(end);
        settle();
      },
    };
  }

  #learn(end: CallEnd): void {
    switch (end.kind) {
      case 'ok':
      case 'limited':
      case 'overloaded':
      case 'answered':
        this.#hasAnswered = true;
        return;
      case 'refused':
        if (end.failure.kind === 'model') this.#hasAnswered = true;
        else if (end.failure.kind !== 'request') this.#refusal ??= end.failure;
        return;
      case 'lost':
        if (!this.#hasAnswered) this.#lose(end.why);
        return;
      case 'bad':
      case 'other':
    }
  }

  #lose(why: string): void {
    const now = this.#clock.now();
    if (this.#lost++ === 0) this.#firstLostAt = now;
    this.#nextAt = now + firstPauseMs * 2 ** (this.#lost - 1);
    if (this.#lost < maxLost && !(this.#lost > 1 && now - this.#firstLostAt >= maxLostMs)) return;
    this.#refusal ??= {
      reason: 'agent-unusable',
      kind: 'unreachable',
      detail: `${this.#provider} cannot be reached (${why}); no call of this run was answered`,
      remedy: 'Check the address ("baseUrl", ANTHROPIC_BASE_URL) and the network, then run again.',
    };
  }
}
