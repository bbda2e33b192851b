import path from 'node:path';
import { simpleCommands } from './shell-words.ts';

/** Programs whose exit code says nothing about what they read. */
const filters = new Set([
  ...['tail', 'head', 'cat', 'tee', 'sed', 'awk', 'sort', 'uniq', 'wc', 'tr', 'cut', 'less', 'more', 'column', 'nl'],
]);

/** Part of a command that hides the exit code of what it tests, and why; null if it shows it. */
export interface HiddenExit {
  readonly phrase: string;
  readonly why: string;
}

/** The most characters of a command that are looked at. */
const longest = 10_000;
/** The most levels of commands in arguments, as in `sh -c "…"`. */
const deepest = 3;

/**
 * Finds the part of a check's command that makes it pass whatever its programs find: an end such as `|| true`, a pipe into a
 * program that always succeeds, work in the background, or a `;` after the test. `grep` and `test` at the end decide, and are
 * no such end.
 */
export function hiddenExit(command: string, depth = 0): HiddenExit | null {
  if (command.length > longest) return null;
  const bare = withoutQuotes(command);
  const hasErrexit = /\bset\s+-(?:\w*e|o\s+errexit)/.test(bare) && !/\bset\s+\+(?:\w*e|o\s+errexit)/.test(bare);
  return (
    trapped(command) ??
    inBackground(command, bare) ??
    alternative(command, bare) ??
    piped(command, bare) ??
    (hasErrexit ? null : sequence(command, bare)) ??
    branches(bare) ??
    (depth < deepest ? inArgument(command, bare, depth) : null)
  );
}

/** A command that always succeeds. */
const succeeding = /^(?:(?:\/usr)?(?:\/bin\/)?true|:|exit\s+0|return\s+0|(?:echo|printf|sleep|date)\b[^|]*|wait)$/;

function succeeds(part: string): boolean {
  return part
    .split(/;|\n|&&/)
    .map((one) => one.replace(/^[\s({]+|[\s)}]+$/g, ''))
    .every((one) => one === '' || succeeding.test(one));
}

/** `trap 'exit 0' EXIT` */
function trapped(command: string): HiddenExit | null {
  const [phrase] =
    /\btrap\s+(?:'[^']*\bexit\s+0\b[^']*'|"[^"]*\bexit\s+0\b[^"]*")\s+[\w\s]*\b(?:EXIT|ERR|0)\b/.exec(command) ?? [];
  return phrase === undefined ? null : { phrase, why: 'its trap always succeeds' };
}

/** `npm test & wait`: a plain `wait` succeeds. What decides after the `&` may be another command, such as a test of a server. */
function inBackground(command: string, bare: string): HiddenExit | null {
  const start = bare.search(/(?<![&>|<])&(?![&>])[^&]*$/);
  if (start < 0) return null;
  const after = bare.slice(start + 1);
  const isWaited = /\bwait\s+[^\s;&|)}]/.test(command.slice(start + 1));
  if (isWaited || !succeeds(after)) return null;
  return { phrase: command.slice(start).trim(), why: 'nothing waits for its end' };
}

/** `npm test || true`, also in brackets, and `|| exit 0` anywhere. */
function alternative(command: string, bare: string): HiddenExit | null {
  const why = 'its end always succeeds';
  const [exit] = [...bare.matchAll(/\|\|\s*exit\s+0\b/g)];
  if (exit) return { phrase: exit[0], why };
  const at = bare.lastIndexOf('||');
  if (at < 0) return null;
  const after = bare.slice(at + 2);
  const [first = ''] = after.replace(/^[\s({]+/, '').split(/[\s;)}]/);
  const isTold = filters.has(first) && /^\s*[\w./-]+\s[^;&|\n]*$/.test(after);
  if (!isTold && (after.trim() === '' || !succeeds(after))) return null;
  return { phrase: command.slice(at).trim(), why };
}

/** `npm test | tail` without `pipefail`. */
function piped(command: string, bare: string): HiddenExit | null {
  const pipe = bare.lastIndexOf('|');
  if (pipe <= 0 || bare[pipe - 1] === '|' || /-\w*o\s+pipefail\b/.test(bare)) return null;
  const [last] = simpleCommands(command.slice(pipe + (bare[pipe + 1] === '&' ? 2 : 1)));
  const program = path.posix.basename(last?.words[0] ?? '');
  if (!filters.has(program)) return null;
  return { phrase: command.slice(pipe).trim(), why: `${program} succeeds whatever it reads` };
}

