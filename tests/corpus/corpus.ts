import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { type Claim, claimFiles } from '../../src/specs/formats/formats.ts';
import { parseGroup } from '../../src/specs/format/parse-group.ts';
import type { Group, Parsed } from '../../src/specs/format/format.ts';
import { readSource, type Source } from '../../src/specs/text/source.ts';

/** The folder with spec files of other projects: a folder per format, and a folder per repository in it. */
export const corpus = process.env['BACKLOG_CORPUS'] ?? '';
if (corpus === '')
  throw new Error('BACKLOG_CORPUS is not set, so nothing is tested: set it to a folder <format>/<repository>/…');

/** What one claim of a repository is read as. */
export interface Read {
  readonly claim: Claim;
  readonly group: Group;
  readonly parsed: Parsed;
}

export function foldersIn(folder: string): string[] {
  return readdirSync(folder).filter((name) => statSync(path.join(folder, name)).isDirectory());
}

function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)))
    .toSorted();
}

/** Reads all files of a repository of the corpus. */
export async function readRepository(folder: string): Promise<Read[]> {
  const reads: Read[] = [];
  for (const claim of claimFiles(filesIn(folder))) {
    const sources = claim.files.flatMap((file): Source[] => {
      const source = readSource(folder, file);
      return source === null || 'severity' in source ? [] : [source];
    });
    if (sources.length === 0) continue;
    const group = { reader: await claim.format.load(), sources };
    reads.push({ claim, group, parsed: parseGroup(group) });
  }
  return reads;
}
