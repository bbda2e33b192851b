import { styleText } from 'node:util';
import { printable, printableJson } from '../util/terminal.ts';

/** Data for people goes to standard output, made safe for a terminal. */
export function print(text: string): void {
  process.stdout.write(`${inert(printable(text))}\n`);
}

/** Text with colours of ours; what others wrote in it has been made safe before (`styled` does so). */
export function printStyled(text: string): void {
  process.stdout.write(`${inert(text)}\n`);
}

/** What people are told beside the data goes to standard error, made safe for a terminal. */
export function printAside(text: string): void {
  process.stderr.write(`${inert(printable(text))}\n`);
}

/** The same in colours. */
export function printAsideStyled(format: Format, text: string): void {
  process.stderr.write(`${inert(styled(format, text, process.stderr))}\n`);
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
  process.stdout.write(`${printableJson(data, isLine ? 0 : 2)}\n`);
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
