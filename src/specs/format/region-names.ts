/*
 * What regions of acceptance criteria are called. A title is compared without its adornments; one that only contains such a
 * name opens no region, but may mean one.
 */

/** Names of criteria, in lower case. */
const criteria: readonly string[] = [
  ...[
    'acceptance criteria',
    'acceptance criterion',
    'acceptance criterias',
    'success criterion',
    'akzeptanzkriterium',
    'acceptance scenarios',
    'acceptance conditions',
  ],
  ...['success criteria', 'definition of done', 'done when', 'done criteria', 'exit criteria', 'completion criteria'],
  ...['akzeptanzkriterien', 'abnahmekriterien', "critères d'acceptation", 'criterios de aceptación'],
  ...['critérios de aceitação', 'critérios de aceite', 'criteri di accettazione', 'acceptatiecriteria'],
  ...['kryteria akceptacji', 'критерии приёмки', 'критерии приемки', '验收标准', '验收条件', '驗收標準'],
  ...[
    '受入基準',
    '受け入れ基準',
    '受け入れ条件',
    '受入条件',
    '受け入れシナリオ',
    '受入シナリオ',
    '验收场景',
    '驗收場景',
  ],
  ...['完了条件', '인수 조건', '인수 기준', '완료 조건'],
];
/** Names that stand for criteria only if they are a title by themselves: "Phase 4: Quality gates" is a task. */
const others: readonly string[] = ['acceptance', 'acceptance tests', 'quality gates'];
const short: readonly string[] = ['ac', 'acs', 'dod'];

/** A name as its letters, so that "Acceptance-Criteria" and "AcceptanceCriteria" are the same. */
function letters(name: string): string {
  return name.replace(/[^\p{L}\p{M}\p{N}]+/gu, '');
}

const plainly: ReadonlySet<string> = new Set([...criteria, ...short].map(letters));
const alone: ReadonlySet<string> = new Set(others.map(letters));
const none: ReadonlySet<string> = new Set();
/** A name within the letters of a title: most titles have none. */
const anyName = new RegExp([...plainly, ...alone].join('|'), 'u');

/** Words before a name that say whose criteria they are, or of what kind. */
const whose = new RegExp(
  String.raw`^(?:(?:(?:non-?)?functional|user|technical|business|detailed|general|global|overall|final|key|core|main|minim(?:um|al)` +
    String.raw`|mandatory|required|additional|extra|further|more|other|updated|revised|specific|measurable|testable|formal|high-level` +
    String.raw`|project|product|system|feature|mvp|api|ui|ux|qa|backend|frontend|security|performance` +
    String.raw`|(?:story|task|epic|phase|section|step|milestone|sprint|release|requirement|issue)(?:\s+#?[\d.]+)?|[a-z]{1,4}-?\d[\d.]*)\s+){1,3}`,
);
const forWhat = /\s+(?:for|für|pour|para|per|voor|dla|для)\s.*$/u;
const ofWhat = /\s+of\s.*$/u;
/** What has to become of criteria is said of those that are below. */
const due =
  /\s+(?:(?:that|which)\s+)?(?:all\s+)?(?:must|should|shall|have to|need to|to|will)\s+(?:all\s+)?be\s+(?:met|fulfilled|satisfied|verified|validated|tested|covered|true)$/u;
/** Words by which a title tells of criteria, rather than to contain them. */
const about = new RegExp(
  String.raw`(?<![\p{L}\p{N}])(?:verif\p{L}*|validat\p{L}*|cover\p{L}*|mapp?\p{L}*|evidence|(?:un)?met|fulfil\p{L}*|satisf\p{L}*|follow-?ups?|review\p{L}*` +
    String.raw`|status|summary|results?|trac(?:e|ing|ea\p{L}*)|matrix|testing|process|discipline|progress|complete[ds]?|completion|changed|history|questions?` +
    String.raw`|parsing|support|rationale|implement(?:s|ed|ing)?|edit\p{L}*|how|what|why|see|no|not|without|proposed|rejected|former|old|previous|versus|vs|index)(?![\p{L}\p{N}])|确认|確認|验证|驗證|検証|覆盖`,
  'u',
);
/** Words that do so behind a name, or before it and a preposition; before it alone, they may say what is to be accepted. */
const aboutThem =
  /(?<![\p{L}\p{N}])(?:reports?|tests?|templates?|examples?|formats?|guid\p{L}*|changes?|commands?|parsers?|fields?|columns?|plans?|implementation)(?![\p{L}\p{N}])/u;
