import type { SpecDiagnostic } from '../../model/spec-rule.ts';
import type { ParsedCriterion } from '../format/criterion.ts';
import { errorAt, type Source } from '../text/source.ts';

/** References of tasks to criteria by number: `(AC: 1, 3)`, `(AC: #7)`, `(AC 1-3)`, `(AC1, AC2)`. */
export function readJoins(
  source: Source,
  tasks: readonly { readonly start: number; readonly end: number }[],
  criteria: readonly ParsedCriterion[],
): { readonly resolved: number; readonly dangling: readonly SpecDiagnostic[] } {
  const known = new Numbers(criteria.flatMap(({ criterion }, index) => [index + 1, ...numbersIn(criterion.text)]));
  let resolved = 0;
  const dangling: SpecDiagnostic[] = [];
  for (const { start, end } of tasks) {
    for (const { index, 0: whole, 1: inside = '' } of source.text.slice(start, end).matchAll(reference)) {
      for (const range of listed(inside)) {
        resolved += known.countIn(range);
        const missing = known.firstMissing(range);
        if (missing !== null) dangling.push(unknown(source, start + index, whole.length, { ...range, from: missing }));
      }
    }
  }
  return { resolved, dangling };
}

const reference = /\(ACs?\b([^()\n]{0,200})\)/gi;

/** Numbers from one to another, both included. */
interface Range {
  readonly from: number;
  readonly to: number;
}

/** The numbers of "1, 3", "#7", "1-3" and "1, AC2". A range is never written out, since it may have any length. */
function listed(inside: string): Range[] {
  const ranges = inside.matchAll(/(\d{1,9})(?:\.\d{1,9})?(?:\s{0,5}[-–—]\s{0,5}(?:AC)?#?(\d{1,9}))?/gi);
  return [...ranges]
    .map(([, from = '', to = from]): Range => ({ from: Number(from), to: Number(to) }))
    .filter(({ from, to }) => from <= to);
}

/** The numbers of a story's criteria. Questions about a range take no longer for a long one. */
class Numbers {
  readonly #sorted: readonly number[];
  /** For each number, the first one above it that is missing. */
  readonly #missingAfter = new Map<number, number>();

  constructor(numbers: readonly number[]) {
    this.#sorted = [...new Set(numbers)].toSorted((a, b) => a - b);
    for (const number of this.#sorted.toReversed())
      this.#missingAfter.set(number, this.#missingAfter.get(number + 1) ?? number + 1);
  }

  countIn({ from, to }: Range): number {
    return this.#countUpTo(to) - this.#countUpTo(from - 1);
  }

  /** The first number of a range that no criterion has; null if there is none. */
  firstMissing({ from, to }: Range): number | null {
    const missing = this.#missingAfter.get(from) ?? from;
    return missing <= to ? missing : null;
  }

  #countUpTo(limit: number): number {
    let [low, high] = [0, this.#sorted.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#sorted[middle] ?? 0) <= limit) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** The number that a criterion has in its text, such as `AC3`. */
function numbersIn(text: string): number[] {
  const found = /^\W{0,5}AC[-_ #]{0,3}(\d{1,9})\b/i.exec(text)?.[1];
  return found === undefined ? [] : [Number(found)];
}

function unknown(source: Source, offset: number, length: number, { from, to }: Range): SpecDiagnostic {
  const problem = {
    code: 'unknown-criterion' as const,
    message:
      from === to
        ? `there is no acceptance criterion ${from}`
        : `not all of the acceptance criteria ${from}-${to} exist`,
    hint: 'Correct the number, or add the criterion.',
  };
  return { ...errorAt(source, { offset, length }, problem), severity: 'warning' };
}
