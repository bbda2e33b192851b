import { isCancelled, leadingState, patternOf, sayings, type State as Status } from '../format/statuses.ts';
import { fold } from '../text/markdown.ts';

/*
 * What words say of tasks: in a status, at the end of a title, and as the title of a section.
 */

export type State =
  | { readonly kind: 'open' }
  | { readonly kind: 'done' }
  /** A task that is given up. */
  | { readonly kind: 'dropped' }
  /** `why` is a clause without a subject. */
  | { readonly kind: 'hold'; readonly why: string };

/** What only lists of tasks say of them. */
const own: readonly (readonly [words: RegExp, why: string])[] = [
  [/^tracked (?:elsewhere|in|by|at|under)(?![\p{L}\p{N}_-])/iu, 'is tracked elsewhere'],
  [/^optional(?![\p{L}\p{N}_-])/iu, 'is optional'],
];

function stateAs(state: Status): State {
  if (typeof state === 'string') return { kind: state };
  return isCancelled(state) ? { kind: 'dropped' } : { kind: 'hold', why: state.hold };
}

/** A state at the beginning of a text, after symbols: its words, and where they are. */
export interface Said {
  readonly state: State;
  readonly start: number;
  readonly end: number;
}

/**
 * The state that a status such as "open", "✅ Done" or "Blocked by #3" names; null if it names none. `isTitle`: the text is a part
 * of a title, which may have such words for another reason.
 */
export function stateOf(status: string, isTitle = false): Said | null {
  const text = status.slice(0, 200);
  const start = text.search(/[\p{L}\p{N}]/u);
  if (start < 0) {
    const sign = /[✅☑✔]/u.exec(text);
    if (sign) return { state: { kind: 'done' }, start: sign.index, end: sign.index + sign[0].length };
    const box = /❌|⬜|🔲|⏳|☐/u.exec(text);
    return box ? { state: { kind: 'open' }, start: box.index, end: box.index + box[0].length } : null;
  }
  const rest = text.slice(start);
  for (const [pattern, why] of own) {
    const found = pattern.exec(rest);
    if (found) return { state: { kind: 'hold', why }, start, end: start + found[0].length };
  }
  const said = leadingState(rest, isTitle);
  return said === null ? null : { state: stateAs(said.state), start, end: start + said.length };
}

/** A title with what its end or its beginning says of its state: "Search ✅", "Search (done)", "[DONE] Search". */
export function titleState(title: string): { readonly title: string; readonly state: State | null } {
  const whole = fold(title);
  if (whole.length > 300) return { title: whole, state: null };
  const tail =
    /^(.*?)(?:\s*[([]([^()[\]]{1,60})[)\]]|(?:\s[-–—]|:)\s+([^-–—:]{1,40})|\s*([✅☑✔⏳❌][^✅☑✔⏳❌]{0,40}))$/u.exec(
      whole,
    );
  const [, name = '', bracket, dash, sign] = tail ?? [];
  const said = bracket ?? dash ?? sign;
  const state = said === undefined || name === '' ? null : alone(said);
  if (state !== null) {
    const inner = titleState(name);
    return { title: inner.title, state: inner.state ?? state };
  }
  // After a dash, a state in capitals may say more: "- SHIPPED 2026-07-12 in 0.4".
  const loud = /^(.*?)\s[-–—]\s+(\p{Lu}{4,}(?![\p{L}]).*)$/u.exec(whole);
  const shouted = loud === null ? null : stateOf(loud[2] ?? '', true);
  if (loud !== null && shouted !== null) return { title: loud[1] ?? whole, state: shouted.state };
  const head = /^(?:\[([^\]]{1,40})\]\s*[:–—-]?|([A-Z][A-Z ]{2,20})(?::|\s[-–—])|(DONE))\s+(.+)$/u.exec(whole);
  const first = head === null ? null : alone(head[1] ?? head[2] ?? head[3] ?? '');
  if (head !== null && first !== null) return { title: head[4] ?? whole, state: first };
  const waived = /^\[(?:-|n\/?a)\]\s*(.+)$/iu.exec(whole);
  if (waived) return { title: waived[1] ?? whole, state: { kind: 'dropped' } };
  const symbol = /^([✅☑✔])\s*(.+)$/u.exec(whole);
  if (symbol) return { title: symbol[2] ?? whole, state: { kind: 'done' } };
  return { title: whole, state: null };
}

