import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import type { Outcome } from '../../model/agent.ts';
import { writeConfined } from '../../util/files/confined-file.ts';
import { printable } from '../../util/text/printable.ts';

/** What a command wrote: as much as memory keeps, and where the whole of it lies when it is more. */
export interface Written {
  readonly output: string;
  /** There is a file of this name only where the output was cut. */
  readonly spill: string;
}

/** Keeps the whole outputs of what failed with the run, for people: they are never read back. */
export class Outputs {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** A place for an output that is more than memory keeps, until it is known whether it is of use. */
  place(): string {
    return path.join(this.#folder, `.${randomBytes(6).toString('hex')}`);
  }

  /** Keeps an output, and says where; null for an empty one, and where it cannot be written. */
  keep(name: string, { output, spill }: Written): string | null {
    if (output.trim() === '') return null;
    const file = path.join(this.#folder, `${name}.log`);
    try {
      mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
      try {
        renameSync(spill, file);
      } catch {
        writeConfined(this.#folder, `${name}.log`, printable(output), { mode: 0o600, isSynced: false });
      }
      return file;
    } catch {
      return null; // a full disk is told by whatever else has to be written
    }
  }

  drop(spill: string): void {
    rmSync(spill, { force: true });
  }

  /** Removes what nobody kept. */
  close(): void {
    const names = existsSync(this.#folder) ? readdirSync(this.#folder) : [];
    for (const name of names) if (name.startsWith('.')) this.drop(path.join(this.#folder, name));
  }

  /** An outcome that names where the whole output of its program lies, where it failed. */
  told(name: string, outcome: Outcome, written: Written): Outcome {
    if (outcome.kind === 'failed' && outcome.failure.reason === 'agent-failed') {
      const output = this.keep(name, written);
      if (output !== null) return { ...outcome, failure: { ...outcome.failure, output } };
    }
    this.drop(written.spill);
    return outcome;
  }
}
