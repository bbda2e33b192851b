import { type Node, type ParseError, parseTree, printParseErrorCode } from 'jsonc-parser';
import type { Diagnostic } from '../../model/diagnostic.ts';
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
  /** The values of a list. */
  readonly items: readonly Json[];
  /** The values of an object, in order. The last of two equal keys counts. */
  readonly members: ReadonlyMap<string, Json>;
}

/** A range of a file. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

/** Maximum nesting of lists and objects. */
const maxDepth = 200;

/** Reads JSON, or the JSON between two offsets of a file, such as a line of it. A syntax error is a diagnostic. */
export function readJsonTree(source: Source, range: Range = { start: 0, end: source.text.length }): Json | Diagnostic {
  const start = range.start + (source.text.startsWith('\uFEFF', range.start) ? 1 : 0);
  const text = source.text.slice(start, range.end);
  const wrong = (place: { readonly offset: number; readonly length?: number }, code: string, message: string) =>
    errorAt(source, place, { code, message, hint: 'Correct it; nothing in this place is read.' });
  const deep = tooDeepAt(text);
  if (deep !== null) return wrong({ offset: start + deep }, 'spec-too-deep', 'this JSON is nested too deeply');
  const errors: ParseError[] = [];
  const node = parseTree(text, errors, { disallowComments: true });
  const [error] = errors;
  if (node !== undefined && error === undefined) return convert(node, text, start);
  const code = error === undefined ? 'ValueExpected' : printParseErrorCode(error.error);
  const place = {
    offset: start + Math.min(error?.offset ?? 0, Math.max(0, text.length - 1)),
    length: error?.length ?? 1,
  };
  return wrong(place, 'spec-json', `this is not valid JSON: ${explain[code] ?? 'it is malformed here'}`);
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
/** A colour as it is written in a string. */
const writtenColour = /\\u001[bB]\[[\d;:?]{0,40}[A-Za-z]/y;

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

/** The strings and numbers of a list, or a single one. */
export function valuesOf(json: Json | undefined): readonly Json[] {
  if (json === undefined) return [];
  return (json.type === 'array' ? json.items : [json]).filter((one) => textOf(one) !== '');
}

/** Converts indexes in the text of a string to offsets in its file, where characters may be escaped. */
export function offsetsIn({ text }: Source, string: Json): (index: number) => number {
  const offsets = new Uint32Array(string.text.length + 1);
  let at = string.start + 1;
  for (let index = 0; index < offsets.length; index++) {
    for (writtenColour.lastIndex = at; writtenColour.test(text);) at = writtenColour.lastIndex;
    offsets[index] = at;
    at += text[at] === '\\' ? (text[at + 1] === 'u' ? 6 : 2) : 1;
  }
  return (index) => offsets[Math.max(0, Math.min(index, offsets.length - 1))] ?? string.start;
}
