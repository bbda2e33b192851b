/*
 * Patterns over repository paths, as `touches` uses them: `/` separates segments, `**` stands for any number of
 * segments, `*` and `?` match inside one segment, `{a,b}` gives alternatives. A pattern that names a folder means
 * everything below it. The same code answers "does it match?" and "could both match one path?", so that the
 * scheduler and the judge never disagree about what a unit may reach.
 */

/** Why a pattern cannot be used, or null when it can. */
export function patternProblem(pattern: string): string | null {
  if (pattern.trim() === '') return 'it is empty';
  if (pattern.startsWith('/')) return 'it must be relative to the repository';
  if (pattern.includes('\\') || pattern.includes('\0')) return 'it must use forward slashes';
  if (pattern.split('/').includes('..')) return 'it must not leave the repository';
  if (expandBraces(pattern).length > 64) return 'it has more than 64 alternatives';
  return null;
}

function expandBraces(pattern: string): string[] {
  const open = pattern.indexOf('{');
  const close = pattern.indexOf('}', open);
  if (open < 0 || close < 0) return [pattern];
  const inner = pattern.slice(open + 1, close).split(',');
  if (inner.length > 64) return Array.from({ length: 65 }, () => pattern);
  const rest = expandBraces(pattern.slice(close + 1));
  return inner.flatMap((alternative) => rest.map((end) => pattern.slice(0, open) + alternative + end)).slice(0, 65);
}

function segments(pattern: string): string[] {
  return pattern.split('/').filter((segment) => segment !== '' && segment !== '.');
}

function alternatives(pattern: string): string[][] {
  return expandBraces(pattern).flatMap((one) => {
    const parts = segments(one);
    return parts.at(-1) === '**' ? [parts] : [parts, [...parts, '**']];
  });
}

function hasWildcard(segment: string): boolean {
  return /[*?]/.test(segment);
}

/** Greedy wildcard match inside one segment, linear in practice, without regular expressions. */
function segmentMatches(pattern: string, text: string): boolean {
  let p = 0;
  let t = 0;
  let star = -1;
  let mark = 0;
  while (t < text.length) {
    if (p < pattern.length && (pattern[p] === '?' || pattern[p] === text[t])) {
      p++;
      t++;
    } else if (p < pattern.length && pattern[p] === '*') {
      star = p++;
      mark = t;
    } else if (star >= 0) {
      p = star + 1;
      t = ++mark;
    } else return false;
  }
  while (pattern[p] === '*') p++;
  return p === pattern.length;
}

function segmentsMeet(a: string, b: string): boolean {
  if (!hasWildcard(a)) return segmentMatches(b, a);
  if (!hasWildcard(b)) return segmentMatches(a, b);
  return true; // two wildcards in one segment: assume that they can meet
}

function meet(a: readonly string[], b: readonly string[], i = 0, j = 0): boolean {
  if (i === a.length && j === b.length) return true;
  if (a[i] === '**') return meet(a, b, i + 1, j) || (j < b.length && meet(a, b, i, j + 1));
  if (b[j] === '**') return meet(a, b, i, j + 1) || (i < a.length && meet(a, b, i + 1, j));
  const left = a[i];
  const right = b[j];
  if (left === undefined || right === undefined) return false;
  return segmentsMeet(left, right) && meet(a, b, i + 1, j + 1);
}

/** A pattern taken apart, for asking it many times. */
export type CompiledPattern = readonly (readonly string[])[];

/** Takes a pattern apart. */
export function compilePattern(pattern: string): CompiledPattern {
  return alternatives(pattern);
}

/** The same as `patternsOverlap`, for patterns that were taken apart before. */
export function compiledOverlap(a: CompiledPattern, b: CompiledPattern): boolean {
  return a.some((left) => b.some((right) => meet(left, right)));
}

/** True when `pattern` matches the repository path `path`. */
export function patternMatches(pattern: string, path: string): boolean {
  return compiledMatches(compilePattern(pattern), path);
}

/** The same for a pattern that was taken apart before. */
export function compiledMatches(pattern: CompiledPattern, path: string): boolean {
  const literal = segments(path).map((segment) => segment.replace(/[*?]/g, '_'));
  return pattern.some((parts) => meet(parts, literal));
}

/** True when some path could match both patterns; in doubt, true. */
export function patternsOverlap(a: string, b: string): boolean {
  return compiledOverlap(compilePattern(a), compilePattern(b));
}
