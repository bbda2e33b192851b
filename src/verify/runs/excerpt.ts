import type { Observed } from '../../model/evidence.ts';
import { assertionsIn } from '../../util/explain/assertions.ts';
import { explain, explanationLines } from '../../util/explain/explain.ts';

/** Characters of a command's output that evidence keeps, at each end. */
const kept = { head: 1000, tail: 4000 } as const;

/** A (printable) output; a long one without its middle. */
export function excerptOf(output: string): string {
  const cut = output.length - kept.head - kept.tail;
  if (cut <= 0) return output;
  return `${output.slice(0, kept.head)}\n[… ${cut} characters cut …]\n${output.slice(-kept.tail)}`;
}

/** The first error in a (printable) output, for `CommandEvidence.shows`. */
export function showing(output: string): { readonly shows?: readonly string[] } {
  const found = explain(output);
  return found === null ? {} : { shows: explanationLines(found) };
}

/** The failed tests in a (printable) output of a command that ran in a folder, for `CommandEvidence.assertions`. */
export function failedTestsIn(output: string, folder: string): Pick<Observed, 'assertions'> {
  const assertions = assertionsIn(output.replaceAll(`${folder}/`, ''));
  return assertions.length === 0 ? {} : { assertions };
}
