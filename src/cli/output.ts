import { fstatSync, writeFileSync } from 'node:fs';
import { styleText } from 'node:util';
import { machineTrouble } from '../util/files/disk.ts';
import { printable, printableJson } from '../util/text/printable.ts';

/** What standard output did not take first; null while it has taken all. */
let missed: Error | null = null;

type OurStream = typeof process.stdout | typeof process.stderr;

/** Writes to one of our streams. Throws nothing: what cannot be told ends nobody's work, see `lostOutput`. */
export function put(stream: OurStream, text: string): void {
  if (stream === process.stdout && missed !== null) return; // cut, and without a hole
  try {
    // A stream takes a disk that had room for a part of it for one that took it all.
    if (isBlocking(stream)) writeFileSync(stream.fd, text);
    else stream.write(text);
  } catch (error) {
    hear(stream, error);
  }
}

/** True for what is neither a pipe nor a terminal: a file, or a device. */
function isBlocking(stream: OurStream): boolean {
  if (stream.isTTY) return false;
  const it = fstatSync(stream.fd);
  return !it.isFIFO() && !it.isSocket();
}

/** Hears from now on what our streams could not write; call it once. */
export function watchOutput(): void {
  for (const stream of [process.stdout, process.stderr])
    stream.on('error', (error) => {
      hear(stream, error);
    });
}

function hear(stream: OurStream, error: unknown): void {
  if (!(error instanceof Error)) throw error;
  const { code } = error as NodeJS.ErrnoException;
  // A reader like `head` may leave early, and a terminal may be closed.
  if (code === 'EPIPE' || (code === 'EIO' && stream.isTTY)) return;
  if (stream === process.stdout) missed ??= error;
}

/** Why standard output lacks something of what was written to it; null when it has all, or nobody wants it. */
export async function lostOutput(): Promise<string | null> {
  await new Promise<void>((done) => process.stdout.write('', () => done()));
  return missed === null ? null : `standard output could not be written: ${machineTrouble(missed) ?? missed.message}`;
}

/** Data for people goes to standard output, made safe for a terminal. */
export function print(text: string): void {
  put(process.stdout, `${inert(printable(text))}\n`);
}

/** Text with colours of ours; what others wrote in it has been made safe before (`styled` does so). */
export function printStyled(text: string): void {
  put(process.stdout, `${inert(text)}\n`);
}

/** What people are told beside the data goes to standard error, made safe for a terminal. */
export function printAside(text: string): void {
  put(process.stderr, `${inert(printable(text))}\n`);
}

/** The same in colours. */
export function printAsideStyled(format: Format, text: string): void {
  put(process.stderr, `${inert(styled(format, text, process.stderr))}\n`);
}

/**
 * Text without commands to whoever runs a nightly job: a line that begins with `::`, or holds `##[`, `##vso[` or
 * `##teamcity[`, would hide output, set variables or mark the job (docs.github.com, "Workflow commands").
 */
export function inert(text: string): string {
  return text.replace(/^([^\S\n]*):(?=:)/gm, '$1\\:').replace(/##(?=\w*\[)/g, '#\\#');
}

/** Data for machines: one envelope for every command. */
export function printJson(kind: string, data: object): void {
  printDocument({ schemaVersion: 1, kind, ...data });
}

/** Data for machines that has its own schema; `isLine` for one of many, each on a line. */
export function printDocument(data: object, isLine = false): void {
  put(process.stdout, `${printableJson(data, isLine ? 0 : 2)}\n`);
}

type Format = Parameters<typeof styleText>[0];

/** Colours where the stream is a terminal and NO_COLOR is not set. */
export function styled(format: Format, text: string, stream: NodeJS.WriteStream = process.stdout): string {
  return styleText(format, printable(text), { stream });
}

/** Columns, padded to the widest cell of each. */
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
