import { existsSync } from 'node:fs';
import path from 'node:path';
import { locate } from '../../repo/git/locate.ts';
import { type Home, homeOf } from '../../specs/units/home.ts';

/** Where a specs folder (absolute, links resolved) is read from; see `homeOf`. One with a configuration is read by itself. */
export function specsHome(folder: string): Home {
  if (existsSync(path.join(folder, 'backlog.config.json'))) return { folder, part: null };
  return homeOf(folder, locate(folder)?.root ?? path.parse(folder).root);
}