const compound = /^\s*(?:if|for|while|until|case|select|function)\b|^\s*[{(]|^\s*\w+\s*\(\)/;
const setting =
  /^\s*(?:(?:set|cd|export|unset|trap|source|\.|umask|ulimit|shopt|alias|local|readonly)\s.*|[A-Za-z_]\w*=\S*\s*)$/s;
/** What prepares a test, and tests nothing. */
const preparing = /^\s*(?:rm|mkdir|touch|cp|mv|ln|chmod|kill|pkill|docker|sleep|echo|printf|true|:)(?:\s[^&]*)?$/s;
/** What a background job leaves: its number, or a moment to start. */
const beside = /^\s*(?:\w+=\$!|sleep\s.*|)\s*$/s;

/** `npm test; npm run lint` and `npm test; echo done`. */
function sequence(command: string, bare: string): HiddenExit | null {
  const always = /[;\n]\s*((?:(?:\/usr)?\/bin\/)?true|:|exit\s+0|echo\b[^;&|\n]*)[\s;)}]*$/.exec(bare);
  const before = always === null ? '' : bare.slice(0, always.index);
  if (always !== null && !/(?:^|[;\n])\s*(?:if|for|while|until|case)\b/.test(before) && !isSettings(before))
    return { phrase: command.slice(always.index).trim(), why: 'its end always succeeds' };
  const parts = partsOf(bare)
    .flatMap(withoutJobs)
    .filter((part) => part.trim() !== '');
  const from = parts.findIndex((part) => !setting.test(part) && !preparing.test(part));
  const [first, ...later] = from < 0 ? [] : parts.slice(from);
  if (first === undefined || later.length === 0 || compound.test(first)) return null;
  // A later command may pass the exit code on.
  if (later.some((part) => part.includes('$?')) || /^\s*exit\s*(?:\$.*)?$/.test(later.at(-1) ?? '')) return null;
  return { phrase: ';', why: 'only its last command decides' };
}

/** The commands of a sequence; those in brackets stay together. */
function partsOf(bare: string): string[] {
  const parts: string[] = [];
  let [depth, from] = [0, 0];
  for (let at = 0; at < bare.length; at++) {
    const char = bare[at] ?? '';
    if (/[({]/.test(char)) depth++;
    else if (/[)}]/.test(char)) depth = Math.max(0, depth - 1);
    else if (depth === 0 && (char === '\n' || (char === ';' && bare[at + 1] !== ';' && bare[at - 1] !== ';'))) {
      parts.push(bare.slice(from, at));
      from = at + 1;
    }
  }
  return [...parts, bare.slice(from)];
}

function isSettings(text: string): boolean {
  return text.split(/;|\n/).every((part) => part.trim() === '' || setting.test(part));
}

/** A part without the jobs that it starts in the background. */
function withoutJobs(part: string): string[] {
  const pieces = part.split(/(?<![&>|<])&(?![&>])/);
  return pieces.slice(-1).filter((last) => pieces.length === 1 || !beside.test(last));
}

/** `if npm test; then :; fi` */
function branches(bare: string): HiddenExit | null {
  const found = /^\s*if\b([^]*?)[;\n]\s*then\b([^]*)\bfi\s*;?\s*$/.exec(bare);
  if (found === null || /\bif\b/.test(found[2] ?? '')) return null;
  const bodies = (found[2] ?? '').split(/\b(?:else|elif\b[^]*?\bthen)\b/);
  if (!bodies.every(succeeds)) return null;
  return { phrase: 'if', why: 'each of its branches succeeds' };
}

/** `sh -c "npm test || true"` */
function inArgument(command: string, bare: string, depth: number): HiddenExit | null {
  if (!/\b(?:sh|bash|dash|zsh|ksh|eval)\s/.test(bare)) return null;
  for (const { words } of simpleCommands(command).slice(-1)) {
    const [program = '', ...others] = words;
    const name = path.posix.basename(program);
    if (name === 'eval') return hiddenExit(others.join(' '), depth + 1);
    const at = /^(?:sh|bash|dash|zsh|ksh)$/.test(name) ? others.findIndex((word) => /^-\w*c$/.test(word)) : -1;
    if (at < 0) continue;
    const options = others.slice(0, at + 1).join(' ');
    const isStrict = /(?:^|\s)-\w*e/.test(options);
    const script = `${isStrict ? 'set -e; ' : ''}${/pipefail/.test(options) ? 'set -o pipefail; ' : ''}${others[at + 1] ?? ''}`;
    return hiddenExit(script, depth + 1);
  }
  return null;
}

/** Replaces quoted parts and comments by blanks of the same length. */
function withoutQuotes(command: string): string {
  return command.replace(/'[^']*'|"(?:\\.|[^"\\])*"|\\.|(?<=^|\s)#.*/g, (part) => ' '.repeat(part.length));
}
