import { textOf } from '../../src/repo/git/git.ts';
import { plumb, type Repository } from '../../src/repo/git/repository.ts';
import { renamedFiles } from '../../src/repo/objects/merge.ts';
import { changedPaths, editTree, entryAt, readBlob, treeOf } from '../../src/repo/objects/tree.ts';
import { looksLikeJudge } from '../../src/verify/files/judge-files.ts';
import { protectedPaths } from '../../src/verify/files/protect.ts';
import { type Need, needOf, relaxed, type Replaced } from './change-texts.ts';
import { commitOf, pick, type Picked, type Picking, replacedBy } from './history-picks.ts';
import type { PlayedFile, Plays } from './plays.ts';

/*
 * A history as a backlog. Each commit of its first-parent line (a merge as one change) is a unit. Its work is the commit's
 * change, made on the base of the backlog, without the commits before it: lines that an earlier commit changed, too, are
 * changed from what they were to what this commit made of them, which is a conflict to come. Where it builds on lines
 * that an earlier commit added, it depends on that unit.
 */

/** A commit as a unit of a backlog. */
export interface HistoryUnit {
  /** Such as `u07`; units are in the order of the history. */
  readonly id: string;
  readonly commit: string;
  readonly subject: string;
  readonly depends: readonly string[];
  readonly files: readonly PlayedFile[];
  /** What a check asks for, beside a file of the unit's own. */
  readonly needs: readonly Need[];
}

export interface History {
  /** The commit on which the backlog begins. */
  readonly base: string;
  readonly units: readonly HistoryUnit[];
  /** Why commits between them are no units, with their number. */
  readonly leftOut: ReadonlyMap<string, number>;
  /** Pairs of units that do not build on each other, and those of them that git cannot merge. */
  readonly pairs: number;
  readonly conflicts: readonly Conflict[];
  readonly versions: Plays['versions'];
}

export interface Conflict {
  readonly units: readonly [string, string];
  /** True if backlog merges it without an agent. */
  readonly isJoined: boolean;
}

interface Step {
  readonly commit: string;
  readonly parent: string;
  readonly subject: string;
  /** Null if a unit without `touches` may change nothing of what it changes. */
  readonly picking: (Picking & { readonly paths: readonly string[]; readonly replaced: readonly Replaced[] }) | null;
}

/** The last commits of a history of which `count` can be units. `specs` is the folder in which their specs will be. */
export async function readHistory(repository: Repository, count: number, specs: string): Promise<History> {
  const steps: Step[] = [];
  let missing = count;
  for (let at = repository.head; ;) {
    const step = await stepAt(repository, at, specs);
    if (step === null) throw new Error(`only ${count - missing} of ${steps.length} commits can be units`);
    steps.unshift(step);
    at = step.parent;
    if (step.picking !== null) missing--;
    if (missing > 0) continue;
    const reading = new Reading(repository, steps);
    missing = count - (await reading.read());
    if (missing <= 0) return reading.history();
  }
}

async function stepAt(repository: Repository, commit: string, specs: string): Promise<Step | null> {
  const [parents = '', subject = ''] = textOf(
    await plumb(repository, {}, 'log', '-1', '--format=%P%n%s', commit),
  ).split('\n');
  const [parent = ''] = parents.split(' ');
  if (parent === '') return null;
  const [was, is] = [await treeOf(repository, parent), await treeOf(repository, commit)];
  const protection = protectedPaths({
    unit: { touches: [], criteria: [], contracts: [], answer: null, cwd: '' },
    ...{ specsPath: specs, specFiles: [], claimed: new Set(), ignore: [], contracts: [], protect: [] },
    ...{ instructing: [], baseFiles: new Set() },
  });
  const edits = (await changedPaths(repository, was, is)).flatMap(({ path, before, after }) => {
    const isFile = [before, after].every((side) => side === null || side.mode.startsWith('100'));
    return isFile && protection(path) === 'open' ? [{ path, entry: after }] : [];
  });
  if (edits.length === 0) return { commit, parent, subject, picking: null };
  const from = await commitOf(repository, was);
  const to = await commitOf(repository, await editTree(repository, was, edits), [from]);
  const paths = edits.map(({ path }) => path);
  const replaced = await replacedBy(repository, { from, to }, paths);
  return { commit, parent, subject, picking: { from, to, paths, replaced } };
}

