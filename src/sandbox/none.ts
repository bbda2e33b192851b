import path from 'node:path';
import type { Tier } from './tier.ts';

/** No isolation: a cleared environment, and what the launcher does for every tier. Needs somebody's consent. */
export const noTier: Tier = {
  name: 'none',
  node: process.execPath,
  owner: null,
  hasLayers: false,
  hasDoors: false,
  inside: (_box, file) => file,
  wrap: (box, [file = '', ...args], env) => ({
    file,
    args,
    env,
    cwd: path.join(box.workspace, box.cwd ?? ''),
  }),
};
