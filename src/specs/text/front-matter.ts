import { type Document, isScalar, parseDocument, type Scalar, visit, type YAMLParseError } from 'yaml';
import type { z } from 'zod';
import type { SpecDiagnostic } from '../../model/spec-rule.ts';
import { locate } from '../../model/diagnostic.ts';
import { check } from './issues.ts';
import { keyRange } from './json.ts';
import { errorAt, type Source } from './source.ts';
import { noPlaces, placesIn, type YamlPlaces } from './yaml-places.ts';

/** A file, split into front matter and body. */
export interface Split {
  /** The YAML text between the fences; null without front matter. */
  readonly yaml: string | null;
  /** Offset of `yaml` in the file. */
  readonly yamlOffset: number;
  readonly body: string;
  readonly bodyOffset: number;
}

/** Nobody writes more of it by hand; every unit of a file has its problems. */
const maxYaml = 32 * 1024;
/** The YAML parser looks through all anchors for each alias. */
const maxAliases = 1000;
const tooLong = {
  code: 'front-matter-yaml' as const,
  message: 'front matter is longer than 32 KB, which is the most for it',
  hint: 'Move text below it, and name folders in place of many files.',
};
/** Every unit of a file has the problems of its front matter. */
const maxProblems = 20;

/** Splits a file. Front matter in another language than YAML is a diagnostic. */
export function splitFrontMatter(source: Source): Split | SpecDiagnostic {
  const { text } = source;
  const bom = text.startsWith('\uFEFF') ? 1 : 0;
  const rest = text.slice(bom);
  if (!/^---(?!-)/.test(rest)) return { yaml: null, yamlOffset: bom, body: rest, bodyOffset: bom };
  const language = /^---[ \t]*([^\s]*)/.exec(rest)?.[1] ?? '';
  if (language !== '' && language.toLowerCase() !== 'yaml') {
    return errorAt(
      source,
      { offset: bom, length: 3 + language.length },
      {
        code: 'front-matter-language' as const,
        message: `front matter in "${language}" is not read`,
        hint: 'Front matter is YAML: begin the file with a plain "---" line. Code in front matter is never executed.',
      },
    );
  }
  const closing = closingOf(rest);
  if (closing === null) {
    return errorAt(
      source,
      { offset: bom, length: 3 },
      {
        code: 'front-matter-open' as const,
        message: 'the front matter is never closed',
        hint: 'End it with a line "---".',
      },
    );
  }
  if (closing.start > maxYaml) return errorAt(source, { offset: bom, length: 3 }, tooLong);
  const start = rest.indexOf('\n') + 1;
  return {
    yaml: rest.slice(start, Math.max(start, closing.start)),
    yamlOffset: bom + start,
    body: rest.slice(closing.end),
    bodyOffset: bom + closing.end,
  };
}

/** The line that closes the front matter of a text, with the line end before it; null without one. */
function closingOf(text: string): { readonly start: number; readonly end: number } | null {
  const found = /\r?\n---[ \t]*(?:\r?\n|$)/.exec(text);
  const fence = found && { start: found.index, end: found.index + found[0].length };
  // "...", the end of a document in YAML, closes it, too, unless "---" is directly below.
  const dots = /\r?\n\.\.\.[ \t]*(?:\r?\n|$)/.exec(fence === null ? text : text.slice(0, fence.end));
  if (dots === null) return fence;
  const end = dots.index + dots[0].length;
  return /^---[ \t]*(?:\r?\n|$)/.test(text.slice(end, end + 100)) ? fence : { start: dots.index, end };
}

type Located = ReturnType<typeof locate>;

