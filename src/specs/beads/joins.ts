import type { Diagnostic } from '../../model/diagnostic.ts';
import type { Json } from '../text/json-tree.ts';
import { errorAt } from '../text/source.ts';
import { isBlocking, type Issue, type Issues, type Link } from './issues.ts';

/** What an issue waits for. */
export interface Waiting {
  readonly depends: readonly { readonly name: string; readonly at: Json }[];
  /** Warnings. */
  readonly problems: readonly Diagnostic[];
  /** See `Draft.hold`; null if units are all it waits for. */
  readonly hold: string | null;
}

/** The issues around each other: epics and their issues, and dependencies. */
export class Joins {
  readonly #byId = new Map<string, Issue>();
  readonly #deleted: ReadonlySet<string>;
  readonly #children = new Map<string, Issue[]>();
  readonly #parents = new Map<Issue, Issue[]>();

  constructor({ issues, deleted }: Issues) {
    this.#deleted = deleted;
    for (const issue of issues.toReversed()) this.#byId.set(issue.id.toLowerCase(), issue);
    for (const issue of issues) {
      const parents = this.#parentsOf(issue);
      this.#parents.set(issue, parents);
      for (const { id } of parents) {
        const siblings = this.#children.get(id.toLowerCase());
        if (siblings) siblings.push(issue);
        else this.#children.set(id.toLowerCase(), [issue]);
      }
    }
  }

  /** The epics and issues that an issue is a part of, the nearest first. */
  above(issue: Issue): Issue[] {
    const found = new Set([issue]);
    for (const one of found) for (const parent of this.#parents.get(one) ?? []) found.add(parent);
    return [...found].slice(1);
  }

  /**
   * What an issue waits for: the issues that block it, or one that it is a part of. An epic stands for the issues in it;
   * a closed one stands for nothing.
   */
  waitingOf(issue: Issue): Waiting {
    const found = new Found(issue);
    const above = this.above(issue);
    const around = new Set([issue, ...above]);
    for (const link of issue.links.filter(isBlocking)) this.#follow(found, link, around);
    for (const parent of above) {
      const inside = new Set([...around, ...this.#below(parent)]);
      for (const link of parent.links.filter(isBlocking)) this.#follow(found, link, inside, true);
    }
    return found.waiting();
  }

  /** Adds what a link leads to, but nothing of `around`. */
  #follow(found: Found, link: Link, around: ReadonlySet<Issue>, isInherited = false): void {
    const other = this.#byId.get(link.to.toLowerCase());
    if (other === undefined) this.#missing(found, link, isInherited);
    else if (around.has(other) || other.state.kind === 'done') found.add(around.has(other) ? [] : [other], link);
    else if (other.state.kind === 'deleted') found.drop(link, `${link.to} is deleted`, isInherited);
    else if (link.type === 'conditional-blocks') found.hold(`waits for ${other.id} to fail`);
    else if (other.kind === 'gate') found.hold(`waits for the gate ${other.id}`);
    else if (other.kind === 'work') {
      const all = link.type === 'waits-for' ? [other, ...this.#below(other)] : [other];
      found.add(
        all.filter((one) => !around.has(one)),
        link,
      );
    } else if (other.kind === 'epic') {
      const inside = this.#below(other).filter(({ kind, state }) => kind === 'work' && state.kind !== 'deleted');
      if (inside.length === 0) found.drop(link, `no issue is a part of ${link.to}`, isInherited);
      found.add(
        inside.filter((one) => !around.has(one)),
        link,
      );
    }
  }

  #missing(found: Found, link: Link, isInherited: boolean): void {
    if (/-wisp-/i.test(link.to)) return; // ephemeral issues are never exported
    if (/^external:/i.test(link.to)) found.hold(`waits for ${link.to}`);
    else if (this.#deleted.has(link.to.toLowerCase())) found.drop(link, `${link.to} is deleted`, isInherited);
    else if (isInherited) found.drop(link, `there is no issue ${link.to}`, false);
    else found.unknown(link);
  }

  #parentsOf(issue: Issue): Issue[] {
    const named = issue.links.filter(({ type }) => /^parent[-_]child$/i.test(type)).map(({ to }) => to);
    const above = /^(.+)\.\d+$/.exec(issue.id)?.[1]; // `bd-1.2` is a part of `bd-1`
    const ids = named.length > 0 || above === undefined ? named : [above];
    return ids.flatMap((id) => this.#byId.get(id.toLowerCase()) ?? []).filter((parent) => parent !== issue);
  }

  /** All issues that are a part of one, directly or not. */
  #below(issue: Issue): Issue[] {
    const found = new Set([issue]);
    for (const one of found) for (const child of this.#children.get(one.id.toLowerCase()) ?? []) found.add(child);
    return [...found].slice(1);
  }
}

/** Collects what an issue waits for. */
class Found {
  readonly #issue: Issue;
  readonly #depends = new Map<string, { readonly name: string; readonly at: Json }>();
  readonly #problems: Diagnostic[] = [];
  #hold: string | null = null;

  constructor(issue: Issue) {
    this.#issue = issue;
  }

  add(issues: readonly Issue[], { at }: Link): void {
    for (const { id, kind } of issues)
      if (kind === 'work' && !this.#depends.has(id)) this.#depends.set(id, { name: id, at });
  }

  unknown({ to, at }: Link): void {
    if (this.#issue.state.kind === 'open') this.#depends.set(to, { name: to, at });
  }

  hold(why: string): void {
    this.#hold ??= why;
  }

  /** Warns that a dependency does not count, unless that is told elsewhere. */
  drop({ at }: Link, why: string, isTold: boolean): void {
    if (isTold) return;
    const { source, json } = this.#issue;
    const place = at.start >= json.start && at.end <= json.end ? at : json;
    const problem = {
      code: 'dropped-dependency',
      message: `this issue does not wait for one of its dependencies: ${why}`,
      hint: 'Remove the dependency.',
    };
    const length = Math.min(place.end - place.start, 80);
    this.#problems.push({ ...errorAt(source, { offset: place.start, length }, problem), severity: 'warning' });
  }

  waiting(): Waiting {
    return { depends: [...this.#depends.values()], problems: this.#problems, hold: this.#hold };
  }
}
