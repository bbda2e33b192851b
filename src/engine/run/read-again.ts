import { hasErrors } from '../../model/diagnostic.ts';
import type { Database } from '../../queue/database.ts';
import { syncUnits } from '../../queue/sync.ts';
import { branchRef } from '../../repo/refs/branch.ts';
import { readRef } from '../../repo/refs/refs.ts';
import type { Repository } from '../../repo/git/repository.ts';
import { type Project, readProjectSpecs } from '../project/project.ts';
import type { Books } from '../context/books.ts';
import type { Scope } from '../context/scope.ts';
import type { Target } from '../context/target.ts';
import { plural } from '../../util/text/plural.ts';
import { keepKnown, knownOf } from '../project/known-groups.ts';
import { apartAt } from '../project/tick-place.ts';
import { readTruth } from '../project/truth.ts';

/** Reads the specs again and syncs the queue of an active run; returns a summary. */
export async function readAgain(
  run: Scope & Books & Target,
  opened: { readonly project: Project; readonly repository: Repository; readonly database: Database },
): Promise<string> {
  const { project, repository, database } = opened;
  const known = knownOf(database);
  const specs = await readProjectSpecs(project, repository, { known });
  const problem = specs.diagnostics.find((one) => one.severity === 'error');
  if (hasErrors(specs.diagnostics)) return `the specs could not be read: ${problem?.message ?? ''}`;
  const lookedAt = run.clock.now();
  const tip = await readRef(repository, branchRef(run.settings.branch));
  const apart = await apartAt(run.ticks, run.settings.branch);
  const truth = await readTruth({ repository, tip, specsPath: run.specsPath, apart, units: specs.units, known });
  keepKnown(database, known);
  const { units, files } = specs;
  const result = syncUnits(database, { units, truth, at: run.clock.now(), lookedAt, run: run.id });
  run.asked.units = units;
  run.asked.files = files.map((file) => file.file);
  const { added, reopened, retired } = result;
  const told = Object.entries({ added, reopened, gone: retired })
    .filter(([, units]) => units.length > 0)
    .map(([what, units]) => `${plural(units.length, 'unit')} ${what}`);
  return `specs reloaded: ${told.join(', ') || 'no unit changed'}`;
}
