import type Anthropic from '@anthropic-ai/sdk';
import { appendFile, mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';

/**
 * The messages of a session, as JSON lines in an append-only file. A later order, even of another process, continues
 * the session from the file.
 */
export class Transcript {
  readonly messages: Anthropic.MessageParam[];
  readonly #file: string;

  private constructor(file: string, messages: Anthropic.MessageParam[]) {
    this.#file = file;
    this.messages = messages;
  }

  static async open(file: string, options: { readonly isContinued: boolean }): Promise<Transcript> {
    await mkdir(path.dirname(file), { recursive: true });
    if (!options.isContinued) return new Transcript(file, []);
    const lines = (await readFile(file, 'utf8')).split('\n').filter((line) => line !== '');
    return new Transcript(
      file,
      lines.map((line) => JSON.parse(line) as Anthropic.MessageParam),
    );
  }

  async append(message: Anthropic.MessageParam): Promise<void> {
    this.messages.push(message);
    await appendFile(this.#file, `${JSON.stringify(message)}\n`);
  }
}
