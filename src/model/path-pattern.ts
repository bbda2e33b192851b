/*
 * Patterns over repository paths, as `touches` uses them: `/` separates segments, `**` matches any number of
 * segments, `*` and `?` match inside one segment, `{a,b}` gives alternatives. A pattern that names a folder means
 * everything below it. The same code answers "does it match?" and "could both match one path?", so that the
 * scheduler and the judge never disagree about what a unit may reach.
 */

/** Maximum characters of a pattern with its alternatives written out, which bounds the time of matching. */
const maxChars = 4096;

/** Why a pattern is invalid; null if it is valid. */
export function patternProblem(pattern: string): string | null {
  if (pattern.trim() === '') return 'it is empty';
  if (pattern.startsWith('/')) return 'it must be relative to the repository';
  if (pattern.includes('\\') || pattern.includes('\0')) return 'it must use forward slashes';
  if (pattern.length > maxChars) return `it has more than ${maxChars} characters`;
  const expanded = writtenOut(pattern);
  if (expanded.length > 64) return 'it has more than 64 alternatives';
  if (expanded.some((one) => one.split('/').includes('..'))) return 'it must not leave the repository';
  if (expanded.reduce((sum, one) => sum + one.length, 0) > maxChars)
    return `it has more than ${maxChars} characters with its alternatives written out`;
  return null;
}

/** The alternatives of a pattern; for more than 64, the first 65. */
export function writtenOut(pattern: string): string[] {
  let expanded = [''];
  for (let at = 0; at < pattern.length;) {
    const open = pattern.indexOf('{', at);
    const close = open < 0 ? -1 : pattern.indexOf('}', open);
    if (close < 0) return expanded.map((start) => start + pattern.slice(at));
    const inner = pattern
      .slice(open + 1, close)
      .split(',')
      .slice(0, 65);
    const before = pattern.slice(at, open);
    expanded = expanded.flatMap((start) => inner.map((one) => start + before + one)).slice(0, 65);
    at = close + 1;
  }
  return expanded;
}

function segments(pattern: string): string[] {
  return pattern.split('/').filter((segment) => segment !== '' && segment !== '.');
}

/** The alternatives as segments; each also matches everything below it, and repeated `**` are merged. */
function alternatives(pattern: string): string[][] {
  return writtenOut(pattern).map((one) =>
    [...segments(one), '**'].filter((segment, index, all) => segment !== '**' || all[index - 1] !== '**'),
  );
}

/** True for a segment with a wildcard. */
export function hasWildcard(segment: string): boolean {
  return /[*?]/.test(segment);
}

/** Greedy wildcard match in one segment, in time proportional to the product of the lengths. */
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

/** True if one name could match both; true if in doubt. */
export function segmentsMeet(a: string, b: string): boolean {
  if (!hasWildcard(a)) return segmentMatches(b, a);
  if (!hasWildcard(b)) return segmentMatches(a, b);
  return true; // two wildcards in one segment: assume that they can meet
}

/** True if some path matches both. Tracks the reachable places in `a` per segment of `b`, in O(length of `a` × length of `b`). */
function meet(a: readonly string[], b: readonly string[]): boolean {
  // Most pairs differ in a plain segment near the beginning.
  let start = 0;
  for (; start < b.length; start++) {
    const [left = '**', right = ''] = [a[start], b[start]];
    if (hasWildcard(left) || hasWildcard(right)) break;
    if (left !== right) return false;
  }
  let places = reached(a, new Set([start]));
  for (const segment of b.slice(start)) {
    const next = new Set<number>();
    // `**` matches any number of segments of `a`, from the first place on.
    if (segment === '**') for (let place = Math.min(...places); place <= a.length; place++) next.add(place);
    for (const place of segment === '**' ? [] : places) {
      const own = a[place];
      if (own === '**') next.add(place);
      else if (own !== undefined && segmentsMeet(own, segment)) next.add(place + 1);
    }
    if (next.size === 0) return false;
    places = reached(a, next);
  }
  return places.has(a.length);
}

