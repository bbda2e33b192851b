/*
 * Finds error messages in the output of programs other than test runners: compilers and linters with the place, runtimes
 * with the uncaught error, and any line that calls itself an error.
 */

import { found, linesFrom, placeFrom, type Reader, traceback } from './passage.ts';

/** The first place in the stack trace that follows an error closely. */
function stackPlace(text: string): string | undefined {
  const stack = /^(?:.*\n){1,12}?(?=[^\S\n]+at )/.exec(text);
  return stack ? placeFrom(text, stack[0].length) : undefined;
}

/** An error as runtimes print it. */
const error: Reader = (text) => {
  const match =
    /^(?:Uncaught |error: |Exception in thread "[^"]*" )?((?:[\w.]+\.)?[A-Z]\w*(?:Error|Exception)(?: \[\w+\])?|Error)(?::.*|)$/m.exec(
      text,
    );
  if (!match) return null;
  const before = text.slice(Math.max(0, match.index - 1000), match.index);
  const place = [...before.matchAll(/^(\S+:\d+)$/gm)].at(-1)?.[1];
  const where = place?.startsWith('node:') === false ? place : stackPlace(text.slice(match.index, match.index + 4000));
  return found(null, where, linesFrom(text, match.index, /^\s*[{}]|^Node\.js v|^\s+code: /));
};

/** Formats of a message with its place: groups `where` (or `file` and `line`), and `said`, by default the whole match. */
const shapes: readonly RegExp[] = [
  // Rust, Deno, Ruff: the message, and an arrow to the place.
  /^(?<said>(?:error(?:\[\S+\])?: (?!could not compile|aborting|test failed)|[A-Z]+\d+ ).*)\n *--> (?<where>\S+:\d+):\d+$/m,
  // The place, and a message that calls itself an error.
  /^ *(?!\d+:)(?<where>\S+?(?::\d+|\(\d+,\d+\)))(?::\d+)?:? *(?:-? *(?:fatal )?error\b|undefined: |undefined reference|syntax error|cannot ).*$/im,
  /^ *(?<where>\S+\.\w+:\d+)(?::\d+)?:? .*\[Error\/.*\]$/m, // a linter's `unix`
  /^(?<file>\S+\.\w+): line (?<line>\d+), col \d+, (?<said>Error - .*)$/m, // a linter's `compact`
  // A file, and its complaints below it.
  /^(?<file>\/?\S+\.\w+)\n(?: +\d+:\d+ +warning .*\n)* +(?<line>\d+):\d+ +(?<said>(?:error|✖) .*)$/m,
  // The place as a heading, and a marked message below it: Biome.
  /^(?<where>\S+\.\w+:\d+):\d+ .*━.*\n+ +[×✖] (?<said>.*)$/m,
  /^(?<file>\S+\.\w+) \S+ ━.*\n+ +[×✖] (?<said>.*)$/m,
  // A marked message, and the place in the frame below it: Oxlint.
  /^ *[x×✖] (?<said>.*)\n *[╭,][─-]\[(?<where>\S+:\d+):\d+\]$/m,
  // Maven, Kotlin, CMake, rustfmt.
  /^\[ERROR\] (?<file>\S+\.\w+):\[(?<line>\d+),\d+\] (?<said>.*)$/m,
  /^e: (?<where>\S+:\d+):\d+:? (?<said>.*)$/m,
  /^CMake Error at (?<where>\S+:\d+) .*\n(?: *\n)?(?<said> +\S.*)$/m,
  /^(?<said>Diff in (?<where>\S+:\d+)):?$/m,
  // Terraform, PHP, ShellCheck, a linker.
  /^[│ ]*(?<said>Error: .*)\n(?:[│ ]*\n)?[│ ]+on (?<file>\S+) line (?<line>\d+)\b.*$/m,
  /^(?<said>(?:PHP )?(?:Parse|Fatal) error: .*) in (?<file>\S+)(?: on line |:)(?<line>\d+)$/m,
  /^In (?<file>\S+) line (?<line>\d+):\n.*\n *\^-+\^? (?<said>SC\d+ .*)$/m,
  /^(?<said>\S+: *\(\S+\): undefined reference to .*|\S+:\(\S+\): undefined reference to .*)$/m,
];

const placed: Reader = (text) => {
  for (const shape of shapes) {
    const match = shape.exec(text);
    const { where, file, line, said } = match?.groups ?? {};
    if (match) return found(null, where ?? (file && `${file}:${line}`), [(said ?? match[0]).replace(/ {2,}/g, '  ')]);
  }
  return null;
};

/** A place and a message without the word error, as many linters print it. */
const remark: Reader = (text) => {
  const match =
    /^ *(?!\/usr\/)(\S+\.[a-z]\w*:\d+)(?::\d+)?:? (?! *(?:-? *(?:warning|note|info|debug)\b|in ))\S.*$/im.exec(text);
  return match ? found(null, match[1], [match[0]]) : null;
};

/** An uncaught error as Node and similar runtimes print it: the place before it, the stack after it. */
const uncaught: Reader = (text) => {
  const told = error(text);
  return told === null || told.where === null ? null : told;
};

const shell: Reader = (text) => {
  const match =
    /^\S+: (?:(?:line )?\d+: )?\S+: (?:(?:command )?not found|No such file or directory|Permission denied)$/m.exec(
      text,
    );
  return match ? found(null, null, [match[0]]) : null;
};

const panic: Reader = (text) => {
  const match = /^(?:panic: .*|fatal error: .*|thread '.*' (?:\(\d+\) )?panicked at .*(?:\n.+)?)$/m.exec(text);
  return match ? found(null, null, match[0].split('\n')) : null;
};

const npm: Reader = (text) => {
  const match = /^npm (?:ERR!|error) (?!code |errno |path |command |A complete log|signal |cwd |$)(.+)$/m.exec(text);
  return match ? found(null, null, [match[0]]) : null;
};

/** Lines that report success or count zero errors. */
const wentWell =
  /^\s*(?:[✔✓√]|ok\b|PASS|\(pass\)|--- PASS|\[ {7}OK)|\b(?:ok|PASSED)(?: *\(.*\)| *\[.*\])?$|\b(?:0|no) (?:errors?|failed|failures?)\b|\b(?:errors?|failed|failures?)(?:="?|: *)0\b/i;

/** Any line that calls itself an error, except if the word is part of a file name. */
const generic: Reader = (text) => {
  const said = text
    .split('\n')
    .find(
      (line) =>
        /(?<![\w./-])(?:error|fatal|failed|failure|panic|exception|assert\w*|cannot|unable to|not found)(?![./-]?\w)/i.test(
          line,
        ) &&
        !wentWell.test(line) &&
        !isGoodbye(line),
    );
  return said === undefined ? null : found(null, null, [said]);
};

/** In order of precedence. */
export const complaints: readonly Reader[] = [traceback, placed, uncaught, panic, shell, npm, remark, error, generic];

/** True for closing lines that explain nothing. */
export function isGoodbye(line: string): boolean {
  return /^\s*$|^Node\.js v\d|^npm (?:ERR!|error)(?: A complete log| +\/|$)|^\S*make(?:\[\d+\])?: \*\*\* .* Error \d+$|^\[… .*cut …\]$|^(?:exit status|error: test failed) /.test(
    line,
  );
}
