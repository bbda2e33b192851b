import path from 'node:path';
import { begin, type Tier } from './tier.ts';

/** No isolation but the launcher's own limits and a cleared environment. Needs the user's consent. */
export const noTier: Tier = {
  name: 'none',
  node: process.execPath,
  owner: null,
  hasLayers: false,
  hasDoors: false,
  hasFilter: false,
  inside: (_box, file) => file,
  wrap(box, argv, env, { isMerged }) {
    const [file = '', ...args] = begin(path.join(box.workspace, box.cwd ?? ''), argv, isMerged);
    return { file, args, env, cwd: box.workspace };
  },
};
