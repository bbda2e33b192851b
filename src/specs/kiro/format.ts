import { aside, type Claimed, type Format, lazily } from '../format/format.ts';
import { layoutOf } from './layout.ts';

/** Kiro: a folder `.kiro/specs/SLUG` per spec, with `requirements.md` or `bugfix.md`, `design.md` and `tasks.md`. */
export const kiro: Format = {
  name: 'kiro',
  hiddenFolders: ['.kiro', '.config.kiro', '.spec-workflow'],
  claim(paths, isOnly = false) {
    const { specs, others } = layoutOf(paths, isOnly);
    return [
      ...specs.flatMap(({ files, isArchived }): readonly Claimed[] =>
        isArchived ? files.map((file, index) => aside(file, index === 0 ? 'archived specs' : undefined)) : [files],
      ),
      ...others.map((file) => aside(file)),
    ];
  },
  howToAsk: 'Name requirements below it ("_Requirements: 1.2_"), or write items there',
  load: lazily(async () => (await import('./kiro.ts')).reader),
};
