import type { SpecDiagnostic, SpecRule } from '../../model/spec-rule.ts';
import { locate } from '../../model/diagnostic.ts';
import { sha256 } from '../../util/values/hash.ts';
import { type ConfinedReader, PathRefused, readConfined, type RefusedReason } from '../../util/files/confined-file.ts';

/** Maximum bytes of a spec, since parsing time grows with the size. */
export const maxSpecBytes = 1024 * 1024;

/** The text of a spec file. It has every character of the file, including BOM and CRLF, so that offsets are exact. */
export interface Source {
  /** Relative to the specs folder, with forward slashes. */
  readonly file: string;
  readonly text: string;
}

const digests = new WeakMap<Source, string>();

/** A digest of its text. */
export function digestOf(source: Source): string {
  let digest = digests.get(source);
  if (digest === undefined) digests.set(source, (digest = sha256(source.text)));
  return digest;
}

/** An error at an offset of a file. */
export function errorAt(
  { file, text }: Source,
  place: { readonly offset: number; readonly length?: number },
  error: { readonly code: SpecRule; readonly message: string; readonly hint: string },
): SpecDiagnostic {
  return { severity: 'error', ...error, file, ...locate(text, place.offset, place.length) };
}

const refusals: Readonly<Record<RefusedReason, readonly [code: SpecRule, message: string, hint: string]>> = {
  link: ['spec-is-link', 'a spec must be a plain file, not a link', 'Put the file itself here.'],
  'hard-link': ['spec-is-link', 'this file has another hard link elsewhere', 'Put a copy here.'],
  'not-a-file': ['spec-not-a-file', 'a spec must be a plain file', 'Put a plain file here.'],
  'not-a-folder': ['spec-not-a-file', 'a spec must be a plain file', 'Put a plain file here.'],
  outside: ['spec-outside', 'this path leaves the specs folder', 'Name a file in the specs folder.'],
  'too-large': [
    'spec-too-large',
    'this file has more than 1 MB, which is the most for a spec',
    'Split it, or move data out of the specs folder.',
  ],
};

/**
 * Reads a file of the specs folder; null if it does not exist. A path that is not a plain file in the folder, or not UTF-8
 * text, is a diagnostic.
 */
export function readSource(folder: string | ConfinedReader, file: string): Source | SpecDiagnostic | null {
  const error = (code: SpecRule, message: string, hint: string): SpecDiagnostic => ({
    severity: 'error',
    code,
    message,
    hint,
    file,
  });
  try {
    const bytes =
      typeof folder === 'string' ? readConfined(folder, file, maxSpecBytes) : folder.read(file, maxSpecBytes);
    return bytes === null ? null : decodeSource(bytes, file);
  } catch (cause) {
    if (cause instanceof PathRefused) {
      // The cause names the folder that is a link, if the file itself is none.
      const [code, message, hint] = refusals[cause.reason];
      return error(code, cause.file === file ? message : cause.message, hint);
    }
    const code = (cause as NodeJS.ErrnoException).code ?? String(cause);
    return error(
      'spec-unreadable',
      `this file cannot be read (${code})`,
      'Check that it exists and that you may read it.',
    );
  }
}

/** A text as it would be read from its file. */
export function asRead({ file, text }: Source): Source | SpecDiagnostic {
  const bytes = Buffer.from(text, 'utf8');
  if (bytes.length <= maxSpecBytes) return decodeSource(bytes, file);
  const [code, message, hint] = refusals['too-large'];
  return { severity: 'error', code, message, hint, file };
}

/** Decodes a file. A NUL byte or invalid UTF-8 is a diagnostic. */
export function decodeSource(bytes: Uint8Array, file: string): Source | SpecDiagnostic {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return {
      severity: 'error',
      code: 'spec-not-utf8',
      message: 'this file is not UTF-8 text',
      hint: 'Save it as UTF-8.',
      file,
    };
  }
  const nul = text.indexOf('\0');
  if (nul >= 0) {
    const { line, column } = locate(text, nul); // the line itself may be binary
    return {
      severity: 'error',
      code: 'spec-has-nul',
      message: 'there is a NUL byte in this file',
      hint: 'Specs are plain text: remove it, or move the file out of the specs folder.',
      ...{ file, line, column },
    };
  }
  return { file, text };
}
