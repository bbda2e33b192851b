import { rmSync } from 'node:fs';
import path from 'node:path';
import { inputError } from '../model/diagnostic.ts';
import { readConfined, writeConfined } from '../util/files/confined-file.ts';
import { makeTemporary } from '../util/files/temporary.ts';
import { editFile } from '../util/process/edit.ts';
import { canAsk } from './consent.ts';

/** The title and the text of a unit, as a person gave them. */
export interface UnitText {
  readonly title: string;
  readonly body: string;
}

/** Where the text comes from, beside the title. */
interface Sources {
  /** Omitted if the first line of the text is the title. */
  readonly title: string | undefined;
  /** True for standard input. */
  readonly isPiped: boolean;
  /** A file, as a path from the current folder. */
  readonly file: string | undefined;
}

const maxBytes = 1024 * 1024;

/**
 * Reads the text of a unit: from a file, from standard input, or from an editor if there is neither a title nor a text and
 * this is a terminal. Without a title, the first line that says something is the title.
 */
export async function readUnitText({ title, isPiped, file }: Sources): Promise<UnitText> {
  if (file !== undefined) return withTitle(title, readNamed(file));
  if (isPiped || (title === undefined && !process.stdin.isTTY)) return withTitle(title, await readInput());
  if (title !== undefined) return { title, body: '' };
  return withTitle(undefined, await readEdited());
}

function withTitle(title: string | undefined, text: string): UnitText {
  if (title !== undefined) return { title, body: text };
  const [first = '', ...rest] = text
    .replace(/^\uFEFF/, '')
    .trimStart()
    .split('\n');
  return { title: first.replace(/^#{1,6}\s+/, '').trim(), body: rest.join('\n') };
}

async function readInput(): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of process.stdin) {
    chunks.push(chunk as Buffer);
    size += (chunk as Buffer).length;
    if (size > maxBytes) throw inputError('text-too-large', 'standard input has more than 1 MB', 'A unit is small.');
  }
  return Buffer.concat(chunks).toString('utf8');
}

function readNamed(file: string): string {
  const at = path.resolve(file);
  let bytes: Buffer | null;
  try {
    bytes = readConfined(path.dirname(at), path.basename(at), maxBytes);
  } catch (error) {
    throw inputError('no-text', `${file} cannot be read: ${(error as Error).message}`);
  }
  if (bytes !== null) return bytes.toString('utf8');
  throw inputError('no-text', `there is no file ${file}`, '"--file" names a file with the text of the unit.');
}

const scissors = '<!-- The first line is the title, the rest the text. What is below this line is left out. -->';

/** What a person writes in their editor; without one, or without a terminal, nothing. */
async function readEdited(): Promise<string> {
  const { VISUAL = '', EDITOR = '' } = process.env;
  const editor = VISUAL.trim() === '' ? EDITOR : VISUAL;
  if (editor.trim() === '' || !canAsk()) return '';
  const folder = makeTemporary('edit');
  try {
    writeConfined(folder, 'unit.md', `\n\n${scissors}\n`, { mode: 0o600 });
    const code = await editFile(editor, path.join(folder, 'unit.md'), process.env);
    if (code !== 0)
      throw inputError(
        'editor-failed',
        `the editor ${JSON.stringify(editor)} failed; nothing was added`,
        'See $EDITOR.',
      );
    return readNamed(path.join(folder, 'unit.md')).split(scissors)[0] ?? '';
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