/** Parses and validates YAML; numbers as written, see `asWritten`. Every problem is a diagnostic at its value or key. */
export function parseYaml<T extends z.ZodType>(options: {
  readonly source: Source;
  readonly yaml: string;
  readonly yamlOffset: number;
  readonly schema: T;
  /** The YAML is a whole file, not front matter: it may be as long as one. */
  readonly isFile?: true;
  /** Changes the data before it is validated. */
  readonly prepare?: (data: unknown) => unknown;
}): {
  readonly value: z.output<T> | null;
  /** The parsed YAML, not validated. */
  readonly data: unknown;
  readonly diagnostics: readonly SpecDiagnostic[];
  /** The position of a value, for later diagnostics. */
  readonly where: (path: readonly (string | number)[]) => Located;
  /** The position of a key. */
  readonly whereKey: (path: readonly (string | number)[]) => Located;
  /** Where its values are; none if it cannot be read. */
  readonly places: YamlPlaces;
} {
  const { source, yaml, yamlOffset } = options;
  const name = options.isFile ? 'this file' : 'front matter';
  const at = (start: number, end: number) => locate(source.text, yamlOffset + start, Math.max(1, end - start));
  const isTooLong = options.isFile !== true && yaml.length > maxYaml;
  const document = parseDocument(isTooLong ? '' : yaml, {
    version: '1.2',
    schema: 'core',
    prettyErrors: false,
    uniqueKeys: false, // it compares each key with all others; `doubledKey` does not
  });
  const where = (path: readonly (string | number)[]): Located => {
    for (let depth = path.length; depth > 0; depth--) {
      const node = document.getIn(path.slice(0, depth), true);
      if (hasRange(node)) return at(node.range[0], node.range[1]);
    }
    return at(0, 1);
  };
  const whereKey = (path: readonly (string | number)[]): Located => {
    const range = keyRange(document, path);
    return range ? at(range[0], range[1]) : where(path);
  };
  const unreadable = (message: string, place: Located) => ({
    value: null,
    data: null,
    diagnostics: [
      { severity: 'error', code: 'front-matter-yaml' as const, message, file: source.file, ...place } as const,
    ],
    where,
    whereKey,
    places: noPlaces,
  });
  if (isTooLong) return unreadable(tooLong.message, at(0, 1));
  const found = lookThrough(document);
  const problem = document.errors[0] ?? found.doubledKey;
  if (problem) {
    const message = `${name} is not valid YAML: ${problem.message.split('\n')[0] ?? ''}`;
    return unreadable(message, at(problem.pos[0], problem.pos[1]));
  }
  if (found.aliases > maxAliases)
    return unreadable(`${name} has more than ${maxAliases.toLocaleString('en')} aliases`, at(0, 1));
  for (const number of found.numbers) asWritten(number, yaml);
  let data: unknown;
  try {
    data = document.toJS({ maxAliasCount: 20 }) ?? {};
  } catch (cause) {
    const message = `${name} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`;
    return unreadable(message, at(0, 1));
  }
  const places = placesIn(document, yaml, yamlOffset);
  const checked = check(options.schema, options.prepare?.(data) ?? data, name);
  if ('value' in checked) return { value: checked.value, data, diagnostics: [], where, whereKey, places };
  const diagnostics = checked.problems.slice(0, maxProblems).map(({ isKey, path, ...problem }): SpecDiagnostic => {
    const place = isKey ? whereKey(path) : where(path);
    return { severity: 'error', ...problem, file: source.file, ...place };
  });
  return { value: null, data, diagnostics, where, whereKey, places };
}

/** What a document has. */
interface Found {
  /** The second of two equal keys of a map; null without one. */
  readonly doubledKey: Pick<YAMLParseError, 'message' | 'pos'> | null;
  /** How many aliases. */
  readonly aliases: number;
  readonly numbers: readonly Scalar<number>[];
}

function lookThrough(document: Document.Parsed): Found {
  let doubledKey: Found['doubledKey'] = null;
  let aliases = 0;
  const numbers: Scalar<number>[] = [];
  visit(document, {
    Alias: () => void aliases++,
    Map(_key, { items }) {
      const known = new Set<unknown>();
      for (const { key } of items) {
        if (!isScalar(key)) continue;
        const [start, end] = known.has(key.value) ? (key.range ?? []) : [];
        known.add(key.value);
        if (start === undefined || end === undefined || (doubledKey !== null && doubledKey.pos[0] < start)) continue;
        doubledKey = { message: 'Map keys must be unique', pos: [start, end] };
      }
    },
    Scalar: (_key, node) => void (typeof node.value === 'number' && numbers.push(node as Scalar<number>)),
  });
  return { doubledKey, aliases, numbers };
}

/** Makes a text of a number that would lose how it is written, as in `id: 1.10`, `007` or `12e5`. */
function asWritten(node: Scalar, yaml: string): void {
  if (!node.range) return;
  const written = yaml.slice(node.range[0], node.range[1]);
  if (String(node.value) !== written) node.value = written;
}

function hasRange(node: unknown): node is { range: [number, number, number] } {
  return typeof node === 'object' && node !== null && 'range' in node && Array.isArray(node.range);
}
