import { aside, type Format, lazily } from '../format/format.ts';
import { isRetrospective, placesOf, trackersOf } from './places.ts';

/**
 * BMAD: stories in files of their own (`1.2.story.md`, `1-2-login.md`, `spec-login.md`) and in files with epics
 * (`epics.md`, `epic-1-accounts.md`). A story is read with the `sprint-status.yaml` that tracks it.
 */
export const bmad: Format = {
  name: 'bmad',
  hiddenFolders: [],
  ownFolder: /^_bmad-output$/,
  claim(paths) {
    const places = placesOf(paths);
    const tracked = new Set(places.map(({ sprint }) => sprint));
    return [
      ...places.map(({ file, kind, sprint }) => {
        if (kind === 'other') return aside(file, isRetrospective(file) ? 'retrospectives' : undefined);
        return sprint === null ? [file] : [file, sprint];
      }),
      ...trackersOf(paths)
        .filter((tracker) => !tracked.has(tracker))
        .map((tracker) => aside(tracker)),
    ];
  },
  load: lazily(async () => (await import('./bmad.ts')).reader),
};
