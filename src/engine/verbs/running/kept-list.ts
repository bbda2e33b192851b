import { rmSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { type Division, listSchema } from '../../lead/divide.ts';
import { readConfined, writeConfined } from '../../../util/files/confined-file.ts';
import { sha256 } from '../../../util/values/hash.ts';

/*
 * The list that a lead was paid for, from when it is accepted until its units are written: a run that ends in between asks
 * no lead again for the same task on the same tree.
 */

const name = 'lead-list.json';
const maxBytes = 4 * 1024 * 1024;
const keptSchema = z.object({ key: z.string(), list: listSchema });

/** What a list is the answer to. */
export function keyOf(...parts: readonly unknown[]): string {
  return sha256(JSON.stringify(parts));
}

/** The kept list for a key; null if there is none, or it is damaged. */
export function readList(state: string, key: string): Extract<Division, { readonly kind: 'units' }> | null {
  try {
    const bytes = readConfined(state, name, maxBytes);
    const kept = bytes === null ? null : keptSchema.parse(JSON.parse(bytes.toString('utf8')));
    return kept === null || kept.key !== key ? null : { kind: 'units', ...kept.list };
  } catch {
    return null; // it is asked for again
  }
}

export function keepList(state: string, key: string, { why, units, dropped }: z.infer<typeof listSchema>): void {
  writeConfined(state, name, JSON.stringify({ key, list: { why, units, dropped } }));
}

export function forgetList(state: string): void {
  rmSync(path.join(state, name), { force: true });
}
