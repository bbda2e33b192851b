import { foldedStatus, knownState, stateNamed, type State, statusWords, withoutRemark } from '../format/statuses.ts';

/*
 * The statuses of tasks. Their names are the project's own: `config.yml` lists them in the order of work, the last one for
 * finished work. Files also have names that it does not list.
 */

/** The statuses of a project. */
export interface Statuses {
  /** The one for finished work, as it is written. */
  readonly done: string;
  /** The one of a new task. */
  readonly open: string;
  stateOf(status: string): State;
  /** The words of a status without a remark behind them. */
  readonly wordsOf: (status: string) => string;
}

/** The meaning of a project's statuses, which are in the order of work. `first` is that of a new task. */
export function statusesOf(listed: readonly string[], first: string | null): Statuses {
  const names = listed.filter((name) => foldedStatus(name) !== '');
  const done =
    names.findLast((name) => knownState(name) === 'done') ??
    (names.length > 1 ? names.findLast((name) => knownState(name) === null) : undefined) ??
    'Done';
  // What comes after the status for finished work is finished, too, or nobody's.
  const before = names.includes(done) ? names.slice(0, names.indexOf(done)) : names;
  const open = first ?? before.find(mayBeOpen) ?? 'To Do';
  const own = new Set([...names, done, open].map(foldedStatus));
  const wordsOf = (status: string): string => {
    const words = withoutRemark(status);
    if (own.has(foldedStatus(status))) return status;
    return own.has(foldedStatus(words)) ? words : statusWords(status);
  };
  return {
    done,
    open,
    wordsOf,
    stateOf(status) {
      const is = foldedStatus(wordsOf(status));
      if (is === foldedStatus(done)) return 'done';
      if (is === '' || is === foldedStatus(open)) return 'open';
      return stateNamed(status);
    },
  };
}

function mayBeOpen(status: string): boolean {
  const state = knownState(status);
  return state === null || state === 'open';
}
