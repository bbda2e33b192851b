import { type Format, isHidden, lazily } from '../format/format.ts';

/** Native specs: Markdown files, except README files and hidden files. */
export const native: Format = {
  name: 'native',
  hiddenFolders: [],
  claim: (paths) => paths.filter(isNative).map((file) => [file]),
  load: lazily(async () => (await import('./native.ts')).reader),
};

function isNative(path: string): boolean {
  return /\.md$/i.test(path) && !/(?:^|\/)readme\.md$/i.test(path) && !isHidden(path);
}
