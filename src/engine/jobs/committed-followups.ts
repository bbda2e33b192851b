import { lstatSync } from 'node:fs';
import path from 'node:path';
import type { Followup, WorkspaceHandle } from '../../model/agent.ts';
import { printableLine } from '../../util/text/printable.ts';

const trailer = 'Backlog-Followup';

/**
 * The followups in trailers of an agent's own commits. Git reads them inside the sandbox: outside, nothing opens an agent's
 * `.git`. Whatever prevents it, such as a git that is missing there, means none.
 */
export async function committedFollowups(workspace: WorkspaceHandle, signal: AbortSignal): Promise<Followup[]> {
  if (signal.aborted || !hasCommitted(workspace.path)) return [];
  const { exitCode, output } = await workspace.exec(
    ['git', '--no-pager', 'log', '--max-count=200', `--format=%(trailers:key=${trailer},valueonly,unfold)`],
    { signal, timeoutMs: 20_000, isReadOnly: true, isStep: true },
  );
  if (exitCode !== 0) return [];
  const titles = output.split('\n').map((line) => printableLine(line.trim(), 200));
  return [...new Set(titles)].filter((title) => title !== '').map((title) => ({ title, criteria: [] }));
}

/** True if git has logged a commit there. */
function hasCommitted(workspace: string): boolean {
  const folders = ['.git', '.git/logs'].map((name) => path.join(workspace, name));
  // In turn: below a file that is no folder, even asking fails.
  const isThere = folders.every((folder) => lstatSync(folder, { throwIfNoEntry: false })?.isDirectory() === true);
  return isThere && lstatSync(path.join(workspace, '.git/logs/HEAD'), { throwIfNoEntry: false })?.isFile() === true;
}
