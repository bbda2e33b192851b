import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import type { Outcome } from '../../model/agent.ts';
import { writeConfined } from '../../util/files/confined-file.ts';
import { printable } from '../../util/text/printable.ts';

/** A command's output, and the file with all of it if it was cut. */
export interface Written {
  readonly output: string;
  /** The name of a file of the run's outputs, which exists only if the output was cut. */
  readonly spill: string;
}

/** Keeps whole outputs of failed commands with the run, for people; the program never reads them. */
export class Outputs {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** A file for a long output until it is kept or dropped, and its name. */
  place(): { readonly spill: string; readonly file: string } {
    const spill = `.${randomBytes(6).toString('hex')}`;
    return { spill, file: path.join(this.#folder, spill) };
  }

  /** The path of such a file; null for a name that is not of `place`, which a worker may send. */
  at(spill: string): string | null {
    return /^\.[0-9a-f]{12}$/.test(spill) ? path.join(this.#folder, spill) : null;
  }

  /** Keeps an output and returns its path; null for an empty one, or if it cannot be written. */
  keep(name: string, { output, spill }: Written): string | null {
    if (output.trim() === '') return null;
    const file = path.join(this.#folder, `${name}.log`);
    if (path.basename(name) !== name) return null; // parts of names come from workers
    try {
      mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
      try {
        renameSync(this.at(spill) ?? '', file);
      } catch {
        writeConfined(this.#folder, `${name}.log`, printable(output), { mode: 0o600, isSynced: false });
      }
      return file;
    } catch {
      return null; // the run reports a full disk elsewhere
    }
  }

  drop(spill: string): void {
    const file = this.at(spill);
    if (file !== null) rmSync(file, { force: true });
  }

  /** Removes outputs that were not kept. */
  close(): void {
    const names = existsSync(this.#folder) ? readdirSync(this.#folder) : [];
    for (const name of names) if (name.startsWith('.')) this.drop(name);
  }

  /** Adds the path of the whole output to a failed outcome. */
  told(name: string, outcome: Outcome, written: Written): Outcome {
    if (outcome.kind === 'failed' && outcome.failure.reason === 'agent-failed') {
      const output = this.keep(name, written);
      if (output !== null) return { ...outcome, failure: { ...outcome.failure, output } };
    }
    this.drop(written.spill);
    return outcome;
  }
}
