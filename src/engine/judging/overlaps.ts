import { performance } from 'node:perf_hooks';
import { randomBytes } from 'node:crypto';
import { overlapsSay } from '../../agents/words/brief.ts';
import type { Overlap } from '../../agents/words/overlaps.ts';
import type { AttemptId, UnitId } from '../../model/ids.ts';
import type { UnitSpec } from '../../model/unit.ts';
import { isSharedFile } from '../../plan/shared-files.ts';
import { recordReach } from '../../queue/transitions.ts';
import { changedPaths, commitTree, listTree } from '../../repo/objects/tree.ts';
import { joinFiles } from '../../repo/worktrees/join.ts';
import type { Books } from '../context/books.ts';
import { GitError } from '../../repo/git/git.ts';
import { isBug } from '../context/machine.ts';
import type { Crew } from '../crew/crew.ts';
import type { ReaderRun } from '../crew/reader.ts';
import type { Session } from '../crew/sessions.ts';
import { mergeWork } from '../project/spec-merge.ts';
import { specsPlaceOf } from '../project/specs-place.ts';
import { type ProtectingRun, protectionOf } from './protection.ts';

type OverlapsRun = ProtectingRun &
  Books &
  Pick<Crew, 'board'> & {
    readonly executor: Pick<ReaderRun['executor'], 'look'>;
    readonly settings: { readonly lookEveryMs: number };
  };

/** An agent at work, whose changes are compared with those of others. */
export interface AtWork {
  readonly unit: UnitSpec;
  readonly attempt: AttemptId;
  readonly baseCommit: string;
  readonly baseTree: string;
  /** The tree that its workspace was made from. */
  readonly tree: string;
  readonly session: Pick<Session, 'say'>;
  /** True if it can see the web. */
  readonly web: boolean;
}

/** What an agent has changed so far. */
interface Seen {
  readonly of: AtWork;
  readonly files: ReadonlySet<string>;
  /** Those that others changed, too. */
  readonly shared: readonly string[];
  /** A tree, and a commit of it on the base, with those as they are now. */
  readonly tree: string;
  readonly commit: string;
}

/** A pause is this many times as long as the look before it, however large the repository is, up to `maxPauseMs`. */
const pauseTimes = 20;
/** On a busy machine, a look takes long without work of its own. A longer pause follows only one that takes very long. */
const maxPauseMs = 30_000;
const leastTimes = 5;
/** Maximum of files that are named. */
const maxNamed = 20;

/**
 * Compares what agents have changed while they work. Where two changes would conflict, both agents are told, once: through
 * the inbox, otherwise in the next brief. What is seen is a hint, never evidence; a look that fails has no consequence.
 */
export class Overlaps {
  readonly #run: OverlapsRun;
  readonly #atWork = new Set<AtWork>();
  readonly #stop = new AbortController();
  /** Commits of what was seen last. */
  readonly #seen = new Map<AttemptId, Pick<Seen, 'tree' | 'commit'>>();
  /** The trees that were compared last, by pair of attempts. */
  readonly #compared = new Map<string, string>();
  /** Files that conflicted when they were compared last, by pair of units. */
  readonly #standing = new Map<string, { readonly units: readonly [UnitSpec, UnitSpec]; readonly files: string[] }>();
  /** What was told, by pair of units and file. */
  readonly #told = new Set<string>();
  #isWatching = false;
  #watch: Promise<void> = Promise.resolve();

  constructor(run: OverlapsRun) {
    this.#run = run;
  }

  /** Calls `work`, during which an agent works; null for one that is not compared. */
  async during<T>(it: AtWork | null, work: () => Promise<T>): Promise<T> {
    if (it === null) return work();
    this.#atWork.add(it);
    if (!this.#isWatching) this.#watch = this.#keepLooking();
    try {
      return await work();
    } finally {
      this.#atWork.delete(it);
    }
  }

  /** What conflicts with a unit's work, as last seen, among the units in progress. */
  standing(unit: UnitId): Overlap[] {
    const beside = new Set(this.#run.board.beside(unit));
    return [...this.#standing.values()].flatMap(({ units: [a, b], files }) => {
      const other = a.id === unit ? b : b.id === unit ? a : null;
      return other === null || !beside.has(other.id) ? [] : [{ with: other, files }];
    });
  }

  /** Ends the look in progress, and makes no other. */
  async close(): Promise<void> {
    this.#stop.abort();
    await this.#watch;
  }

  /** Looks every few seconds while there are two agents, or less often where a look takes long. */
  async #keepLooking(): Promise<void> {
    const { clock, settings, emit } = this.#run;
    const { signal } = this.#stop;
    this.#isWatching = true;
    try {
      for (let tookMs = 0; this.#atWork.size >= 2;) {
        const pauseMs = Math.min(tookMs * pauseTimes, Math.max(maxPauseMs, tookMs * leastTimes));
        await clock.sleep(Math.max(settings.lookEveryMs, pauseMs), signal);
        const began = performance.now();
        await this.#look();
        tookMs = performance.now() - began;
      }
    } catch (error) {
      if (signal.aborted) return;
      this.#stop.abort();
      emit({ type: 'notice', text: `Agents at work are no longer compared with each other: ${String(error)}` });
    } finally {
      this.#isWatching = false;
    }
  }

