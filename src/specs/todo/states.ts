import { limitIn, patternOf, sayings, type State as Status } from '../format/statuses.ts';
import { forbids, holdIn, stateAs } from '../format/title-says.ts';
import { fold } from '../text/markdown.ts';

/*
 * What the title of a section says of the tasks in it, and a paragraph of the list below it.
 */

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
  [
    `blocked${things}(?: (?:on|by|until|for|upstream|here|pending)(?![\\p{L}]).*)?`,
    { kind: 'hold', why: 'is blocked' },
  ],
  [
    `waiting${things}(?: (?:on|for|until)(?![\\p{L}]).*)?|upstream(?: .*)?`,
    { kind: 'hold', why: 'waits for something else' },
  ],
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
    .replace(/[^\p{L}\p{N})?]+$/u, '');
  const name = plain.replace(/\s*(?:\([^()]*\)|\s[-–—]\s.*)?[^\p{L}\p{N})]*$/u, '');
  for (const [pattern, content] of contents)
    if (pattern.test(name))
      return content.kind === 'done' && limitIn(plain.slice(name.length)) !== '' ? notAll : content;
  return { kind: 'tasks' };
}

/** What is below "Done (except the tests)": nobody can tell what of it is done. */
const notAll: Content = { kind: 'hold', why: 'may be done, by the title above it' };

/** Why the list below a paragraph must not be worked on now: "Do not add placeholders"; null if it does not say so. */
export function holdOfList(text: string): string | null {
  if (/\btracked (?:separately|elsewhere)\b/i.test(text.slice(0, 2000))) return 'is tracked elsewhere';
  return holdIn(text) ?? (forbids(text) ? 'must not be begun yet' : null);
}

/** True for a text that is a rule, and no task: "Do not add placeholders". */
export function isRule(text: string): boolean {
  return /^(?:do not|don'?t|never|always|must not|avoid)\b/i.test(text.trim());
}

/** True for prose that begins with its end: "FIXED in all clients …", "Split of modules: done for all three". */
export function isToldDone(text: string): boolean {
  const begin = fold(text.slice(0, 400));
  const said =
    /^(?:THE )?(?:FIX (?:SHIPPED|LANDED|MERGED)|FIXED|RESOLVED|SOLVED|SHIPPED|DONE|COMPLETED)(?![\p{L}])(?! WHEN)/u.exec(
      begin,
    ) ??
    /^[^:.]{3,80}:\s+(?:done|shipped|fixed|resolved|completed)(?=\s*(?:$|[.,;(]|for |in |on |by |with |since ))/iu.exec(
      begin,
    );
  return said !== null && limitIn(begin.slice(said[0].length)) === '';
}
