import type { SpecDiagnostic } from './spec-rule.ts';
import type { UnitId } from './ids.ts';

/** `change` edits files; `research` reads and answers. */
export type UnitKind = 'change' | 'research';

/** How a criterion is judged: by a command, by reviewers on evidence, or by a person. */
export type CriterionKind = 'check' | 'claim' | 'human';

/** An acceptance criterion. */
export interface Criterion {
  /** From 0, in the order of the file. */
  readonly position: number;
  /** As written, with white space folded. */
  readonly text: string;
  readonly kind: CriterionKind;
  /** The command of a check; otherwise null. */
  readonly command: string | null;
  /** The hash of all that it asks (`wholeText`), which ticking does not change. */
  readonly hash: string;
  /** Null if the list item has no box. */
  readonly isTicked: boolean | null;
  readonly line: number;
  /** True for a check of the whole project, which never proves that the unit was done. */
  readonly isGuard?: boolean;
  /** The headings and the line that introduce it among the criteria, such as "Edge cases"; omitted without any. */
  readonly group?: string;
  /** Its file; omitted if it is in the unit's file. */
  readonly file?: string;
  /** The place of its box; omitted if it is in this line. */
  readonly box?: Place;
}

/** What a criterion says to those who cannot see its file: its text, after what introduces it. */
export function inGroup({ text, group }: Pick<Criterion, 'text' | 'group'>): string {
  return group === undefined ? text : `${group}: ${text}`;
}

/**
 * All that a criterion asks: its text, and its command, which may stand elsewhere, and of which folding loses white space. The
 * command of a guard is the configuration's.
 */
export function wholeText({ text, command, isGuard }: Pick<Criterion, 'text' | 'command' | 'isGuard'>): string {
  return command === null || isGuard === true ? text : `${text}\n${command}`;
}

/** The hashes that older versions of this program gave a unit: they left out commands of one line. */
export interface FormerHashes {
  readonly contentHash: string;
  readonly criteriaHash: string;
  /** True if the texts have all commands, so that the hashes say what was asked. */
  readonly isWhole: boolean;
}

/** A line of a file in the specs folder. */
export interface Place {
  readonly file: string;
  readonly line: number;
}

/** A unit as its author specifies it, without state. */
export interface UnitSpec {
  readonly id: UnitId;
  /** The author's spelling of the id, which is displayed and which `depends` refers to. */
  readonly key: string;
  readonly title: string;
  readonly kind: UnitKind;
  /** Path of the file, relative to the specs folder, with forward slashes. */
  readonly file: string;
  readonly line: number;
  /** The name of its file's format; null for a proposal or gate. */
  readonly format: string | null;
  /** Every file that it is read from; empty for a proposal or gate. */
  readonly files: readonly string[];
  /** The prose for the agent, as written. */
  readonly body: string;
  readonly criteria: readonly Criterion[];
  readonly depends: readonly UnitId[];
  /** Patterns of the paths that it may change. */
  readonly touches: readonly string[];
  readonly contracts: readonly string[];
  readonly exclusive: string | null;
  /** Hosts that its commands may reach beyond the default network policy. */
  readonly network: readonly string[];
  /** The folder of the repository where its checks and its agent's commands start; '' for the root. */
  readonly cwd: string;
  /** For a gate, the phase before it; otherwise null. */
  readonly gate: string | null;
  readonly phase: string | null;
  /** Higher values go first. */
  readonly priority: number;
  readonly labels: readonly string[];
  /** A configured agent; null for the default. */
  readonly agent: string | null;
  /** A recipe; null for the default. */
  readonly recipe: string | null;
  /** Names of the project's skills that are part of the brief. */
  readonly skills: readonly string[];
  /** Research only: the path of the answer's file. */
  readonly answer: string | null;
  /** Additional instructions for the agent, from the file that `prompt:` names. */
  readonly prompt: string | null;
  /** True if its author marked it as independent of its neighbours. */
  readonly isParallel: boolean;
  /** References to criteria in another file or place: those that lead to one, and those that lead nowhere. */
  readonly joins: { readonly resolved: number; readonly dangling: number };
  /** Why nobody works on it now, as a clause without a subject: "is in review"; null if it may run. */
  readonly hold: string | null;
  /** True if the boxes in the file mark it as done. */
  readonly isTicked: boolean;
  /** How many done units of its files have its key and its criteria, if any: it is asked for again. */
  readonly doneTwins?: number;
  /** The file that a `for-each` unit was created for. */
  readonly forEachFile: string | null;
  /** The hash of everything above that changes the work; ticks do not change it. */
  readonly contentHash: string;
  /** The hash of the criteria, which the trailer of the landed commit contains. */
  readonly criteriaHash: string;
  /** Omitted if these are the same. */
  readonly former?: FormerHashes;
  /** Problems of this unit alone; an error makes it `not-runnable`, unless it is done: see `problemsOf`. */
  readonly problems: readonly SpecDiagnostic[];
}

