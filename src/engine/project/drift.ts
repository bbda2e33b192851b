import { isAtWork, type UnitState } from '../../model/unit.ts';
import type { Truth } from '../../queue/sync.ts';
import { shellWord } from '../../util/text/shell-word.ts';
import type { Signs } from './truth.ts';

/** A disagreement about a unit between its boxes, the queue and what landed. */
export interface Drift {
  readonly kind: DriftKind;
  /** `drift`: something has to be set right. `note`: they differ as they may, and nothing is lost if it stays so. */
  readonly weight: 'drift' | 'note';
  readonly says: string;
  /** What to do. */
  readonly remedy: string;
}

export type DriftKind =
  /** The branch has a landing, and open boxes; or its spec is not committed. */
  | 'not-ticked'
  | 'not-committed'
  /** It was undone, and its boxes are still ticked. */
  | 'undone-and-ticked'
  /** The branch says that it landed, and no record does. */
  | 'claimed'
  | 'ticked-without-landing'
  /** Its author ticked it, and nothing landed. */
  | 'ticked-by-author'
  /** The working tree lacks the ticks that the branch has. */
  | 'not-merged'
  /** Its boxes were opened again. */
  | 'unticked'
  /** Its landing is not on the branch. */
  | 'commit-gone'
  /** It landed with other criteria. */
  | 'edited'
  /** Its spec is gone, and its landing is on the branch. */
  | 'spec-gone'
  /** The queue has to be brought up to date. */
  | 'queue-behind';

/** Where a commit is. */
export type Whereabouts = 'on-branch' | 'elsewhere' | 'nowhere';

/** All that is known of a unit. */
export interface DriftFacts {
  readonly key: string;
  readonly branch: string;
  /** The unit in the working tree; null if its spec is gone. */
  readonly spec: {
    /** As the person types it. */
    readonly file: string;
    readonly isTicked: boolean;
    /** True if it has boxes that are ticked when it lands. */
    readonly hasBoxes: boolean;
    /** Why and where only a person can mark it as done on the branch; null if a tick can. */
    readonly refusedTick: { readonly at: string; readonly why: string } | null;
    /** True if only a person can mark it as open on the branch. */
    readonly isUntickRefused?: boolean;
    readonly signs: Signs;
    readonly truth: Truth;
  } | null;
  /** Its recorded landing on the branch, with whatever criteria. */
  readonly landed: string | null;
  /** The last landing that was recorded with its criteria and not undone, and where it is. */
  readonly recorded: { readonly commit: string; readonly is: Whereabouts } | null;
  /** What the queue says; `none` if the queue does not know it, null if there is no queue. */
  readonly queue:
    | {
        readonly state: UnitState;
        readonly landed: { readonly commit: string; readonly is: Whereabouts } | null;
      }
    | 'none'
    | null;
}

const short = (commit: string): string => commit.slice(0, 10);

/** The disagreements about a unit; none where all agree. Units at work have none: their run keeps them. */
export function driftOf(facts: DriftFacts): Drift[] {
  const { queue } = facts;
  const spec = moved(facts);
  if (queue !== null && queue !== 'none' && isAtWork(queue)) return [];
  const found = spec === null ? goneSpec(facts) : [aboutBoxes(facts, spec), aboutQueue(facts, spec)];
  return found.filter((one) => one !== null);
}

type Spec = NonNullable<DriftFacts['spec']>;

/** The spec; one whose file was moved is done where the queue knows it as the unit that landed under its former key. */
function moved({ spec, queue }: DriftFacts): Spec | null {
  if (spec === null || spec.truth.isDone || queue === null || queue === 'none') return spec;
  const commit = queue.landed?.commit;
  if (commit === undefined || spec.truth.former?.includes(commit) !== true) return spec;
  return { ...spec, truth: { isDone: true, commit, how: 'it landed under its former key' } };
}

