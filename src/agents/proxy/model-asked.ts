import type { IncomingMessage } from 'node:http';
import { isNetworkError } from '../../util/network-error.ts';

const maxBodyBytes = 32 * 1024 * 1024;

/** The headers of a program's request that go on to the API. */
export function headersOf({ headers }: IncomingMessage): { readonly betas: string; readonly version: string } {
  return {
    betas: String(headers['anthropic-beta'] ?? ''),
    version: String(headers['anthropic-version'] ?? '2023-06-01'),
  };
}

/** The body of a program's request; `gone`: whoever sent it hung up. */
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
    return 'gone'; // whoever sent it hung up
  }
  return { text: Buffer.concat(chunks).toString('utf8') };
}
