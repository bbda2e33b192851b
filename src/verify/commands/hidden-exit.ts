import { simpleCommands } from './shell-words.ts';

/** Programs whose exit code says nothing about what they read. */
const filters = new Set([
  'tail',
  'head',
  'cat',
  'tee',
  'sed',
  'awk',
  'sort',
  'uniq',
  'wc',
  'tr',
  'cut',
  'less',
  'more',
]);

/** Part of a command that hides the exit code of what it tests, and why; null if it shows it. */
export interface HiddenExit {
  readonly phrase: string;
  readonly why: string;
}

/**
 * Finds the part of a check's command that makes it pass whatever its programs find: an end such as `|| true`, a pipe into a
 * program that always succeeds, or a `;` after the test. `grep` and `test` at the end decide, and are no such end.
 */
export function hiddenExit(command: string): HiddenExit | null {
  const bare = withoutQuotes(command);
  const always = successAtEnd(bare);
  if (always !== null) return { phrase: command.slice(always).trim(), why: 'its end always succeeds' };
  if (/[^&>]&$/.test(bare.trimEnd())) return { phrase: '&', why: 'nothing waits for its end' };
  const pipe = bare.lastIndexOf('|');
  if (pipe > 0 && bare[pipe - 1] !== '|' && !/\bpipefail\b/.test(command)) {
    const [last] = simpleCommands(command.slice(pipe + 1));
    const program = last?.words[0] ?? '';
    if (filters.has(program))
      return { phrase: command.slice(pipe).trim(), why: `${program} succeeds whatever it reads` };
  }
  const [first, ...later] = bare.split(/;(?!;)|\n/).filter((part) => part.trim() !== '');
  const isSetting = /^\s*(?:set\s|cd\s|export\s|[A-Za-z_]\w*=\S*\s*$|if\b|for\b|while\b|until\b|case\b|\{|\()/;
  if (first !== undefined && later.length > 0 && !isSetting.test(first) && !/\bset\s+-\w*e/.test(bare))
    return { phrase: ';', why: 'only its last command decides' };
  return null;
}

/** The offset of a last command that always succeeds, with what separates it; null if it decides, or runs only after success. */
function successAtEnd(bare: string): number | null {
  const whole = bare.trimEnd();
  const at = Math.max(...[';', '&', '|', '\n'].map((separator) => whole.lastIndexOf(separator)));
  if (at < 0 || !/^\s*(?:true|:|exit 0|echo\b.*)$/.test(whole.slice(at + 1))) return null;
  const before = whole.slice(0, at + 1).trimEnd();
  const [separator] = /(?:\|\|?|;|&&?)$/.exec(before.slice(-2)) ?? [''];
  return separator === '|' || separator === '&&' ? null : before.length - separator.length;
}

/** Replaces quoted parts by blanks of the same length. */
function withoutQuotes(command: string): string {
  return command.replace(/'[^']*'|"(?:\\.|[^"\\])*"|\\./g, (part) => ' '.repeat(part.length));
}
