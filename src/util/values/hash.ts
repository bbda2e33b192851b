import { hash } from 'node:crypto';

/** SHA-256 of `data`, as 64 lower-case hex digits. */
export function sha256(data: string | Uint8Array): string {
  return hash('sha256', data, 'hex');
}
