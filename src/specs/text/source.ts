import type { Diagnostic } from '../../model/diagnostic.ts';
import { locate } from '../../model/diagnostic.ts';
import { PathRefused, readConfined, type RefusedReason } from '../../util/files/confined-file.ts';

/** Bytes above which a spec is refused: a person's text is far smaller, and parsing takes time by size. */
export const maxSpecBytes = 1024 * 1024;

/** The text of one spec file. `text` holds every character of the file (BOM and CRLF too), so offsets are exact. */
export interface Source {
  /** Relative to the specs folder, with forward slashes. */
  readonly file: string;
  readonly text: string;
}

/** What to say of a path that is refused, and what to do. */
const refusals: Readonly<Record<RefusedReason, readonly [code: string, message: string, hint: string]>> = {
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
 * Reads a file of the specs folder; null when it is not there. What is no plain file of the folder, or no plain UTF-8
 * text, becomes a diagnostic, not a guess.
 */
export function readSource(folder: string, file: string): Source | Diagnostic | null {
  const error = (code: string, message: string, hint: string): Diagnostic => ({
    severity: 'error',
    code,
    message,
    hint,
    file,
  });
  try {
    const bytes = readConfined(folder, file, maxSpecBytes);
    return bytes === null ? null : decodeSource(bytes, file);
  } catch (cause) {
    if (cause instanceof PathRefused) {
      // Which folder is the link, when it is not the file itself.
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
