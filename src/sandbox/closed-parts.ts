import { existsSync } from 'node:fs';
import { mkdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { writeConfined } from '../util/files/confined-file.ts';

/** A folder or file that other users cannot reach, and an empty one of ours that they can. */
export interface ClosedPart {
  readonly from: string;
  readonly at: string;
  readonly isFolder: boolean;
}

/** All closed parts, with tables for `mount --all --fstab`, so that one process mounts all of them. */
export interface ClosedParts {
  readonly parts: readonly ClosedPart[];
  /** Mounts each part on our place. */
  readonly toPlaces: string;
  /** Mounts our places back on the parts, read-only. */
  readonly fromPlaces: string;
}

/** Written anew by each run. */
const asPlace = { mode: 0o644, isSynced: false };

/** Makes the places and the tables in a folder of ours. */
export async function placesFor(closed: readonly string[], folder: string): Promise<ClosedParts> {
  await mkdir(folder, { recursive: true, mode: 0o755 });
  const parts: ClosedPart[] = [];
  for (const [index, from] of closed.entries()) {
    const isFolder = (await stat(from)).isDirectory();
    const at = path.join(folder, `${isFolder ? 'tools' : 'file'}-${index}`);
    if (isFolder) await mkdir(at, { recursive: true, mode: 0o755 });
    else if (!existsSync(at)) writeConfined(folder, path.basename(at), '', asPlace); // something may be mounted there
    parts.push({ from, at, isFolder });
  }
  const [to, from] = ['to-places.fstab', 'from-places.fstab'];
  writeConfined(folder, to, parts.map((part) => line(part.from, part.at, 'bind')).join(''), asPlace);
  writeConfined(folder, from, parts.map((part) => line(part.at, part.from, 'bind,ro')).join(''), asPlace);
  return { parts, toPlaces: path.join(folder, to), fromPlaces: path.join(folder, from) };
}

function line(from: string, at: string, options: string): string {
  return `${inTable(from)} ${inTable(at)} none ${options} 0 0\n`;
}

/** Escapes a path for fstab(5): separators in octal. */
function inTable(file: string): string {
  return file.replaceAll(/[\s\\]/g, (sign) => `\\${(sign.codePointAt(0) ?? 0).toString(8).padStart(3, '0')}`);
}
