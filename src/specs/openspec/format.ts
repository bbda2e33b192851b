import { type Claimed, type Format, lazily } from '../format/format.ts';
import { archivedChange, layoutOf, otherFile } from './layout.ts';

/** OpenSpec: a folder `changes/SLUG` per change. Everything in `openspec` is claimed; its `specs` say what is there already. */
export const openspec: Format = {
  name: 'openspec',
  hiddenFolders: ['.openspec.yaml'],
  ownFolder: /^openspec$/,
  claim(paths) {
    const { changes, others } = layoutOf(paths);
    return [
      ...changes.flatMap((change): readonly Claimed[] => (change.isArchived ? archivedChange(change) : [change.files])),
      ...others.map(otherFile),
    ];
  },
  load: lazily(async () => (await import('./openspec.ts')).reader),
};
