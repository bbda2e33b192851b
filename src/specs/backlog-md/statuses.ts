/*
 * The statuses of tasks. Their names are the project's own: `config.yml` lists them in the order of work, the last one for
 * finished work. Files also have names that it does not list.
 */

/** What a status says of a task. */
export type State = 'open' | 'done' | { readonly hold: string };

const doneWords = [
  ...['done', 'complete', 'completed', 'finished', 'closed', 'resolved', 'fixed', 'implemented', 'shipped', 'released'],
  ...['delivered', 'deployed', 'merged', 'accepted', 'erledigt', 'fertig', 'abgeschlossen', 'terminé', 'fait', 'hecho'],
  ...['completado', 'completada', 'terminado', 'terminada', 'finalizado', 'concluído', 'concluída', 'feito', 'fatto'],
  ...['completato', 'completata', 'gedaan', 'klaar', 'gotowe', 'zrobione', 'hotovo', 'klar', 'færdig', 'valmis'],
  ...['готово', 'сделано', 'выполнено', 'завершено', 'tamamlandı', 'bitti', '完成', '已完成', '完了', '완료', '완료됨'],
];
const reviewWords = [
  ...[
    'review',
    'in review',
    'needs review',
    'ready for review',
    'code review',
    'under review',
    'to review',
    'to verify',
  ],
  ...['reviewing', 'in testing', 'testing', 'qa', 'in qa', 'verification', 'verify', 'awaiting review', 'uat'],
];
const waitWords = [
  ...['blocked', 'on hold', 'hold', 'paused', 'deferred', 'postponed', 'parked', 'waiting', 'icebox', 'stalled'],
  ...['someday', 'later', 'snoozed', 'suspended'],
];
const draftWords = ['draft', 'idea', 'proposed', 'proposal', 'needs refinement', 'triage'];
const droppedWords = [
  ...["won't do", 'wont do', "won't fix", 'wont fix', 'wontfix', 'will not do', 'not planned', 'cancelled', 'canceled'],
  ...['obsolete', 'skipped', 'superseded', 'duplicate', 'rejected', 'abandoned', 'dropped', 'invalid', 'declined'],
  ...['discarded', 'deprecated', 'archived', 'not needed', 'replaced'],
];

/** A status in the form in which two spellings of it are equal: `In-Progress`, `in progress` and `🚧 InProgress`. */
function folded(status: string): string {
  return status
    .slice(0, 200)
    .normalize('NFC')
    .toLowerCase()
    .replace(/[’`]/g, "'")
    .replace(/[^\p{L}\p{M}\p{N}']+/gu, '');
}

const states: ReadonlyMap<string, State> = new Map<string, State>([
  ...doneWords.map((word) => [folded(word), 'done'] as const),
  ...reviewWords.map((word) => [folded(word), { hold: 'is in review' }] as const),
  ...waitWords.map((word) => [folded(word), { hold: 'is on hold' }] as const),
  ...draftWords.map((word) => [folded(word), { hold: 'is a draft' }] as const),
  ...droppedWords.map((word) => [folded(word), { hold: 'is cancelled' }] as const),
]);

/** The statuses of a project. */
export interface Statuses {
  /** The one for finished work, as it is written. */
  readonly done: string;
  /** The one of a new task. */
  readonly open: string;
  stateOf(status: string): State;
}

/** The meaning of a project's statuses, which are in the order of work. `first` is that of a new task. */
export function statusesOf(listed: readonly string[], first: string | null): Statuses {
  const names = listed.filter((name) => folded(name) !== '');
  const known = (name: string): State | undefined => states.get(folded(name));
  const done =
    names.findLast((name) => known(name) === 'done') ??
    (names.length > 1 ? names.findLast((name) => known(name) === undefined) : undefined) ??
    'Done';
  const open = first ?? names.find((name) => known(name) === undefined && name !== done) ?? 'To Do';
  return {
    done,
    open,
    stateOf(status) {
      const is = folded(status);
      if (is === folded(done)) return 'done';
      if (is === '' || is === folded(open)) return 'open';
      // "Merged into 12.16" and "Cancelled (see 7)" begin with the status; "Merged" alone means that it is done.
      if (/^\s*(?:merged|moved|folded|split)\s+into\b/i.test(status)) return { hold: 'is cancelled' };
      return known(status) ?? known(status.replace(/\s*(?:[([:,;]|\s[-–—]\s).*$/su, '')) ?? 'open';
    },
  };
}
