import { type Node, type ParseError, parseTree, printParseErrorCode } from 'jsonc-parser';
import type { Diagnostic } from '../../model/diagnostic.ts';
import { errorAt, type Source } from './source.ts';

/** A value of a JSON file with its place. Members are looked up by name alone, so that no key means anything to JavaScript. */
export interface Json {
  /** Offsets in the file. */
  readonly start: number;
  readonly end: number;
  readonly type: 'object' | 'array' | 'string' | 'number' | 'boolean' | 'null';
  /** The text of a string, and every other value that is no list or object as it is written. Empty for a list or object. */
  readonly text: string;
  /** The values of a list. */
  readonly items: readonly Json[];
  /** The values of an object. The last of two equal keys counts. */
  readonly members: ReadonlyMap<string, Json>;
}

/** Reads JSON, or the JSON between two offsets of a file, such as a line of it. A syntax error is a diagnostic. */
export function readJsonTree(
  source: Source,
  range: { readonly start: number; readonly end: number } = { start: 0, end: source.text.length },
): Json | Diagnostic {
  const start = range.start + (source.text.startsWith('\uFEFF', range.start) ? 1 : 0);
  const text = source.text.slice(start, range.end);
  const errors: ParseError[] = [];
  const node = parseTree(text, errors, { disallowComments: true });
  const [error] = errors;
  if (node !== undefined && error === undefined) return convert(node, text, start);
  const code = error === undefined ? 'ValueExpected' : printParseErrorCode(error.error);
  const message = `this is not valid JSON: ${explain[code] ?? 'it is malformed here'}`;
  const place = {
    offset: start + Math.min(error?.offset ?? 0, Math.max(0, text.length - 1)),
    length: error?.length ?? 1,
  };
  return errorAt(source, place, { code: 'spec-json', message, hint: 'Correct it; nothing in this place is read.' });
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
  InvalidEscapeCharacter: 'this escape sequence does not exist',
  InvalidUnicode: 'this escape sequence is not complete',
  InvalidCharacter: 'a control character must be escaped',
};

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
        ? String(node.value)
        : type === 'object' || type === 'array'
          ? ''
          : text.slice(node.offset, node.offset + node.length),
    items: type === 'array' ? children.map((child) => convert(child, text, offset)) : [],
    members,
  };
}
