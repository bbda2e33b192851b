import type { ReadStream } from 'node:tty';

/** A key, by its name, or the letter that was typed. */
export type Key =
  | {
      readonly kind: 'named';
      readonly name: 'enter' | 'escape' | 'up' | 'down' | 'backspace' | 'ctrl-c' | 'ctrl-z' | 'ctrl-\\';
    }
  | { readonly kind: 'text'; readonly text: string };

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

/** The keys in what a terminal sent. Sequences that mean no key of ours are left out. */
export function keysIn(input: string): Key[] {
  return (input.match(sequences) ?? []).flatMap((part): Key[] => {
    const name = named[part];
    if (name !== undefined) return [{ kind: 'named', name }];
    return part.startsWith('\u001b') || part < ' ' ? [] : [{ kind: 'text', text: part }];
  });
}

/** Reads keys as they are pressed, without showing them, until it is closed. */
export class Keyboard {
  readonly #stdin: ReadStream;
  readonly #listener: (input: Buffer | string) => void;
  #isOpen = false;

  constructor(stdin: ReadStream, onKey: (key: Key) => void) {
    this.#stdin = stdin;
    this.#listener = (input) => {
      for (const key of keysIn(input.toString())) onKey(key);
    };
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
  }
}
