import type { Diagnostic } from '../../model/diagnostic.ts';
import type { ParsedCriterion } from '../format/criterion.ts';
import { errorAt, type Source } from '../text/source.ts';

/** References of tasks to criteria by number: `(AC: 1, 3)`, `(AC: #7)`, `(AC 1-3)`, `(AC1, AC2)`. */
export function readJoins(
  source: Source,
  tasks: readonly { readonly start: number; readonly end: number }[],
  criteria: readonly ParsedCriterion[],
): { readonly resolved: number; readonly dangling: readonly Diagnostic[] } {
  const known = new Set(criteria.flatMap(({ criterion }, index) => [index + 1, ...numbersIn(criterion.text)]));
  let resolved = 0;
  const dangling: Diagnostic[] = [];
  for (const { start, end } of tasks) {
    for (const { index, 0: whole, 1: inside = '' } of source.text.slice(start, end).matchAll(reference)) {
      for (const number of listed(inside)) {
        if (known.has(number)) resolved++;
        else dangling.push(unknown(source, start + index, whole.length, number));
      }
    }
  }
  return { resolved, dangling };
}

const reference = /\(ACs?\b([^()\n]{0,200})\)/gi;

/** The numbers of "1, 3", "#7", "1-3" and "1, AC2". */
function listed(inside: string): number[] {
  const numbers: number[] = [];
  for (const [, from = '', to] of `${inside},`.matchAll(
    /(\d{1,4})(?:\.\d{1,4})?(?:\s{0,5}[-–—]\s{0,5}(?:AC)?#?(\d{1,4}))?/gi,
  )) {
    const last = Math.min(Number(to ?? from), Number(from) + 100);
    for (let number = Number(from); number <= last; number++) numbers.push(number);
  }
  return numbers;
}

/** The number that a criterion has in its text, such as `AC3`. */
function numbersIn(text: string): number[] {
  const found = /^\W{0,5}AC[-_ #]{0,3}(\d{1,4})\b/i.exec(text)?.[1];
  return found === undefined ? [] : [Number(found)];
}

function unknown(source: Source, offset: number, length: number, number: number): Diagnostic {
  const problem = {
    code: 'unknown-criterion',
    message: `there is no acceptance criterion ${number}`,
    hint: 'Correct the number, or add the criterion.',
  };
  return { ...errorAt(source, { offset, length }, problem), severity: 'warning' };
}
