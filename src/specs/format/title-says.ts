import { fold } from '../text/markdown.ts';
import { cancelled, isCancelled, leadingState, type State as Status } from './statuses.ts';

/*
 * What the words of a title or a status say of a task: that it is done, given up, or must not be begun yet.
 */

export type State =
  | { readonly kind: 'open' }
  | { readonly kind: 'done' }
  /** A task that is given up. */
  | { readonly kind: 'dropped' }
  /** `why` is a clause without a subject. */
  | { readonly kind: 'hold'; readonly why: string };

/** What only lists and titles of tasks say of them. */
const own: readonly (readonly [words: RegExp, why: string])[] = [
  [/^tracked (?:elsewhere|in|by|at|under)(?![\p{L}\p{N}_-])/iu, 'is tracked elsewhere'],
  [/^optional(?![\p{L}\p{N}_-])/iu, 'is optional'],
  [/^(?:not yet|noch nicht|pas encore|todavía no)(?=\s*(?:$|[:\])–—]))/iu, 'must not be begun yet'],
];

export function stateAs(state: Status): State {
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
  const text = status.slice(0, 200).replaceAll('’', "'");
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

/** A title without the words for its state, unless they are a part of it: "Blocked: search" stays, since keys come from titles. */
interface Titled {
  readonly title: string;
  readonly state: State | null;
}

/** A title with what its end or its beginning says of its state: "Search ✅", "Search (done)", "[DONE] Search", "Blocked: search". */
export function titleState(title: string): Titled {
  const whole = fold(title);
  if (whole.length > 300) return { title: whole, state: null };
  const tail =
    /^(.*?)(?:\s*[([]([^()[\]]{1,60})[)\]]|(?:\s[-–—]|:)\s+([^-–—:]{1,40})|\s*([✅☑✔⏳❌⏸⛔🚫🛑][^✅☑✔⏳❌⏸⛔🚫🛑]{0,40}))$/u.exec(
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
  return headState(whole) ?? { title: whole, state: null };
}

/** What the beginning of a title says of its state; null if nothing. */
function headState(whole: string): Titled | null {
  const waived = /^\[(?:-|n\/?a)\]\s*(.+)$/iu.exec(whole);
  if (waived) return { title: waived[1] ?? whole, state: { kind: 'dropped' } };
  const symbol = /^([✅☑✔])\s*(.+)$/u.exec(whole);
  if (symbol) return { title: symbol[2] ?? whole, state: { kind: 'done' } };
  const [, bracket, round, label] =
    /^(?:\[([^\]]{1,40})\]\s*[:–—-]?|\(([^()]{1,40})\)\s*[:–—-]?|([^:]{1,60}?)(?::|\s[-–—]))\s+\S/u.exec(whole) ?? [];
  const said = bracket ?? round ?? label;
  const state = said === undefined ? null : alone(said);
  if (said !== undefined && state !== null) {
    const rest = whole.slice(whole.indexOf(said) + said.length).replace(/^[\])]?\s*[:–—-]?\s+/u, '');
    if (bracket !== undefined || isCapital(said)) return { title: rest, state };
    if (isPlain(state, said)) return { title: whole, state };
  }
  // Without a colon, only capitals: "WONTFIX search", but "Done button".
  const first = stateOf(whole, true);
  const words = first?.start === 0 ? whole.slice(0, first.end) : '';
  const isCry = words.length >= 4 && isCapital(words) && /^\s+\p{L}/u.test(whole.slice(words.length));
  if (first === null || !isCry || !isPlain(first.state, words)) return null;
  return { title: words === 'DONE' ? whole.slice(words.length).trim() : whole, state: first.state };
}

function isCapital(words: string): boolean {
  return words === words.toUpperCase() && words !== words.toLowerCase();
}

/** True for a state that no task is about if its title begins so: "Review: the plan" and "Complete: the docs" are tasks. */
function isPlain(state: State, words: string): boolean {
  if (state.kind === 'hold') return !/review|draft/.test(state.why);
  return state.kind !== 'open' && !/^complete$/i.test(words.trim());
}

