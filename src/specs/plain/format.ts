import { type Format, lazily } from '../format/format.ts';
import { groupsIn } from './layout.ts';

/**
 * Markdown files in the layouts of several tools: SWE-AF (`issues/issue-12-slug.md`), ralph-orchestrator (`*.code-task.md`, its
 * specs and plans), ccpm (`.claude/epics/<epic>/12.md`), and plans of superpowers and others (`plans/*.md`).
 */
export const plain: Format = {
  name: 'plain',
  hiddenFolders: ['.artifacts/plan', '.ralph/specs', '.ralph/tasks', '.claude/epics', '.claude/plans', '.hermes/plans'],
  claim: groupsIn,
  load: lazily(async () => (await import('./plain.ts')).reader),
};