/** A title that asks to do something with criteria. */
const asking =
  /^(?:add|adjust|apply|assess|build|change|check|clarify|collect|compare|copy|create|define|derive|display|document|draft|edit|execute|extend|extract|fix|generate|handle|implement|import|improve|keep|link|load|make|mark|move|parse|prepare|print|read|reword|refine|remove|render|replace|rewrite|run|save|set|show|sort|specify|split|store|sync|tick|uncheck|update|use|write)\p{L}{0,3}(?![\p{L}\p{N}])/u;

/** The last titles without their adornments, since each is asked for several times. */
const plainTitles = new Map<string, string>();

function plainTitle(title: string): string {
  let plain = plainTitles.get(title);
  if (plain === undefined) {
    if (plainTitles.size >= 100) plainTitles.clear();
    plain = unadorned(title);
    plainTitles.set(title, plain);
  }
  return plain;
}

/** A title in lower case without tags, an id, emphasis, quotes, symbols around it, and a number. */
function unadorned(title: string): string {
  return title
    .slice(0, 200)
    .normalize('NFC')
    .toLowerCase()
    .replace(/<!--.*?(?:-->|$)|<[^<>]*>/gs, '')
    .replace(/\{[^{}]*\}\s*$/, '')
    .replace(/[*_`"“”„«»]/g, '')
    .replace(/[’]/g, "'")
    .replace(/^[^\p{L}\p{N}]+/u, '')
    .replace(/^(?:[\d.)]+|(?:[ivxlc]{1,7}|[a-z])[.)])\s+(?:[-–—]\s+)?/, '')
    .replace(/[^\p{L}\p{M}\p{N})\]）]+$/u, '');
}

/**
 * True for a title or label that opens a region: one of the names, or of those in `also`, also numbered, adorned, joined with
 * another, after whose criteria they are, or extended after a dash, a colon, "for" or in brackets.
 */
export function opensRegion(title: string, also: ReadonlySet<string> = none): boolean {
  const plain = plainTitle(title);
  if (also.size === 0 && !anyName.test(letters(plain))) return false;
  const [first = '', ...parts] = plain.split(/\s*[:：]\s*|\s+[-–—|]\s+/u).map(withoutBrackets);
  const isName = (name: string): boolean => isPlain(name) || alone.has(letters(name)) || also.has(name);
  if (isName(withoutBrackets(plain)) || isName(first) || areNames(first)) return true;
  const last = parts.at(-1);
  if (last === undefined || !areNames(last)) return false;
  const before = parts.slice(0, -1).concat(first).join(' ');
  return !about.test(before) && !aboutThem.test(before);
}

function isPlain(name: string): boolean {
  return plainly.has(letters(name));
}

/** True for names of criteria, also of those for something: "User acceptance criteria & DoD for v1". */
function areNames(text: string): boolean {
  const names = text
    .replace(due, '')
    .replace(forWhat, '')
    .replace(whose, '')
    .split(/\s*[&/+,]\s*|\s+(?:and|or|und|et|y|e|en)\s+/);
  const isOne = (name: string): boolean => isPlain(name) || isPlain(name.replace(ofWhat, ''));
  return names.some(isOne) && names.every((name) => isOne(name) || alone.has(letters(name)));
}

function withoutBrackets(text: string): string {
  return text.replace(/\s*[([（].*[)\]）]\s*$/u, '').trim();
}

/** Names within other words, also misspelled. Chinese and Japanese have no blanks between words. */
const within = ((): RegExp => {
  const isUnspaced = (name: string): boolean => /[\p{sc=Han}\p{sc=Hira}]/u.test(name);
  const anyOf = (names: readonly string[]): string =>
    names.map((name) => name.replace(/\s+/g, String.raw`[\s-]+`)).join('|');
  const spaced = anyOf(criteria.filter((name) => !isUnspaced(name)));
  const misspelled = String.raw`(?:acc?ept[ae]n[cs]e|succ?ess?|exit|completion)[\s-]+crit[eai]+r[ia]+[sn]?`;
  return new RegExp(
    String.raw`(?<![\p{L}\p{N}])(?:${spaced}|${misspelled})(?![\p{L}\p{N}])|${anyOf(criteria.filter(isUnspaced))}`,
    'u',
  );
})();

/** True for a title that opens no region, but contains one of the names, and tells or asks nothing about it. */
export function mayMeanRegion(title: string, also: ReadonlySet<string> = none): boolean {
  const plain = plainTitle(title);
  const [name] = within.exec(plain) ?? [];
  if (name === undefined || /criterion\s+#?\d/.test(plain) || opensRegion(title, also)) return false;
  const [before = '', ...after] = plain.split(name);
  const isOfThem = /(?<![\p{L}])(?:of|to|by|with|from|against|in|on|the|all)\s*$/u.test(before);
  const told = `${isOfThem ? before : ''} ${after.join(' ')}`;
  return !about.test(`${before} ${after.join(' ')}`) && !aboutThem.test(told) && !asking.test(plain);
}

/**
 * True for a title or label above what is not asked, or not now: "Out of scope", "Non-goals", "Rejected idea". "Rejected" alone, and
 * "Deferred-payment orders", may name a state of the product.
 */
export function isNonGoal(title: string): boolean {
  const plain = plainTitle(title);
  return nonGoals.test(plain) || left.test(plain);
}

const nonGoals = new RegExp(
  String.raw`^(?:(?:explicitly |currently |deliberately )?(?:out[- ]of[- ]scope|not (?:in|part of(?: the)?) scope|not (?:a )?goals?|not required|not included|not planned)` +
    String.raw`|non[- ]?goals?|(?:excluded|rejected|declined|dropped|cancell?ed|deferred|postponed|considered|alternative) (?:ideas?|options?|alternatives?|approach(?:es)?|criteria|items?|scope|work)` +
    String.raw`|won'?t (?:do|fix|have)|wontfix|future (?:work|scope|ideas?|improvements?)` +
    String.raw`|nicht[- ]ziele|außerhalb des umfangs|hors (?:du )?périmètre|fuera de(?:l)? alcance|fora de escopo|范围外|対象外|スコープ外)` +
    String.raw`(?:\s+(?:for|in|from|of)\s.*)?(?:\s*[([:：–—].*|\s+-\s.*)?$`,
  'u',
);
/** What is left for another time. */
const left = new RegExp(
  String.raw`^(?:exclu(?:ded|sions?)|deferred|postponed)(?:\s*[([][^()[\]]*[)\]])?` +
    String.raw`(?:(?:\s*[:：–—]|\s+-)?\s+(?:for|from|in|to|until|till)\s+(?:(?:this|the|a|our)\s+)?(?:(?:next|later|future|first|initial|current)\s+)?` +
    String.raw`(?:scope|releases?|versions?|milestones?|phases?|mvp|iterations?|sprints?|story|task|change|pr|spec|now|later|v?\d[\d.]*|q[1-4])(?![\p{L}\p{N}]).*)?$`,
  'u',
);

/** True for a text of nothing but the numbers of criteria: "1, 3", "AC2 and AC4". */
export function isReferences(text: string): boolean {
  return /\d/.test(text) && /^[\s\p{P}\d]*(?:(?:and|acs?)[\s\p{P}\d]*)*$/iu.test(text.slice(0, 200));
}
