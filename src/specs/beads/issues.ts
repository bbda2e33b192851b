import { locate } from '../../model/diagnostic.ts';
import type { SpecDiagnostic } from '../../model/spec-rule.ts';
import type { NotWork } from '../format/format.ts';
import { foldedStatus, stateNamed } from '../format/statuses.ts';
import { type Json, memberOf, readJsonTree, textOf, valuesOf } from '../text/json-tree.ts';
import type { Source } from '../text/source.ts';

/** An issue, on a line of a file. */
export interface Issue {
  readonly source: Source;
  readonly json: Json;
  readonly id: string;
  readonly line: number;
  readonly title: string;
  readonly kind: Kind;
  readonly state: State;
  readonly links: readonly Link[];
}

/** What an issue is: work, something that holds work, something to wait for, or nothing of these. */
export type Kind = 'work' | 'epic' | 'gate' | 'ephemeral' | 'template' | 'record';

export type State =
  | { readonly kind: 'open' | 'done' | 'deleted' }
  /** See `Draft.hold`. */
  | { readonly kind: 'held'; readonly why: string };

/** A dependency of an issue. */
export interface Link {
  readonly type: string;
  readonly to: string;
  readonly at: Json;
}

/** The issues of some files, the ids of deleted ones, and what could not be read. */
export interface Issues {
  readonly issues: readonly Issue[];
  readonly deleted: ReadonlySet<string>;
  readonly diagnostics: readonly SpecDiagnostic[];
  readonly notWork: readonly NotWork[];
}

/** Reads the issues of files, line by line. An issue that is in several files is read from the first one. */
export function readIssues(sources: readonly Source[]): Issues {
  const issues: Issue[] = [];
  const deleted = new Set<string>();
  const diagnostics: SpecDiagnostic[] = [];
  const notWork: NotWork[] = [];
  const known = new Set<string>();
  for (const source of sources) {
    const lines = linesOf(source);
    if (isRedirect(source, lines)) {
      notWork.push({ file: source.file, line: 1, why: 'redirects to other folders' });
      continue;
    }
    const read = lines.map((range) => readJsonTree(source, range));
    for (const json of read) if ('severity' in json) diagnostics.push(json);
    const own: string[] = [];
    for (const json of read) {
      if ('severity' in json || json.type !== 'object') continue;
      const id = textOf(memberOf(json, 'id'));
      if (id === '') continue;
      if (/(?:^|\/)deletions\.jsonl$/.test(source.file)) deleted.add(id.toLowerCase());
      else if (!known.has(id.toLowerCase())) {
        issues.push(issueOf(source, json, id));
        own.push(id.toLowerCase());
      }
    }
    for (const id of own) known.add(id);
  }
  return { issues, deleted, diagnostics, notWork };
}

/** The lines of a file that are not blank. */
function linesOf({ text }: Source): { readonly start: number; readonly end: number }[] {
  const lines: { start: number; end: number }[] = [];
  for (let start = 0; start < text.length;) {
    const next = text.indexOf('\n', start);
    const end = next < 0 ? text.length : next;
    if (text.slice(start, end).trim() !== '') lines.push({ start, end });
    start = end + 1;
  }
  return lines;
}

/** True for a file with only a path, which says where the issues are. */
function isRedirect({ text }: Source, lines: readonly unknown[]): boolean {
  return (
    lines.length === 1 &&
    text.length < 1000 &&
    /^\uFEFF?[^\s{}[\]"<>|*?]+\s*$/.test(text) &&
    /[/\\]|\.\w+\s*$/.test(text)
  );
}

function issueOf(source: Source, json: Json, id: string): Issue {
  const links = linksOf(json);
  return {
    ...{ source, json, id, links },
    line: locate(source.text, json.start).line,
    title: textOf(memberOf(json, 'title')).replace(/\s+/g, ' '),
    kind: kindOf(json),
    state: stateOf(json, links),
  };
}

function linksOf(json: Json): Link[] {
  const listed = (memberOf(json, 'dependencies')?.items ?? []).map((at): Link => {
    if (at.type !== 'object') return { type: 'blocks', to: textOf(at), at };
    const to = textOf(memberOf(at, 'depends_on_id', 'depends_on', 'target', 'id'));
    return { type: textOf(memberOf(at, 'type', 'dependency_type')) || 'blocks', to, at };
  });
  const named = (name: string, type: string): Link[] =>
    valuesOf(memberOf(json, name)).map((at) => ({ type, to: textOf(at), at }));
  const links = [...listed, ...named('depends_on', 'blocks'), ...named('parent', 'parent-child')];
  return links.filter(({ to }) => to !== '');
}

const kinds: ReadonlyMap<string, Kind> = new Map([
  ...['epic', 'molecule', 'milestone', 'convoy', 'initiative'].map((name) => [name, 'epic'] as const),
  ['gate', 'gate'],
  ...['wisp', 'session'].map((name) => [name, 'ephemeral'] as const),
  ...['message', 'event', 'agent', 'role', 'rig', 'slot', 'merge-request', 'queue'].map(
    (name) => [name, 'record'] as const,
  ),
]);

function kindOf(json: Json): Kind {
  const isTrue = (name: string): boolean => memberOf(json, name)?.text === 'true';
  if (isTrue('is_template')) return 'template';
  if (isTrue('ephemeral') || isTrue('wisp')) return 'ephemeral';
  if (!['', 'issue'].includes(textOf(memberOf(json, '_type')))) return 'record';
  return (
    kinds.get(
      textOf(memberOf(json, 'issue_type', 'type'))
        .toLowerCase()
        .replaceAll('_', '-'),
    ) ?? 'work'
  );
}

/** Statuses that only beads has. */
const ownStatuses: ReadonlyMap<string, State> = new Map<string, State>([
  ['hooked', { kind: 'open' }],
  ['tombstone', { kind: 'deleted' }],
  ['pinned', { kind: 'held', why: 'is pinned' }],
]);

function stateOf(json: Json, links: readonly Link[]): State {
  const status = textOf(memberOf(json, 'status'));
  const name = foldedStatus(status);
  const named = stateNamed(status);
  // Blocked issues with dependencies wait for these.
  const isWaiting = name === 'blocked' && links.some(isBlocking);
  const usual: State = typeof named === 'string' ? { kind: named } : { kind: 'held', why: named.hold };
  const state = ownStatuses.get(name) ?? (isWaiting ? { kind: 'open' as const } : usual);
  const until = textOf(memberOf(json, 'defer_until'));
  if (state.kind === 'open' && !isWaiting && until !== '')
    return { kind: 'held', why: `is deferred until ${until.slice(0, 10)}` };
  return state;
}

/** True if an issue waits for the other one. */
export function isBlocking({ type }: Link): boolean {
  return ['blocks', 'blocked-by', 'depends-on', 'requires', 'waits-for', 'conditional-blocks'].includes(
    type.toLowerCase().replaceAll('_', '-'),
  );
}
