import { type Node, type ParseError, parseTree, printParseErrorCode } from 'jsonc-parser';
import type { SpecDiagnostic, SpecRule } from '../../model/spec-rule.ts';
import { errorAt, type Source } from './source.ts';

/** A value of a JSON file with its place. Members are looked up by name alone, so that no key means anything to JavaScript. */
export interface Json {
  /** Offsets in the file. */
  readonly start: number;
  readonly end: number;
  readonly type: 'object' | 'array' | 'string' | 'number' | 'boolean' | 'null';
  /**
   * The text of a string, without the colours of a terminal, and with U+FFFD for what no text can hold (NUL, half a surrogate
   * pair); every other value that is no list or object as it is written. Empty for a list or object.
   */
  readonly text: string;
  /** The number of characters that were cut from the beginning of the text; omitted for none. */
  readonly skipped?: number;
  /** The values of a list. */
  readonly items: readonly Json[];
  /** The values of an object, in order. */
  readonly members: ReadonlyMap<string, Json>;
}

/** A range of a file. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

/** Maximum nesting of lists and objects. */
const maxDepth = 200;

/**
 * Reads JSON, or the JSON between two offsets of a file, such as a line of it. A syntax error is a diagnostic, and so is a key
 * that an object has twice: nobody can tell which value is meant, and which one a tick should change.
 */
export function readJsonTree(
  source: Source,
  range: Range = { start: 0, end: source.text.length },
): Json | SpecDiagnostic {
  const start = range.start + (source.text.startsWith('\uFEFF', range.start) ? 1 : 0);
  const text = source.text.slice(start, range.end);
  const wrong = (place: { readonly offset: number; readonly length?: number }, code: SpecRule, message: string) =>
    errorAt(source, place, { code, message, hint: 'Correct it; nothing in this place is read.' });
  const deep = tooDeepAt(text);
  if (deep !== null) return wrong({ offset: start + deep }, 'spec-too-deep', 'this JSON is nested too deeply');
  const errors: ParseError[] = [];
  const node = parseTree(text, errors, { disallowComments: true });
  const [error] = errors;
  if (node !== undefined && error === undefined) {
    const twice = doubledIn(node);
    if (twice === null) return convert(node, text, start);
    const { offset, length } = twice;
    const message = `this object has the key ${JSON.stringify(twice.value)} twice`;
    const hint = 'Delete one of them; nothing in this place is read.';
    return errorAt(source, { offset: start + offset, length }, { code: 'key-twice', message, hint });
  }
  const code = error === undefined ? 'ValueExpected' : printParseErrorCode(error.error);
  const place = {
    offset: start + Math.min(error?.offset ?? 0, Math.max(0, text.length - 1)),
    length: error?.length ?? 1,
  };
  return wrong(place, 'spec-json', `this is not valid JSON: ${explain[code] ?? 'it is malformed here'}`);
}

/** The second one of two equal keys of an object; null without any. */
function doubledIn({ type, children = [] }: Node): Node | null {
  const names = new Set<unknown>();
  for (const child of children) {
    const [key, value] = type === 'object' ? (child.children ?? []) : [undefined, child];
    if (key !== undefined && names.has(key.value)) return key;
    if (key !== undefined) names.add(key.value);
    const inner = value === undefined ? null : doubledIn(value);
    if (inner !== null) return inner;
  }
  return null;
}

const explain: Readonly<Record<string, string>> = {
  InvalidSymbol: 'this word is not a value',
  InvalidNumberFormat: 'this is not a number',
  PropertyNameExpected: 'a key in double quotes is expected here',
  ValueExpected: 'a value is expected here',
  ColonExpected: 'a colon is expected here',
  CommaExpected: 'a comma is expected here',
  CloseBraceExpected: 'a "}" is missing',
  CloseBracketExpected: 'a "]" is missing',
  EndOfFileExpected: 'nothing may follow the value',
  InvalidCommentToken: 'JSON has no comments',
  UnexpectedEndOfString: 'this string is not closed',
  UnexpectedEndOfNumber: 'this number ends too early',
  InvalidEscapeCharacter: 'this escape sequence does not exist',
  InvalidUnicode: 'this escape sequence is not complete',
  InvalidCharacter: 'a control character must be escaped',
};

