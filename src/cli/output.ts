import { styleText } from 'node:util';
import { printable } from '../util/terminal.ts';

/** Data for people goes to standard output, made safe for a terminal. */
export function print(text: string): void {
  process.stdout.write(`${printable(text)}\n`);
}

/** Text that is ours, with colours, passed as it is. */
export function printStyled(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** Data for machines: one envelope for every command. */
export function printJson(kind: string, data: object): void {
  process.stdout.write(`${JSON.stringify({ schemaVersion: 1, kind, ...data }, null, 2)}\n`);
}

type Format = Parameters<typeof styleText>[0];

/** Colours where the stream is a terminal and NO_COLOR is not set. */
export function styled(format: Format, text: string, stream: NodeJS.WriteStream = process.stdout): string {
  return styleText(format, text, { stream });
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
