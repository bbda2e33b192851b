import { Companion } from '../../util/process/companion.ts';
import { alwaysOff, GitError, gitEnv } from '../git/git.ts';
import { plumbingEnv, type Repository } from '../git/repository.ts';

/*
 * Reads objects through one git process per repository (`git cat-file --batch-command`), since they are read often and a
 * few at a time.
 */

export interface ObjectInfo {
  readonly name: string;
  readonly type: string;
  readonly size: number;
}

/** Maximum bytes of an object. */
export const maxObjectBytes = 512 * 1024 * 1024;

const order = ['cat-file', '--batch-command', '-z'] as const;

type Stores = Pick<Repository, 'plumbing' | 'gitDir'>;

interface Question {
  readonly expression: string;
  readonly hasContents: boolean;
  readonly answer: (found: { readonly info: ObjectInfo; readonly bytes: Buffer } | null) => void;
  readonly fail: (error: Error) => void;
}

/** Reads objects of one repository; answers come in the order of the questions. */
export class ObjectReader {
  readonly #stores: Stores;
  readonly #maxBytes: number;
  #companion: Companion | null = null;
  #open: Question[] = [];
  /** How many of the first ones are answered. */
  #answered = 0;
  /** Unread output and its length; reading waits until there are `#wanted` bytes. */
  #chunks: Buffer[] = [];
  #length = 0;
  #wanted = 0;
  #info: ObjectInfo | null = null;

  constructor(stores: Stores, maxBytes = maxObjectBytes) {
    this.#stores = stores;
    this.#maxBytes = maxBytes;
  }

  /** Objects by name or expression; null for a missing one. */
  async ask(
    expressions: readonly string[],
    hasContents: boolean,
  ): Promise<readonly ({ readonly info: ObjectInfo; readonly bytes: Buffer } | null)[]> {
    if (expressions.length === 0) return [];
    const questions: Question[] = [];
    const answers = expressions.map(
      async (expression) =>
        new Promise<Parameters<Question['answer']>[0]>((answer, fail) => {
          questions.push({ expression, hasContents, answer, fail });
        }),
    );
    this.#ask(questions);
    return Promise.all(answers);
  }

  #ask(questions: readonly Question[]): void {
    if (!this.#companion?.isThere) this.#companion = this.#start();
    for (const question of questions) this.#open.push(question);
    const commands = questions.map((one) => `${one.hasContents ? 'contents' : 'info'} ${one.expression}\0`);
    this.#companion.ask(commands.join(''));
  }

  #start(): Companion {
    const companion = new Companion({
      file: 'git',
      args: [...alwaysOff, ...order],
      cwd: this.#stores.plumbing,
      env: gitEnv(plumbingEnv(this.#stores)),
      onOutput: (chunk) => {
        if (this.#companion !== companion) return;
        this.#chunks.push(chunk);
        this.#length += chunk.length;
        if (this.#length >= this.#wanted) this.#read();
      },
      onEnd: (why) => {
        if (this.#companion === companion) this.#over(why);
      },
    });
    return companion;
  }

  /** Fails all open questions when the process has ended. */
  #over(why: string): void {
    for (const { fail } of this.#letGo()) fail(new GitError([...order], why, this.#stores.plumbing));
  }

  /** Forgets the process and its further output; returns the open questions. */
  #letGo(): readonly Question[] {
    const open = this.#open.slice(this.#answered);
    [this.#companion, this.#open, this.#answered] = [null, [], 0];
    [this.#chunks, this.#length, this.#wanted, this.#info] = [[], 0, 0, null];
    return open;
  }

  /** Marks the first open question as answered; removes answered ones in batches, since each removal copies the list. */
  #next(): void {
    this.#answered++;
    if (this.#answered * 2 <= this.#open.length) return;
    this.#open = this.#open.slice(this.#answered);
    this.#answered = 0;
  }

  #read(): void {
    let bytes = this.#chunks.length === 1 ? (this.#chunks[0] ?? Buffer.alloc(0)) : Buffer.concat(this.#chunks);
    for (let question = this.#open[this.#answered]; question; question = this.#open[this.#answered]) {
      if (this.#info === null) {
        const missing = Buffer.from(`${question.expression} missing\n`);
        const end = bytes.indexOf(10);
        this.#wanted = bytes.length + 1; // the length is unknown so far
        if (end === -1 || bytes.length < missing.length) {
          if (end === -1 || missing.subarray(0, bytes.length).equals(bytes)) break;
        } else if (bytes.subarray(0, missing.length).equals(missing)) {
          bytes = bytes.subarray(missing.length);
          this.#next();
          question.answer(null);
          continue;
        }
        const header = bytes.toString('latin1', 0, end);
        bytes = bytes.subarray(end + 1);
        if (/^[0-9a-f]{40} submodule$/.test(header)) {
          // From git 2.51 on; before, it was missing like any other.
          this.#next();
          question.answer(null);
          continue;
        }
        const [, name, type, size] = /^([0-9a-f]{40}) (\w+) (\d+)$/.exec(header) ?? [];
        if (name === undefined || type === undefined) {
          this.#next();
          question.fail(new Error(`git told an object as ${JSON.stringify(header.slice(0, 200))}`));
          continue;
        }
        this.#info = { name, type, size: Number(size) };
      }
      const { size } = this.#info;
      if (question.hasContents && size > this.#maxBytes) {
        this.#next();
        question.fail(new GitError(['cat-file'], 'its output is too large', this.#stores.plumbing));
        this.#companion?.kill(); // otherwise it writes the whole object
        const others = this.#letGo();
        if (others.length > 0) this.#ask(others);
        return;
      }
      this.#wanted = question.hasContents ? size + 1 : 0;
      if (bytes.length < this.#wanted) break;
      const found = { info: this.#info, bytes: Buffer.from(bytes.subarray(0, question.hasContents ? size : 0)) };
      bytes = bytes.subarray(this.#wanted);
      this.#info = null;
      this.#next();
      question.answer(found);
    }
    this.#chunks = bytes.length === 0 ? [] : [bytes];
    this.#length = bytes.length;
    if (this.#open.length > 0) return;
    this.#wanted = 0;
    this.#companion?.rest();
  }
}

const readers = new Map<string, ObjectReader>();

/** The one reader per repository. */
export function objectReader(stores: Stores): ObjectReader {
  const key = `${stores.plumbing}\0${stores.gitDir}`;
  const known = readers.get(key) ?? new ObjectReader(stores);
  readers.set(key, known);
  return known;
}