/** What boxes and landings say against each other. */
function aboutBoxes({ key, branch, recorded, landed }: DriftFacts, spec: Spec): Drift | null {
  const { truth, signs, isTicked, file } = spec;
  const { landing, onTip, atHead, former } = signs;
  if (!truth.isDone) {
    if (truth.tickLeftBy !== undefined)
      return {
        ...{ kind: 'undone-and-ticked', weight: 'drift' },
        says: `its landing ${short(truth.tickLeftBy)} was undone, and its boxes are still ticked on ${branch}${spec.isUntickRefused === true ? ', where they cannot be opened without changing more' : ''}`,
        remedy: spec.isUntickRefused === true ? 'Mark it as open there, and commit that.' : '"backlog run" opens them.',
      };
    if (truth.claim === 'ticks')
      return {
        ...{ kind: 'ticked-without-landing', weight: 'drift' },
        says: `its boxes are ticked on ${branch}, and no landing ${landed === null ? '' : 'with these criteria '}is recorded there${landed === null ? elsewhere(recorded) : `; it landed as ${short(landed)} with others`}`,
        remedy: `If it is done, tick it in ${file} of your working tree ("backlog merge" does, if ${branch} is to be merged). If not, untick it on ${branch}.`,
      };
    if (truth.claim !== undefined)
      return {
        ...{ kind: 'claimed', weight: 'drift' },
        says: `commit ${short(truth.claim)} says that it landed, and no record confirms that`,
        remedy: `Answer with "backlog adopt ${shellWord(key)}" or "backlog adopt --refuse ${shellWord(key)}".`,
      };
    if (truth.edited !== undefined)
      return {
        ...{ kind: 'edited', weight: 'drift' },
        says: `it landed as ${short(truth.edited)}, and is still ticked in your working tree, where its criteria were edited since`,
        remedy: `"backlog run" does it with the new ones. If they are met already, untick it in ${file}, commit that, and tick it again.`,
      };
    if (isTicked)
      return {
        ...{ kind: 'unticked', weight: 'drift' },
        says: `it is ticked in your working tree, and was unticked on ${branch}, which counts`,
        remedy: '"backlog merge" unticks it here; or tick it again there.',
      };
    if (atHead === true)
      return {
        ...{ kind: 'unticked', weight: 'note' },
        says: 'you unticked it in your working tree, and it is ticked at HEAD',
        remedy: `"backlog run" does it again; "git restore ${shellWord(file)}" takes the untick back.`,
      };
    return null;
  }
  if (isTicked) {
    if (landing !== null) return null;
    if (landed !== null)
      return {
        ...{ kind: 'edited', weight: 'note' },
        says: `it landed as ${short(landed)} with other criteria, and a person ticked it since, or nothing was added to them, which counts`,
        remedy: 'Nothing, if it holds. If not, untick it, and "backlog run" does it.',
      };
    const isLost = recorded !== null && recorded.is !== 'on-branch';
    return {
      ...{ kind: 'ticked-by-author', weight: 'note' },
      says: `it is ticked in your working tree, which counts, and no landing is on ${branch}${isLost ? elsewhere(recorded) : ''}`,
      remedy: 'Nothing, if it is done. If not, untick it, and "backlog run" does it.',
    };
  }
  const commit = landing?.commit ?? former?.commit ?? truth.commit;
  const as = commit === null ? 'it landed' : `it landed as ${short(commit)}`;
  if (truth.isTickMissing === true && spec.refusedTick !== null)
    return {
      ...{ kind: 'not-ticked', weight: 'drift' },
      says: `${as}, and could not be ticked in ${spec.refusedTick.at} on ${branch}: ${spec.refusedTick.why}`,
      remedy: 'Mark it as done there, and commit that.',
    };
  if (truth.isTickMissing === true)
    return {
      ...{ kind: 'not-ticked', weight: 'drift' },
      says: `${as}, and nothing ticked it on ${branch}`,
      remedy: '"backlog run" ticks it.',
    };
  if (!spec.hasBoxes) return null;
  if (onTip === null)
    return {
      ...{ kind: 'not-committed', weight: 'drift' },
      says: `${as}, and its text is not committed, so that nothing could tick it`,
      remedy: `Commit ${file}; then "backlog run" ticks it.`,
    };
  return {
    ...{ kind: 'not-merged', weight: 'note' },
    says: `${as} and is ticked on ${branch}, and is open in your working tree`,
    remedy: '"backlog merge" brings it home.',
  };
}

