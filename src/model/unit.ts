import type { Diagnostic } from './diagnostic.ts';
import type { UnitId } from './ids.ts';

/** `change` edits files; `research` reads and answers. */
export type UnitKind = 'change' | 'research';

/** How a criterion is judged: by a command, by reviewers on evidence, or by a person. */
export type CriterionKind = 'check' | 'claim' | 'human';

/** One acceptance criterion. */
export interface Criterion {
  /** From 0, in the order of the file. */
  readonly position: number;
  /** As written, white space folded. */
  readonly text: string;
  readonly kind: CriterionKind;
  /** The command of a check; null for the other kinds. */
  readonly command: string | null;
  /** Of the folded text; ticking does not change it. */
  readonly hash: string;
  /** Null where the list item has no box. */
  readonly isTicked: boolean | null;
  readonly line: number;
  /** The file that it lies in, where that is another than the unit's. */
  readonly file?: string;
  /** Where its box lies, when that is elsewhere. */
  readonly box?: Place;
}

/** A line of a file of the specs folder. */
export interface Place {
  readonly file: string;
  readonly line: number;
}

/** A unit as its author asks for it: what the specs folder says, before any state. */
export interface UnitSpec {
  readonly id: UnitId;
  /** The author's own id, used in display and in `depends`. */
  readonly key: string;
  readonly title: string;
  readonly kind: UnitKind;
  /** Path of the file, relative to the specs folder, with forward slashes. */
  readonly file: string;
  readonly line: number;
  /** Every file that it is read from; none for what no file asks for. */
  readonly files: readonly string[];
  /** Prose that the agent gets, as written. */
  readonly body: string;
  readonly criteria: readonly Criterion[];
  readonly depends: readonly UnitId[];
  /** Patterns of the paths that it expects to change. */
  readonly touches: readonly string[];
  readonly contracts: readonly string[];
  readonly exclusive: string | null;
  /** Hosts that its commands may reach beyond what everybody's may. */
  readonly network: readonly string[];
  /** Where its checks and its agent's commands start: a folder of the repository, '' for the root. */
  readonly cwd: string;
  /** For a gate, the phase after which it stands; null for every other unit. */
  readonly gate: string | null;
  readonly phase: string | null;
  /** Higher goes first. */
  readonly priority: number;
  readonly labels: readonly string[];
  /** Name of a configured agent, when the unit wants its own. */
  readonly agent: string | null;
  /** Name of a recipe, when the unit wants its own. */
  readonly recipe: string | null;
  /** Names of skills of the project that its agent is told. */
  readonly skills: readonly string[];
  /** Research only: the path at which the answer lands. */
  readonly answer: string | null;
  /** More instructions for the agent, from the file that `prompt:` names. */
  readonly prompt: string | null;
  /** True when the boxes in the file as it was read say that it is done. */
  readonly isTicked: boolean;
  /** The file that a `for-each` unit was made for. */
  readonly forEachFile: string | null;
  /** Of everything above that changes what is asked; not of ticks. */
  readonly contentHash: string;
  /** Of the criteria alone: goes into the trailer of the commit that meets them. */
  readonly criteriaHash: string;
  /** What is wrong with this unit alone; with an error in it, it is not runnable. */
  readonly problems: readonly Diagnostic[];
}

/** What a unit is that nobody's front matter speaks for: one that an agent proposes, a gate. */
export const unasked = {
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
  isTicked: false,
  forEachFile: null,
  problems: [],
} as const satisfies Partial<UnitSpec>;

/** The closed list of states; `docs/design.md` draws the arrows. */
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
/** Where a unit is in its life. */
export type UnitState = (typeof unitStates)[number];

/** States from which nothing more happens by itself. */
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
