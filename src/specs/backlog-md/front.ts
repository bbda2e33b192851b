import { z } from 'zod';
import type { SpecDiagnostic } from '../../model/spec-rule.ts';
import { parseYaml, type Split } from '../text/front-matter.ts';
import type { Source } from '../text/source.ts';
import type { YamlPlaces } from '../text/yaml-places.ts';

/** The front matter of a task. */
export interface Front {
  /** A value as text; null if it is missing, empty, or a list. */
  text(key: string): string | null;
  /** The values of a list, or of one text with commas. */
  list(key: string): readonly string[];
  /** The error if it is no YAML. */
  readonly diagnostics: readonly SpecDiagnostic[];
  readonly where: (path: readonly (string | number)[]) => Partial<SpecDiagnostic>;
  readonly places: YamlPlaces;
}

/** Reads front matter, also where it has `@name` and titles without the quotes that YAML asks for. */
export function readFront(source: Source, { yaml, yamlOffset }: Split): Front {
  const written = yaml ?? '';
  const cover = Cover.of(written);
  const plain = cover === null ? written : hidden(written, cover);
  const read = parseYaml({ source, yaml: plain, yamlOffset, schema: z.unknown() });
  const values = new Map<string, unknown>(
    typeof read.data === 'object' && read.data !== null ? Object.entries(read.data) : [],
  );
  const text = (key: string): string | null => textOf(values.get(key), cover);
  return {
    text,
    list(key) {
      const value = values.get(key);
      const texts: readonly unknown[] = Array.isArray(value) ? value : (text(key)?.split(',') ?? []);
      return texts.flatMap((one) => textOf(one, cover) ?? []);
    },
    diagnostics: read.diagnostics,
    where: read.where,
    places: read.places,
  };
}

const firstHidden = 0xe000;
const lastHidden = 0xf8ff;
const hiddenSize = 0x80;

/**
 * Characters that stand for others while YAML is parsed: one of a private area for each character of ASCII, so that all places
 * stay the same.
 */
class Cover {
  readonly #first: number;

  private constructor(first: number) {
    this.#first = first;
  }

  /** One whose characters a text neither has nor escapes; null if it uses all of them. */
  static of(text: string): Cover | null {
    const used = new Set<number>();
    for (const [sign, code] of text.matchAll(/[\uE000-\uF8FF]|\\(?:u|U0000)([eEfF][0-9a-fA-F]{3})/g))
      used.add(Math.floor(((code === undefined ? sign.charCodeAt(0) : parseInt(code, 16)) - firstHidden) / hiddenSize));
    for (let at = 0; firstHidden + (at + 1) * hiddenSize - 1 <= lastHidden; at++)
      if (!used.has(at)) return new Cover(firstHidden + at * hiddenSize);
    return null;
  }

  /** Hides all signs of ASCII. */
  hide(text: string): string {
    return text.replace(/[^\p{L}\p{M}\p{N}\s]/gu, (sign) =>
      sign.length === 1 && sign < '\u0080' ? String.fromCharCode(this.#first + sign.charCodeAt(0)) : sign,
    );
  }

  show(text: string): string {
    return text.replace(/[\uE000-\uF8FF]/g, (sign) => {
      const code = sign.charCodeAt(0) - this.#first;
      return code >= 0 && code < hiddenSize ? String.fromCharCode(code) : sign;
    });
  }
}

/** YAML without characters that have a meaning in it where people write them as text. */
function hidden(yaml: string, cover: Cover): string {
  return yaml
    .replace(/[@`]/g, (sign) => cover.hide(sign))
    .replace(
      /^title:([^\S\n]+)(?!["'|>\s])(.*)$/gmu,
      (_line, space: string, title: string) => `title:${space}${cover.hide(title)}`,
    );
}

function textOf(value: unknown, cover: Cover | null): string | null {
  if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') return null;
  const text = (cover?.show(String(value)) ?? String(value)).trim();
  return text === '' ? null : text;
}