function elsewhere(recorded: DriftFacts['recorded']): string {
  if (recorded === null || recorded.is === 'on-branch') return '';
  return `; it was recorded as ${short(recorded.commit)}, ${whereIs(recorded.is)}`;
}

function whereIs(is: Whereabouts): string {
  return is === 'nowhere' ? 'which the repository no longer has' : 'which is not in the history of the branch any more';
}

/** What the queue says against the rest. */
function aboutQueue({ queue, landed, recorded, branch }: DriftFacts, { truth, signs }: Spec): Drift | null {
  const up = '"backlog list" brings the queue up to date.';
  if (truth.isDone) {
    if (queue === null) return null;
    if (queue === 'none')
      return { kind: 'queue-behind', weight: 'drift', says: 'it is done, and the queue does not know it', remedy: up };
    if (queue.state !== 'done')
      return {
        ...{ kind: 'queue-behind', weight: 'drift' },
        says: `it is done (${truth.how}), and the queue says ${queue.state}`,
        remedy: up,
      };
    if (truth.commit === null || queue.landed === null || queue.landed.commit === truth.commit) return null;
    return {
      ...{ kind: 'queue-behind', weight: 'drift' },
      says: `it landed as ${short(truth.commit)}, and the queue says ${short(queue.landed.commit)}`,
      remedy: up,
    };
  }
  const [former] = truth.former ?? [];
  if (former !== undefined && queue === 'none')
    return {
      ...{ kind: 'queue-behind', weight: 'drift' },
      says: `a unit that is gone landed as ${short(former)} with the same criteria, and the queue does not know this one`,
      remedy: '"backlog list" finds out whether its file was moved.',
    };
  const isDone = queue !== null && queue !== 'none' && queue.state === 'done';
  const gone = (isDone ? queue.landed : null) ?? recorded;
  if (truth.edited !== undefined && isDone) return null; // told already
  if (landed !== null && signs.landing === null && isDone)
    return {
      ...{ kind: 'edited', weight: 'drift' },
      says: `it landed as ${short(landed)}, its criteria were edited since, and the queue still says done`,
      remedy: '"backlog run" does it with the new ones.',
    };
  if (gone !== null && gone.is !== 'on-branch' && truth.claim === undefined)
    return {
      ...{ kind: 'commit-gone', weight: isDone ? 'drift' : 'note' },
      says: `${isDone ? 'the queue says' : 'a record says'} that it landed as ${short(gone.commit)}, ${whereIs(gone.is)}`,
      remedy: `"backlog run" does it again. "git reflog ${shellWord(branch)}" tells where the branch was, if it was moved by mistake.`,
    };
  if (!isDone) return null;
  return {
    ...{ kind: 'queue-behind', weight: 'drift' },
    says: `the queue says done, and it is open${truth.why === null ? '' : `: ${truth.why}`}`,
    remedy: `${up} "backlog run" does it again.`,
  };
}

function goneSpec({ queue, landed, key }: DriftFacts): (Drift | null)[] {
  const state = queue === null || queue === 'none' ? 'retired' : queue.state;
  return [
    landed === null
      ? null
      : {
          ...{ kind: 'spec-gone', weight: 'note' },
          says: `it landed as ${short(landed)}, and its spec is gone`,
          remedy: `Nothing, if the work stays. If not, restore the spec, and "backlog undo ${shellWord(key)}".`,
        },
    state === 'retired'
      ? null
      : {
          ...{ kind: 'queue-behind', weight: 'drift' },
          says: `its spec is gone, and the queue says ${state}`,
          remedy: '"backlog list" brings the queue up to date.',
        },
  ];
}
