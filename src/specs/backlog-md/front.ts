import { z } from 'zod';
import type { Diagnostic } from '../../model/diagnostic.ts';
import { parseYaml, type Split } from '../text/front-matter.ts';
import type { Source } from '../text/source.ts';

/** The front matter of a task. */
export interface Front {
  /** A value as text; null if it is missing, empty, or a list. */
  text(key: string): string | null;
  /** The values of a list, or of one text with commas. */
  list(key: string): readonly string[];
  /** The error if it is no YAML. */
  readonly diagnostics: readonly Diagnostic[];
  readonly where: (path: readonly (string | number)[]) => Partial<Diagnostic>;
}

/** Reads front matter, also where it has `@name` and titles without the quotes that YAML asks for. */
export function readFront(source: Source, { yaml, yamlOffset }: Split): Front {
  const read = parseYaml({ source, yaml: hidden(yaml ?? ''), yamlOffset, schema: z.unknown() });
  const values = new Map<string, unknown>(
    typeof read.data === 'object' && read.data !== null ? Object.entries(read.data) : [],
  );
  const text = (key: string): string | null => textOf(values.get(key));
  return {
    text,
    list(key) {
      const value = values.get(key);
      const texts: readonly unknown[] = Array.isArray(value) ? value : (text(key)?.split(',') ?? []);
      return texts.flatMap((one) => textOf(one) ?? []);
    },
    diagnostics: read.diagnostics,
    where: read.where,
  };
}

function textOf(value: unknown): string | null {
  if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') return null;
  const text = shown(String(value)).trim();
  return text === '' ? null : text;
}

const firstHidden = 0xe000;

/**
 * YAML without characters that have a meaning in it where people write them as text. Each is one character of a private
 * area, so that all places stay the same.
 */
function hidden(yaml: string): string {
  const hide = (text: string): string =>
    text.replace(/[^\p{L}\p{M}\p{N}\s]/gu, (sign) =>
      sign.length === 1 && sign < '\u0080' ? String.fromCharCode(firstHidden + sign.charCodeAt(0)) : sign,
    );
  return yaml
    .replace(/[@`]/g, hide)
    .replace(
      /^title:([^\S\n]+)(?!["'|>\s])(.*)$/gmu,
      (_line, space: string, title: string) => `title:${space}${hide(title)}`,
    );
}

function shown(text: string): string {
  return text.replace(/[\uE000-\uE07F]/g, (sign) => String.fromCharCode(sign.charCodeAt(0) - firstHidden));
}
