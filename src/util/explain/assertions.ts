/*
 * Finds the failed tests in a test runner's output, each with its place and with what it expected and got. A parser per
 * runner divides the output into the passages of its tests; what they say is read the same way for all. Takes printable text.
 */

import { compared } from './compared.ts';
import { explain } from './explain.ts';
import { endOf, found, placeFrom, shortened } from './passage.ts';
import { readable } from './readable.ts';

/** A failed test. Everything is as the program printed it, cut to a line. */
export interface Assertion {
  readonly test: string;
  /** Null, like `line`, if no place in the project was named. */
  readonly file: string | null;
  /** From 1. */
  readonly line: number | null;
  /** Null, like `got`, if the message compares nothing. */
  readonly expected: string | null;
  readonly got: string | null;
}

/** A failed test and what was printed about it. `where` is used if `text` names no place. */
interface Passage {
  readonly test: string;
  readonly where?: string | undefined;
  readonly text: string;
}
type Parser = (text: string) => Passage[];

/** Maximum number of failed tests that are told. */
export const maxAssertions = 20;
/** Maximum characters of a passage. */
const reach = 8000;

/** The failed tests of an output, in its order; empty if no known runner printed any. */
export function assertionsIn(output: string): Assertion[] {
  const text = readable(output);
  const all = runners.flatMap((parse) => parse(text).map(assertionOf));
  const seen = new Set<string>();
  const fresh = all.filter(({ test, file, line }) => {
    const name = `${test}\n${file}\n${line}`;
    return !seen.has(name) && seen.add(name);
  });
  return fresh.length > 0 ? fresh.slice(0, maxAssertions) : firstOf(output);
}

/** The first failed test of a runner without a parser. */
function firstOf(output: string): Assertion[] {
  const told = explain(output);
  if (told === null || told.test === null) return [];
  return [{ test: told.test, ...placeOf(told.where), ...compared(told.lines.join('\n')) }];
}

function assertionOf({ test, where, text }: Passage): Assertion {
  const told = found(test, placeFrom(text, 0) ?? where, []);
  return { test: told?.test ?? shortened(test), ...placeOf(told?.where ?? null), ...compared(text) };
}

function placeOf(where: string | null): Pick<Assertion, 'file' | 'line'> {
  const match = /^(.+):(\d+)$/.exec(where ?? '');
  return { file: match?.[1] ?? where, line: match === null ? null : Number(match[2]) };
}

/** The passages that begin with a heading and go on to the next one, or to a line that ends it. */
function divided(text: string, heading: RegExp, until?: RegExp, most = 5 * maxAssertions): Passage[] {
  const heads: RegExpExecArray[] = [];
  for (const head of text.matchAll(new RegExp(heading, `${heading.flags}gm`))) if (heads.push(head) >= most) break;
  return heads.map((head, index) => {
    const body = text.slice(endOf(head), Math.min(heads[index + 1]?.index ?? text.length, endOf(head) + reach));
    const end = until?.exec(body)?.index ?? body.length;
    const { test = '', where } = head.groups ?? {};
    return { test: test.replace(/\n\s+/g, ' ').replace(/:$/, ''), where, text: body.slice(0, end) };
  });
}

/** The text after a line; null without that line. */
function after(text: string, line: RegExp): string | null {
  const match = line.exec(text);
  return match === null ? null : text.slice(endOf(match));
}

/** Of a test or suite that failed only because one in it did. */
const holdsAnother = /^\s*'?(?:test failed|\d+ subtests? failed)'?\s*$/m;

const nodeTest: Parser = (text) => {
  const told = after(text, /^(?:✖ failing tests|Failed tests):$/m);
  const heading = /^(?:test at (?<where>\S+:\d+):\d+\n)?✖ (?<test>.*?)(?: \([\d.]+ms\))?(?: #.*)?$/;
  return divided(told ?? '', heading).filter(({ text: said }) => !holdsAnother.test(said));
};

const tap: Parser = (text) => {
  if (!/^(?:TAP version \d+|1\.\.\d+)/m.test(text)) return [];
  const failed = divided(text, /^ *not ok \d*(?: - | )?(?<test>(?!.*#\s*(?:skip|todo))\S.*?)(?: # time=.*)?$/i);
  return failed.flatMap((one) => {
    const details = /^\n( *)---\n([^]*?)\n\1\.\.\.$/m.exec(one.text)?.[2] ?? one.text;
    if (/^ *(?:failureType: 'subtestsFailed'|error: '\d+ subtests? failed')$/m.test(details)) return [];
    const isSuite = /^ *# time=.*\{$|^\s*\{?\s*\n *1\.\.\d/m.test(one.text) || one.test.endsWith('{');
    if (isSuite) return [];
    const own = details.split(/^ *(?:not )?ok \d/m)[0] ?? '';
    const where = /^ *(?:location|at): *['"]?(?:.*\()?(\S+?:\d+)(?::\d+)?\)?['"]?$/m.exec(own)?.[1];
    const frame = /^ *\S.*\((?:file:\/\/)?(\/\S+?:\d+):\d+\)$/m.exec(after(own, /^ *stack: .*$/m) ?? '')?.[1];
    return [{ test: one.test, where: frame ?? where, text: own }];
  });
};

const vitest: Parser = (text) =>
  divided(text, /^ *FAIL {2}(?<test>.* > .*?)(?: {2,}.*)?$/, /^ *(?:⎯{5,}|Test Files |FAIL )/m);

const jest: Parser = (text) =>
  divided(text, /^ {2}● (?!Console$)(?<test>.*)$/, /^(?:Tests|Test Suites): |^(?:FAIL|PASS) /m);

const mocha: Parser = (text) => {
  const told = after(text, /^ *\d+ failing$/m);
  return divided(told ?? '', /^ {2}\d+\) (?<test>.+(?:\n {7}\S.*)*)$/);
};

const pytest: Parser = (text) => {
  const told = after(text, /^=+ (?:FAILURES|ERRORS) =+$/m);
  return divided(told ?? '', /^_{3,} (?<test>\S.*?) _{3,}$/, /^=+ .* =+$/m).map((one) => {
    const places = [...one.text.matchAll(/^(\S+\.\w+:\d+): /gm)].map(([, place]) => place);
    return { ...one, where: places.findLast((place) => !/site-packages|\/lib\/python/.test(place ?? '')) };
  });
};

const goTest: Parser = (text) => {
  const failed = divided(text, /^ *--- FAIL: (?<test>\S+) \(.*\)$/, /^(?! {4}|\n|$)|^ *--- /m);
  const ran = divided(text, /^=== (?:RUN|NAME|CONT) +(?<test>\S+)$/, /^=== |^ *--- /m, 10_000);
  return failed.flatMap((one) => {
    if (one.text.trim() !== '') return [one];
    const said = ran.filter(({ test, text: own }) => test === one.test && own.trim() !== '');
    const isParent = said.length === 0 && failed.some(({ test }) => test.startsWith(`${one.test}/`));
    return isParent ? [] : [{ test: one.test, text: said.map(({ text: own }) => own).join('') }];
  });
};

const cargoTest: Parser = (text) =>
  /^ *running \d+ tests?$|^ +FAIL \[/m.test(text)
    ? divided(
        text,
        /^ *thread '(?<test>(?!main')[^']+)' (?:\(\d+\) )?panicked at (?<where>\S+:\d+):\d+:$/,
        /^ *(?:note:|----|failures:|stack backtrace:)/m,
      )
    : [];

const runners: readonly Parser[] = [nodeTest, tap, vitest, jest, mocha, pytest, goTest, cargoTest];