/** Adds the places after each `**`, which may match nothing. */
function reached(a: readonly string[], places: Set<number>): Set<number> {
  for (const place of places) if (a[place] === '**') places.add(place + 1);
  return places;
}

/** The segments of each alternative of a pattern. */
export type CompiledPattern = readonly (readonly string[])[];

export function compilePattern(pattern: string): CompiledPattern {
  return alternatives(pattern);
}

/** The leading segments of each alternative, up to its first wildcard. Patterns overlap only if one such prefix begins with the other. */
export function plainBeginnings(pattern: CompiledPattern): readonly (readonly string[])[] {
  return pattern.map((parts) => {
    const end = parts.findIndex(hasWildcard);
    return end < 0 ? parts : parts.slice(0, end);
  });
}

/**
 * The leading segments of each alternative, up to its first `**`. Since a pattern covers everything below it, two patterns
 * overlap exactly if two such prefixes meet, segment by segment up to the end of the shorter one. Large patterns are the
 * exception: see `compiledOverlap`.
 */
export function beginningsOf(pattern: CompiledPattern): readonly (readonly string[])[] {
  return pattern.map((parts) => parts.slice(0, parts.indexOf('**')));
}

/** True for a pattern that is too large to compare with another large one. */
export function isLargePattern(pattern: CompiledPattern): boolean {
  return sizeOf(pattern) > Math.sqrt(maxSteps);
}

/** Comparison size above which two patterns count as overlapping, so that hostile patterns only serialize units. */
const maxSteps = 1_000_000;

/** `patternsOverlap` for compiled patterns. */
export function compiledOverlap(a: CompiledPattern, b: CompiledPattern): boolean {
  return sizeOf(a) * sizeOf(b) > maxSteps || a.some((left) => b.some((right) => meet(left, right)));
}

/** Number of characters, an upper bound of the segments. */
function sizeOf(pattern: CompiledPattern): number {
  return pattern.reduce((sum, parts) => parts.reduce((all, part) => all + part.length, sum), 0);
}

/** True if `pattern` matches the repository path `path`. */
export function patternMatches(pattern: string, path: string): boolean {
  return compiledMatches(compilePattern(pattern), path);
}

/** The same for a compiled pattern. */
export function compiledMatches(pattern: CompiledPattern, path: string): boolean {
  const literal = literalOf(path);
  return pattern.some((parts) => meet(parts, literal));
}

/** The segments of a path, without wildcards. */
function literalOf(path: string): string[] {
  return segments(path).map((segment) => segment.replace(/[*?]/g, '_'));
}

/** Several compiled patterns. */
export interface PatternSet {
  /** True if one of them matches the repository path. */
  matches(path: string): boolean;
}

/** Looks up patterns without wildcards in a set, and tries only the others one by one. */
export function patternSet(patterns: readonly string[]): PatternSet {
  const plain = new Set<string>();
  const wild: CompiledPattern[] = [];
  for (const pattern of new Set(patterns)) {
    const compiled = compilePattern(pattern);
    const isPlain = compiled.every((parts) => parts.at(-1) === '**' && !parts.slice(0, -1).some(hasWildcard));
    if (isPlain) for (const parts of compiled) plain.add(parts.slice(0, -1).join('/'));
    else wild.push(compiled);
  }
  return {
    matches(path) {
      const literal = literalOf(path);
      let above = '';
      if (plain.has(above)) return true;
      for (const segment of literal) {
        above = above === '' ? segment : `${above}/${segment}`;
        if (plain.has(above)) return true;
      }
      return wild.some((pattern) => pattern.some((parts) => meet(parts, literal)));
    },
  };
}

/** True if some path could match both patterns; true if in doubt. */
export function patternsOverlap(a: string, b: string): boolean {
  return compiledOverlap(compilePattern(a), compilePattern(b));
}