/**
 * The beginning of a text in Markdown in bold, italics or code, if that is a state: `**Deferred** search`. As it is read, its
 * words could belong to the title.
 */
export function boldState(
  text: string,
): { readonly words: string; readonly state: State; readonly length: number } | null {
  const found = /^(\*{1,3}|_{1,3}|`)([^*_`\n]{2,40}?)[:：]?\1[:：]?(?=\s+\S)/u.exec(text.slice(0, 100));
  const state = found === null ? null : alone(found[2] ?? '');
  return found === null || state === null || state.kind === 'open'
    ? null
    : { words: found[2] ?? '', state, length: found[0].length };
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
  const said = fold(text).slice(0, 2000).replaceAll('’', "'");
  const found = waiting.exec(said)?.[0].toLowerCase();
  if (found !== undefined) {
    if (/blocked/.test(found)) return 'is blocked';
    if (/wait/.test(found)) return 'waits for something else';
    if (/tracked/.test(found)) return 'is tracked elsewhere';
    if (/proposed/.test(found)) return 'is only proposed';
    return /hold|parked/.test(found) ? 'is on hold' : 'is deferred';
  }
  const isForbidden = forbidden.exec(said)?.[1] !== undefined || notYet.test(lowerStart(said)) || notNow.test(said);
  return isForbidden ? 'must not be begun yet' : null;
}

/** True for a text that forbids to work on something: "Do not add placeholders". */
export function forbids(text: string): boolean {
  return forbidden.test(fold(text).slice(0, 2000));
}

/** Why a task with such a title is held although its box, or its status, is open. */
export const saidDone = 'has a title that says that it is done, but is still open';

/** Why an open task of a list must not be worked on now, by its title alone: a state such as "(on hold)", or what it says. */
export function holdOfTitle(title: string): string | null {
  return holdAs(titleState(title).state) ?? holdIn(title);
}

/** Why an open task with words for such a state must not be worked on; null without. */
export function holdAs(state: State | null): string | null {
  if (state === null || state.kind === 'open') return null;
  if (state.kind === 'hold') return state.why;
  return state.kind === 'done' ? saidDone : cancelled.hold;
}

/** What only the author of a task says of it; other prohibitions in a title are what the product does. */
const notNow =
  /^\P{L}*(?:hold off\b|(?:please )?(?:do not|don't|must not|never) (?:start|begin|work on|implement|touch|do|merge|ship|land|attempt|pick up)(?: (?:on )?(?:this|it|these|them|yet|work|the work|the task|before|until|till|unless)\b)|(?:postpone|defer|park|delay)\b.{1,100}\b(?:until|till|to) (?:q[1-4]|v\d|20\d\d|next (?:week|month|quarter|year|sprint|release)|further notice)\b)/iu;
const waitingFor =
  /^\P{L}*wait(?:s|ing)? (?:for|on|until) [^:]{1,80}:\s|[([](?:still |currently )*(?:blocked|wait(?:s|ing)?) (?:by|on|for|until) [^()[\]]{1,80}[)\]]$/iu;

/**
 * Why an open unit of any format must not be worked on now, by its title alone. A title that is not an item of a list is read
 * more narrowly: "Show the status: done" and "Wait for the lock" are work, and so is what is optional.
 */
export function heldByTitle(title: string): string | null {
  const said = fold(title).slice(0, 300).replaceAll('’', "'");
  if (notNow.test(said)) return 'must not be begun yet';
  if (waitingFor.test(said)) return 'waits for something else';
  const isSign = /[✅☑✔⏳❌]\uFE0F?$|^[✅☑✔]/u.test(said);
  const isValue = /:\s+[^:]{1,40}$/u.test(said) && headState(said) === null;
  const hold = isSign || isValue ? null : holdAs(titleState(said).state);
  return hold === 'is optional' || hold === 'is in review' ? null : hold;
}

/** A text whose first letter is small, since the case of later ones tells names. */
function lowerStart(text: string): string {
  return text.replace(/\p{L}/u, (letter) => letter.toLowerCase());
}
