import type { Check } from '../../model/evidence.ts';
import { listTree } from '../../repo/objects/tree.ts';
import type { Turn } from '../../util/process/turn.ts';
import { wantsTrace } from '../../verify/files/holding.ts';
import { testsNamedBy } from '../../verify/files/protect.ts';
import { checkOfUnit } from '../../verify/judge-context.ts';
import { type Outcome, readOutcome } from '../../verify/runs/outcome.ts';
import { type Step, Steps } from '../../verify/runs/steps.ts';
import type { Driving } from './driving.ts';

/** Nothing was to be done: every check of a unit passed before any work. */
export class AlreadyMetError extends Error {
  override readonly name = 'AlreadyMetError';
}

/**
 * The runs of a unit's checks on its base that its judge will need. They show whether anything is to be done, and go on
 * while the agent works, where cores are free.
 */
export class BaseRuns {
  readonly #it: Driving;
  readonly #steps = new Steps();
  readonly #met = new AbortController();
  readonly #isMet: Promise<boolean>;
  /** Second runs, which would only be in the way of the first while nobody knows whether anything is to be done. */
  readonly #later: Step<unknown>[] = [];

  private constructor(it: Driving, files: ReadonlySet<string>) {
    this.#it = it;
    const { row, driver } = it;
    const { criteria, cwd } = row.spec;
    const { projectChecks } = driver.run;
    const isOfProject = (command: string | null): boolean => projectChecks.some((check) => check.command === command);
    const mayBeMet =
      criteria.every(({ kind }) => kind === 'check') && !criteria.every(({ command }) => isOfProject(command));
    const own = criteria.flatMap(({ command, isGuard }) => {
      if (command === null) return [];
      // With a test that is not there yet, the judge runs the check on another tree.
      if (testsNamedBy(command, cwd).some((file) => !files.has(file))) return [Promise.resolve(false)];
      const check = checkOfUnit(row.spec, command);
      const first = this.#steps.add(async (turn) => this.#run(check, turn));
      const again = this.#steps.add(async (turn) => this.#again(check, turn));
      if (mayBeMet) void first.result();
      else first.begin();
      if (isGuard !== true) {
        if (mayBeMet) this.#later.push(again);
        else again.begin();
      }
      return [
        first.ended().then(({ kind }) => {
          if (kind !== 'red') again.stop();
          return kind === 'green';
        }),
      ];
    });
    for (const { command } of projectChecks)
      this.#steps.add(async (turn) => this.#run({ command, cwd: '' }, turn)).begin();
    this.#isMet = mayBeMet ? every(own) : Promise.resolve(false);
    for (const one of [...own, this.#isMet]) one.catch(() => undefined); // the judge hears of an error
    this.#isMet.then(
      (isMet) => isMet && this.#met.abort(),
      () => undefined,
    );
  }

  static async begin(it: Driving): Promise<BaseRuns> {
    const { repository } = it.driver.run;
    return new BaseRuns(it, new Set((await listTree(repository, it.attempt.baseTree)).map((entry) => entry.path)));
  }

  /** Aborts once it is known that nothing is to be done. */
  get met(): AbortSignal {
    return this.#met.signal;
  }

  throwIfMet(): void {
    if (this.met.aborted) throw new AlreadyMetError();
  }

  /**
   * True if the unit has only checks, some of its own, and all pass; false also if that is not known within this time (in
   * milliseconds). Throws as a check does.
   */
  async isMet(withinMs: number): Promise<boolean> {
    const known = new AbortController();
    const late = this.#it.driver.run.clock.sleep(withinMs, known.signal).then(
      () => false,
      () => false,
    );
    try {
      return await Promise.race([this.#isMet, late]);
    } finally {
      known.abort();
      for (const again of this.#later) again.begin();
    }
  }

  /** Ends what still runs and nobody else waits for. */
  async end(): Promise<void> {
    await this.#steps.end();
  }

  async #run(check: Check, turn: Turn): Promise<Outcome> {
    const { driver, row, attempt } = this.#it;
    const of = { unit: row.spec.id, attempt: attempt.id };
    if (wantsTrace(row.spec.touches, [])) await driver.checkouts.trace(attempt.baseTree, check, of, { turn });
    return readOutcome(await driver.checkouts.check(attempt.baseTree, check, 'base', of, { turn }));
  }

  /** A check that fails before the work may do so by chance. */
  async #again(check: Check, turn: Turn): Promise<unknown> {
    const { driver, row, attempt } = this.#it;
    const of = { unit: row.spec.id, attempt: attempt.id };
    return driver.checkouts.check(attempt.baseTree, check, 'base', of, { turn, again: true });
  }
}

/** True if all are; false as soon as one is. */
function every(all: readonly Promise<boolean>[]): Promise<boolean> {
  const { promise, resolve, reject } = Promise.withResolvers<boolean>();
  for (const one of all) one.then((is) => is || resolve(false), reject);
  Promise.all(all).then(() => resolve(true), reject);
  return promise;
}
