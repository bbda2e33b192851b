import {
  foldedStatus,
  knownState,
  limitIn,
  stateNamed,
  type State,
  statusWords,
  withoutRemark,
} from '../format/statuses.ts';

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
  /** See `statusWords`. */
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
  const isOwn = (name: string): boolean => own.has(foldedStatus(name));
  return {
    done,
    open,
    wordsOf: (status) =>
      isOwn(status) || isOwn(withoutRemark(status))
        ? statusWords(status, (name) => own.has(name))
        : statusWords(status),
    stateOf(status) {
      const words = isOwn(status) ? status : withoutRemark(status);
      const is = foldedStatus(words);
      if (is === foldedStatus(done) && limitIn(status.slice(words.length)) === '') return 'done';
      if (foldedStatus(status) === '' || is === foldedStatus(open)) return 'open';
      return stateNamed(status);
    },
  };
}

function mayBeOpen(status: string): boolean {
  const state = knownState(status);
  return state === null || state === 'open';
}
