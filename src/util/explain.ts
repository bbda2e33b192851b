/*
 * What a failed program says of the first thing that went wrong: for test runners the first test that failed, with where it
 * stands and what it expected; else the error itself, out of the stack traces and good-byes around it. Takes printable text.
 */

import { readable } from './readable.ts';

/** What explains a failure. */
export interface Explanation {
  /** The name of the test, where a test runner speaks. */
  readonly test: string | null;
  /** `file:line`. */
  readonly where: string | null;
  /** What is said of it, in at most a few lines. */
  readonly lines: readonly string[];
}

const maxLines = 6;
const maxLine = 200;

/** What explains the failure of a program; null for one that said nothing. */
export function explain(output: string): Explanation | null {
  const text = readable(output);
  for (const read of [...runners, ...errors]) {
    const found = read(text);
    if (found !== null) return found;
  }
  return lastWords(text);
}

/** An explanation as lines: the test and its place, then what is said, indented. */
export function explanationLines({ test, where, lines }: Explanation): string[] {
  const place = where === null ? '' : ` (${where})`;
  if (test !== null) return [`✖ ${test}${place}`, ...lines.map((line) => `  ${line}`)];
  return lines.map((line, index) => (index === 0 && !line.includes(where ?? line) ? `${line}${place}` : line));
}

type Reader = (text: string) => Explanation | null;

/** The lines that come after a place in the text, as far as they belong to it. */
function linesFrom(text: string, at: number, until: RegExp): string[] {
  const lines: string[] = [];
  const last = Math.min(text.length, at + 8000);
  for (let from = at; from >= 0 && from <= last && lines.length < maxLines;) {
    const next = text.indexOf('\n', from);
    const to = next < 0 ? last : Math.min(next, last);
    const line = text.slice(from, to);
    if (until.test(line)) break;
    if (line.trim() !== '') lines.push(line.trim().slice(0, maxLine));
    from = to + 1;
  }
  return lines;
}

