/*
 * The names of the tests that a command ran, for runners that print them: node:test, TAP, vitest, jest, pytest. Digits
 * are folded, since ports and durations in names differ between runs.
 */

const lines: readonly RegExp[] = [
  /^\s*[✔✖✓✕×] (?<name>.+?)(?: \([\d.]+ ?m?s\)| \d+ms)?$/, // node:test (spec), vitest, jest
  /^\s*(?:not )?ok \d+ - (?<name>.+?)(?: # time=.*)?$/, // TAP
  /^(?<name>[\w./-]+::\S.*?) (?:PASSED|FAILED|XPASS)\b/, // pytest -v
];

/** Names that are no test: a file, a skipped test. */
const none = /^\S+\.[cm]?[jt]sx?(?: > )?$|^\S+ \(\d+ tests?\b|# (?:SKIP|TODO)\b/i;

/** Names of the tests that ran, with repetitions; null if the output does not name them all. */
export function testNames(output: string, testsRun: number | null): readonly string[] | null {
  if (testsRun === null) return null;
  // node:test prints failed tests again at the end.
  const [told = ''] = output.split(/^✖ failing tests:/m);
  const names = told.split('\n').flatMap((line) => {
    for (const pattern of lines) {
      const name = pattern.exec(line)?.groups?.['name'];
      if (name !== undefined) return none.test(name) ? [] : [name.replace(/\d+/g, '#')];
    }
    return [];
  });
  return names.length >= testsRun ? names : null;
}

/** Names that occur more often in `before` than in `after`. */
export function missingNames(before: readonly string[], after: readonly string[]): readonly string[] {
  const left = new Map<string, number>();
  for (const name of after) left.set(name, (left.get(name) ?? 0) + 1);
  return before.filter((name) => {
    const count = left.get(name) ?? 0;
    left.set(name, count - 1);
    return count <= 0;
  });
}
