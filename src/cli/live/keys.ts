import type { ReadStream } from 'node:tty';

/** A key, by its name, or the letter that was typed. */
export type Key =
  | {
      readonly kind: 'named';
      readonly name: 'enter' | 'escape' | 'up' | 'down' | 'backspace' | 'ctrl-c' | 'ctrl-z' | 'ctrl-\\';
    }
  | { readonly kind: 'text'; readonly text: string }
  /** What a person pasted, where the terminal says that they did. */
  | { readonly kind: 'pasted'; readonly text: string };

const named: Readonly<Record<string, Extract<Key, { kind: 'named' }>['name']>> = {
  ...{ '\r': 'enter', '\n': 'enter', '\u001b': 'escape', '\u007f': 'backspace', '\b': 'backspace' },
  ...{ '\u001b[A': 'up', '\u001bOA': 'up', '\u001b[B': 'down', '\u001bOB': 'down' },
  ...{ '\u0003': 'ctrl-c', '\u001a': 'ctrl-z', '\u001c': 'ctrl-\\' },
};

// Lint: matching control characters is intended.
const sequences = new RegExp(
  '\\u001b(?:\\[[0-?]*[ -/]*[@-~]|O[@-~])|[\\u0000-\\u001f\\u007f]|[^\\u0000-\\u001f\\u007f]+',
  'g',
);

/** The keys in what a terminal sent outside of a paste. Sequences that mean no key of ours are left out. */
export function keysIn(input: string): Key[] {
  return (input.match(sequences) ?? []).flatMap((part): Key[] => {
    const name = named[part];
    if (name !== undefined) return [{ kind: 'named', name }];
    return part.startsWith('\u001b') || part < ' ' ? [] : [{ kind: 'text', text: part }];
  });
}

/** What makes a terminal mark what is pasted, and what ends that; and its marks (xterm, "Bracketed Paste Mode"). */
export const [markPastes, markNoPastes] = ['\u001b[?2004h', '\u001b[?2004l'];
const [pasteBegins, pasteEnds] = ['\u001b[200~', '\u001b[201~'];
/** Characters of a paste that are kept. */
const longestPaste = 20_000;

/** Takes apart what a terminal sends, piece by piece: a paste may come in several. */
export class Keys {
  /** What was pasted so far; null outside of a paste. */
  #pasted: string | null = null;

  in(input: string): Key[] {
    if (this.#pasted === null) {
      const at = input.indexOf(pasteBegins);
      if (at < 0) return keysIn(input);
      this.#pasted = '';
      return [...keysIn(input.slice(0, at)), ...this.in(input.slice(at + pasteBegins.length))];
    }
    const at = input.indexOf(pasteEnds);
    const stop = input.indexOf('\u0003');
    if (stop >= 0 && (at < 0 || stop < at)) {
      // No terminal pastes a Ctrl-C; where the end of a paste is missing, it must still stop a run.
      this.#pasted = null;
      return keysIn(input.slice(stop));
    }
    this.#pasted = (this.#pasted + (at < 0 ? input : input.slice(0, at))).slice(0, longestPaste);
    if (at < 0) return [];
    const text = this.#pasted;
    this.#pasted = null;
    return [{ kind: 'pasted', text }, ...this.in(input.slice(at + pasteEnds.length))];
  }
}

/** Reads keys as they are pressed, without showing them, until it is closed. */
export class Keyboard {
  readonly #stdin: ReadStream;
  readonly #listener: (input: Buffer | string) => void;
  #isOpen = false;

  constructor(stdin: ReadStream, onKey: (key: Key) => void) {
    this.#stdin = stdin;
    const keys = new Keys();
    this.#listener = (input) => {
      for (const key of keys.in(input.toString())) onKey(key);
    };
    // A terminal that is gone has no keys; what else that means, a signal says.
    stdin.on('error', () => {});
  }

  open(): void {
    if (this.#isOpen) return;
    this.#isOpen = true;
    this.#stdin.setRawMode(true);
    this.#stdin.on('data', this.#listener);
    this.#stdin.resume();
    this.#stdin.unref(); // it never keeps the process
  }

  /** Restores the terminal's mode. */
  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#stdin.off('data', this.#listener);
    this.#stdin.pause();
    this.#stdin.setRawMode(false);
    this.#stdin.ref(); // for questions that come later
  }
}
