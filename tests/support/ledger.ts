import type { TestProject } from './project.ts';

/** The JSON of each file of the ledger, by what it is about. */
export function ledger(project: TestProject): Record<string, unknown>[] {
  const files = project.git('ls-tree', '-r', '--name-only', 'refs/backlog/ledger').split('\n');
  return files.map((file) => JSON.parse(project.git('show', `refs/backlog/ledger:${file}`)) as Record<string, unknown>);
}
