import { plumb, type Repository } from '../git/repository.ts';
import { editTree, entryAt, readTreeFile, writeBlob } from './tree.ts';

/** A run of lines that differ between two trees. */
export interface Hunk {
  readonly path: string;
  /** First line in the new file, from 1; for removed lines, the line before them. */
  readonly line: number;
  /** Added lines; 0 if lines were only removed. */
  readonly lines: number;
  readonly oldLine: number;
  readonly oldLines: number;
}

/** The hunks between two trees in some text files, without context lines; `forMerge`: those that git merges by. */
export async function listHunks(
  repository: Repository,
  before: string,
  after: string,
  paths: readonly string[],
  forMerge = false,
): Promise<readonly Hunk[]> {
  if (paths.length === 0) return [];
  // Paths come from our own list, so none has to be unquoted; a changed line begins with a sign, so it is no header.
  const headers = new Map(paths.map((path) => [`diff --git a/${path} b/${path}`, path]));
  const hunks: Hunk[] = [];
  let path: string | undefined;
  const lines = new LineStarts((line) => {
    if (line.startsWith('diff --git ')) path = headers.get(line);
    const at = /^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@/.exec(line);
    if (!at || path === undefined) return;
    hunks.push({
      path,
      oldLine: Number(at[1]),
      oldLines: Number(at[2] ?? 1),
      line: Number(at[3]),
      lines: Number(at[4] ?? 1),
    });
  });
  // The whole change is streamed, since neither paths nor patch have a size limit.
  await plumb(
    repository,
    { onOutput: (chunk) => lines.push(chunk) },
    ...['diff-tree', '-r', '-p', '-U0', '--no-color', '--no-ext-diff', '--no-textconv', '--no-renames', '--full-index'],
    ...(forMerge ? ['--histogram', '--no-indent-heuristic'] : []),
    ...['--src-prefix=a/', '--dst-prefix=b/', before, after],
  );
  return hunks;
}

/** Bytes of a line that are read: headers are shorter, since paths are. */
const maxLineBytes = 16 * 1024;

/** Cuts a stream into lines and passes on those that may be headers. The last line needs a line end, too. */
class LineStarts {
  readonly #onLine: (line: string) => void;
  #rest: Buffer = Buffer.alloc(0);

  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine;
  }

  push(chunk: Buffer): void {
    let at = 0;
    for (let end = chunk.indexOf(10); end >= 0; at = end + 1, end = chunk.indexOf(10, at)) {
      const line = this.#rest.length === 0 ? chunk.subarray(at, end) : this.#joined(chunk.subarray(at, end));
      this.#rest = Buffer.alloc(0);
      if (line[0] === dLetter || line[0] === atSign) this.#onLine(line.toString('utf8', 0, maxLineBytes));
    }
    this.#rest = this.#joined(chunk.subarray(at));
  }

  #joined(more: Buffer): Buffer {
    const room = maxLineBytes - this.#rest.length;
    return room <= 0 ? this.#rest : Buffer.concat([this.#rest, more.subarray(0, room)]);
  }
}

const dLetter = 'd'.charCodeAt(0);
const atSign = '@'.charCodeAt(0);

/** The `after` tree with one hunk reverted to `before`. */
export async function withoutHunk(repository: Repository, before: string, after: string, hunk: Hunk): Promise<string> {
  const [was, entry] = await Promise.all([
    readTreeFile(repository, before, hunk.path),
    entryAt(repository, after, hunk.path),
  ]);
  const is = entry ? await readTreeFile(repository, after, hunk.path) : null;
  if (is === null || entry === null) {
    const old = await entryAt(repository, before, hunk.path);
    return editTree(repository, after, [{ path: hunk.path, entry: old }]);
  }
  if (was === null) return editTree(repository, after, [{ path: hunk.path, entry: null }]);
  const oldStart = hunk.oldLines === 0 ? hunk.oldLine : hunk.oldLine - 1;
  const start = hunk.lines === 0 ? hunk.line : hunk.line - 1;
  const lines = linesOf(is);
  const old = linesOf(was).slice(oldStart, oldStart + hunk.oldLines);
  const parts = [lines.slice(0, start), old, lines.slice(start + hunk.lines)];
  const object = await writeBlob(repository, Buffer.concat(parts.flat()));
  return editTree(repository, after, [{ path: hunk.path, entry: { mode: entry.mode, object } }]);
}

/** Splits bytes after each line end. */
export function linesOf(bytes: Buffer): Buffer[] {
  const lines: Buffer[] = [];
  for (let start = 0; start < bytes.length;) {
    const end = bytes.indexOf(10, start);
    const next = end === -1 ? bytes.length : end + 1;
    lines.push(bytes.subarray(start, next));
    start = next;
  }
  return lines;
}
