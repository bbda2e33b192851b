import { fstatSync, writeFileSync } from 'node:fs';
import { styleText } from 'node:util';
import type { RecordedEvent } from '../model/event.ts';
import { jsonForm } from '../model/json-form.ts';
import type { Line, Look, Tone } from '../report/line.ts';
import { machineTrouble } from '../util/files/disk.ts';
import { printable, printableJsonPieces } from '../util/text/printable.ts';
import type { JsonOutputs } from './json-outputs.ts';

/** The first error on writing standard output; null if there was none. */
let missed: Error | null = null;

type OurStream = typeof process.stdout | typeof process.stderr;

/** Takes what is meant for standard error while a live view is shown there. */
let aside: ((text: string) => void) | null = null;

/** Gives messages on standard error to a live view, which prints them above itself; null ends that. */
export function asideThrough(print: typeof aside): void {
  aside = print;
}

/** Writes to a stream. Never throws: `lostOutput` reports an error at the end. */
export function put(stream: OurStream, text: string): void {
  if (stream === process.stdout && missed !== null) return; // output is cut, never with a gap
  if (stream === process.stderr && aside !== null) return aside(text);
  try {
    // On a full disk, a stream would lose the rest of a partial write.
    if (isBlocking(stream)) writeFileSync(stream.fd, text);
    else stream.write(text);
  } catch (error) {
    hear(stream, error);
  }
}

/** True for a file or a device, not for a pipe or a terminal. */
function isBlocking(stream: OurStream): boolean {
  if (stream.isTTY) return false;
  const it = fstatSync(stream.fd);
  return !it.isFIFO() && !it.isSocket();
}

/** Begins to record errors of standard output. Must be called once. */
export function watchOutput(): void {
  for (const stream of [process.stdout, process.stderr])
    stream.on('error', (error) => {
      hear(stream, error);
    });
}

function hear(stream: OurStream, error: unknown): void {
  if (!(error instanceof Error)) throw error;
  const { code } = error as NodeJS.ErrnoException;
  // A reader like `head` may exit early, and a terminal may be closed.
  if (code === 'EPIPE' || (code === 'EIO' && stream.isTTY)) return;
  if (stream === process.stdout) missed ??= error;
}

/** Why standard output is incomplete; null if it is complete, or if its reader has exited. */
export async function lostOutput(): Promise<string | null> {
  await new Promise<void>((done) => process.stdout.write('', () => done()));
  return missed === null ? null : `standard output could not be written: ${machineTrouble(missed) ?? missed.message}`;
}

/** Prints data on standard output, made safe for a terminal. */
export function print(text: string): void {
  put(process.stdout, `${inert(printable(text))}\n`);
}

/** Prints text with colours. Its foreign parts must be safe already; `styled` does this. */
export function printStyled(text: string): void {
  put(process.stdout, `${inert(text)}\n`);
}

/** Prints a message on standard error, made safe for a terminal. */
export function printAside(text: string): void {
  put(process.stderr, `${inert(printable(text))}\n`);
}

/** Prints a line with its colours on standard error. */
export function printAsideLine(line: Line): void {
  put(process.stderr, `${inert(coloured(line, process.stderr))}\n`);
}

/**
 * Disarms commands of CI systems: a line that begins with `::`, or contains `##[`, `##vso[` or `##teamcity[`, could hide
 * output, set variables or change the result of the job (docs.github.com, "Workflow commands").
 */
export function inert(text: string): string {
  return text.replace(/^([^\S\n]*):(?=:)/gm, '$1\\:').replace(/##(?=\w*\[)/g, '#\\#');
}

/** Prints a command of ours for the CI system that reads standard output; its foreign parts must be escaped already. */
export function printHostCommand(line: string): void {
  put(process.stdout, `${printable(line)}\n`);
}

/** The JSON output of a command, in the envelope that all share. */
export function jsonOutput<Kind extends keyof JsonOutputs>(kind: Kind, data: JsonOutputs[Kind]): object {
  return { schemaVersion: 1, kind, ...(jsonForm({ ...data, kind }) as object) };
}

/** Prints it. */
export function printJson<Kind extends keyof JsonOutputs>(kind: Kind, data: JsonOutputs[Kind]): void {
  printDocument(jsonOutput(kind, data));
}

/** Prints an event as JSON on a line of its own. */
export function printEvent(event: RecordedEvent): void {
  printDocument(jsonForm(event) as object, true);
}

/** Prints JSON as it is; with `isLine` on a single line. */
export function printDocument(data: object, isLine = false): void {
  for (const piece of printableJsonPieces(data, isLine ? 0 : 2)) put(process.stdout, piece);
  put(process.stdout, '\n');
}

type Format = Parameters<typeof styleText>[0];

/** Colours text if the stream is a terminal and NO_COLOR is not set. */
export function styled(format: Format, text: string, stream: NodeJS.WriteStream = process.stdout): string {
  return styleText(format, printable(text), { stream });
}

const formats = {
  plain: 'reset',
  good: 'green',
  bad: 'red',
  warn: 'yellow',
  accent: 'cyan',
  dim: 'dim',
  strong: 'bold',
} as const satisfies Record<Tone, string>;

/** A line in the colours of a stream. */
export function coloured(line: Line, stream: OurStream = process.stdout): string {
  return line
    .map(({ text, tone }) => (tone === 'plain' ? printable(text) : styled(formats[tone], text, stream)))
    .join('')
    .trimEnd();
}

/** Prints a line with its colours on standard output. */
export function printLine(line: Line): void {
  printStyled(coloured(line));
}

/** Width for output that no terminal shows. */
const usualColumns = 110;

/**
 * How a stream shows lines. Characters beyond ASCII are used unless the terminal's locale is set to something else than
 * UTF-8; a file has them always.
 */
export function lookOf(stream: OurStream): Look {
  const { LC_ALL, LC_CTYPE, LANG } = process.env;
  const locale = [LC_ALL, LC_CTYPE, LANG].find((value) => value !== undefined && value !== '');
  const isUtf8 = !stream.isTTY || locale === undefined || /utf-?8/i.test(locale);
  return { columns: stream.isTTY ? (stream.columns ?? 80) : usualColumns, isUtf8 };
}

/** Formats rows as aligned columns. */
export function table(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows)
    for (const [index, cell] of row.entries()) widths[index] = Math.max(widths[index] ?? 0, cell.length);
  return rows.map((row) =>
    row
      .map((cell, index) => (index === row.length - 1 ? cell : cell.padEnd(widths[index] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
}
