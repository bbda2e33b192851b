/*
 * Finds the first failed test in a test runner's output. Most runners name it in one line and print its message below, or
 * between the lines that begin and end the test: those are a table. TAP, XML and Python's runners have readers.
 */

import { endOf, type Explanation, found, linesFrom, maxLines, placeFrom, type Reader, traceback } from './passage.ts';

/** How a runner reports a failed test. */
interface Marker {
  /** The line with its name: groups `test` and, if present, `where` (or `file` and `line`) and `said`. */
  readonly head: RegExp;
  /** Only lines below this one count. */
  readonly section?: RegExp;
  /** The line that ends the message. */
  readonly until?: RegExp;
  /** Prefixes of the name in the line that begins the test's own output. */
  readonly begins?: readonly string[];
  /** For messages that precede the name: how a message begins. */
  readonly before?: RegExp;
}

const time = String.raw`(?: [(\[]?[\d.]+ ?m?s[)\]]?)?`;
/** Shows that a panicking thread is one of cargo's tests, and not just a named thread. */
const cargoRan = /^ *running \d+ tests?$|^ +FAIL \[|^test .* \.\.\. FAILED$/m;
const markers: readonly Marker[] = [
  // node:test
  {
    head: new RegExp(`^(?:test at (?<where>\\S+:\\d+):\\d+\\n)?✖ (?<test>.*?)${time}(?: #.*)?$`, 'gm'),
    section: /^(?:✖ failing tests|Failed tests):$/m,
    until: /^\S/,
  },
  // vitest, and Pest
  { head: /^ *FAILED {2}(?<test>.* > .*?)(?: {2,}.*)?$/gm, until: /^ *FAILED {2}|^ *Tests: / },
  { head: /^ *FAIL {2}(?<test>.*)$/gm, until: /^ *FAIL {2}/ },
  // jest
  { head: /^ {2}● (?!Console$)(?<test>.*)$/gm, until: /^ {2}● / },
  // Playwright, minitest
  { head: /^ *\d+\) (?<test>(?:\[.*?\] › )?(?<where>\S+:\d+):\d+ › .*?)(?: ─+)?$/gm, until: /^ *\d+\) / },
  {
    head: /^ *(?:\d+\) )?(?:Failure|Error):\n(?<test>\S+#.+?)(?: \[(?<where>\S+:\d+)\])?:$/gm,
    until: /^ *\d+\) |^\d+ runs, |^\S*rails test |^ {4}\S+:\d+:in /,
  },
  // mocha, RSpec, PHPUnit
  {
    head: /^ *1\) (?<test>.+(?:\n {7}\S.*)*)$/gm,
    section: /^[^\S\n]*(?:\d+ failing|Failures:|There (?:was|were) \d+ (?:failure|error)s?:)$/m,
    until: /^\s*2\) |^(?:FAILURES|ERRORS)!|^--$|^ *Stack:$/,
  },
  // ExUnit
  { head: /^ {2}\d+\) (?<test>test .*)$/gm, until: /^ {2}\d+\) / },
  // go test
  {
    head: /^ *--- FAIL: (?<test>\S+).*$/gm,
    until: /^(?:FAIL|ok|---|===|exit status|goroutine )|^ *--- /,
    begins: ['=== RUN   ', '=== NAME  ', '=== CONT  '],
  },
  // cargo test and nextest
  {
    head: /^ *thread '(?<test>(?!main')[^']+)' (?:\(\d+\) )?panicked at (?<where>\S+:\d+):\d+:$/gm,
    section: cargoRan,
    until: /^ *(?:note:|----|failures:)/,
  },
  {
    head: /^ *thread '(?<test>(?!main')[^']+)' panicked at '(?<said>.*)', (?<where>\S+:\d+):\d+$/gm,
    section: cargoRan,
    until: /^/,
  },
  { head: /^---- (?<test>.*?) stdout ----$/gm, until: /^(?:note:|----|failures:)/ },
  // Maven, Gradle, .NET
  { head: /^\[ERROR\] +(?<test>[\w$.]+\.\w+(?:\(.*?\))?):(?<line>\d+) (?<said>.*)$/gm, until: /^/ },
  { head: /^\[ERROR\] +(?<test>\S+)(?: --)? +Time elapsed: .*<<< (?:FAILURE|ERROR)!$/gm, until: /^\[/ },
  { head: /^(?<test>\S.* > .*) FAILED$/gm, until: /^\S/ },
  { head: /^ {2}Failed (?<test>.*?)(?: \[.*\])?\n {2}Error Message:$/gm, until: /^ {2}Stack Trace:/ },
  // Deno, Bun
  { head: /^(?<test>\S.*) => (?<where>\S+:\d+):\d+$/gm, section: /^ *ERRORS *$/m, until: /^ *FAILURES *$/ },
  { head: new RegExp(`^\\(fail\\) (?<test>.*?)${time}$`, 'gm'), until: /^(?! +\^ )/, before: /^error: /m },
  // GoogleTest
  { head: /^\[ {2}FAILED {2}\] (?<test>\S+)(?: \(.*|, where .*)$/gm, until: /^/, begins: ['[ RUN      ] '] },
  // Catch2
  {
    head: /^-{20,}\n(?<test>\S.*)\n-{20,}\n(?<where>\S+:\d+)\n\.{20,}$(?=\n*\S+: FAILED:)/gm,
    until: /^\S+:\d+: (?!FAILED:)/,
  },
  // XCTest, Swift Testing
  { head: /^(?<where>\S+\.swift:\d+): error: (?:-\[)?(?<test>\w\S* ?\w+)\]? : (?<said>.*)$/gm, until: /^/ },
  { head: /^\S+ Test (?<test>.+?) recorded an issue at (?<where>\S+:\d+):\d+: (?<said>.*)$/gm, until: /^/ },
  // AVA, Bats, Perl, doctest, CTest
  { head: /^ *[✘✖] \[fail\]: (?<test>.+)$/gm, until: /^/, begins: ['  '] },
  { head: /^ ✗ (?<test>.+)$/gm, until: /^ [✓✗-] |^\d+ tests, / },
  { head: /^# +Failed test '(?<test>.*)'\n# +at (?<file>\S+) line (?<line>\d+)\.$/gm, until: /^(?!# {5})/ },
  { head: /^File "(?<file>[^"]+)", line (?<line>\d+), in (?<test>\S+)\nFailed example:$/gm },
  {
    head: /^ *\d+\/\d+ Test +#\d+: (?<test>\S+) \.*\*\*\*(?<said>\w.*?) +[\d.]+ sec$/gm,
    until: /^ *(?:Start +\d|\d+\/\d+ Test|\d+% tests)/,
  },
  // Runners that only print the name.
  { head: /^(?:test )?(?<test>\S+::\S.*?|\S.*?(?= \.\.\.))(?: \.\.\.)? FAILED\b.*$/gm, until: /^/ },
];

/** The message of a test that contains the failed one. */
const holdsAnother = /^'?(?:test failed|\d+ subtests? failed)'?$/;
/** Matches that are tried until one has a message, and characters searched backwards for a test's output. */
const looks = { matches: 50, back: 100_000 } as const;

function readerOf(marker: Marker): Reader {
  return (text) => {
    const section = marker.section?.exec(text) ?? null;
    if (marker.section !== undefined && section === null) return null;
    const head = new RegExp(marker.head);
    head.lastIndex = section === null ? 0 : endOf(section);
    let named: Explanation | null = null;
    for (let left = looks.matches; left > 0; left--) {
      const match = head.exec(text);
      if (match === null) break;
      const told = toldBy(marker, text, match);
      if (holdsAnother.test(told?.lines[0] ?? '')) continue;
      if (told !== null && told.lines.length > 0) return told;
      named ??= told;
    }
    return named;
  };
}

function toldBy(marker: Marker, text: string, match: RegExpExecArray): Explanation | null {
  const { test = '', where, file, line, said } = match.groups ?? {};
  const place = where ?? (file === undefined ? undefined : `${file}:${line}`);
  const name = test.replace(/\n\s+/g, ' ').replace(/:$/, '');
  const until = marker.until ?? /^$a/;
  const first = said === undefined ? [] : [file === undefined && line !== undefined ? `line ${line}: ${said}` : said];
  const lines = [...first, ...linesFrom(text, endOf(match) + 1, until)].slice(0, maxLines);
  const isElsewhere = marker.begins !== undefined || marker.before !== undefined;
  if (lines.length > 0 || !isElsewhere) {
    const next = /^ *\d+\) |^test at /; // another test's place is not this one's
    return found(name, place ?? (line === undefined ? placeFrom(text, endOf(match) + 1, next) : null), lines);
  }
  const at = begin(marker, text, match, name);
  if (at === null) return found(name, place, []);
  const other = /^(?:=== |--- |\[ |\((?:pass|fail|skip|todo)\) )/;
  return found(name, place ?? placeFrom(text, at, other), linesFrom(text, at, other));
}

/** The offset at which a message that is not below the name begins. */
function begin(marker: Marker, text: string, match: RegExpExecArray, name: string): number | null {
  const from = Math.max(0, match.index - looks.back);
  const back = text.slice(from, match.index);
  for (const prefix of marker.begins ?? []) {
    const head = `\n${prefix}${name}\n`;
    const at = `\n${back}`.lastIndexOf(head);
    if (at >= 0) return from + at + head.length - 1;
    const after = text.indexOf(head, endOf(match));
    if (after >= 0 && after - match.index < looks.back) return after + head.length;
  }
  if (marker.before === undefined) return null;
  const other = Math.max(...['\n(pass) ', '\n(fail) '].map((told) => back.lastIndexOf(told)));
  const at = marker.before.exec(back.slice(other + 1));
  return at === null ? null : from + other + 1 + at.index;
}

/** TAP. Nested tests precede the one that contains them, and tests with diagnostics precede those without. */
const tap: Reader = (text) => {
  if (!/^(?:TAP version \d+|1\.\.\d+)/m.test(text)) return null;
  let named: Explanation | null = null;
  for (const match of text.matchAll(/^( *)not ok \d*(?: - | )?(.*)$/gm)) {
    const [, indent = '', rest = ''] = match;
    if (/#\s*(?:skip|todo)/i.test(rest)) continue;
    const name = rest.replace(/ # time=.*$/, '');
    const after = text.slice(endOf(match) + 1, endOf(match) + 8000);
    const block = /^ +---\n/.test(after) ? new RegExp(`^ +---\\n([^]*?)^${indent} +\\.\\.\\.$`, 'm').exec(after) : null;
    const told: Explanation | null = block ? tapDetails(name, block[1] ?? '') : tapComment(name, after);
    if (holdsAnother.test(told?.lines[0] ?? '')) continue;
    if (told !== null && (block !== null || told.lines.length > 0)) return told;
    named ??= told;
  }
  return named;
};

function tapDetails(name: string, details: string): Explanation | null {
  const where = /^ *(?:location|at): *['"]?(?:.*\()?(\S+?:\d+)(?::\d+)?\)?['"]?$/m.exec(details)?.[1];
  const said =
    /^( *)(?:error|message|diff): *(?:\|-?\n((?:\1 +.*\n|[^\S\n]*\n)+)|"(.*)"$|'?([^'"\n].*?)'?$)/m.exec(details) ??
    /^( *)\{"message":"()((?:[^"\\]|\\.)*)"/m.exec(details);
  const other = [...details.matchAll(/^ *((?:expected|actual): *\S.*)$/gm)].map((one) => one[1] ?? '');
  const spoken = [said?.[2], said?.[3], said?.[4]].find((one) => one !== undefined && one !== '');
  const lines = spoken?.split(/\n|(?<!\\)\\n/).filter((line) => line.trim() !== '') ?? other;
  return found(name, where, lines.slice(0, maxLines));
}

/** Diagnostics of other TAP writers, below the test: in comments, or indented. */
function tapComment(name: string, after: string): Explanation | null {
  const other = /^[^\s#]|^ *(?:not ok|ok|\d+\.\.\d+)\b|^# (?:Subtest|tests|pass|fail)\b/;
  const lines = linesFrom(after, 0, other).map((line) => line.replace(/^# */, ''));
  return found(name, lines.length === 0 ? null : placeFrom(after, 0, other), lines);
}

/** JUnit XML; takes uncut lines, since the whole document may be one. */
export function junit(text: string): Explanation | null {
  const match = /<(?:failure|error)\b([^<>]*)(>?)/.exec(text);
  const at = match === null ? -1 : text.lastIndexOf('<testcase ', match.index);
  if (match === null || at < 0) return null;
  const attributes = text.slice(at, Math.min(match.index, at + 4000));
  const attribute = (of: string, name: string): string | undefined => {
    const value = new RegExp(`\\s${name}="([^"]*)"`).exec(of)?.[1];
    return value === undefined ? undefined : decoded(value);
  };
  const [from, name] = [attribute(attributes, 'classname'), attribute(attributes, 'name')];
  const message = attribute(match[1] ?? '', 'message');
  const content = text.slice(endOf(match), endOf(match) + 4000).split(/<\/(?:failure|error)>/)[0] ?? '';
  const body = decoded(content.replace(/^\s*<!\[CDATA\[/, '').replace(/\]\]>\s*$/, ''));
  const lines = linesFrom(message === undefined || message === '' ? body : message, 0, /^\s*\+ expected - actual/);
  const [file, line] = [attribute(attributes, 'file'), attribute(attributes, 'line')];
  const where = placeFrom(body, 0) ?? (file !== undefined && line !== undefined ? `${file}:${line}` : file);
  return found([from, name].filter(Boolean).join(' '), where, lines);
}

function decoded(text: string): string {
  const named: ReadonlyMap<string, string> = new Map([
    ['lt', '<'],
    ['gt', '>'],
    ['amp', '&'],
    ['quot', '"'],
    ['apos', "'"],
    ['#10', '\n'],
    ['#xA', '\n'],
    ['#39', "'"],
    ['#x3C', '<'],
    ['#x3E', '>'],
  ]);
  return text.replace(/&(#?\w{1,5});/g, (whole, name: string) => named.get(name) ?? whole);
}

const pytest: Reader = (text) => {
  const summary = /^(?:FAILED|ERROR) ([^\s(]\S*?)(?: - (.*))?$/m.exec(
    text.slice(Math.max(0, text.lastIndexOf('short test summary info'))),
  );
  const name = summary?.[1] ?? /^_{3,} (\S+) _{3,}\n/m.exec(text)?.[1];
  if (name === undefined || !/^=+ |^(?:FAILED|ERROR) |^\d+ (?:failed|error)/m.test(text)) return null;
  const said = /(?:^E .*\n?)+/m.exec(text)?.[0].split('\n') ?? [];
  const lines = said.filter((line) => line !== '').map((line) => line.replace(/^E\s+/, ''));
  const where =
    /^(\S+\.\w+:\d+): \S*$|^(\S+\.py:\d+): \w*(?:Error|Exception|Failed)\b|^(?!\/.*\/lib\/)(\S+\.py:\d+): in (?!<module>)/m.exec(
      text,
    );
  const doctest = lines.length > 0 ? null : /^Expected:\n/m.exec(text);
  const compared = doctest === null ? [] : linesFrom(text, doctest.index, /^\S+:\d+: /);
  const other = compared.length > 0 ? compared : [summary?.[2] ?? ''];
  const place = where?.[1] ?? where?.[2] ?? where?.[3];
  return found(name, place, lines.length > 0 ? lines.slice(0, maxLines) : other);
};

const unittest: Reader = (text) => {
  const match = /^(?:FAIL|ERROR): (.*)\n(?:.*\n)?-{20,}\n/m.exec(text);
  if (!match) return null;
  const block = text.slice(endOf(match)).split(/^={20,}$|^-{20,}$/m)[0] ?? '';
  const { where, lines } = traceback(block) ?? { where: null, lines: [] };
  return found(match[1], where, lines);
};

/** Each reads one format; the first that finds a test counts. */
export const failedTests: readonly Reader[] = [tap, pytest, unittest, ...markers.map(readerOf)];
