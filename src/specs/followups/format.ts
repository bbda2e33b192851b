import { type Format, isHidden, lazily } from '../format/format.ts';

/** What a file of followups is called. */
export const followupsName = 'followups.md';

/** True for the files that hold small units as list items. */
export function isFollowups(path: string): boolean {
  return /(?:^|\/)followups\.md$/i.test(path);
}

/** Small units as items of a list. */
export const followups: Format = {
  name: 'followups',
  hiddenFolders: [],
  claim: (paths) => paths.filter((path) => isFollowups(path) && !isHidden(path)).map((file) => [file]),
  load: lazily(async () => (await import('./followups.ts')).reader),
};