/** A commit's work. */
interface Work {
  readonly step: Step & { readonly picking: NonNullable<Step['picking']> };
  readonly depends: readonly number[];
  /** The tree with what it depends on, without and with its work. */
  readonly before: string;
  readonly after: string;
  readonly files: readonly PlayedFile[];
}

class Reading {
  readonly #repository: Repository;
  readonly #steps: readonly Step[];
  readonly #works: Work[] = [];
  readonly #leftOut = new Map<string, number>();
  readonly #built = new Map<string, string | null>();
  readonly #names = new Map<string, Set<string>>();
  #base = '';

  constructor(repository: Repository, steps: readonly Step[]) {
    this.#repository = repository;
    this.#steps = steps;
  }

  /** The number of units. */
  async read(): Promise<number> {
    const repository = this.#repository;
    this.#base = await treeOf(repository, this.#steps[0]?.parent ?? '');
    for (const { picking } of this.#steps) {
      if (picking === null) continue;
      for (const [to, from] of await renamedFiles(repository, picking.from, picking.to)) {
        const all = new Set([...(this.#names.get(from) ?? [from]), ...(this.#names.get(to) ?? [to])]);
        for (const name of all) this.#names.set(name, all);
      }
    }
    for (const { picking, ...step } of this.#steps) {
      const work = picking === null ? 'changes only protected files' : await this.#workOf({ ...step, picking });
      if (typeof work === 'string') this.#leftOut.set(work, (this.#leftOut.get(work) ?? 0) + 1);
      else this.#works.push(work);
    }
    return this.#works.length;
  }

  async history(): Promise<History> {
    const idOf = (index: number): string => `u${String(index + 1).padStart(2, '0')}`;
    const units = this.#works.map(({ step, depends, files }, index): HistoryUnit => {
      const later = this.#works.filter((_, other) => other > index && !this.#closure([other]).has(index));
      const asked = files.map((file) => ({ ...file, need: file.need && relaxedBy(file.need, later) }));
      // Work must pass without what may judge it.
      const needs = asked.flatMap(({ need, names }) => (need === null || names.some(looksLikeJudge) ? [] : [need]));
      const { commit, subject } = step;
      return { id: idOf(index), commit, subject, depends: depends.map(idOf), files: asked, needs };
    });
    const versions: Record<string, { unit: string; object: string | null }[]> = {};
    for (const { id, commit, files } of units)
      for (const { path } of files) {
        const entry = await entryAt(this.#repository, await treeOf(this.#repository, commit), path);
        (versions[path] ??= []).push({ unit: id, object: entry?.object ?? null });
      }
    const base = this.#steps[0]?.parent ?? '';
    return { base, units, leftOut: this.#leftOut, ...(await this.#conflicts(idOf)), versions };
  }

  /** The work of a commit, or why it is none of a unit. */
  async #workOf(step: Work['step']): Promise<Work | string> {
    const made = await this.#madeAlone(step);
    if (made === null) return 'does not apply without what is left out';
    return { ...made, step, files: await this.#filesOf(made.before, made.after) };
  }

  /** A change with the fewest earlier units, from the last one, with which it can be made; null if it can with none. */
  async #madeAlone({ picking }: Work['step']): Promise<Pick<Work, 'before' | 'after' | 'depends'> | null> {
    const make = async (depends: readonly number[]): Promise<{ before: string; made: Picked } | null> => {
      const before = await this.#build(this.#closure(depends));
      return before === null ? null : { before, made: await pick(this.#repository, picking, before) };
    };
    let depends: number[] = [];
    let found = await make(depends);
    while (found?.made.kind !== 'made') {
      const has = this.#closure(depends);
      const names = new Set((found?.made.files ?? picking.paths).flatMap((file) => this.#namesOf(file)));
      const next = this.#works.findLastIndex(
        (work, index) => !has.has(index) && work.step.picking.paths.some((path) => names.has(path)),
      );
      if (next === -1) return null;
      depends.push(next);
      found = await make(depends);
    }
    for (const one of depends.toSorted((a, b) => a - b)) {
      const fewer = depends.filter((other) => other !== one);
      const less = await make(fewer);
      if (less?.made.kind === 'made') [depends, found] = [fewer, less];
    }
    const { before, made } = found;
    if (made.kind !== 'made' || made.tree === before) return null;
    return { before, after: made.tree, depends: depends.toSorted((a, b) => a - b) };
  }

  #namesOf(path: string): string[] {
    return [path, ...[...(this.#names.get(path) ?? [])].filter((name) => name !== path)];
  }

  #closure(depends: readonly number[]): Set<number> {
    const all = new Set<number>();
    const add = (index: number): void => {
      if (all.has(index)) return;
      all.add(index);
      for (const other of this.#works[index]?.depends ?? []) add(other);
    };
    for (const index of depends) add(index);
    return all;
  }

  /** The base with the work of units, in their order; null if two of them conflict. */
  async #build(units: ReadonlySet<number>): Promise<string | null> {
    const inOrder = [...units].toSorted((a, b) => a - b);
    const key = inOrder.join();
    const known = this.#built.get(key);
    if (known !== undefined) return known;
    const last = inOrder.at(-1);
    let tree: string | null = this.#base;
    if (last !== undefined) {
      const before = await this.#build(new Set(inOrder.slice(0, -1)));
      const picking = this.#works[last]?.step.picking;
      const made = before === null || picking === undefined ? null : await pick(this.#repository, picking, before);
      tree = made?.kind === 'made' ? made.tree : null;
    }
    this.#built.set(key, tree);
    return tree;
  }

  async #filesOf(before: string, after: string): Promise<PlayedFile[]> {
    const moved = await renamedFiles(this.#repository, before, after);
    const sources = new Set(moved.values());
    const changes = await changedPaths(this.#repository, before, after);
    const objects = new Map(changes.map((change) => [change.path, change.before?.object ?? null]));
    const textIn = async (object: string | null): Promise<string | null> =>
      object === null ? null : (await readBlob(this.#repository, object)).toString('latin1');
    const files: PlayedFile[] = [];
    for (const change of changes) {
      const { path } = change;
      if (change.after === null && sources.has(path)) continue; // told with what it became
      const from = moved.get(path) ?? null;
      const was = from === null ? (change.before?.object ?? null) : (objects.get(from) ?? null);
      const is = change.after?.object ?? null;
      const names = this.#namesOf(path);
      const need = needOf(from === null ? names : [path], await textIn(was), await textIn(is));
      const pure: Need = { paths: [path], isThere: true, has: [], gone: [] };
      const isExecutable = change.after?.mode === '100755';
      files.push({
        path,
        from,
        names,
        before: was,
        after: is,
        isExecutable,
        need: from === null ? need : (need ?? pure),
      });
    }
    return files;
  }

  async #conflicts(idOf: (index: number) => string): Promise<Pick<History, 'pairs' | 'conflicts'>> {
    const conflicts: Conflict[] = [];
    let pairs = 0;
    for (const [second, { depends, before, after, files }] of this.#works.entries()) {
      const needed = this.#closure(depends);
      const from = await commitOf(this.#repository, before);
      const to = await commitOf(this.#repository, after, [from]);
      const names = new Set(files.flatMap((file) => file.names));
      for (let first = 0; first < second; first++) {
        if (needed.has(first)) continue;
        pairs++;
        if (this.#works[first]?.files.every((file) => !file.names.some((name) => names.has(name)))) continue;
        const tree = await this.#build(new Set([...needed, ...this.#closure([first])]));
        if (tree === null) continue; // what they depend on conflicts already
        const made = await pick(this.#repository, { from, to }, tree);
        if (made.kind === 'made' && made.how === 'clean') continue;
        conflicts.push({ units: [idOf(first), idOf(second)], isJoined: made.kind === 'made' && made.how === 'joined' });
      }
    }
    return { pairs, conflicts };
  }
}

function relaxedBy(need: Need, later: readonly Work[]): Need {
  return later.reduce((left, { step }) => relaxed(left, step.picking.replaced), need);
}
