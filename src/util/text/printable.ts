const ESC = '\u001b';
const sequences = new RegExp(
  [
    `(?:${ESC}\\]|\u009d)[^\u0007\u009c${ESC}]*(?:\u0007|\u009c|${ESC}\\\\|$)?`, // OSC, also unterminated
    `(?:${ESC}[PX^_]|[\u0090\u0098\u009e\u009f])[^\u009c${ESC}]*(?:\u009c|${ESC}\\\\|$)?`, // DCS, SOS, PM, APC
    `(?:${ESC}\\[|\u009b)[0-?]*[ -/]*[@-~]?`, // CSI
    `${ESC}[ -/]*[0-~]?`, // everything else that begins with ESC
  ].join('|'),
  'g',
);
// Lint: matching control characters is intended.
const controls = new RegExp('[\\u0000-\\u0008\\u000b-\\u001f\\u007f-\\u009f]', 'g');
/** Marks that begin a command to a CI system within a line (`##vso[…]`). */
const jobCommand = /#(?=#\w*\[)/g;
/** Control characters that JSON leaves as they are. */
const aboveAscii = new RegExp('[\\u007f-\\u009f]', 'g');
/** Characters that reorder text, end lines invisibly, annotate, or are invisible. */
const unseen = /[\u00ad\u061c\u180e\u200e\u200f\u2028-\u202e\u2066-\u2069\ufff9-\ufffb\u{e0000}-\u{e007f}]/gu;

/**
 * Makes foreign text safe to print: removes escape sequences and control characters (except newline and tab), and shows
 * reordering and invisible characters as `<U+202E>`.
 */
export function printable(text: string): string {
  return text
    .replaceAll('\r\n', '\n')
    .replace(sequences, '')
    .replace(controls, '')
    .replace(unseen, (c) => `<U+${(c.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}>`);
}

/** The same on one line of at most `width` characters. */
export function printableLine(text: string, width = 200): string {
  const line = printable(text).replace(/\s+/g, ' ').trim();
  return line.length > width ? `${line.slice(0, width - 1)}…` : line;
}

/** JSON that is safe to print: escapes what `printable` removes, so that its values stay the same. */
export function printableJson(data: unknown, indent = 2): string {
  return escaped(JSON.stringify(data, null, indent));
}

/** Characters of a piece of JSON, about. */
const pieceSize = 1_000_000;

/**
 * The same text as that of `printableJson`, in pieces of about a million characters: the whole of a large folder may be
 * longer than a string can be. Each entry of a list of `data` is in one piece.
 */
export function* printableJsonPieces(data: object, indent = 2): Iterable<string> {
  let piece = '';
  for (const part of partsOf(data, indent)) {
    piece += part;
    if (piece.length < pieceSize) continue;
    yield escaped(piece);
    piece = '';
  }
  yield escaped(piece);
}

function* partsOf(data: object, indent: number): Iterable<string> {
  if (Array.isArray(data)) {
    yield JSON.stringify(data, null, indent);
    return;
  }
  const [line, space] = indent === 0 ? ['', ''] : ['\n', ' '];
  const inner = (value: unknown, depth: number): string =>
    JSON.stringify(value, null, indent).replaceAll('\n', `\n${' '.repeat(indent * depth)}`);
  const members = Object.entries(data).filter(([, value]) => JSON.stringify(isList(value) ? [] : value) !== undefined);
  if (members.length === 0) {
    yield '{}';
    return;
  }
  for (const [index, [name, value]] of members.entries()) {
    yield `${index === 0 ? '{' : ','}${line}${' '.repeat(indent)}${JSON.stringify(name)}:${space}`;
    if (!isList(value) || value.length === 0) yield inner(value, 1);
    else {
      for (const [at, entry] of value.entries())
        yield `${at === 0 ? '[' : ','}${line}${' '.repeat(2 * indent)}${inner(entry ?? null, 2)}`;
      yield `${line}${' '.repeat(indent)}]`;
    }
  }
  yield `${line}}`;
}

function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value);
}

function escaped(json: string): string {
  const asUnits = (c: string): string =>
    Array.from({ length: c.length }, (_, at) => `\\u${c.charCodeAt(at).toString(16).padStart(4, '0')}`).join('');
  return json.replace(aboveAscii, asUnits).replace(unseen, asUnits).replace(jobCommand, asUnits);
}