/** The offset of the bracket that nests too deeply; null without one. */
function tooDeepAt(text: string): number | null {
  let [depth, isString] = [0, false];
  for (let at = 0; at < text.length; at++) {
    const char = text[at];
    if (char === '"') isString = !isString;
    else if (isString && char === '\\') at++;
    else if (isString && char === '\n')
      isString = false; // a string ends with its line, closed or not
    else if (!isString && (char === '{' || char === '[') && ++depth > maxDepth) return at;
    else if (!isString && (char === '}' || char === ']')) depth--;
  }
  return null;
}

const colour = /\u001B\[[\d;:?]{0,40}[A-Za-z]/g;

function convert(node: Node, text: string, offset: number): Json {
  const { type, children = [] } = node;
  const members = new Map<string, Json>();
  if (type === 'object') {
    for (const { children: [key, value] = [] } of children)
      if (key && value) members.set(String(key.value), convert(value, text, offset));
  }
  return {
    start: offset + node.offset,
    end: offset + node.offset + node.length,
    type: type === 'property' ? 'null' : type,
    text:
      type === 'string'
        ? String(node.value).replace(colour, '').toWellFormed().replaceAll('\0', '\uFFFD')
        : type === 'object' || type === 'array'
          ? ''
          : text.slice(node.offset, node.offset + node.length),
    items: type === 'array' ? children.map((child) => convert(child, text, offset)) : [],
    members,
  };
}

/** The value of the first of these keys that an object has, and that is not null. */
export function memberOf(json: Json, ...names: readonly string[]): Json | undefined {
  for (const name of names) {
    const value = json.members.get(name);
    if (value !== undefined && value.type !== 'null') return value;
  }
  return undefined;
}

/** The text of a string or number without white space around it; empty for any other value, and none. */
export function textOf(json: Json | undefined): string {
  return json?.type === 'string' || json?.type === 'number' ? json.text.trim() : '';
}

/** A value without white space around its text. */
export function trimmed(json: Json): Json {
  const { text, skipped = 0 } = json;
  return { ...json, text: text.trim(), skipped: skipped + text.length - text.trimStart().length };
}

/** The strings and numbers of a list, or a single one. */
export function valuesOf(json: Json | undefined): readonly Json[] {
  if (json === undefined) return [];
  return (json.type === 'array' ? json.items : [json]).filter((one) => textOf(one) !== '');
}

/** The same of several members: other spellings of one name, of which an author may use more than one. Each text once. */
export function valuesIn(json: Json, ...names: readonly string[]): readonly Json[] {
  const values = names.flatMap((name) => valuesOf(json.members.get(name)));
  return [...new Map(values.toReversed().map((one) => [textOf(one), one])).values()].toReversed();
}

/** Converts a range of the text of a string to one of its file, where characters may be escaped. */
export function rangesIn({ text }: Source, string: Json): (start: number, end: number) => Range {
  const [decoded, starts] = decodedAt(text, string);
  const kept = new Uint32Array(decoded.length + 1);
  let [count, at] = [0, 0];
  for (const { index, 0: whole } of decoded.matchAll(colour)) {
    while (at < index) kept[count++] = at++;
    at = index + whole.length;
  }
  while (at < decoded.length) kept[count++] = at++;
  const offsetOf = (index: number): number => starts[index] ?? string.end - 1;
  const { skipped = 0 } = string;
  return (first, last) => {
    const [start, end] = [first + skipped, last + skipped];
    const from = start < count ? offsetOf(kept[start] ?? 0) : string.end - 1;
    // The end of the last character, since a colour may follow it.
    return { start: from, end: end > start && end <= count ? offsetOf((kept[end - 1] ?? 0) + 1) : from };
  };
}

/** The characters of a string without escapes, and the offset of each, and of their end, in the file. */
function decodedAt(text: string, { start, end }: Json): readonly [decoded: string, starts: Uint32Array] {
  const starts = new Uint32Array(end - start);
  let [decoded, count, at] = ['', 0, start + 1];
  while (at < end - 1) {
    starts[count++] = at;
    const size = text[at] === '\\' ? (text[at + 1] === 'u' ? 6 : 2) : 1;
    decoded +=
      size === 1 ? text[at] : size === 6 ? String.fromCharCode(Number.parseInt(text.slice(at + 2, at + 6), 16)) : ' ';
    at += size;
  }
  starts[count] = end - 1;
  return [decoded, starts];
}
