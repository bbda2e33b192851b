/*
 * Finds the expected values in a test's text and replaces them, for the canary: a copy of a test that must fail.
 * Supported: node:assert and chai-like `assert.equal(a, EXPECTED)`, the matchers of vitest and jest
 * (`expect(a).toBe(EXPECTED)`), Python's `assert a == EXPECTED`, and unittest.
 */

/** An expected value in a text. */
export interface Expected {
  /** From 1. */
  readonly line: number;
  readonly start: number;
  readonly end: number;
}

const code = /\.[cm]?[jt]sx?$/;

/** The expected values of a test file; empty for an unknown language. */
export function findExpected(path: string, text: string): readonly Expected[] {
  const found = code.test(path) ? inScript(text) : path.endsWith('.py') ? inPython(text) : [];
  return found.map(([start, end]) => ({ line: text.slice(0, start).split('\n').length, start, end }));
}

/** The text with the given expected values replaced by different ones. */
export function flip(path: string, text: string, which: readonly Expected[]): string {
  let result = text;
  for (const { start, end } of which.toSorted((a, b) => b.start - a.start))
    result = result.slice(0, start) + other(path, text.slice(start, end)) + result.slice(end);
  return result;
}

type Span = readonly [start: number, end: number];

/** A different value of the same kind; an expression is wrapped into an array. */
function other(path: string, value: string): string {
  const trimmed = value.trim();
  if (/^-?\d+(?:\.\d+)?$/.test(trimmed)) return ` ${Number(trimmed) + 1}`;
  const quoted = /^(['"])((?:[^'"\\\n]|\\.)*)\1$/.exec(trimmed);
  if (quoted) return `${quoted[1] ?? ''}${quoted[2] ?? ''}~${quoted[1] ?? ''}`;
  switch (trimmed) {
    case 'true':
      return 'false';
    case 'false':
      return 'true';
    case 'True':
      return 'False';
    case 'False':
      return 'True';
    default:
      return path.endsWith('.py') ? `["canary", (${value})]` : `['canary', (${value})]`;
  }
}

const equalCall =
  /\b(?:assert(?:\.strict)?\.(?:equal|strictEqual|deepEqual|deepStrictEqual|partialDeepStrictEqual)|(?<!\.)(?:strictEqual|deepEqual|deepStrictEqual)|self\.(?:assertEqual|assertEquals))\s*\(/g;
const matcher = /(?<!\.not)\.(?:toBe|toEqual|toStrictEqual|toBeCloseTo|toHaveLength|toContain|toMatchObject)\s*\(/g;

function inScript(text: string): Span[] {
  const blank = withoutComments(text, '//');
  const calls = [...blank.matchAll(equalCall)].flatMap((match) => span(text, match.index + match[0].length, 1));
  const matches = [...blank.matchAll(matcher)].flatMap((match) => span(text, match.index + match[0].length, 0));
  return [...calls, ...matches].toSorted((a, b) => a[0] - b[0]);
}

function inPython(text: string): Span[] {
  const blank = withoutComments(text, '#');
  const calls = [...blank.matchAll(equalCall)].flatMap((match) => span(text, match.index + match[0].length, 1));
  const asserts = [...blank.matchAll(/^[ \t]*assert[ \t]+(?!\()(?=.* == )/gm)].flatMap((match): Span[] => {
    const from = match.index + match[0].length;
    const line = text.slice(from, endOfLine(text, from));
    const at = topLevel(line, ' == ');
    if (at === null) return [];
    const rest = line.slice(at + 4);
    const stop = [', ', ' and ', ' or ', '#', ' if '].map((end) => topLevel(rest, end)).filter((end) => end !== null);
    const end = Math.min(rest.length, ...stop);
    const isWhole = topLevel(rest.slice(0, end), '') !== null && rest.slice(0, end).trim() !== '';
    return isWhole ? [[from + at + 4, from + at + 4 + end]] : [];
  });
  return [...calls, ...asserts].toSorted((a, b) => a[0] - b[0]);
}

/** The span of a call's argument, from 0; empty if the call has no such argument or cannot be parsed. */
function span(text: string, from: number, position: number): Span[] {
  let start = from;
  let argument = 0;
  for (const { at, depth, char } of walk(text, from)) {
    const isEnd = depth === 0 && (char === ',' || char === ')');
    if (!isEnd) continue;
    if (argument === position) return text.slice(start, at).trim() === '' ? [] : [[start, at]];
    if (char === ')') return [];
    argument++;
    start = at + 1;
  }
  return [];
}

/** Offset of a word outside of brackets and strings. With an empty word: 0 if all brackets are closed. */
function topLevel(text: string, word: string): number | null {
  let end = 0;
  for (const { at, depth } of walk(text, 0)) {
    if (word !== '' && depth === 0 && text.startsWith(word, at)) return at;
    end = depth;
  }
  return word === '' && end === 0 ? 0 : null;
}

const opening = '([{';
const closing = ')]}';

/** Walks the characters outside of strings, with their bracket depth; a closing bracket has the depth outside of it. */
function* walk(
  text: string,
  from: number,
): Generator<{ readonly at: number; readonly depth: number; readonly char: string }> {
  let depth = 0;
  for (let at = from; at < text.length; at++) {
    const char = text[at] ?? '';
    if (char === '"' || char === "'" || char === '`') {
      const end = endOfString(text, at);
      if (end === null) return;
      yield { at, depth, char };
      at = end;
      continue;
    }
    if (closing.includes(char)) {
      yield { at, depth: depth === 0 ? 0 : depth - 1, char: depth === 0 ? char : ' ' };
      if (depth === 0) return;
      depth--;
      continue;
    }
    yield { at, depth, char };
    if (opening.includes(char)) depth++;
  }
}

function endOfString(text: string, start: number): number | null {
  const quote = text[start];
  for (let at = start + 1; at < text.length; at++) {
    if (text[at] === '\\') at++;
    else if (text[at] === quote) return at;
    else if (text[at] === '\n' && quote !== '`') return null;
  }
  return null;
}

function endOfLine(text: string, from: number): number {
  const end = text.indexOf('\n', from);
  return end === -1 ? text.length : end;
}

/** The text with whole-line comments blanked, at the same length. */
function withoutComments(text: string, mark: string): string {
  return text
    .split('\n')
    .map((line) => (line.trimStart().startsWith(mark) ? ' '.repeat(line.length) : line))
    .join('\n');
}
