import { type Format, isHidden, lazily } from '../format/format.ts';

/** Specs of ours: whatever is Markdown, but for README files and what lies in hidden folders. */
export const native: Format = {
  name: 'native',
  hiddenFolders: [],
  claim: (paths) => paths.filter(isNative).map((file) => [file]),
  load: lazily(async () => (await import('./native.ts')).reader),
};

function isNative(path: string): boolean {
  return /\.md$/i.test(path) && !/(?:^|\/)readme\.md$/i.test(path) && !isHidden(path);
}
