import matter from 'gray-matter';
import { isMap, isScalar, LineCounter, parseDocument } from 'yaml';
import type { z } from 'zod';
import type { Diagnostic } from '../../model/diagnostic.ts';
import { locate } from '../../model/diagnostic.ts';
import type { Source } from './source.ts';
import { check } from './issues.ts';

/** Front matter and where the rest of the file begins. */
export interface Split {
  /** The YAML text between the fences; null when there is none. */
  readonly yaml: string | null;
  /** Offset of that text in the file. */
  readonly yamlOffset: number;
  readonly body: string;
  readonly bodyOffset: number;
}

/** gray-matter evaluates `---js` blocks unless every such engine is replaced; nothing here is ever executed. */
const deny = {
  parse: (): never => {
    throw new Error('denied');
  },
};
/** The YAML is only cut out here; it is parsed below, with positions. */
const keep = { parse: (): object => ({}) };

/** Cuts a file into front matter and body. A code front matter, or an unknown language, is a diagnostic. */
export function splitFrontMatter(source: Source): Split | Diagnostic {
  const { text, file } = source;
  const bom = text.startsWith('\uFEFF') ? 1 : 0;
  const rest = text.slice(bom);
  if (!/^---(?!-)/.test(rest)) return { yaml: null, yamlOffset: bom, body: rest, bodyOffset: bom };
  const language = /^---[ \t]*([^\s]*)/.exec(rest)?.[1] ?? '';
  if (language !== '' && language.toLowerCase() !== 'yaml') {
    return {
      severity: 'error',
      code: 'front-matter-language',
      message: `front matter in "${language}" is not read`,
      hint: 'Front matter is YAML: begin the file with a plain "---" line. Code in front matter is never executed.',
      file,
      ...locate(text, bom, 3 + language.length),
    };
  }
  if (!/\r?\n---[ \t]*(?:\r?\n|$)/.test(rest)) {
    return {
      severity: 'error',
      code: 'front-matter-open',
      message: 'the front matter is never closed',
      hint: 'End it with a line "---".',
      file,
      ...locate(text, bom, 3),
    };
  }
  const split = matter(rest, {
    engines: { yaml: keep, js: deny, javascript: deny, json: deny, coffee: deny, toml: deny },
  });
  const bodyOffset = text.length - split.content.length;
  const firstLineEnd = rest.indexOf('\n') + 1;
  const yaml = split.matter.replace(/^\r?\n/, '').replace(/\r$/, '');
  return { yaml, yamlOffset: bom + firstLineEnd, body: split.content, bodyOffset };
}

type Located = ReturnType<typeof locate>;

/** Parses YAML and validates it; every problem is a diagnostic at the value (or key) that it is about. */
export function parseYaml<T extends z.ZodType>(options: {
  readonly source: Source;
  readonly yaml: string;
  readonly yamlOffset: number;
  readonly schema: T;
}): {
  readonly value: z.output<T> | null;
  /** The same as it is written, without defaults. */
  readonly data: unknown;
  readonly diagnostics: readonly Diagnostic[];
  /** Where the value at `path` stands, for diagnostics that come later. */
  readonly where: (path: readonly (string | number)[]) => Located;
} {
  const { source, yaml, yamlOffset } = options;
  const at = (start: number, end: number) => locate(source.text, yamlOffset + start, Math.max(1, end - start));
  const document = parseDocument(yaml, {
    lineCounter: new LineCounter(),
    version: '1.2',
    schema: 'core',
    prettyErrors: false,
  });
  const where = (path: readonly (string | number)[]): Located => {
    for (let depth = path.length; depth > 0; depth--) {
      const node = document.getIn(path.slice(0, depth), true);
      if (hasRange(node)) return at(node.range[0], node.range[1]);
    }
    return at(0, 1);
  };
  const problem = document.errors[0];
  if (problem) {
    const message = `front matter is not valid YAML: ${problem.message.split('\n')[0] ?? ''}`;
    return {
      value: null,
      data: null,
      diagnostics: [
        {
          severity: 'error',
          code: 'front-matter-yaml',
          message,
          file: source.file,
          ...at(problem.pos[0], problem.pos[1]),
        },
      ],
      where,
    };
  }
  let data: unknown;
  try {
    data = document.toJS({ maxAliasCount: 20 }) ?? {};
  } catch (cause) {
    const message = `front matter cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`;
    return {
      value: null,
      data: null,
      diagnostics: [{ severity: 'error', code: 'front-matter-yaml', message, file: source.file, ...at(0, 1) }],
      where,
    };
  }
  const checked = check(options.schema, data, 'front matter');
  if ('value' in checked) return { value: checked.value, data, diagnostics: [], where };
  const diagnostics = checked.problems.map(({ isKey, path, ...problem }): Diagnostic => {
    const parent = path.length <= 1 ? document.contents : document.getIn(path.slice(0, -1), true);
    const pair = isMap(parent)
      ? parent.items.find((item) => isScalar(item.key) && String(item.key.value) === String(path.at(-1)))
      : undefined;
    const range = isKey && isScalar(pair?.key) ? pair.key.range : undefined;
    const place = range ? at(range[0], range[1]) : where(path);
    return { severity: 'error', ...problem, file: source.file, ...place };
  });
  return { value: null, data, diagnostics, where };
}

function hasRange(node: unknown): node is { range: [number, number, number] } {
  return typeof node === 'object' && node !== null && 'range' in node && Array.isArray(node.range);
}
