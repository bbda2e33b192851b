import { type Format, lazily } from '../format/format.ts';
import { layoutOf } from './layout.ts';

/** OpenSpec: a folder `changes/SLUG` per change. Everything in `openspec` is claimed; its `specs` say what is there already. */
export const openspec: Format = {
  name: 'openspec',
  hiddenFolders: ['.openspec.yaml'],
  ownFolder: /^openspec$/,
  claim(paths) {
    const { changes, others } = layoutOf(paths);
    return [...changes.map(({ files }) => files), ...others.map((file) => [file])];
  },
  load: lazily(async () => (await import('./openspec.ts')).reader),
};