function found(test: string | null, where: string | null | undefined, lines: readonly string[]): Explanation | null {
  const name = test?.trim().slice(0, maxLine) ?? null;
  if (name === null && lines.length === 0) return null;
  return { test: name, where: where?.replace(/^file:\/\//, '').replace(/^\/ws\//, '') ?? null, lines };
}

const end = (match: RegExpExecArray): number => match.index + match[0].length;
/** Where a JavaScript stack first speaks of the project's own code. */
const frame = /^[^\S\n]+at (.*)$/gm;
const ownFrame = (text: string): string | undefined => {
  for (const [, said = ''] of text.matchAll(frame)) {
    const place = /^(\S+:\d+):\d+$/.exec(
      said
        .replace(/\)$/, '')
        .split(/[\s()]/)
        .at(-1) ?? '',
    )?.[1];
    if (place !== undefined && !/^node:|node_modules/.test(place)) return place;
  }
  return undefined;
};

/** node:test, as it speaks to people. */
const nodeTest: Reader = (text) => {
  const section = text.indexOf('✖ failing tests:');
  const rest = section < 0 ? '' : text.slice(section);
  for (const match of rest.matchAll(/^test at (\S+:\d+):\d+\n✖ (.*?)(?: \([\d.]+ms\))?(?: #.*)?$/gm)) {
    const lines = linesFrom(rest, end(match), /^\s+at |^test at |^\S/);
    if (lines[0] !== "'test failed'" && !/^'\d+ subtests? failed'$/.test(lines[0] ?? ''))
      return found(match[2] ?? null, match[1], lines);
  }
  return null;
};

/** TAP, with its diagnostics. What is nested comes before what holds it. */
const tap: Reader = (text) => {
  if (!/^(?:TAP version \d+|1\.\.\d+)/m.test(text)) return null;
  for (const match of text.matchAll(/^( *)not ok \d*(?: - | )?(.*)$/gm)) {
    const [, indent = '', name = ''] = match;
    if (/#\s*(?:skip|todo)/i.test(name)) continue;
    const block = new RegExp(`^${indent} +---\\n([^]*?)^${indent} +\\.\\.\\.$`, 'm').exec(
      text.slice(match.index, match.index + 8000),
    );
    const details = block?.[1] ?? '';
    const where = /^ *(?:location|at): *'?(?:.*\()?(\S+?:\d+)(?::\d+)?\)?'?$/m.exec(details)?.[1];
    const said = /^( *)(?:error|message): *(?:\|-?\n((?:\1 +.*\n|[^\S\n]*\n)+)|'?(.*?)'?$)/m.exec(details);
    const other = [...details.matchAll(/^ *((?:expected|actual): *\S.*)$/gm)].map((one) => one[1] ?? '');
    const lines = (said?.[2] ?? said?.[3] ?? other.join('\n')).split('\n').filter((line) => line.trim() !== '');
    if (/^(?:test failed|\d+ subtests? failed)$/.test(lines[0] ?? '')) continue;
    return found(
      name,
      where,
      lines.slice(0, maxLines).map((line) => line.trim()),
    );
  }
  return null;
};

const vitest: Reader = (text) => {
  const match = /^ *FAIL  (.*)$/m.exec(text);
  if (!match) return null;
  const lines = linesFrom(text, end(match), /^ *❯ |^\s*⎯/);
  const where = /^ *❯ (?:.* )?(\S+:\d+):\d+$/m.exec(text.slice(end(match)))?.[1];
  return found(match[1] ?? null, where, lines);
};

const jest: Reader = (text) => {
  const match = /^ {2}● (?!Console$)(.*)$/m.exec(text);
  if (!match) return null;
  const rest = text.slice(end(match));
  return found(match[1] ?? null, ownFrame(rest), linesFrom(rest, 0, /^\s+at |^ {2}● |^\s*>?\s*\d+ \|/));
};

/** mocha, rspec, PHPUnit and ExUnit number what failed. */
const numbered: Reader = (text) => {
  const list = /^[^\S\n]*(?:\d+ failing|Failures:|There (?:was|were) \d+ (?:failure|error)s?:)$|^ {2}1\) test /m.exec(
    text,
  );
  if (!list) return null;
  const from = /^ *1\) test /.test(list[0]) ? list.index : end(list);
  const match = /^ *1\) (.+)((?:\n {7}\S.*)*)$/m.exec(text.slice(from));
  if (!match) return null;
  const rest = text.slice(from + end(match));
  const name = `${match[1] ?? ''}${(match[2] ?? '').replace(/\s+/g, ' ')}`.replace(/:$/, '');
  const lines = linesFrom(rest, 0, /^\s+at |^\s*2\) |^\s*# \.\/|^\/\S+:\d+$|^\s*stacktrace:/);
  const where =
    /^[^\S\n]*# \.\/(\S+:\d+)/m.exec(rest)?.[1] ??
    /^(\/\S+:\d+)$/m.exec(rest)?.[1] ??
    /^[^\S\n]+(\S+\.exs:\d+)$/m.exec(rest)?.[1];
  return found(name, where ?? ownFrame(rest), lines);
};

const pytest: Reader = (text) => {
  const match = /^(?:FAILED|ERROR) ([^\s(]\S*?)(?: - (.*))?$/m.exec(
    text.slice(Math.max(0, text.lastIndexOf('short test summary info'))),
  );
  if (!match) return null;
  const said =
    /(?:^E .*\n?)+/m
      .exec(text)?.[0]
      .split('\n')
      .filter((line) => line !== '') ?? [];
  const lines = said.slice(0, maxLines).map((line) => line.replace(/^E\s+/, '').slice(0, maxLine));
  const where = /^(\S+\.py:\d+): \S*$|^(\S+\.py:\d+): \w*(?:Error|Exception|Failed)\b/m.exec(text);
  return found(match[1] ?? null, where?.[1] ?? where?.[2], lines.length > 0 ? lines : [match[2] ?? ''].filter(Boolean));
};

const unittest: Reader = (text) => {
  const match = /^(?:FAIL|ERROR): (.*)\n(?:.*\n)?-{20,}\n/m.exec(text);
  if (!match) return null;
  const block = text.slice(end(match)).split(/^={20,}$|^-{20,}$/m)[0] ?? '';
  const { where, lines } = traceback(block) ?? { where: null, lines: [] };
  return found(match[1] ?? null, where, lines);
};

const goTest: Reader = (text) => {
  const match = [...text.matchAll(/^( *)--- FAIL: (\S+)/gm)].findLast(
    (one, index, all) => index === 0 || (all[0]?.[1]?.length === 0 && (one[1]?.length ?? 0) > 0),
  );
  if (!match) return null;
  const rest = text.slice(end(match)).replace(/^.*\n/, '');
  const lines = linesFrom(rest, 0, /^(?:FAIL|ok|---|===|exit status)|^ *--- /);
  const own = lines.length > 0 ? lines : linesFrom(text, text.indexOf('panic: '), /^goroutine /);
  return found(match[2] ?? null, /^(\S+\.go:\d+):/.exec(own[0] ?? '')?.[1], own);
};

const cargo: Reader = (text) => {
  const match = /^---- (.*?) stdout ----\n/m.exec(text);
  if (!match) return null;
  const rest = text.slice(end(match));
  const panic = /^thread '.*' (?:\(\d+\) )?panicked at (?:'.*', )?(\S+:\d+):\d+:?$/m.exec(rest);
  return found(
    match[1] ?? null,
    panic?.[1],
    linesFrom(rest, panic ? end(panic) : 0, /^(?:note:|stack backtrace:|----|failures:)/),
  );
};

/** Maven, Gradle and .NET. */
const others: Reader = (text) => {
  const maven = /^\[ERROR\] +(?:Failures:|Errors:) *\n\[ERROR\] +(\S+?):(\d+) (.*)$/m.exec(text);
  if (maven) return found(maven[1] ?? null, null, [`line ${maven[2]}: ${maven[3]}`.slice(0, maxLine)]);
  const gradle = /^(\S.* > .*) FAILED\n((?: {4}.*\n?)+)/m.exec(text);
  if (gradle)
    return found(
      gradle[1] ?? null,
      /\((\S+:\d+)\)/.exec(gradle[2] ?? '')?.[1],
      linesFrom(gradle[2] ?? '', 0, /^\s+at /),
    );
  const dotnet = /^ {2}Failed (.*?)(?: \[.*\])?\n {2}Error Message:\n/m.exec(text);
  if (dotnet)
    return found(
      dotnet[1] ?? null,
      /:line (\d+)/.exec(text)?.[0]?.slice(1),
      linesFrom(text, end(dotnet), /^ {2}Stack Trace:/),
    );
  return null;
};

const runners: readonly Reader[] = [nodeTest, tap, vitest, jest, pytest, unittest, numbered, goTest, cargo, others];

/** The end of the last traceback, which is what the first one led to. */
function traceback(text: string): Explanation | null {
  const at = text.lastIndexOf('Traceback (most recent call last):');
  if (at < 0) return null;
  const match = /^(?![\s-])\S.*$/m.exec(text.slice(at).replace(/^.*\n/, ''));
  if (!match) return null;
  const places = [...text.slice(at).matchAll(/^ {2}File "([^"]+)", line (\d+)/gm)];
  const own = places.findLast((one) => !/\/lib\/python[\d.]+\/|^</.test(one[1] ?? '')) ?? places.at(-1);
  return found(null, own ? `${own[1]}:${own[2]}` : null, [match[0].slice(0, maxLine)]);
}

/** An error that nobody caught, as Node and its like tell it: with the place before it, and the stack after. */
const uncaught: Reader = (text) => {
  const match =
    /^(?:Uncaught |error: |Exception in thread "[^"]*" )?((?:[\w.]+\.)?[A-Z]\w*(?:Error|Exception)(?: \[\w+\])?|Error)(?::.*|)$/m.exec(
      text,
    );
  if (!match) return null;
  const before = text.slice(Math.max(0, match.index - 1000), match.index);
  const place = [...before.matchAll(/^(\S+:\d+)$/gm)].at(-1)?.[1];
  const where = place?.startsWith('node:') === false ? place : ownFrame(text.slice(match.index, match.index + 4000));
  return found(null, where, linesFrom(text, match.index, /^\s+at |^\s*[{}]|^Node\.js v|^\s+code: /));
};

/** What compilers and linters say first, with the place where it stands. */
const compiler: Reader = (text) => {
  const rust = /^error(?:\[E\d+\])?: (?!could not compile|aborting|test failed).*\n *--> (\S+:\d+):\d+$/m.exec(text);
  if (rust) return found(null, rust[1], [(rust[0].split('\n')[0] ?? '').slice(0, maxLine)]);
  const placed =
    /^(\S+?(?::\d+|\(\d+,\d+\)))(?::\d+)?:? *(?:-? *(?:fatal )?error\b|undefined: |undefined reference|syntax error|cannot ).*$/im.exec(
      text,
    );
  if (placed) return found(null, placed[1], [placed[0].trim().slice(0, maxLine)]);
  const eslint = /^(\/?\S+\.\w+)\n(?: +\d+:\d+ +warning .*\n)* +(\d+):\d+ +(error .*)$/m.exec(text);
  return eslint
    ? found(null, `${eslint[1]}:${eslint[2]}`, [(eslint[3] ?? '').replace(/ {2,}/g, '  ').slice(0, maxLine)])
    : null;
};

const shell: Reader = (text) => {
  const match =
    /^\S+: (?:(?:line )?\d+: )?\S+: (?:(?:command )?not found|No such file or directory|Permission denied)$/m.exec(
      text,
    );
  return match ? found(null, null, [match[0].slice(0, maxLine)]) : null;
};

const panic: Reader = (text) => {
  const match = /^(?:panic: .*|fatal error: .*|thread '.*' panicked at .*(?:\n.+)?)$/m.exec(text);
  return match
    ? found(
        null,
        null,
        match[0].split('\n').map((line) => line.slice(0, maxLine)),
      )
    : null;
};

const npm: Reader = (text) => {
  const match = /^npm (?:ERR!|error) (?!code |errno |path |command |A complete log|signal |cwd |$)(.+)$/m.exec(text);
  return match ? found(null, null, [match[0].slice(0, maxLine)]) : null;
};

/** Anything that calls itself an error, but for those who count none. */
const generic: Reader = (text) => {
  const lines = text.split('\n').filter((line) => !isGoodbye(line));
  const at = lines.findIndex(
    (line) =>
      /\b(?:error|fatal|failed|failure|panic|exception|assert\w*|cannot|unable to|not found)\b/i.test(line) &&
      !/\b(?:0|no) (?:errors?|failed|failures?)\b/i.test(line),
  );
  return at < 0 ? null : found(null, null, [(lines[at] ?? '').trim().slice(0, maxLine)]);
};

const errors: readonly Reader[] = [traceback, uncaught, compiler, panic, shell, npm, generic];

/** What programs say at the end that explains nothing. */
function isGoodbye(line: string): boolean {
  return /^\s*$|^Node\.js v\d|^npm (?:ERR!|error)(?: A complete log| +\/|$)|^\S*make(?:\[\d+\])?: \*\*\* .* Error \d+$|^\[… .*cut …\]$|^(?:exit status|error: test failed) /.test(
    line,
  );
}

function lastWords(text: string): Explanation | null {
  const lines = text.split('\n').filter((line) => !isGoodbye(line));
  return found(
    null,
    null,
    lines.slice(-3).map((line) => line.trim().slice(0, maxLine)),
  );
}
