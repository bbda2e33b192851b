import { lstat, readFile } from 'node:fs/promises';
import type { Diagnostic } from '../model/diagnostic.ts';
import { locate } from '../model/diagnostic.ts';

/** Bytes above which a spec is refused: a person's text is far smaller, and parsing takes time by size. */
export const maxSpecBytes = 1024 * 1024;

/** The text of one spec file. `text` holds every character of the file (BOM and CRLF too), so offsets are exact. */
export interface Source {
  /** Relative to the specs folder, with forward slashes. */
  readonly file: string;
  readonly text: string;
}

/** Reads a spec; what cannot be read as plain UTF-8 text becomes a diagnostic, not a guess. */
export async function readSource(absolute: string, file: string): Promise<Source | Diagnostic> {
  const error = (code: string, message: string, hint: string): Diagnostic => ({
    severity: 'error',
    code,
    message,
    hint,
    file,
  });
  try {
    const stat = await lstat(absolute);
    if (stat.isSymbolicLink())
      return error('spec-is-link', 'a spec must be a plain file, not a link', 'Put the file itself here.');
    if (stat.size > maxSpecBytes) {
      const size = (stat.size / 1024 / 1024).toFixed(1);
      return error(
        'spec-too-large',
        `this file has ${size} MB; a spec has at most 1 MB`,
        'Split it, or move data out of the specs folder.',
      );
    }
    return decodeSource(await readFile(absolute), file);
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? String(cause);
    return error(
      'spec-unreadable',
      `this file cannot be read (${code})`,
      'Check that it exists and that you may read it.',
    );
  }
}

/** Bytes → text, or a diagnostic for a NUL byte or what is not UTF-8. */
export function decodeSource(bytes: Uint8Array, file: string): Source | Diagnostic {
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
    return {
      severity: 'error',
      code: 'spec-has-nul',
      message: 'there is a NUL byte in this file',
      hint: 'Specs are plain text: remove it, or move the file out of the specs folder.',
      file,
      line: locate(text, nul).line,
      column: locate(text, nul).column,
    };
  }
  return { file, text };
}
