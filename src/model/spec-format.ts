/** The names of all spec formats, in the order in which they claim files; see `docs/specs.md`. */
export const specFormats = [
  'spec-kit',
  'openspec',
  'kiro',
  'backlog-md',
  'task-master',
  'beads',
  'bmad',
  'prd-json',
  'plain',
  'gherkin',
  'followups',
  'todo',
  'todo-txt',
  'native',
] as const;
