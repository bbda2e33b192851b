import type { SpecDiagnostic } from '../../model/spec-rule.ts';
import type { Json } from '../text/json-tree.ts';
import { errorAt } from '../text/source.ts';
import { isBlocking, type Issue, type Issues, type Link } from './issues.ts';
import { sharedTooLarge, Sharing } from '../format/sharing.ts';

/** What an issue waits for. */
export interface Waiting {
  readonly depends: readonly { readonly name: string; readonly at: Json }[];
  /** Warnings, and an error if it would have too much from issues above it. */
  readonly problems: readonly SpecDiagnostic[];
  /** See `Draft.hold`; null if units are all it waits for. */
  readonly hold: string | null;
}

/** Levels of parts above an issue that count, and the issues above it. */
const maxLevels = 50;
const maxAbove = 200;
/** What a link takes that an issue has from one above it, in characters. */
const linkSize = 100;
/** The most issues that an epic stands for where it blocks others, and the most that are looked at to find them. */
const maxInside = 200;
const maxSeen = 2000;

/** The issues around each other: epics and their issues, and dependencies. */
export class Joins {
  readonly #byId = new Map<string, Issue>();
  readonly #deleted: ReadonlySet<string>;
  readonly #children = new Map<Issue, Issue[]>();
  readonly #parents = new Map<Issue, readonly Issue[]>();
  readonly #above = new Map<Issue, ReadonlySet<Issue>>();
  readonly #inside = new Map<Issue, readonly Issue[] | null>();
  readonly #sharing = new Sharing();

  constructor({ issues, deleted }: Issues) {
    this.#deleted = deleted;
    for (const issue of issues.toReversed()) this.#byId.set(issue.id.toLowerCase(), issue);
    for (const issue of issues) {
      const parents = this.#parentsOf(issue);
      this.#parents.set(issue, parents);
      for (const parent of parents) {
        const siblings = this.#children.get(parent);
        if (siblings) siblings.push(issue);
        else this.#children.set(parent, [issue]);
      }
    }
  }

  /** The epics and issues that an issue is a part of, the nearest first. */
  above(issue: Issue): ReadonlySet<Issue> {
    const known = this.#above.get(issue);
    if (known !== undefined) return known;
    const found = new Set<Issue>();
    let level: readonly Issue[] = [issue];
    for (let count = 0; count < maxLevels && level.length > 0 && found.size < maxAbove; count++) {
      const next = new Set(level.flatMap((one) => this.#parents.get(one) ?? []));
      level = [...next].filter((one) => one !== issue && !found.has(one));
      for (const one of level.slice(0, maxAbove - found.size)) found.add(one);
    }
    this.#above.set(issue, found);
    return found;
  }

  /**
   * What an issue waits for: the issues that block it, or one that it is a part of. An epic stands for the issues in it;
   * a closed one stands for nothing.
   */
  waitingOf(issue: Issue): Waiting {
    const found = new Found(issue);
    for (const owner of [issue, ...this.above(issue)]) {
      const isOwn = owner === issue || this.#sharing.take(owner.links.length * linkSize, issue.state.kind === 'open');
      if (!isOwn) found.refuse();
      for (const link of isOwn ? owner.links.filter(isBlocking) : []) this.#follow(found, link, owner);
    }
    return found.waiting();
  }

  /** Adds what a link of an issue, or of one that it is a part of, leads to; nothing that is a part of the owner, or around it. */
  #follow(found: Found, link: Link, owner: Issue): void {
    const isInherited = owner !== found.issue;
    const isAround = (one: Issue): boolean =>
      one === owner || this.above(owner).has(one) || (isInherited && this.above(one).has(owner));
    const other = this.#byId.get(link.to.toLowerCase());
    if (other === undefined) this.#missing(found, link, isInherited);
    else if (isAround(other)) return;
    else if (other.state.kind === 'deleted') found.drop(link, `${link.to} is deleted`, isInherited);
    else if (other.state.kind === 'done') found.add([other], link);
    else if (link.type === 'conditional-blocks') found.hold(`waits for ${other.id} to fail`);
    else if (other.kind === 'gate') found.hold(`waits for the gate ${other.id}`);
    else if (other.kind === 'work' && link.type !== 'waits-for') found.add([other], link);
    else if (other.kind === 'work' || other.kind === 'epic') {
      const inside = this.#insideOf(other);
      if (inside?.length === 0 && other.kind === 'epic')
        found.drop(link, `no issue is a part of ${link.to}`, isInherited);
      if (inside === null) found.hold(`waits for ${other.id}`);
      const all = [other, ...(inside ?? [])].filter((one) => !isAround(one));
      found.add(all, link);
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

  /** The work that is a part of an issue, directly or not; null if it is too much to wait for each. */
  #insideOf(issue: Issue): readonly Issue[] | null {
    const known = this.#inside.get(issue);
    if (known !== undefined) return known;
    const seen = new Set([issue]);
    for (const one of seen) {
      if (seen.size > maxSeen) break;
      for (const child of this.#children.get(one) ?? []) seen.add(child);
    }
    const work = [...seen].slice(1).filter(({ kind, state }) => kind === 'work' && state.kind !== 'deleted');
    const inside = seen.size > maxSeen || work.length > maxInside ? null : work;
    this.#inside.set(issue, inside);
    return inside;
  }
}

/** Collects what an issue waits for. */
class Found {
  readonly issue: Issue;
  readonly #depends = new Map<string, { readonly name: string; readonly at: Json }>();
  readonly #problems: SpecDiagnostic[] = [];
  #hold: string | null = null;
  #isTooLarge = false;

  constructor(issue: Issue) {
    this.issue = issue;
  }

  add(issues: readonly Issue[], { at }: Link): void {
    for (const { id, kind } of issues)
      if (kind === 'work' && !this.#depends.has(id)) this.#depends.set(id, { name: id, at });
  }

  unknown({ to, at }: Link): void {
    if (this.issue.state.kind === 'open') this.#depends.set(to, { name: to, at });
  }

  hold(why: string): void {
    this.#hold ??= why;
  }

  /** Warns that a dependency does not count, unless that is told elsewhere. */
  drop({ at }: Link, why: string, isTold: boolean): void {
    if (isTold) return;
    const { source, json } = this.issue;
    const place = at.start >= json.start && at.end <= json.end ? at : json;
    const problem = {
      code: 'dropped-dependency' as const,
      message: `this issue does not wait for one of its dependencies: ${why}`,
      hint: 'Remove the dependency.',
    };
    const length = Math.min(place.end - place.start, 80);
    this.#problems.push({ ...errorAt(source, { offset: place.start, length }, problem), severity: 'warning' });
  }

  /** Tells once that what the issues above wait for is too much. */
  refuse(): void {
    const { source, json } = this.issue;
    if (this.#isTooLarge) return;
    this.#isTooLarge = true;
    this.#problems.push(sharedTooLarge(source, { offset: json.start, length: Math.min(json.end - json.start, 80) }));
  }

  waiting(): Waiting {
    return { depends: [...this.#depends.values()], problems: this.#problems, hold: this.#hold };
  }
}
