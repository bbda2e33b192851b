/*
 * Finds the first error in a failed program's output: the first failed test, with its place and expectation, else the error
 * message without stack traces and closing lines. Takes printable text.
 */

import { complaints, isGoodbye } from './complaints.ts';
import { failedTests, junit } from './failed-tests.ts';
import { type Explanation, found } from './passage.ts';
import { readable, withoutBlankRuns } from './readable.ts';

/** Explains the failure of a program; null for empty output. */
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

/** An explanation as lines: the test and its place, then the message, indented. */
export function explanationLines({ test, where, lines }: Explanation): string[] {
  const place = where === null ? '' : ` (${where})`;
  if (test !== null) return [`✖ ${test}${place}`, ...lines.map((line) => `  ${line}`)];
  return lines.map((line, index) => (index === 0 && !line.includes(where ?? line) ? `${line}${place}` : line));
}

function lastWords(text: string): Explanation | null {
  const lines = text.split('\n').filter((line) => !isGoodbye(line));
  return found(null, null, lines.slice(-3));
}
