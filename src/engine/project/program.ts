import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { sha256 } from '../../util/values/hash.ts';

/** The file of a built program with the digest of all others. */
export const digestFile = 'digest.txt';

let known: string | null = null;

/**
 * A digest that changes with the program, which may read the same files as something else: of its bundle, as the build wrote
 * it, or of the sources of the readers. Times say nothing: some installations give all files the same.
 */
export function programDigest(): string {
  known ??= builtDigest() ?? digestOf(path.resolve(import.meta.dirname, '../../specs'));
  return known;
}

function builtDigest(): string | null {
  const files = ['.', '..'].map((folder) => path.join(import.meta.dirname, folder, digestFile));
  const file = files.find((one) => existsSync(one));
  return file === undefined ? null : readFileSync(file, 'utf8').trim();
}

/** A digest of the names and contents of all files of a folder. */
export function digestOf(folder: string): string {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const files = entries.map((entry) => path.join(entry.parentPath, entry.name)).sort();
  return sha256(JSON.stringify(files.map((file) => [path.relative(folder, file), sha256(readFileSync(file))])));
}
