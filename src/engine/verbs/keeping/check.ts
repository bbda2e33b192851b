import type { Diagnostic } from '../../../model/diagnostic.ts';
import { findRepository } from '../../../repo/git/repository.ts';
import { configProblems } from '../../project/config-problems.ts';
import { uncommittedWarnings } from '../../project/uncommitted.ts';
import { withheldWarnings } from '../../consent/consent.ts';
import { verb } from '../verb.ts';
import { openProject, openTarget, readProjectSpecs, shownFrom } from '../../project/project.ts';

/** What is in a folder, and what is wrong with it. */
export interface Checked {
  readonly kind: 'check';
  readonly diagnostics: readonly Diagnostic[];
  readonly files: number;
  readonly units: number;
  readonly runnable: number;
}

/** Every diagnostic of a folder: of its configuration, of the folder, and of each unit. */
export const check = verb(
  (z) => z.strictObject({ folder: z.string() }),
  async (asker, { folder }): Promise<Checked> => {
    const project = await openProject(asker, folder);
    const problems = await configProblems(project);
    const isThere =
      problems.every(({ code }) => code !== 'no-target') && (await findRepository(project.target, asker.env)) !== null;
    const repository = isThere ? await openTarget(project) : null;
    const specs = await readProjectSpecs(project, repository);
    const seen = new Set<string>();
    const diagnostics = [...specs.diagnostics, ...specs.units.flatMap((unit) => unit.problems)].filter((d) => {
      const key = JSON.stringify(d);
      return seen.has(key) ? false : seen.add(key); // a file's front matter can belong to several units
    });
    const open = specs.units.filter((unit) => !unit.isTicked);
    const uncommitted = repository === null ? [] : await uncommittedWarnings(project, repository, open);
    return {
      kind: 'check',
      diagnostics: [...problems, ...withheldWarnings(project), ...shownFrom(project, diagnostics), ...uncommitted],
      files: specs.files.length,
      units: specs.units.length,
      runnable: specs.units.filter((unit) => unit.problems.every((problem) => problem.severity !== 'error')).length,
    };
  },
);