  async #look(): Promise<void> {
    try {
      await this.#compareAll();
    } catch (error) {
      if (!(error instanceof GitError) && isBug(error)) throw error;
    }
  }

  async #compareAll(): Promise<void> {
    const changed = new Map<AtWork, ReadonlySet<string>>();
    for (const it of this.#atWork) {
      const files = await this.#changed(it);
      if (files !== null) changed.set(it, files);
    }
    const owners = new Map<string, number>();
    for (const files of changed.values()) for (const file of files) owners.set(file, (owners.get(file) ?? 0) + 1);
    const seen: Seen[] = [];
    for (const [of, files] of changed) {
      const shared = [...files].filter((file) => (owners.get(file) ?? 0) > 1).toSorted();
      const at = shared.length === 0 ? null : await this.#snapshot(of, shared);
      if (at !== null) seen.push({ of, files, shared, ...at });
    }
    for (const [index, one] of seen.entries())
      for (const other of seen.slice(index + 1)) {
        this.#stop.signal.throwIfAborted();
        if (one.shared.some((file) => other.files.has(file))) await this.#compare(one, other);
      }
  }

  /** The files that an agent has changed, apart from those that many units change; null if that is not known. */
  async #changed({ attempt, baseTree, tree }: AtWork): Promise<ReadonlySet<string> | null> {
    const { repository, executor } = this.#run;
    const result = await executor.look({ attempt, files: null }, this.#stop.signal);
    if (result.kind !== 'seen') return null;
    const before = (await changedPaths(repository, baseTree, tree)).map(({ path }) => path);
    return new Set([...before, ...result.files].filter((file) => !isSharedFile(file)));
  }

  async #snapshot(of: AtWork, shared: readonly string[]): Promise<Pick<Seen, 'tree' | 'commit'> | null> {
    const { repository, executor } = this.#run;
    const { attempt, baseCommit } = of;
    const result = await executor.look({ attempt, files: shared }, this.#stop.signal);
    if (result.kind !== 'seen' || result.tree === null) return null;
    const { tree } = result;
    const last = this.#seen.get(attempt);
    if (last?.tree === tree) return last;
    const commit = await commitTree(repository, { tree, parents: [baseCommit], message: 'Work in progress\n' });
    this.#seen.set(attempt, { tree, commit });
    return { tree, commit };
  }

  async #compare(one: Seen, other: Seen): Promise<void> {
    const [a, b] = [one.of, other.of];
    const pair = `${a.attempt} ${b.attempt}`;
    const trees = `${one.tree} ${other.tree}`;
    if (this.#compared.get(pair) === trees) return;
    const files = await this.#conflicts(one, other);
    // Of a file that is being written, only a part is there: it is looked at again.
    if (files.length > 0 && !((await this.#isStill(one)) && (await this.#isStill(other)))) return;
    this.#compared.set(pair, trees);
    const units = [a.unit.id, b.unit.id].toSorted().join(' ');
    if (files.length === 0) this.#standing.delete(units);
    else this.#standing.set(units, { units: [a.unit, b.unit], files });
    const fresh = files.filter((file) => !this.#told.has(`${units} ${file}`)).slice(0, maxNamed);
    if (fresh.length === 0 || !this.#atWork.has(a) || !this.#atWork.has(b)) return;
    for (const file of fresh) this.#told.add(`${units} ${file}`);
    this.#tell(a, b, fresh);
    this.#tell(b, a, fresh);
  }

  async #isStill({ of: { attempt }, shared, tree }: Seen): Promise<boolean> {
    const again = await this.#run.executor.look({ attempt, files: shared }, this.#stop.signal);
    return again.kind === 'seen' && again.tree === tree;
  }

  /** The first files of two changes in which git would see a conflict that needs a decision, and that could both land. */
  async #conflicts(one: Seen, other: Seen): Promise<string[]> {
    const { repository } = this.#run;
    const place = specsPlaceOf(this.#run);
    const merged = await mergeWork(repository, place, one.commit, other.commit);
    if (merged.kind === 'tree') return [];
    const open = await Promise.all([one, other].map(async (seen) => this.#mayChange(seen)));
    const before = await this.#conflictsBefore(one, other);
    const files: string[] = [];
    for (const file of merged.files) {
      this.#stop.signal.throwIfAborted();
      if (files.length >= maxNamed) break;
      if (!one.files.has(file) && !other.files.has(file)) continue;
      if (isSharedFile(file) || before.has(file) || !open.some((may) => may(file))) continue;
      if ((await joinFiles(repository, merged, [file])) === null) files.push(file);
    }
    return files;
  }

  /** Files that conflict with what landed before the other one began: not with its work. */
  async #conflictsBefore(one: Seen, other: Seen): Promise<ReadonlySet<string>> {
    if (one.of.baseCommit === other.of.baseCommit) return new Set();
    const place = specsPlaceOf(this.#run);
    const found = new Set<string>();
    for (const [mine, { of }] of [
      [one, other],
      [other, one],
    ] as const) {
      const merged = await mergeWork(this.#run.repository, place, mine.commit, of.baseCommit);
      if (merged.kind === 'conflict') for (const file of merged.files) found.add(file);
    }
    return found;
  }

  async #mayChange({ of: { unit, baseTree }, tree }: Seen): Promise<(file: string) => boolean> {
    const { repository } = this.#run;
    const changes = await changedPaths(repository, baseTree, tree);
    const baseFiles = new Set((await listTree(repository, baseTree)).map(({ path }) => path));
    const protection = await protectionOf(this.#run, unit, baseFiles, { tipTree: baseTree, changes });
    return (file) => protection(file) !== 'closed';
  }

  #tell(it: AtWork, other: AtWork, files: readonly string[]): void {
    const { database, emit } = this.#run;
    const nonce = randomBytes(6).toString('hex');
    const text = overlapsSay([{ with: other.unit, files }], nonce, it.web);
    const told = it.session.say({ from: 'run', text }) ? 'now' : 'later';
    database.write(() => {
      recordReach(database, it.unit.id, files);
      emit({ type: 'overlap', unit: it.unit.id, attempt: it.attempt, with: other.unit.id, files, told });
    });
  }
}
