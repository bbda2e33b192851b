import { type Format, lazily } from '../format/format.ts';
import { groupsIn } from './layout.ts';

/**
 * spec-kit: a folder `NNN-slug` per feature with `spec.md`, `plan.md` and `tasks.md`, below `specs` or `.specify/specs`. All
 * its files are claimed; only these three are read.
 */
export const specKit: Format = {
  name: 'spec-kit',
  hiddenFolders: ['.specify'],
  ownFolder: /^\d{3,}-./,
  claim: groupsIn,
  howToAsk: 'Write tasks with a box below it, or acceptance scenarios of its story in spec.md',
  load: lazily(async () => (await import('./spec-kit.ts')).reader),
};
