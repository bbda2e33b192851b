import { randomBytes } from 'node:crypto';
import { copyFile, mkdir, rm, stat, utimes } from 'node:fs/promises';
import path from 'node:path';
import { PathRefused, readConfined } from '../../util/files/confined-file.ts';
import { fieldsOf, GitError } from '../git/git.ts';
import { plumb, type Repository } from '../git/repository.ts';
import { storeOf, writeLoose } from '../objects/objects.ts';
import { type Edit, editTree, entryAt } from '../objects/tree.ts';
import { ignoreRules, writeIgnoreRules } from './ignored.ts';
import { isRules, keepFiles, shownTree } from './shown.ts';

/** The files have changed owner since the checkout, so their owner and change time say nothing. */
const lenient = ['-c', 'core.checkStat=minimal', '-c', 'core.trustctime=false'];
/** Maximum ms of one look: an agent can make git wait, with a pipe in the place of its ignore rules. */
const maxLookMs = 10_000;
/** Failed looks in a row after which no more is made. */
const maxFailed = 3;
/** Maximum bytes of a list of changed files. */
const maxListBytes = 1024 * 1024;
/** Maximum files of a snapshot, and their bytes: each, and together. */
const maxFiles = 100;
const maxFileBytes = 4 * 1024 * 1024;
const maxBytes = 16 * 1024 * 1024;

/** A workspace in which no agent has worked yet. */
interface Begun {
  readonly workspace: string;
  /** What it was made from. */
  readonly tree: string;
  /** The paths that set-up added. */
  readonly exclude: () => Promise<readonly string[]>;
}

/**
 * The work in a workspace while an agent writes there, as far as it can be seen from outside at little cost. Nothing in the
 * workspace is changed, and once the agent has begun, its `.git` is not read. What is seen may be half written: it is a
 * hint, never evidence.
 */
export class WorkInProgress {
  readonly #repository: Repository;
  readonly #of: Begun;
  readonly #left = new AbortController();
  /** Our index, with the sizes and times of unchanged files. */
  readonly #index: string;
  #isPrepared = false;
  #ignoring: readonly string[] = [];
  /** The look in progress. */
  #look: Promise<unknown> = Promise.resolve();
  /** The files that the last look found. */
  #files: readonly string[] = [];
  /** Looks in a row that failed. */
  #failed = 0;

  private constructor(repository: Repository, of: Begun) {
    this.#repository = repository;
    this.#of = of;
    this.#index = path.join(repository.plumbing, 'indexes', randomBytes(8).toString('hex'));
  }

