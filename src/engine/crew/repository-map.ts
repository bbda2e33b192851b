import { z } from 'zod';
import { mapBrief } from '../../agents/words/brief.ts';
import { describeFailure } from '../../model/describe-failure.ts';
import type { RepositoryMap } from '../../model/recipe.ts';
import { isSettled } from '../../model/unit.ts';
import { readMap } from '../../queue/events.ts';
import { readUnits } from '../../queue/units.ts';
import { GitError } from '../../repo/git/git.ts';
import { changedPaths, listTree } from '../../repo/objects/tree.ts';
import { Interrupted } from '../context/interrupted.ts';
import { askReader, type Place, type ReaderRun } from './reader.ts';
import { instructionsFor } from './shared-brief.ts';

/** A map is worth its price for this many units of a phase, in a project of this many files. */
const worth = { units: 4, files: 60 } as const;
const maxPlaces = 60;
/** Maximum of added or removed files for reusing a map. */
const maxStale = 10;

const mapSchema = z.object({
  summary: z.string().min(1).max(2000).describe('What the project is; how it is built, tested and run.'),
  places: z
    .array(z.object({ path: z.string().min(1), what: z.string().min(1).max(200) }))
    .max(maxPlaces)
    .describe('Important folders and files, relative to the root, and their content.'),
  conventions: z.array(z.string().min(1).max(300)).max(20).describe('Rules of this code that a newcomer would break.'),
});

/**
 * Ensures a repository map for the unit's phase, if worth its price. The first caller has a scout make it; others wait.
 * Without a usable result, the phase has no map. Throws `Interrupted` for a limit of the provider, the budget, or the
 * end of the run.
 */
export async function mapFor(place: Place, number: number): Promise<void> {
  const { run, unit } = place;
  for (;;) {
    const known = run.maps.get(unit.phase);
    try {
      if (known) {
        await known;
        return;
      }
      const made = makeMap(place, number);
      run.maps.set(unit.phase, made);
      await made;
      return;
    } catch (error) {
      if (!known) run.maps.delete(unit.phase);
      // The caller that made it was stopped, or lost its worker: others retry.
      const isOfMaker = error instanceof Interrupted && /^(?:stopped|lost)$/.test(error.reason.kind);
      if (!known || !isOfMaker || run.end.signal.aborted) throw error;
    }
  }
}

async function makeMap(place: Place, number: number): Promise<string | null> {
  const { run, unit, attempt, tree } = place;
  const paths = (await listTree(run.repository, tree)).map((entry) => entry.path);
  if (!isWorth(run, place, paths.length)) return null;
  const before = await knownMap(place);
  if (before !== null) return mapText(before, paths);
  const cast = run.fleet.cast('scout', unit);
  const shared = await instructionsFor(run, cast.agent, tree);
  const { prompt } = cast;
  const outcome = await askReader(place, {
    role: 'scout',
    ...{ cast, number, lens: null, answerSchema: mapSchema },
    brief: () => mapBrief({ shared, prompt }),
    stop: run.stops.get(attempt.id)?.signal ?? null,
  });
  const of = { unit: unit.id, attempt: attempt.id } as const;
  if (outcome.kind !== 'finished') {
    const why = outcome.kind === 'blocked' ? outcome.why : describeFailure(outcome.failure);
    run.emit({ type: 'notice', text: `There is no map of the repository: ${why}` });
    return null;
  }
  const map = mapSchema.parse(outcome.answer);
  run.emit({ type: 'map-made', ...of, phase: unit.phase, tree, map });
  return mapText(map, paths);
}

/** The map of an earlier run, if hardly any file was added or removed since; else null. */
async function knownMap({ run, unit, tree }: Place): Promise<RepositoryMap | null> {
  const last = readMap(run.database, unit.phase);
  if (last === null) return null;
  try {
    const changes = await changedPaths(run.repository, last.tree, tree);
    return changes.filter(({ before, after }) => before === null || after === null).length > maxStale ? null : last.map;
  } catch (error) {
    if (error instanceof GitError) return null; // that tree was garbage-collected
    throw error;
  }
}

function isWorth(run: ReaderRun, { unit }: Place, files: number): boolean {
  const { map } = run.config;
  if (map !== 'auto') return map === 'always';
  const isModel = (['scout', 'builder'] as const).every((role) => run.fleet.casting.part(role, unit).model !== null);
  if (!isModel || files < worth.files) return false;
  const ahead = readUnits(run.database).filter(
    ({ spec, state }) =>
      spec.phase === unit.phase && spec.kind === 'change' && !isSettled(state) && run.isAskedFor(spec.id),
  );
  return Math.min(ahead.length, run.settings.maxUnits ?? ahead.length) >= worth.units;
}

/** The map as text, without places that do not exist. */
function mapText({ summary, places, conventions }: RepositoryMap, paths: readonly string[]): string {
  const there = places.flatMap(({ path, what }) => {
    const name = path.replace(/^\.\//, '').replace(/\/+$/, '');
    const isThere = paths.some((one) => one === name || one.startsWith(`${name}/`));
    return isThere ? [`- ${name}: ${what.replaceAll('\n', ' ')}`] : [];
  });
  const rules = conventions.map((rule) => `- ${rule.replaceAll('\n', ' ')}`);
  return [
    summary,
    ...(there.length === 0 ? [] : [`Where things are:\n${there.join('\n')}`]),
    ...(rules.length === 0 ? [] : [`Conventions:\n${rules.join('\n')}`]),
  ].join('\n\n');
}
