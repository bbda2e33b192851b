import { explain, explanationLines } from '../../util/explain/explain.ts';
import { printable, printableLine } from '../../util/text/printable.ts';

const maxExplained = 400;

/** What a program's output says of why it failed, in one line; '' for one that said nothing. */
export function explained(output: string): string {
  const found = explain(printable(output));
  return found === null ? '' : printableLine(explanationLines(found).join(' '), maxExplained);
}