  /** Keeps a copy of the workspace's index, which has the times of all files; null if it cannot be kept. */
  static async begin(repository: Repository, of: Begun): Promise<WorkInProgress | null> {
    const begun = new WorkInProgress(repository, of);
    try {
      await mkdir(path.dirname(begun.#index), { recursive: true });
      await copyFile(path.join(of.workspace, '.git', 'index'), begun.#index);
      // Git reads files again that are not older, by seconds, than the index: here, each time, all that were just written.
      const later = (await stat(begun.#index)).mtimeMs / 1000 + 2;
      await utimes(begun.#index, later, later);
      return begun;
    } catch (error) {
      await begun.close();
      if (!isOfFiles(error)) throw error;
      return null;
    }
  }

  /**
   * The paths that were added, changed or removed, by sizes and times (in seconds) of files: a change within the second of
   * the checkout that keeps the size is not seen. Null if that takes too long, finds too many,
   * or fails otherwise; after one that takes too long, or some failures, no look is made any more.
   */
  async changed(stop: AbortSignal): Promise<readonly string[] | null> {
    if (this.#failed >= maxFailed || this.#left.signal.aborted) return null;
    const timeout = AbortSignal.timeout(maxLookMs);
    const signal = AbortSignal.any([stop, this.#left.signal, timeout]);
    const look = this.#list(signal);
    this.#look = look.catch(() => undefined);
    try {
      this.#files = await look;
      this.#failed = 0;
      return this.#files;
    } catch (error) {
      if (!(error instanceof GitError)) throw error;
      // What is there may keep git waiting for ever, such as a pipe: that is tried once.
      this.#failed = timeout.aborted ? maxFailed : this.#failed + 1;
      return null;
    }
  }

  /**
   * The tree of the workspace's beginning with these files as they are now: plain ones up to a size, and missing ones. If one
   * is missing, the other changed files are in it, too, since it may have been renamed.
   */
  async snapshot(files: readonly string[]): Promise<string> {
    const budget = { bytes: maxBytes };
    const edits = await this.#read(files.slice(0, maxFiles), budget);
    if (edits.some(({ entry }) => entry === null)) {
      const others = this.#files.filter((file) => !files.includes(file));
      edits.push(...(await this.#read(others.slice(0, maxFiles), budget)));
    }
    const { tree } = this.#of;
    const written = edits.flatMap(({ path: file, entry }) => (entry === null ? [] : [{ path: file, ...entry }]));
    const removed = edits.filter(({ entry }) => entry === null);
    const kept = await keepFiles(this.#repository, await editTree(this.#repository, tree, removed), written);
    return typeof kept === 'string' ? kept : tree;
  }

  /** Ends a look, and removes what was kept between looks. */
  async close(): Promise<void> {
    this.#left.abort();
    await this.#look;
    for (const end of ['', '.lock', '.ignore']) await rm(this.#index + end, { force: true });
  }

  async #read(files: readonly string[], budget: { bytes: number }): Promise<Edit[]> {
    const edits: Edit[] = [];
    for (const file of files) {
      if (isRules(file)) continue; // they decide how other files are stored
      const bytes = readPlain(this.#of.workspace, file, Math.min(maxFileBytes, budget.bytes));
      if (bytes === undefined) continue;
      if (bytes === null) {
        edits.push({ path: file, entry: null });
        continue;
      }
      budget.bytes -= bytes.length;
      const before = await entryAt(this.#repository, this.#of.tree, file);
      const mode = before?.mode.startsWith('100') === true ? before.mode : '100644';
      const object = await writeLoose(storeOf(this.#repository), 'blob', bytes, false);
      edits.push({ path: file, entry: { mode, object } });
    }
    return edits;
  }

  async #list(signal: AbortSignal): Promise<readonly string[]> {
    if (!this.#isPrepared) await this.#prepare(signal);
    this.#isPrepared = true;
    const found = await this.#git(signal, 'ls-files', '-z', '--modified', '--others', '--exclude-standard');
    // A slash at the end: a nested repository. Names that are not UTF-8 are not known by their text.
    return [...new Set(fieldsOf(found))].filter((file) => !file.endsWith('/') && !file.includes('\uFFFD'));
  }

  async #prepare(signal: AbortSignal): Promise<void> {
    const { exclude, tree } = this.#of;
    const rules = await ignoreRules(this.#repository, await exclude());
    this.#ignoring = await writeIgnoreRules(`${this.#index}.ignore`, rules);
    const shown = await shownTree(this.#repository, tree);
    if (shown === tree) return;
    // Of files that a checkout shows otherwise than git stores them, the index has no times yet.
    await this.#git(signal, 'read-tree', '--reset', shown);
    await this.#git(signal, 'update-index', '-q', '--refresh');
  }

  #git(signal: AbortSignal, ...args: readonly string[]): ReturnType<typeof plumb> {
    return plumb(
      this.#repository,
      { env: { GIT_INDEX_FILE: this.#index }, signal, maxOutputBytes: maxListBytes, allow: [1] },
      ...[...lenient, ...this.#ignoring, '--work-tree', this.#of.workspace, ...args],
    );
  }
}

/** The bytes of a plain file; null if it is missing, undefined for anything else that lies there. */
function readPlain(folder: string, file: string, most: number): Buffer | null | undefined {
  try {
    return readConfined(folder, file, most);
  } catch (error) {
    if (!isOfFiles(error)) throw error;
    return undefined;
  }
}

/** True for what lies in the way, and for errors of the system; false for a bug. */
function isOfFiles(error: unknown): boolean {
  return error instanceof PathRefused || typeof (error as NodeJS.ErrnoException).code === 'string';
}