/** The state of words that say nothing else, but perhaps when or why. */
function alone(text: string): State | null {
  const said = stateOf(text, true);
  if (said === null) return null;
  const rest = text
    .slice(said.end)
    .replace(/^[\])]+/, '')
    .trim();
  const isAll =
    rest === '' || /^(?:[-–—:,.!(#]|\d|in\b|on\b|by\b|at\b|for\b|until\b|issues\b|items\b|tasks\b|via\b)/iu.test(rest);
  return isAll ? said.state : null;
}

/** What a section contains, by its title. */
export type Content =
  | { readonly kind: 'tasks' }
  | { readonly kind: 'done' }
  | { readonly kind: 'hold'; readonly why: string }
  /** Only what has a box is a task. `why` is a noun in the plural. */
  | { readonly kind: 'notes'; readonly why: string }
  | { readonly kind: 'not-work'; readonly why: string }
  /** What holds in the end; people judge measures of success. */
  | { readonly kind: 'criteria'; readonly isHuman: boolean };

const things =
  '(?: (?:items?|tasks?|work|issues|development|follow-?ups|to-?dos?|features|things|so far|recently|milestones|phases|fixes|this \\w+|log|archive|aufgaben|punkte|tâches|tareas|tarefas|attività|taken|zadania|úkoly|uppgifter|opgaver|задачи|işler|görevler|작업|항목)|(?:的|の)?(?:任务|任務|事项|事項|项目|項目|タスク|作業|もの|工作))*';
/** What stands before "done" in some languages. */
const before =
  '(?:(?:recently|already|bereits|déjà|ya|già) |(?:tâches|tareas|tarefas|attività|elementos|éléments|itens) |最近)?';
const done = patternOf(sayings.flatMap(({ state, words }) => (state === 'done' ? words : [])));
const sections: readonly (readonly [words: string, Content])[] = [
  [`${before}(?:${done}|archived?)${things}`, { kind: 'done' }],
  [
    `(?:deferred|later|some ?day|postponed|not now|icebox|future|big future|long[- ]?shots?)(?: ?/ ?maybe)?(?: (?:plans?|ideas|work|enhancements?|improvements?|features|considerations?|items|tasks|version|releases?))*`,
    { kind: 'hold', why: 'is deferred' },
  ],
  ['blocked(?: .*)?', { kind: 'hold', why: 'is blocked' }],
  ['(?:waiting|upstream)(?: .*)?', { kind: 'hold', why: 'waits for something else' }],
  ['on hold|parked|parking lot|paused', { kind: 'hold', why: 'is on hold' }],
  [
    'ideas?|proposals?|proposed(?: .*)?|maybe|wish ?list|stretch(?: goals)?|under consideration|brainstorm(?:ing)?',
    { kind: 'hold', why: 'is only proposed' },
  ],
  ['optional(?: .*)?', { kind: 'hold', why: 'is optional' }],
  ['tracked (?:elsewhere|in .*)', { kind: 'hold', why: 'is tracked elsewhere' }],
  ['in review', { kind: 'hold', why: 'is in review' }],
  [
    "(?:out[- ]of|not in)[- ]scope(?: .*)?|considered.* but .*|non-?goals?|rejected(?: .*)?|declined|cancell?ed(?: .*)?|dropped|obsolete|won'?t (?:do|fix)|wontfix|not planned",
    { kind: 'not-work', why: 'cancelled tasks' },
  ],
  [
    'how to use.*|usage|legend|.* legend|conventions?|(?:standing |ground |house )?rules|format|template|guidelines|principles|workflow|instructions',
    { kind: 'not-work', why: 'rules' },
  ],
  [
    'version history|change ?log|history|rollback plan|(?:open )?questions|risks?|risk (?:management|assessment|mitigation)',
    { kind: 'not-work', why: 'notes' },
  ],
  [
    'notes?|context|background|(?:executive )?summary|overview|introduction|about|references?|resources|links|see also|dependencies|decisions?|decision log|goals|vision|architecture(?: .*)?|(?:.* )?decision records?|.*\\btech(?:nology)? stack.*|(?:implementation|recommended) order|timeline|appendix|key files|useful commands',
    { kind: 'notes', why: 'notes' },
  ],
  ...sayings.flatMap(({ state, words }): [string, Content][] =>
    typeof state === 'string' || state.hold === 'is in review'
      ? []
      : [[`${before}(?:${patternOf(words)})${things}`, contentAs(state)]],
  ),
  ['quality gates?', { kind: 'criteria', isHuman: false }],
  ['success metrics|key (?:results|metrics)|kpis?|metrics', { kind: 'criteria', isHuman: true }],
];
function contentAs(state: Status): Content {
  const { kind, ...rest } = stateAs(state);
  if (kind === 'dropped') return { kind: 'not-work', why: 'cancelled tasks' };
  return 'why' in rest ? { kind: 'hold', why: rest.why } : { kind: 'tasks' };
}

const contents = sections.map(([words, content]) => [new RegExp(`^(?:${words})$`, 'iu'), content] as const);

/** What a section with this title contains. */
export function contentOf(title: string): Content {
  const plain = fold(title)
    .slice(0, 200)
    .replace(/^[^\p{L}\p{N}]+/u, '')
    .replace(/^\d+[.)]\s+/, '')
    .replace(/[’]/g, "'")
    .replace(/\s*(?:\([^()]*\)|\s[-–—]\s.*)?[^\p{L}\p{N})]*$/u, '');
  for (const [pattern, content] of contents) if (pattern.test(plain)) return content;
  return { kind: 'tasks' };
}

