import path from 'node:path';
import { interpreted } from './interpreters.ts';

/** The files that a command looked for and opened, by its system calls. Paths are relative to the repository. */
export interface Trace {
  /** Looked for but missing: a file added at such a path would be read. */
  readonly probed: ReadonlySet<string>;
  readonly opened: ReadonlySet<string>;
  /** Started as a program, or passed to an interpreter as its script. */
  readonly executed: ReadonlySet<string>;
  /** Modules loaded from outside of the repository: `unittest` for `/usr/lib/python3/unittest/__init__.py`. */
  readonly modules: ReadonlySet<string>;
}

/** Paths recorded of each kind; beyond that, only the rules by name apply. */
const maxPaths = 50_000;

/**
 * Reads the output of `strace -f -y -e trace=%file`, line by line. `root` is the repository's folder as the command saw
 * it, `cwd` the folder where it started.
 */
export class TraceReader {
  readonly #root: string;
  readonly #cwd: string;
  readonly #probed = new Set<string>();
  readonly #opened = new Set<string>();
  readonly #executed = new Set<string>();
  readonly #modules = new Set<string>();
  readonly #folders = new Map<string, string>();
  readonly #unfinished = new Map<string, string>();
  #isStarted = false;

  constructor(root: string, cwd: string) {
    this.#root = root;
    this.#cwd = cwd;
  }

  read(written: string): void {
    const root = this.#root;
    const line = whole(written, this.#unfinished);
    const call = line === null ? null : /^(?:(\d+) +)?(\w+)\((.*)$/.exec(line);
    if (!call) return;
    const [, pid = '', name = '', rest = ''] = call;
    const place = /^(?:AT_FDCWD|\d+)<([^>]*)>, /.exec(rest);
    if (place && rest.startsWith('AT_FDCWD')) this.#folders.set(pid, place[1] ?? root);
    const quoted = /^"((?:[^"\\]|\\.)*)"/.exec(place ? rest.slice(place[0].length) : rest);
    if (!quoted || quoted[1] === '') return;
    const base = place?.[1] ?? this.#folders.get(pid) ?? this.#cwd;
    const file = path.posix.resolve(base, unquote(quoted[1] ?? ''));
    const isMissing = /= -1 (?:ENOENT|ENOTDIR)/.test(rest);
    const isDone = /= \d/.test(rest);
    if (name === 'chdir' && isDone) this.#folders.set(pid, file);
    if (name.startsWith('exec') && isDone) {
      this.#isStarted = true;
      for (const script of scriptsOf(rest)) {
        const found = within(root, path.posix.resolve(this.#folders.get(pid) ?? this.#cwd, script));
        if (found !== null && found !== '') this.#executed.add(found);
      }
    }
    const relative = within(root, file);
    if (relative === null) {
      if (isDone && name.startsWith('open')) this.#modules.add(moduleName(file));
      return;
    }
    if (relative === '') return;
    if (isMissing && this.#probed.size < maxPaths) this.#probed.add(relative);
    else if (isDone && /^(?:open|exec)/.test(name) && this.#opened.size < maxPaths) this.#opened.add(relative);
  }

  /** The trace; null if the log shows no started program, because then nothing was traced. */
  end(): Trace | null {
    if (!this.#isStarted) return null;
    return { probed: this.#probed, opened: this.#opened, executed: this.#executed, modules: this.#modules };
  }
}

/** The program that an exec call starts, and the scripts in its arguments. */
function scriptsOf(call: string): string[] {
  const listed = /^(?:AT_FDCWD<[^>]*>, |\d+<[^>]*>, )?"((?:[^"\\]|\\.)*)", \[(.*?)\](?:, |\))/.exec(call);
  if (!listed) return [];
  const words = [...(listed[2] ?? '').matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([, word = '']) => unquote(word));
  return [unquote(listed[1] ?? ''), ...interpreted(words)];
}

/** Joins a call that strace printed in two lines; null for the first of them. */
function whole(line: string, unfinished: Map<string, string>): string | null {
  const pid = /^\d+/.exec(line)?.[0] ?? '';
  if (line.endsWith('<unfinished ...>')) {
    unfinished.set(pid, line.slice(0, -'<unfinished ...>'.length));
    return null;
  }
  const rest = /^(?:\d+ +)?<\.\.\. \w+ resumed>(.*)$/.exec(line);
  if (!rest) return line;
  const begun = unfinished.get(pid);
  unfinished.delete(pid);
  return begun === undefined ? null : begun + (rest[1] ?? '');
}

/** The name by which code imports a file: without folder and ending; for a package's index, the folder's name. */
export function moduleName(file: string): string {
  const name = path.posix.basename(file).replace(/\..*$/, '');
  return name === '__init__' || name === 'index' ? path.posix.basename(path.posix.dirname(file)) : name;
}

function within(root: string, file: string): string | null {
  if (file === root) return '';
  return file.startsWith(`${root}/`) ? file.slice(root.length + 1) : null;
}

/** strace writes non-ASCII bytes as octal escapes. */
function unquote(text: string): string {
  if (!text.includes('\\')) return text;
  const bytes: number[] = [];
  for (let at = 0; at < text.length; at++) {
    if (text[at] !== '\\') {
      bytes.push(...Buffer.from(text[at] ?? ''));
      continue;
    }
    const octal = /^[0-7]{1,3}/.exec(text.slice(at + 1));
    if (octal) {
      bytes.push(Number.parseInt(octal[0], 8));
      at += octal[0].length;
      continue;
    }
    const letter = text[++at] ?? '';
    bytes.push(...Buffer.from({ n: '\n', t: '\t', r: '\r', v: '\v', f: '\f' }[letter] ?? letter));
  }
  return Buffer.from(bytes).toString('utf8');
}
