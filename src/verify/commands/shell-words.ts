import path from 'node:path';

/** One program with its arguments, as a shell command starts it. */
interface SimpleCommand {
  readonly words: readonly string[];
  /**
   * True if another command reads its output and decides: left of a pipe, or in `$(…)`. Its own exit code then decides
   * nothing.
   */
  readonly isObserved: boolean;
}

/**
 * The programs that a shell command starts, including those in substitutions and subshells. Quotes are removed, nothing
 * is expanded. The parser is approximate: a false positive only protects a file too many.
 */
export function simpleCommands(command: string): SimpleCommand[] {
  const found: SimpleCommand[] = [];
  read(command, 0, false, found);
  if (!/\bpipefail\b/.test(command)) return found;
  return found.map(({ words }) => ({ words, isObserved: false }));
}

/** Reads up to the parenthesis or backtick that ends a substitution; returns its offset. */
function read(text: string, start: number, isObserved: boolean, found: SimpleCommand[], end = ''): number {
  let words: string[] = [];
  let word: string | null = null;
  const documents: string[] = [];
  const endWord = (): void => {
    if (word !== null) words.push(word);
    word = null;
  };
  /** Index in `found` at which each open loop, condition or group began; `ended`: the one that ended last. */
  const open: number[] = [];
  let ended: number | undefined;
  const endCommand = (isRead: boolean): void => {
    endWord();
    const [first = ''] = words;
    if (/^(?:for|while|until|if|case|select)$/.test(first)) open.push(found.length);
    if (/^(?:done|fi|esac)$/.test(first)) ended = open.pop();
    else if (words.length > 0) ended = undefined;
    if (words.length > 0) found.push({ words, isObserved: isObserved || isRead });
    words = [];
    if (!isRead || ended === undefined) return;
    // The pipe reads the output of the whole loop or group.
    for (let one = ended; one < found.length; one++) found[one] = { words: found[one]?.words ?? [], isObserved: true };
    ended = undefined;
  };
  let at = start;
  while (at < text.length) {
    const char = text[at] ?? '';
    const two = text.slice(at, at + 2);
    if (char === end) break;
    const document = /^<<-?\s*(["']?)([\w.-]+)\1/.exec(text.slice(at, at + 100));
    if (document && !text.startsWith('<<<', at)) {
      at += document[0].length;
      documents.push(document[2] ?? '');
      continue;
    }
    if (char === '\n') {
      endCommand(false);
      at = afterDocuments(text, at + 1, documents.splice(0));
      continue;
    }
    if (two === '$(' || two === '<(' || two === '>(') {
      at = read(text, at + 2, true, found, ')') + 1;
      word ??= '';
    } else if (char === '`') {
      at = read(text, at + 1, true, found, '`') + 1;
      word ??= '';
    } else if (char === "'") {
      const close = text.indexOf("'", at + 1);
      word = (word ?? '') + text.slice(at + 1, close < 0 ? undefined : close);
      at = close < 0 ? text.length : close + 1;
    } else if (char === '"') {
      word ??= '';
      for (at++; at < text.length && text[at] !== '"'; at++) {
        if (text[at] === '\\') at++;
        if (text.slice(at, at + 2) === '$(') {
          at = read(text, at + 2, true, found, ')');
          continue;
        }
        word += text[at] ?? '';
      }
      at++;
    } else if (char === '\\') {
      if (text[at + 1] !== '\n') word = (word ?? '') + (text[at + 1] ?? '');
      at += 2;
    } else if (/[;&(){}]/.test(char) && !(char === '{' && word !== null) && !(char === '}' && word !== null)) {
      endCommand(false);
      if (char === '(' || char === '{') open.push(found.length);
      else if (char === ')' || char === '}') ended = open.pop();
      at++;
    } else if (char === '|') {
      endCommand(two !== '||');
      at += two === '||' ? 2 : 1;
    } else if (char === '<' || char === '>') {
      endWord();
      at++;
    } else if (char === '#' && word === null) {
      while (at < text.length && text[at] !== '\n') at++;
    } else if (/\s/.test(char)) {
      endWord();
      at++;
    } else {
      word = (word ?? '') + char;
      at++;
    }
  }
  endCommand(false);
  return at;
}

/** The offset after the here-documents that begin at `start`. */
function afterDocuments(text: string, start: number, ends: readonly string[]): number {
  let at = start;
  for (const end of ends) {
    for (;;) {
      const next = text.indexOf('\n', at);
      const line = text.slice(at, next < 0 ? undefined : next);
      at = next < 0 ? text.length : next + 1;
      if (line.trim() === end || next < 0) break;
    }
  }
  return at;
}

/** The repository path of a word in a command that runs in `folder`; null if it leaves the repository. */
export function resolved(folder: string, word: string): string | null {
  const plain = word.replace(/^\$(?:PWD|\{PWD\}|\(pwd\))(?=\/|$)/, '.');
  if (plain === '' || plain.startsWith('/') || plain.startsWith('~') || plain.startsWith('$')) return null;
  const file = path.posix.normalize(path.posix.join(folder === '' ? '.' : folder, plain)).replace(/\/$/, '');
  return file === '..' || file.startsWith('../') ? null : file === '.' ? '' : file;
}

/** The words of a command, without quotes and a leading `./`; only roughly as a shell would split them. */
export function roughWords(command: string): string[] {
  return command.split(/[\s;&|<>()'"`=]+/).map((word) => word.replace(/^\.\//, ''));
}
