/*
 * Counts the tests that a command ran, for runners with known summary lines: node:test, vitest, jest, pytest, TAP and
 * JUnit XML. Skipped tests do not count.
 */

import { withoutBlankRuns } from '../../util/explain/readable.ts';

/** Lines that name or count tests: kept where the middle of an output is cut, so that counts stay right. */
export const tellingLine =
  /^(?:[ℹ#] (?:tests|pass|fail) \d|\s*[✔✖✓✕×] |\s*(?:not )?ok\b|\s*Tests {2}|Tests:\s|\s*No tests? |=*\s*(?:no tests ran in |\d+ [a-z].* in [\d.]+s)|TAP version \d|1\.\.\d|[\w./-]+::\S.* (?:PASSED|FAILED|XPASS)\b)|<testsuites?\b/;

/** Tests run, summed over all runs in the (printable) output; null if no known runner printed a summary. */
export function countTests(output: string): number | null {
  const text = withoutBlankRuns(output);
  const counts = [nodeTest, vitest, jest, pytest, junit].map((count) => count(text)).filter((count) => count !== null);
  if (counts.length > 0) return counts.reduce((sum, count) => sum + count, 0);
  return tap(text);
}

function sum(text: string, pattern: RegExp): number | null {
  const matches = [...text.matchAll(pattern)];
  return matches.length === 0 ? null : matches.reduce((total, match) => total + Number(match[1]), 0);
}

/** `ℹ pass 3` or `# pass 3`. A file without tests is reported as one passing test with the file's name: not counted. */
function nodeTest(text: string): number | null {
  if (!/^(?:ℹ|#) tests \d+$/m.test(text)) return null;
  const ran = (sum(text, /^(?:ℹ|#) pass (\d+)$/gm) ?? 0) + (sum(text, /^(?:ℹ|#) fail (\d+)$/gm) ?? 0);
  const files = text.match(/^(?:[✔✖] |(?:not )?ok \d+ - )\S*\.[cm]?[jt]sx?(?: \([\d.]+ms\))?$/gm)?.length ?? 0;
  return Math.max(0, ran - files);
}

/** `Tests  1 failed | 3 passed (4)`; with nothing to run, `No test files found`. */
function vitest(text: string): number | null {
  return /^[^\S\n]*No test files found/m.test(text) ? 0 : inLines(text, /^[^\S\n]*Tests {2}(.*)$/gm);
}

/** `Tests:       1 failed, 3 passed, 4 total`; with nothing to run, `No tests found`. */
function jest(text: string): number | null {
  return /^[^\S\n]*No tests found/m.test(text) ? 0 : inLines(text, /^Tests:[^\S\n]+(.*)$/gm);
}

/** `== 3 passed, 1 skipped in 0.02s ==`, also without the bars (`-q`); `no tests ran in 0.01s`. */
function pytest(text: string): number | null {
  if (/^=*[^\S\n]*no tests ran in /m.test(text)) return 0;
  return inLines(text, /^=*[^\S\n]*((?:\d+ [a-z]+(?:, )?)+) in [\d.]+s/gm, 'passed|failed|errors?|xpassed');
}

/** The numbers before the given words, summed over all summary lines; null without such a line. */
function inLines(text: string, line: RegExp, words = 'passed|failed'): number | null {
  const lines = [...text.matchAll(line)].map((match) => match[1] ?? '');
  if (lines.length === 0) return null;
  return sum(lines.join('\n'), new RegExp(`(?<!\\d)(\\d+) (?:${words})`, 'g')) ?? 0;
}

/** `<testsuite tests="4" skipped="1">`, each suite once: the outer element sums up the inner ones. */
function junit(text: string): number | null {
  if (!/<testsuites?\b[^<>]*\btests="/.test(text)) return null;
  const suites = [...text.matchAll(/<testsuite\b([^<>]*)>/g)].map((match) => match[1] ?? '');
  const elements =
    suites.length > 0 ? suites : [...text.matchAll(/<testsuites\b([^<>]*)>/g)].map((match) => match[1] ?? '');
  const attribute = (element: string, name: string): number =>
    Number(new RegExp(`\\b${name}="(\\d+)"`).exec(element)?.[1] ?? 0);
  return elements.reduce(
    (total, element) => total + Math.max(0, attribute(element, 'tests') - attribute(element, 'skipped')),
    0,
  );
}

/** `ok 1 - name` and `not ok 2`, or the empty plan `1..0`. */
function tap(text: string): number | null {
  if (!/^(?:TAP version \d+|1\.\.\d+)/m.test(text)) return null;
  const lines = text.match(/^(?:not )?ok\b.*$/gm) ?? [];
  return lines.filter((line) => !/#\s*(?:skip|todo)/i.test(line)).length;
}
