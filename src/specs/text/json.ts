import { type Document, isAlias, isMap, isScalar, isSeq, type Node, parseDocument, visit } from 'yaml';
import { type Diagnostic, locate } from '../../model/diagnostic.ts';
import type { Source } from './source.ts';

/*
 * JSON with comments and trailing commas, and with the position of every value and key. The YAML parser reads it; YAML that
 * is not JSON is refused.
 */

type Located = ReturnType<typeof locate>;

/** The keys and indexes that lead to a value. */
export type Path = readonly (string | number)[];

/** A JSON file with positions. */
export interface ReadJson {
  readonly data: unknown;
  /** The position of a value; if it is missing, the beginning of the value around it. */
  readonly where: (path: Path) => Located;
  /** The position of the last key of a path. */
  readonly whereKey: (path: Path) => Located;
}

/** Reads JSON. A syntax error or a duplicate key is a diagnostic. */
export function readJson({ file, text }: Source): ReadJson | Diagnostic {
  const body = text.replace(/^\uFEFF/, '');
  const at = (from: number, to: number): Located => locate(body, from, Math.max(1, to - from));
  const wrong = (message: string, hint: string, place: Partial<Located>): Diagnostic => ({
    ...{ severity: 'error', code: 'config-json', message, hint, file },
    ...place,
  });
  const odd = body.search(/[\0\uFFFD]/);
  if (odd >= 0) return wrong('this file is not text in UTF-8', 'Save it as UTF-8.', at(odd, 0));
  const plain = withoutComments(body);
  const open = plain.indexOf('/*');
  if (plain.trim() === '') return wrong('this file is empty', 'Write {} in it for the defaults, or delete it.', {});
  if (isTooDeep(plain)) return wrong('its values are nested too deeply', 'Nest them less.', {});
  const document = parseDocument(plain, { version: '1.2', schema: 'core', prettyErrors: false });
  const [problem] = document.errors;
  if (problem?.code === 'DUPLICATE_KEY') {
    const [from] = problem.pos;
    const key = /^"(?:\\.|[^"\\])*"/.exec(body.slice(from))?.[0] ?? '';
    const twice = wrong(`duplicate key ${key}`, 'Delete one of them.', at(from, from + key.length));
    return { ...twice, code: 'duplicate-config-key' };
  }
  const offset = notTheirs(plain) ?? problem?.pos[0] ?? notJson(document, plain);
  if (open >= 0 && offset !== null) return wrong('a comment is not closed', 'End it with "*/".', at(open, open + 2));
  if (offset !== null) {
    // YAML reads two adjacent values as one.
    const good = /^\s*(?:(?:true|false|null|-?\d[\d.eE+-]*)\s+(?=["{[\w]))?/.exec(plain.slice(offset))?.[0] ?? '';
    const from = offset + good.length;
    const [message, hint] = explain(plain, from);
    return wrong(message, hint, at(Math.min(from, plain.trimEnd().length - 1), 0));
  }
  const rangeAt = (path: Path): readonly [number, number] => {
    for (let depth = path.length; depth >= 0; depth--) {
      const node = depth === 0 ? document.contents : document.getIn(path.slice(0, depth), true);
      const [from = 0, to = 1] = (node as Partial<Node> | undefined)?.range ?? [];
      if (node) return depth === path.length ? [from, to] : [from, from + 1];
    }
    return [0, 1];
  };
  return {
    data: document.toJS() as unknown,
    where: (path) => at(...rangeAt(path)),
    whereKey(path) {
      const range = keyRange(document, path);
      return range ? at(range[0], range[1]) : at(...rangeAt(path));
    },
  };
}

/** The range of the last key of a path; null if it is missing. */
export function keyRange(document: Document.Parsed, path: Path): readonly [number, number, ...number[]] | null {
  const parent = path.length <= 1 ? document.contents : document.getIn(path.slice(0, -1), true);
  const pair = isMap(parent)
    ? parent.items.find(({ key }) => isScalar(key) && String(key.value) === String(path.at(-1)))
    : undefined;
  return isScalar(pair?.key) ? (pair.key.range ?? null) : null;
}

/** Replaces comments, trailing commas and tabs by blanks, so that offsets stay. */
function withoutComments(text: string): string {
  const blank = (part: string): string => part.replace(/[^\n\r]/g, ' ');
  const plain = text.replace(/"(?:\\.|[^"\\\n])*"|\/\/.*|\/\*[^]*?\*\/|\t/g, (part) =>
    part[0] === '"' ? part : blank(part),
  );
  return plain.replace(/"(?:\\.|[^"\\\n])*"|(?<=["\d\]}el]\s*),(?=\s*[}\]])/g, (part) => (part === ',' ? ' ' : part));
}

