import type { Config } from '../../model/config.ts';
import type { RecordedEvent } from '../../model/event.ts';
import type { RunId, UnitId } from '../../model/ids.ts';
import { type Integrated, type IntegrationCheck, isBroken } from '../../model/integration.ts';
import { readSince } from '../../queue/events.ts';
import { GitError } from '../../repo/git/git.ts';
import { treeOf } from '../../repo/objects/tree.ts';
import { branchRef, isAncestor } from '../../repo/refs/branch.ts';
import { readRef } from '../../repo/refs/refs.ts';
import { printableLine } from '../../util/text/printable.ts';
import { readOutcome, runPatiently } from '../../verify/runs/outcome.ts';
import type { Checkouts } from '../checks/checkouts.ts';
import type { Books } from '../context/books.ts';
import { Interrupted } from '../context/interrupted.ts';
import type { Scope } from '../context/scope.ts';
import type { Target } from '../context/target.ts';

type IntegrationRun = Books & Target & Pick<Scope, 'asked'> & { readonly config: Pick<Config, 'integration'> };

/** A landing that no integration check has seen. */
export interface Unchecked {
  readonly unit: UnitId;
  readonly commit: string;
  readonly tree: string;
}

/**
 * Runs the project's integration checks on the tip after every few landings, and once at the end. They hold up no unit, and
 * take back nothing: what they find is told.
 */
export class Integration {
  readonly #run: IntegrationRun;
  readonly #checkouts: Checkouts;
  /** Until it aborts, what units need goes first. */
  readonly #ends = new AbortController();
  /** Landings since the checks passed last, and how many of them came after the last checks. */
  #landed: Unchecked[];
  #fresh: number;
  #active: Promise<void> = Promise.resolve();
  #isActive = false;
  #last: Integrated | null = null;
  #error: unknown = null;

  constructor(run: IntegrationRun, checkouts: Checkouts, before: readonly Unchecked[]) {
    [this.#run, this.#checkouts] = [run, checkouts];
    [this.#landed, this.#fresh] = [[...before], before.length];
  }

  hear({ event }: RecordedEvent): void {
    if (event.type !== 'landed' || !this.#isOn) return;
    this.#landed.push({ unit: event.unit, commit: event.commit, tree: event.tree });
    this.#fresh++;
    if (this.#fresh >= (this.#run.config.integration?.every ?? 0)) this.#begin();
  }

  /**
   * Checks what landed last, unless the run has to end now. Tells whether what landed broke something, and whether the run ended
   * before all of it was checked. Throws what went wrong.
   */
  async finish(isUrgent: boolean): Promise<{ readonly isBroken: boolean; readonly isCut: boolean }> {
    this.#ends.abort();
    await this.#active;
    if (this.#fresh > 0 && this.#isOn && !isUrgent && this.#error === null) {
      this.#begin();
      await this.#active;
    }
    const error = this.#error;
    const isStopped = error instanceof Interrupted && error.reason.kind === 'stopped';
    if (error !== null && !isStopped && !isUrgent) throw error;
    const isCut = this.#isOn && (error !== null || this.#fresh > 0);
    return { isBroken: this.#last !== null && isBroken(this.#last), isCut };
  }

  get #isOn(): boolean {
    return Object.keys(this.#run.config.integration?.checks ?? {}).length > 0;
  }

  #begin(): void {
    if (this.#isActive || this.#error !== null) return;
    this.#isActive = true;
    this.#active = this.#check()
      .catch((error: unknown) => {
        this.#error = error; // the end of the run, or a machine in the way
      })
      .finally(() => {
        this.#isActive = false;
      });
  }

  async #check(): Promise<void> {
    const landed = [...this.#landed];
    const tip = landed.at(-1);
    if (tip === undefined) return;
    this.#fresh = 0;
    const checks: IntegrationCheck[] = [];
    for (const [name, command] of Object.entries(this.#run.config.integration?.checks ?? {}))
      checks.push(await this.#checkOne(name, command, tip.tree, `${landed[0]?.commit}^`));
    const units = [...new Set(landed.map(({ unit }) => unit))];
    const isRed = checks.some(({ outcome }) => outcome === 'failed');
    const integrated = {
      ...{ commit: tip.commit, tree: tip.tree, units, checks },
      contracts: isRed ? this.#contractsOf(units) : [],
    };
    this.#last = integrated;
    if (checks.every(({ outcome }) => outcome === 'passed')) this.#landed = this.#landed.slice(landed.length);
    this.#run.emit({ type: 'integration-checked', ...integrated });
  }

  /** `base`: the commit before the first of the landings. */
  async #checkOne(name: string, command: string, tree: string, base: string): Promise<IntegrationCheck> {
    const ended = await this.#outcomeOn(command, tree, 'candidate');
    if (ended.outcome !== 'failed') return { name, command, wasRed: false, ...ended };
    const before = await this.#outcomeOn(command, await treeOf(this.#run.repository, base), 'base');
    return { name, command, wasRed: before.outcome === 'unclear' ? null : before.outcome === 'failed', ...ended };
  }

  async #outcomeOn(
    command: string,
    tree: string,
    on: 'base' | 'candidate',
  ): Promise<Pick<IntegrationCheck, 'outcome' | 'why'>> {
    const of = { unit: null, attempt: null };
    const after = this.#ends.signal;
    const evidence = await runPatiently((again) =>
      this.#checkouts.check(tree, { command, cwd: '' }, on, of, { again, after }),
    );
    const outcome = readOutcome(evidence);
    if (outcome.kind === 'green') return { outcome: 'passed', why: null };
    if (outcome.kind === 'unclear') return { outcome: 'unclear', why: outcome.why };
    if (on === 'candidate') this.#checkouts.keepOutput(evidence);
    const shows = (evidence.shows ?? []).filter((line) => line !== '').slice(0, 3);
    return { outcome: 'failed', why: printableLine([`exit ${evidence.exitCode}`, ...shows].join('; '), 400) };
  }

  #contractsOf(units: readonly UnitId[]): string[] {
    const landed = new Set(units);
    const all = this.#run.asked.units.filter(({ id }) => landed.has(id)).flatMap(({ contracts }) => contracts);
    return [...new Set(all)].toSorted();
  }
}

/** Landings of an earlier run that it was killed before it could check, and that the branch still has. */
export async function uncheckedOf(
  { database, repository, settings }: Pick<IntegrationRun, 'database' | 'repository'> & Pick<Scope, 'settings'>,
  earlier: RunId,
): Promise<Unchecked[]> {
  let landed: Unchecked[] = [];
  for (const { event } of readSince(database, earlier, 0)) {
    if (event.type === 'landed') landed.push({ unit: event.unit, commit: event.commit, tree: event.tree });
    if (event.type === 'integration-checked') landed = [];
  }
  const tip = landed.length === 0 ? null : await readRef(repository, branchRef(settings.branch));
  if (tip === null) return [];
  try {
    const isThere = await Promise.all(landed.map(async ({ commit }) => isAncestor(repository, commit, tip)));
    return isThere.every(Boolean) ? landed : [];
  } catch (error) {
    if (error instanceof GitError) return []; // the branch was made anew, and its old commits are gone
    throw error;
  }
}
