import { type Format, lazily } from '../format/format.ts';
import { otherFile, placesOf } from './places.ts';

/**
 * Backlog.md: a file `<prefix>-<number> - <Title>.md` per task in `tasks` or `completed` of a folder with a `config.yml`,
 * usually `backlog` or `.backlog`. A task is read with that configuration, which has the names of its statuses.
 */
export const backlogMd: Format = {
  name: 'backlog-md',
  hiddenFolders: ['.backlog'],
  ownFolder: /^backlog$/i,
  settings: ['backlog.config.yml'],
  claim: (paths) =>
    placesOf(paths).map(({ file, config, id }) => {
      if (id === null) return otherFile(file);
      return config === null ? [file] : [file, config];
    }),
  load: lazily(async () => (await import('./backlog-md.ts')).reader),
};
