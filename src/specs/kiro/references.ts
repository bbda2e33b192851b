/** A number that a text refers to, as written, with its offset in the text. */
export interface Reference {
  readonly number: string;
  readonly offset: number;
}

/** The numbers behind a label in a text, each once. */
export interface References {
  readonly numbers: readonly Reference[];
  /** True if the text says "all". */
  readonly isAll: boolean;
  /** True if the label is there, and what it says is understood. */
  readonly isStated: boolean;
}

const requirements =
  /(?<![\p{L}\p{N}])(?:requirements?|reqs?|validates|satisfies|covers|要件|要求|需求|参照|受入基準|요구사항|requisitos?|exigences?|anforderungen)[*_]{0,3}[^\S\n]*[:：]([^\n]*)/giu;
const dependencies =
  /^[^\S\r\n\u2028\u2029]*(?:[-*+>][^\S\n]+)?[*_]{0,3}(?:depends(?:[^\S\n]on)?|dependenc(?:y|ies)|prerequisites?|依存(?:関係)?|依赖|前提(?:条件)?)[*_]{0,3}[^\S\n]*[:：]([^\n]*)/gimu;
const token =
  /(?:(?:[,，、;；&+/*_`]|and\b|or\b|と|及び|および|和|以及)\s*)*(?:(?:requirements?|reqs?|user stor(?:y|ies)|us|fr|criteri(?:a|on)|tasks?|ac|r|t|要件|要求|需求|タスク|任务|任務)[-\s#]*)?(\d{1,6}(?:\.\d{1,6}){0,5}[a-z]?)(?![\p{L}\d]|\.\d)(?:\s+ac[-\s#]*(\d{1,6})(?!\d)|\s*(?:[-–—~〜～]|to\b|至|から)\s*(?:r|要件)?(\d{1,6}(?:\.\d{1,6}){0,5})(?![\p{L}\d]|\.\d))?(?:\s*[(（][^)）\n]*[)）])?\s*/iuy;
const all =
  /^(?:(?:all|everything)(?:\s+(?:of\s+)?(?:the\s+)?(?:above\s+)?(?:acceptance\s+)?(?:requirements?|criteria))?|全て|すべて|全部|全体|所有|全要件|모두)(?:\s*[(（][^)）\n]*[)）])?[\s*_.,]*$/iu;
const none = /^(?:(?:none|no|n\/a|nothing)(?![\p{L}\p{N}])|なし|无|無|없음|[-–—]\s*$)/iu;

/** The requirements that a task names: `_Requirements: 1.2, 3.1-3.4_`, `Validates: Requirements 2.1`, `R12.1`. */
export function requirementsIn(text: string): References {
  return referencesIn(text, requirements);
}

/** The tasks that a task waits for: `**Dependencies:** Task 1.1, Task 2`. */
export function dependenciesIn(text: string): References {
  return referencesIn(text, dependencies);
}

function referencesIn(text: string, label: RegExp): References {
  const numbers = new Map<string, Reference>();
  let [isAll, isStated] = [false, false];
  for (const found of text.matchAll(label)) {
    const said = found[1] ?? '';
    const skipped = /^[\s*_`[]*/.exec(said)?.[0].length ?? 0;
    const value = said.slice(skipped);
    const start = found.index + found[0].length - said.length + skipped;
    const own = numbersIn(value);
    isAll ||= all.test(value);
    isStated ||= own.length > 0 || all.test(value) || none.test(value);
    for (const { number, offset } of own)
      if (!numbers.has(number)) numbers.set(number, { number, offset: start + offset });
  }
  return { numbers: [...numbers.values()], isAll, isStated };
}

/** The numbers at the beginning of a text, each once. What follows other words is prose, as is "3 reviewers". */
function numbersIn(text: string): Reference[] {
  const numbers = new Map<string, number>();
  const known = new Set<string>();
  let end = 0;
  for (token.lastIndex = 0; ;) {
    const found = token.exec(text);
    if (found === null) break;
    end = token.lastIndex;
    const [whole, first = '', criterion, last] = found;
    const name = `${first} ${criterion ?? ''} ${last ?? ''}`;
    if (known.has(name)) continue;
    known.add(name);
    const one = [criterion === undefined ? first : `${first}.${criterion}`];
    for (const number of last === undefined ? one : between(first, last))
      if (!numbers.has(number)) numbers.set(number, found.index + whole.indexOf(first));
  }
  const isCount = known.size === 1 && /^\d+\s+$/.test(text.slice(0, end)) && /^\p{L}/u.test(text.slice(end));
  return isCount ? [] : [...numbers].map(([number, offset]) => ({ number, offset }));
}

/** The most numbers of a range that are written out. */
const most = 100;

/** The numbers from `first` to `last`: `1.2`, `1.3`, `1.4` from `1.2` to `1.4`, or to `4`. */
function between(first: string, last: string): string[] {
  const before = first.slice(0, first.lastIndexOf('.') + 1);
  const isShort = !last.includes('.');
  const [from, to] = [first.slice(before.length), isShort ? last : last.slice(before.length)].map(Number);
  const isRange = (isShort || last.startsWith(before)) && from !== undefined && to !== undefined && to >= from;
  if (!isRange || !Number.isInteger(to) || to - from > most) return [first, last];
  return Array.from({ length: to - from + 1 }, (_, index) => `${before}${from + index}`);
}
