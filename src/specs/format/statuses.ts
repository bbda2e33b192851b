/*
 * Words for the state of work in the front matter, the lists and the headings of many formats. Formats add what is their own.
 */

/** What a status says of a task. */
export type State = 'open' | 'done' | { readonly hold: string };

const openWords = [
  ...['to do', 'todo', 'open', 'opened', 'reopened', 'new', 'not started', 'not yet started', 'unstarted', 'pending'],
  ...['planned', 'planning', 'ready', 'ready for dev', 'ready for development', 'ready for implementation'],
  ...['ready for agent', 'ready for work', 'ready to start', 'ready to implement', 'ready to go', 'backlog', 'next'],
  ...['up next', 'now', 'current', 'queued', 'scheduled', 'selected', 'selected for development', 'approved'],
  ...['accepted', 'refined', 'groomed', 'prioritized', 'in progress', 'wip', 'work in progress', 'doing', 'started'],
  ...['active', 'ongoing', 'working', 'assigned', 'development', 'developing', 'in development', 'implementing'],
  ...['under development', 'implementation', 'in implementation', 'partial', 'partially done', 'partially complete'],
  ...[
    'partially completed',
    'partially implemented',
    'mostly done',
    'almost done',
    'nearly done',
    'incomplete',
    'unfinished',
  ],
  ...['not done', 'failed', 'failing', 'changes requested', 'needs work', 'offen', 'zu erledigen', 'in arbeit'],
  ...['in bearbeitung', 'à faire', 'en cours', 'por hacer', 'pendiente', 'en progreso', 'en curso', 'a fazer'],
  ...['pendente', 'em andamento', 'em progresso', 'da fare', 'in corso', 'te doen', 'bezig', 'do zrobienia', 'w toku'],
  ...['к выполнению', 'в работе', 'в процессе', 'yapılacak', 'devam ediyor', '待办', '未开始', '进行中', '未着手'],
  ...['進行中', '할 일', '진행 중'],
];
const doneWords = [
  ...['done', 'complete', 'completed', 'finished', 'closed', 'resolved', 'fixed', 'implemented', 'shipped'],
  ...['released', 'delivered', 'deployed', 'merged', 'implementation complete', 'erledigt', 'fertig'],
  ...['abgeschlossen', 'terminé', 'fait', 'hecho', 'completado', 'completada', 'terminado', 'terminada'],
  ...['finalizado', 'concluído', 'concluída', 'feito', 'fatto', 'completato', 'completata', 'gedaan', 'klaar'],
  ...['gotowe', 'zrobione', 'hotovo', 'klar', 'færdig', 'valmis', 'готово', 'сделано', 'выполнено', 'завершено'],
  ...['tamamlandı', 'bitti', '完成', '已完成', '完了', '완료', '완료됨'],
];
const reviewWords = [
  ...['review', 'in review', 'needs review', 'ready for review', 'code review', 'under review', 'to review'],
  ...['to verify', 'reviewing', 'ready for done', 'ready for qa', 'in testing', 'testing', 'qa', 'in qa'],
  ...['verification', 'verify', 'awaiting review', 'uat'],
];
const waitWords = [
  ...['blocked', 'on hold', 'hold', 'paused', 'deferred', 'postponed', 'parked', 'waiting', 'icebox', 'stalled'],
  ...['someday', 'later', 'snoozed', 'suspended'],
];
const draftWords = ['draft', 'drafted', 'contexted', 'idea', 'proposed', 'proposal', 'needs refinement', 'triage'];
const cancelledWords = [
  ...["won't do", 'wont do', "won't fix", 'wont fix', 'wontfix', 'will not do', 'not planned', 'cancelled'],
  ...['canceled', 'obsolete', 'skipped', 'superseded', 'duplicate', 'rejected', 'abandoned', 'dropped', 'invalid'],
  ...['declined', 'cut', 'removed', 'deleted', 'discarded', 'deprecated', 'archived', 'not needed', 'replaced'],
];

/** A status in the form in which two spellings of it are equal: `In-Progress`, `in progress` and `🚧 InProgress`. */
export function foldedStatus(status: string): string {
  return status
    .slice(0, 200)
    .normalize('NFC')
    .toLowerCase()
    .replace(/[’`]/g, "'")
    .replace(/[^\p{L}\p{M}\p{N}']+/gu, '');
}

const states: ReadonlyMap<string, State> = new Map<string, State>([
  ...openWords.map((word) => [foldedStatus(word), 'open'] as const),
  ...doneWords.map((word) => [foldedStatus(word), 'done'] as const),
  ...reviewWords.map((word) => [foldedStatus(word), { hold: 'is in review' }] as const),
  ...waitWords.map((word) => [foldedStatus(word), { hold: 'is on hold' }] as const),
  ...draftWords.map((word) => [foldedStatus(word), { hold: 'is a draft' }] as const),
  ...cancelledWords.map((word) => [foldedStatus(word), { hold: 'is cancelled' }] as const),
]);

/** The state of work with a status. Nobody works on what has an unknown one, since it may be finished; none at all is open. */
export function stateNamed(status: string): State {
  return foldedStatus(status) === '' ? 'open' : (knownState(status) ?? unknownState(status));
}

/** The state of work with a status that is not known. */
function unknownState(status: string): State {
  const text = status.replace(/\s+/g, ' ').trim();
  return { hold: `has the status ${JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text)}` };
}

/** The state that a status names, also one with a remark behind it, as in `Done (2025-01-02)`; null for any other. */
export function knownState(status: string): State | null {
  // "Merged into 12.16" begins with a word for finished work, and is none.
  if (/^\s*(?:merged|moved|folded|split|absorbed)\s+into\b/i.test(status)) return { hold: 'is cancelled' };
  const said = status.slice(0, 200);
  return (
    states.get(foldedStatus(said)) ??
    states.get(foldedStatus(said.replace(/\s*(?:[([:,;]|\.\s|\s[-–—]\s).*$/su, ''))) ??
    null
  );
}
