/*
 * What a failed program says of the first thing that went wrong: for test runners the first test that failed, with where it
 * stands and what it expected; else the error itself, out of the stack traces and good-byes around it. Takes printable text.
 */

import { complaints, isGoodbye } from './complaints.ts';
import { failedTests, junit } from './failed-tests.ts';
import { type Explanation, found } from './passage.ts';
import { readable, withoutBlankRuns } from './readable.ts';

/** What explains the failure of a program; null for one that said nothing. */
export function explain(output: string): Explanation | null {
  const whole = junit(withoutBlankRuns(output));
  if (whole !== null) return whole;
  const text = readable(output);
  for (const read of [...failedTests, ...complaints]) {
    const told = read(text);
    if (told !== null) return told;
  }
  return lastWords(text);
}

/** An explanation as lines: the test and its place, then what is said, indented. */
export function explanationLines({ test, where, lines }: Explanation): string[] {
  const place = where === null ? '' : ` (${where})`;
  if (test !== null) return [`✖ ${test}${place}`, ...lines.map((line) => `  ${line}`)];
  return lines.map((line, index) => (index === 0 && !line.includes(where ?? line) ? `${line}${place}` : line));
}

function lastWords(text: string): Explanation | null {
  const lines = text.split('\n').filter((line) => !isGoodbye(line));
  return found(null, null, lines.slice(-3));
}
