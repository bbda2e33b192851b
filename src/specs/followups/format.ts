import { type Format, lazily } from '../format/format.ts';

/** The default name of a followups file. */
export const followupsName = 'followups.md';

export function isFollowups(path: string): boolean {
  return /(?:^|\/)followups\.md$/i.test(path);
}

/** Followups: small units as list items. They may lie in the folder of another format. */
export const followups: Format = {
  name: 'followups',
  hiddenFolders: [],
  claim: (paths) => paths.filter((path) => isFollowups(path)).map((file) => [file]),
  howToAsk: 'Write items with a box below it',
  load: lazily(async () => (await import('./followups.ts')).reader),
};
