import { trimmedEnd } from '../../util/text/trimmed-end.ts';

/*
 * Words for the state of work in the front matter, the lists and the headings of many formats. Formats add what is their own.
 */

/** What a status says of a task. */
export type State = 'open' | 'done' | { readonly hold: string };

/** Words for a state. */
interface Words {
  readonly state: State;
  /** Words that say so anywhere: as a status, at the end of a title, or as the title of a section. */
  readonly anywhere: readonly string[];
  /** Words that say so only as a status; elsewhere they may mean the thing itself, as in "Menu (removed)". */
  readonly asStatus: readonly string[];
}

/** Nobody works on it any more, and nothing waits for it. */
export const cancelled = { hold: 'is cancelled' } as const;

/** All words for states. A format adds only what is a word of its own. */
const table: readonly Words[] = [
  {
    state: 'open',
    anywhere: [
      ...['open', 'to do', 'todo', 'pending', 'planned', 'not started', 'not yet started', 'in progress', 'started'],
      ...['wip', 'active', 'ready', 'new', 'partial', 'partially done', 'offen', 'zu erledigen', 'in arbeit'],
      ...['in bearbeitung', 'à faire', 'en cours', 'por hacer', 'pendiente', 'en progreso', 'en curso', 'a fazer'],
      ...['pendente', 'em andamento', 'em progresso', 'da fare', 'in corso', 'te doen', 'bezig', 'do zrobienia'],
      ...['w toku', 'к выполнению', 'в работе', 'в процессе', 'yapılacak', 'devam ediyor', '待办', '未开始', '进行中'],
      ...['未着手', '進行中', '未完了', '未完成', '할 일', '진행 중'],
    ],
    asStatus: [
      ...['opened', 'reopened', 'unstarted', 'planning', 'ready for dev', 'ready for development', 'backlog', 'next'],
      ...['ready for implementation', 'ready for agent', 'ready for work', 'ready to start', 'ready to implement'],
      ...['ready to go', 'up next', 'now', 'current', 'queued', 'scheduled', 'selected', 'selected for development'],
      ...['approved', 'accepted', 'refined', 'groomed', 'prioritized', 'work in progress', 'doing', 'ongoing'],
      ...['working', 'assigned', 'development', 'developing', 'in development', 'implementing', 'under development'],
      ...['implementation', 'in implementation', 'partially complete', 'partially completed', 'mostly done'],
      ...['partially implemented', 'almost done', 'nearly done', 'incomplete', 'unfinished', 'not done', 'failed'],
      ...['failing', 'changes requested', 'needs work'],
    ],
  },
  {
    state: 'done',
    anywhere: [
      ...['done', 'complete', 'completed', 'finished', 'closed', 'resolved', 'solved', 'fixed', 'implemented'],
      ...['shipped', 'landed', 'merged', 'executed', 'released', 'delivered', 'deployed', 'implementation complete'],
      ...['erledigt', 'erledigte', 'fertig', 'fertiggestellt', 'abgeschlossen', 'abgeschlossene', 'umgesetzt'],
      ...['terminé', 'terminée', 'terminés', 'terminées', 'fait', 'faits', 'faites', 'achevé', 'hecho', 'hechos'],
      ...['hechas', 'completado', 'completada', 'completados', 'completadas', 'terminado', 'terminada', 'terminados'],
      ...['terminadas', 'finalizado', 'finalizada', 'finalizados', 'finalizadas', 'concluído', 'concluída'],
      ...['concluídos', 'concluídas', 'feito', 'feitos', 'feitas', 'fatto', 'fatti', 'fatte', 'completato'],
      ...['completata', 'completati', 'completate', 'gedaan', 'klaar', 'afgerond', 'voltooid', 'gotowe', 'zrobione'],
      ...['ukończone', 'zakończone', 'hotovo', 'hotové', 'dokončeno', 'klar', 'klart', 'färdig', 'færdig', 'ferdig'],
      ...['valmis', 'valmiit', 'готово', 'сделано', 'выполнено', 'выполненные', 'завершено', 'завершённые'],
      ...['завершенные', 'tamamlandı', 'tamamlanan', 'tamamlananlar', 'bitti', '完成', '已完成', '完了', '完了済み'],
      ...['完了した', '済み', '済', '완료', '완료됨', '완료된'],
    ],
    asStatus: [],
  },
  {
    state: { hold: 'is in review' },
    anywhere: ['in review', 'review', 'needs review', 'code review', 'under review', 'awaiting review'],
    asStatus: [
      ...['ready for review', 'to review', 'to verify', 'reviewing', 'ready for done', 'ready for qa', 'in testing'],
      ...['testing', 'qa', 'in qa', 'verification', 'verify', 'uat', 'in prüfung', 'en revisión', 'em revisão'],
    ],
  },
  {
    state: { hold: 'is blocked' },
    anywhere: [
      'blocked',
      'blockiert',
      'bloqué',
      'bloqueado',
      'bloqueada',
      'bloccato',
      'заблокировано',
      '阻塞',
      'ブロック中',
    ],
    asStatus: [],
  },
  {
    state: { hold: 'waits for something else' },
    anywhere: ['waiting', 'wartet', 'wartend', 'en attente', 'en espera', 'in attesa', 'aguardando', 'ожидает'],
    asStatus: [],
  },
  {
    state: { hold: 'is deferred' },
    anywhere: [
      ...['deferred', 'postponed', 'later', 'some day', 'someday', 'future', 'icebox', 'not now', 'später'],
      ...['zurückgestellt', 'aufgeschoben', 'verschoben', 'plus tard', 'reporté', 'más tarde', 'aplazado', 'adiado'],
      ...['rimandato', 'отложено', '将来', '延期', 'いつか', '推迟', '나중에'],
    ],
    asStatus: ['snoozed'],
  },
  {
    state: { hold: 'is on hold' },
    anywhere: [
      'on hold',
      'hold',
      'parked',
      'paused',
      'pausiert',
      'en pause',
      'en pausa',
      'in pausa',
      '保留',
      '暂停',
      '보류',
    ],
    asStatus: ['stalled', 'suspended'],
  },
  {
    state: { hold: 'is only proposed' },
    anywhere: ['proposed', 'proposal', 'idea', 'maybe', 'under consideration'],
    asStatus: ['needs refinement'],
  },
  {
    state: { hold: 'is a draft' },
    anywhere: ['draft'],
    asStatus: ['drafted', 'contexted', 'entwurf', 'borrador', 'brouillon'],
  },
  {
    state: { hold: 'is not decided yet' },
    anywhere: ['needs decision', 'needs discussion', 'needs design', 'needs triage'],
    asStatus: ['triage'],
  },
  {
    state: cancelled,
    anywhere: [
      ...["won't do", 'wont do', "won't fix", 'wont fix', 'wontfix', 'will not do', 'not planned', 'cancelled'],
      ...['canceled', 'dropped', 'obsolete', 'rejected', 'superseded', 'abandoned', 'duplicate', 'declined'],
      ...['abgebrochen', 'verworfen', 'annulé', 'annulée', 'cancelado', 'cancelada', 'descartado', 'annullato'],
      ...['geannuleerd', 'отменено', '已取消', '取消', '中止', '취소'],
    ],
    asStatus: [
      ...['skipped', 'invalid', 'cut', 'removed', 'deleted', 'discarded', 'deprecated', 'archived', 'not needed'],
      'replaced',
    ],
  },
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

const states: ReadonlyMap<string, State> = new Map<string, State>(
  table.flatMap(({ state, anywhere, asStatus }) =>
    [...anywhere, ...asStatus].map((word) => [foldedStatus(word), state] as const),
  ),
);

/** The states with the words that say so anywhere, in lower case. */
export const sayings: readonly { readonly state: State; readonly words: readonly string[] }[] = table.map(
  ({ state, anywhere: words }) => ({ state, words }),
);

/** Some words as a pattern without groups, the longest first; dashes and underscores are blanks. */
export function patternOf(words: readonly string[]): string {
  const longest = words.toSorted((a, b) => b.length - a.length);
  return longest.map((word) => word.replaceAll(' ', '[-_ ]')).join('|');
}

const beginning = new RegExp(
  `^(?:${patternOf(sayings.flatMap(({ words }) => words))})(?![\\p{L}\\p{M}\\p{N}_-])`,
  'iu',
);

/**
 * The state that a text begins with, as in "Blocked by #3", and the length of its words; null for any other text. Of a title,
 * only words count that say so anywhere.
 */
export function leadingState(
  text: string,
  isTitle: boolean,
): { readonly state: State; readonly length: number } | null {
  const [word] = beginning.exec(text.slice(0, 200)) ?? [];
  const said = word ?? (isTitle ? '' : withoutRemark(text).trimEnd());
  const state = states.get(foldedStatus(said));
  return state === undefined ? null : { state: limited(state, text, said.length), length: said.length };
}

/** A text up to what could be a remark in it: "Done" of "Done (2025-01-02)". */
export function withoutRemark(status: string): string {
  return status.slice(0, 200).replace(/\s*(?:[([:,;]|\.\s|\s[-–—]\s).*$/su, '');
}

/** True for work that is given up. */
export function isCancelled(state: State): boolean {
  return typeof state === 'object' && state.hold === cancelled.hold;
}

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
  if (/^\s*(?:merged|moved|folded|split|absorbed)\s+into\b/i.test(status)) return cancelled;
  const said = status.slice(0, 200);
  const words = withoutRemark(said).replace(/[^\p{L}\p{M}\p{N}]+$/u, '');
  const state = states.get(foldedStatus(said)) ?? states.get(foldedStatus(words));
  return state === undefined ? null : limited(state, said, words.length);
}

/** The state that a status names by its first words; one that is unknown if what follows them says that not all is done. */
function limited(state: State, status: string, length: number): State {
  return state === 'done' && limitIn(status.slice(length)) !== '' ? unknownState(status) : state;
}

const few = String.raw`(?:part(?:ly|ial(?:ly)?)|in part|mostly|almost|nearly|half|incomplete|unfinished|only|pending|un(?:tested|verified|reviewed|released|merged)|still|wip|to-?do|tbd|draft|needs?|awaiting|waiting|in (?:review|progress|testing|qa)|to be|blocked)`;
const nots = String.raw`not (?:yet|fully|completely|entirely|everywhere|all|deployed|released|shipped|merged|tested|verified|reviewed|committed|pushed|published|documented|working|enabled|implemented|done|finished|integrated|wired|in|on|for|really|quite|sure)`;
/** What a remark begins with that limits what it is about. */
const limiting = new RegExp(
  String.raw`(?:^\P{L}*|\)[^\p{L}(]*)(?:(?:${few}|${nots})(?![\p{L}])|(?:no|false)\P{L}*$|without (?:any |the )?(?:tests?|docs?|documentation|reviews?)(?![\p{L}]))|^\P{L}*\?`,
  'iu',
);
/** What limits it anywhere in its first sentence. */
const within = new RegExp(
  String.raw`(?<![\p{L}])(?:(?:but|except(?:ing)?|apart from|other than|save for)(?![\p{L}])|${nots}(?![\p{L}])|(?:are|is) (?:still )?(?:missing|pending|open))|(?<!(?:nothing|none|no \P{Z}+) )(?:missing|remain(?:s|ing)?|only)\P{L}*$`,
  'iu',
);

/**
 * The beginning of what follows "done", or another state, up to where it says that this is not all so, or not sure: ", except the
 * tests", "(3/5)", "50%"; '' if it does not.
 */
export function limitIn(behind: string): string {
  if (/^\s*\./.test(behind)) return ''; // another sentence
  const [sentence = ''] = behind.split(/[.;](?:\s|$)/u, 1);
  const first = sentence.slice(0, 120).replaceAll('’', "'");
  const [, share] = /^[\s([:,=–—-]*(\d{1,3})\s?%(?=[\s)\]]*(?:$|[,:–—-]|done|complete))/iu.exec(first) ?? [];
  const [, part, whole] = /(?<![\d/.-])(\d{1,3})\s*(?:\/|(?:out )?of)\s*(\d{1,3})(?![\d/.-])/iu.exec(first) ?? [];
  const isCounted = (share !== undefined && share !== '100') || (part !== undefined && Number(part) < Number(whole));
  const isLimit = isCounted || limiting.test(first) || within.test(first);
  return isLimit ? trimmedEnd(sentence, /[\s*_`|]/) : '';
}

/**
 * The words that name the state at the beginning of a status, with a remark that limits it; all of it if no known state is there,
 * or no remark follows. `isKnown` is asked about names as `foldedStatus` gives them.
 */
export function statusWords(status: string, isKnown: (name: string) => boolean = (name) => states.has(name)): string {
  const words = withoutRemark(status).replace(/[\s*_`]+$/u, '');
  if (isKnown(foldedStatus(status)) || !isKnown(foldedStatus(words))) return status;
  return `${words}${limitIn(status.slice(words.length))}`;
}
