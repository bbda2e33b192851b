import { explain, explanationLines } from '../../util/explain/explain.ts';
import { printable, printableLine } from '../../util/text/printable.ts';

const maxExplained = 400;

/** The error in a program's output, in one line; '' for none. */
export function explained(output: string): string {
  const found = explain(printable(output));
  return found === null ? '' : printableLine(explanationLines(found).join(' '), maxExplained);
}
