import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { exitCodes } from '../../src/model/exit-code.ts';
import { refusalCodes } from '../../src/model/refusal.ts';
import { specRules } from '../../src/model/spec-rule.ts';

const root = path.resolve(import.meta.dirname, '../..');
const read = (file: string): string => readFileSync(path.join(root, file), 'utf8');

/** Codes of errors that sources make, beside refusals and rules: the first argument, or the property `code`. */
function codesInSources(): string[] {
  const made =
    /\b(?:inputError|machineFault|badUsage|blamed|bad|refuse)\(\s*'([a-z]+(?:-[a-z]+)*)'|\bcode: '([a-z]+(?:-[a-z]+)*)'/g;
  return globSync('src/**/*.ts', { cwd: root }).flatMap((file) =>
    Array.from(read(file).matchAll(made), ([, called = '', property = '']) => called || property),
  );
}

/** Codes of the parser of the command line (its own names, in our spelling). */
const codesOfUsage = [
  ...['unknown-command', 'unknown-option', 'missing-argument', 'option-missing-argument', 'excess-arguments'],
  ...['invalid-argument', 'conflicting-option'],
];

/** The failures of units, and the kinds of those of agents, as the union in `model/failure.ts` names them. */
function failures(): string[] {
  return read('src/model/failure.ts')
    .split(/^(?:export )?interface /m)
    .flatMap((text) => {
      const [, reason] = /readonly reason: '([a-z-]+)'/.exec(text) ?? [];
      if (reason === undefined) return [];
      const [, kinds = ''] = /readonly kind:([^;]*);/.exec(text) ?? [];
      return [reason, ...Array.from(kinds.matchAll(/'([a-z-]+)'/g), ([, kind]) => `${reason}-${kind}`)];
    });
}

/** Codes of zod, which are never printed. */
const notPrinted = new Set(['custom']);

test('every code, failure and exit code has an entry, and every entry is of one', () => {
  const wanted = [
    ...[...refusalCodes, ...specRules, ...codesOfUsage, ...codesInSources()].filter((code) => !notPrinted.has(code)),
    ...failures().map((name) => `failure-${name}`),
    ...Object.values(exitCodes).map((code) => `exit-${code}`),
  ];
  const anchors = Array.from(read('docs/troubleshooting.md').matchAll(/^\| <a id="([^"]+)">/gm), ([, id]) => id);
  expect(anchors.length).toBe(new Set(anchors).size);
  expect(new Set(anchors)).toEqual(new Set(wanted));
});