const waiting =
  /(?:^|[([;:.,–—]\s*|\s-\s+)(?:still |currently |is )*(?:blocked (?:on|by|until|here|upstream)|waiting (?:on|for|until)|waits? (?:on|for)|on hold(?![\p{L}])|(?:deferred|postponed|parked)(?=\s*(?:$|[)\].,;:–—]|until|to |from |for |till))|tracked (?:elsewhere|in |by |at |under |separately)|proposed(?=\s*(?:$|[)\]:])))/iu;
const forbidden =
  /\b(?:do not|don'?t|never|must not)\s+(?:start|begin|work|touch|implement|do|add|build|merge|change|remove|refactor|ship|land|enable|release|attempt|pick)(?![\p{L}])([^.]{0,100}?\b(?:until|before|yet|unless|without)\b)?/iu;

/**
 * A task that begins with a prohibition for a time, whatever it forbids: "Do not upgrade React until v19 is out". What the product
 * does, "Do not show it until it is loaded", cannot be told from that, so it is held, too, and its author may word it otherwise.
 */
const notYet =
  /^\P{L}*(?:please\s+)?(?:do not|don'?t|never|must not|mustn'?t)\s+\p{L}[^.]{0,200}?(?<![\p{L}])(?:until|till|yet|for now|before(?=\s+(?:v?\d|\p{Lu}\p{Ll}|next\s)))(?![\p{L}])/u;

/** Why a task must not be worked on now, by its own words; null if they do not say so. */
export function holdIn(text: string): string | null {
  const said = fold(text).slice(0, 2000);
  const found = waiting.exec(said)?.[0].toLowerCase();
  if (found !== undefined) {
    if (/blocked/.test(found)) return 'is blocked';
    if (/wait/.test(found)) return 'waits for something else';
    if (/tracked/.test(found)) return 'is tracked elsewhere';
    if (/proposed/.test(found)) return 'is only proposed';
    return /hold|parked/.test(found) ? 'is on hold' : 'is deferred';
  }
  const isForbidden = forbidden.exec(said)?.[1] !== undefined || notYet.test(lowerStart(said.replaceAll('’', "'")));
  return isForbidden ? 'must not be begun yet' : null;
}

/** Why a task must not be worked on now, by its title alone: what it says, or a state such as "(on hold)". */
export function holdOfTitle(title: string): string | null {
  const { state } = titleState(title);
  return state?.kind === 'hold' ? state.why : holdIn(title);
}

/** A text whose first letter is small, since the case of later ones tells names. */
function lowerStart(text: string): string {
  return text.replace(/\p{L}/u, (letter) => letter.toLowerCase());
}

/** Why the list below a paragraph must not be worked on now: "Do not add placeholders"; null if it does not say so. */
export function holdOfList(text: string): string | null {
  if (/\btracked (?:separately|elsewhere)\b/i.test(text.slice(0, 2000))) return 'is tracked elsewhere';
  return holdIn(text) ?? (forbidden.test(fold(text).slice(0, 2000)) ? 'must not be begun yet' : null);
}

/** True for a text that is a rule, and no task: "Do not add placeholders". */
export function isRule(text: string): boolean {
  return /^(?:do not|don'?t|never|always|must not|avoid)\b/i.test(text.trim());
}

/** True for prose that begins with its end: "FIXED in all clients …", "Split of modules: done for all three". */
export function isToldDone(text: string): boolean {
  const begin = fold(text.slice(0, 400));
  return (
    /^(?:THE )?(?:FIX (?:SHIPPED|LANDED|MERGED)|FIXED|RESOLVED|SOLVED|SHIPPED|DONE|COMPLETED)(?![\p{L}])(?! WHEN)/u.test(
      begin,
    ) ||
    /^[^:.]{3,80}:\s+(?:done|shipped|fixed|resolved|completed)(?=\s*(?:$|[.,;(]|for |in |on |by |with |since ))/iu.test(
      begin,
    )
  );
}
