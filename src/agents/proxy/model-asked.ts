import type { IncomingMessage } from 'node:http';
import { isNetworkError } from '../../util/network-error.ts';

const maxBodyBytes = 32 * 1024 * 1024;

/** The headers of a program's request that are passed on. */
export function headersOf({ headers }: IncomingMessage): { readonly betas: string; readonly version: string } {
  return {
    betas: String(headers['anthropic-beta'] ?? ''),
    version: String(headers['anthropic-version'] ?? '2023-06-01'),
  };
}

/** The body of a program's request; `gone`: the client disconnected. */
export async function readBody(asked: IncomingMessage): Promise<{ readonly text: string } | 'too large' | 'gone'> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of asked as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > maxBodyBytes) return 'too large';
      chunks.push(chunk);
    }
  } catch (error) {
    if (!isNetworkError(error)) throw error;
    return 'gone'; // the client disconnected
  }
  return { text: Buffer.concat(chunks).toString('utf8') };
}