/** What is wrong with a unit. None of it is an error if the unit is done: it stops nothing. */
export function problemsOf({ problems, isTicked }: Pick<UnitSpec, 'problems' | 'isTicked'>): readonly SpecDiagnostic[] {
  return isTicked ? problems.map((one) => ({ ...one, severity: 'warning' })) : problems;
}

type Hash = 'contentHash' | 'criteriaHash';

/** The hashes that stand for what a unit asks now: its own, and its former one if that says as much. */
export function hashesOf(unit: Pick<UnitSpec, Hash | 'former'>, which: Hash): readonly string[] {
  return [unit[which], ...(unit.former?.isWhole === true ? [unit.former[which]] : [])];
}

/** What a unit asks, by the hashes of its criteria. */
export interface Asked {
  readonly criteriaHash: string;
  readonly former?: Omit<FormerHashes, 'contentHash'>;
}

/** True if what was judged, by its hash in a record or a trailer, is exactly what a unit asks now. */
export function isJudged({ criteriaHash, former }: Asked, judged: string): boolean {
  return criteriaHash === judged || (former?.isWhole === true && former.criteriaHash === judged);
}

/** True if the text may be what was judged: an older version's hash may leave out the commands. */
export function mayBeJudged(asked: Asked, judged: string): boolean {
  return isJudged(asked, judged) || asked.former?.criteriaHash === judged;
}

/** Defaults of a unit without front matter: a proposal or a gate. */
export const unasked = {
  format: null,
  isParallel: false,
  joins: { resolved: 0, dangling: 0 },
  files: [],
  depends: [],
  touches: [],
  contracts: [],
  exclusive: null,
  network: [],
  cwd: '',
  gate: null,
  phase: null,
  priority: 0,
  labels: [],
  agent: null,
  recipe: null,
  skills: [],
  answer: null,
  prompt: null,
  hold: null,
  isTicked: false,
  forEachFile: null,
  problems: [],
} as const satisfies Partial<UnitSpec>;

/** All states; `docs/design.md` has the transitions. */
export const unitStates = [
  'proposed',
  'waiting',
  'ready',
  'working',
  'judging',
  'awaiting',
  'parked',
  'done',
  'failed',
  'blocked',
  'quarantined',
  'not-runnable',
  'cancelled',
  'retired',
] as const;
export type UnitState = (typeof unitStates)[number];

/** True for a state that only a person, the branch or a changed spec can end. */
export function isSettled(state: UnitState): boolean {
  switch (state) {
    case 'awaiting':
    case 'done':
    case 'failed':
    case 'blocked':
    case 'quarantined':
    case 'not-runnable':
    case 'cancelled':
    case 'retired':
    case 'proposed':
      return true;
    case 'waiting':
    case 'ready':
    case 'working':
    case 'judging':
    case 'parked':
      return false;
  }
}

/** True while an agent or the judge has the unit. */
export function isAtWork({ state }: { readonly state: UnitState }): boolean {
  return state === 'working' || state === 'judging';
}
