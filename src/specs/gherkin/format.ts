import { type Format, isHidden, lazily } from '../format/format.ts';

/** Gherkin: `*.feature`, and Markdown with Gherkin, `*.feature.md`; not hidden files. */
export const gherkin: Format = {
  name: 'gherkin',
  hiddenFolders: [],
  claim: (paths) =>
    paths.filter((path) => /[^/]\.feature(?:\.md)?$/i.test(path) && !isHidden(path)).map((file) => [file]),
  load: lazily(async () => (await import('./gherkin.ts')).reader),
};