/** Maximum nesting of lists and objects. */
const maxDepth = 64;

/** Whether lists and objects are nested deeper than a file may nest them. */
export function isTooDeep(text: string): boolean {
  let [depth, deepest] = [0, 0];
  for (const [found] of text.matchAll(/"(?:\\.|[^"\\\n])*"|[{}[\]]/g)) {
    if (found === '{' || found === '[') deepest = Math.max(deepest, ++depth);
    else if (found === '}' || found === ']') depth--;
  }
  return deepest > maxDepth;
}

/** The offset of the first YAML comment, directive or document marker; null if there is none. */
function notTheirs(text: string): number | null {
  const outside = text.replace(/"(?:\\.|[^"\\\n])*"/g, (part) => '"'.repeat(part.length));
  const offset = outside.search(/#|^(?:---|\.\.\.|%)/m);
  return offset < 0 ? null : offset;
}

/** The offset of the first construct that is YAML but not JSON; null if there is none. */
function notJson(document: Document.Parsed, text: string): number | null {
  let found: number | null = null;
  const refuse = (node: { readonly range?: readonly number[] | null | undefined } | null, otherwise = 0): symbol => {
    found = node?.range?.[0] ?? otherwise;
    return visit.BREAK;
  };
  visit(document, {
    Pair(_key, pair) {
      const key = pair.key as Node;
      if (!isScalar(key) || key.type !== 'QUOTE_DOUBLE') return refuse(key);
      const value = pair.value as Node | null;
      const end = key.range?.[2] ?? 0;
      // `{"a"}` and `{"a":}` are keys without a value.
      if (value?.range === undefined || value.range === null || value.range[0] === value.range[1])
        return refuse(null, end + (/^\s*:?\s*/.exec(text.slice(end))?.[0].length ?? 0));
      return undefined;
    },
    Node(_key, node) {
      if (isAlias(node) || node.anchor !== undefined || node.tag !== undefined) return refuse(node);
      if (isMap(node) || isSeq(node)) return node.flow === true ? undefined : refuse(node);
      if (!isScalar(node)) return refuse(node);
      const source = text.slice(node.range?.[0], node.range?.[1]);
      const isJson =
        node.type === 'QUOTE_DOUBLE'
          ? !/[\n\r]/.test(source)
          : /^(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)$/.test(source);
      return isJson ? undefined : refuse(node);
    },
  });
  return found;
}

/** Explains a syntax error at an offset. */
function explain(text: string, offset: number): readonly [message: string, hint: string] {
  if (offset >= text.trimEnd().length)
    return ['this file ends too early', 'A bracket, a brace or a quote is not closed.'];
  const found = text[offset] ?? '';
  const before = text.slice(0, offset).trimEnd().at(-1) ?? '';
  const isAfterValue = /["\d\]}el]/.test(before);
  if (found === '#') return ['"#" does not begin a comment here', 'Write comments as "// …" or "/* … */".'];
  if (found === "'" || found === '`') return [`a string needs double quotes, not ${found}`, 'Write it as "…".'];
  if (found === '"' && before === '"')
    return ['a colon or a comma is missing before this', 'Write "key": value, with a comma between two of them.'];
  if (found === '"' && isAfterValue) return ['a comma is missing before this', 'Put one after the value before it.'];
  if (found === ',') return ['there is no value before this comma', 'Delete it.'];
  if (found === '}' || found === ']') return [`"${found}" closes nothing that is open here`, 'Check the brackets.'];
  if (isAfterValue && /[{[\w]/.test(found))
    return ['a comma is missing before this', 'Put one after the value before it.'];
  if (/[\w$]/.test(found))
    return before === '{' || before === ','
      ? ['a key needs double quotes', 'Write it as "key".']
      : [
          'this is not a value',
          'A value is a string in double quotes, a number, true, false, null, a list or an object.',
        ];
  return [`${JSON.stringify(found)} is not expected here`, 'This file is JSON; comments are allowed.'];
}
