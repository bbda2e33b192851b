import { type HandOff, handOffSchema } from '../../model/hand-off.ts';
import { readConfined, writeConfined } from '../../util/files/confined-file.ts';

const name = 'hand-off.json';
const maxBytes = 1024 * 1024;

/** What the last run that came to its end left, from a state folder; null without one. It is a help: a damaged one is none. */
export function readHandOff(state: string): HandOff | null {
  try {
    const bytes = readConfined(state, name, maxBytes);
    return bytes === null ? null : handOffSchema.parse(JSON.parse(bytes.toString('utf8')));
  } catch {
    return null;
  }
}

export function writeHandOff(state: string, handOff: HandOff): void {
  writeConfined(state, name, JSON.stringify(handOff));
}
