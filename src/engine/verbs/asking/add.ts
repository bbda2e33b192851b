import { existsSync } from 'node:fs';
import path from 'node:path';
import { refused } from '../../../model/refusal.ts';
import { type Database, databaseName, openDatabase } from '../../../queue/database.ts';
import { addRequest } from '../../../queue/requests.ts';
import { InputError } from '../../../model/diagnostic.ts';
import type { NewUnit } from '../../../specs/format/addition.ts';
import type { Draft } from '../../../specs/format/draft.ts';
import { appendUnit, Unwritable } from '../../../specs/formats/append.ts';
import { isFollowups } from '../../../specs/followups/format.ts';
import { sha256 } from '../../../util/values/hash.ts';
import type { Asker } from '../../context/asker.ts';
import { isWorkedOn } from '../../project/at-work.ts';
import { oneAtATime } from '../../project/locks.ts';
import { withKnown } from '../../project/known-groups.ts';
import { openProject, type Project, readProjectSpecs } from '../../project/project.ts';
import { verb, type Zod } from '../verb.ts';
import { addedWith, rememberAdded } from './added-keys.ts';
import { followupInsteadOf, foundOn, type Place, placeFor, refuseAlike, refuseUnknown } from './addition.ts';

/** A unit as it was read back. */
export interface Added {
  readonly kind: 'added';
  readonly key: string;
  /** Absolute path of the file that holds it now. */
  readonly file: string;
  readonly line: number;
  /** False when it has no criteria yet: it is noted, but not runnable. */
  readonly isRunnable: boolean;
  /** True if it runs only when a person has removed its mark. */
  readonly isDraft: boolean;
  /** True if the same request added it before, and nothing was added now. */
  readonly isAgain: boolean;
  /** The format of the folder, if it takes no units and this is a followup instead; otherwise null. */
  readonly insteadOf: string | null;
}

/** A unit as somebody asks for it. */
export type GivenUnit = Omit<NewUnit, 'at'>;

/** Where and how a unit is added. */
export interface Manner {
  readonly folder: string;
  /** The file; null for the usual one. */
  readonly spec: string | null;
  /** The unit that somebody worked on when they found it. */
  readonly from: string | null;
  /** True to add what an open unit seems to ask for already. */
  readonly isForced: boolean;
  readonly idempotencyKey: string | null;
}

export const list = (z: Zod) => z.array(z.string()).readonly().default([]);
export const manner = (z: Zod) => ({
  folder: z.string(),
  /** The file, relative to the current folder or to the specs folder. */
  spec: z.string().nullable().default(null),
  isForced: z.boolean().default(false),
});

/** Adds a unit to a file of the specs folder, validated by the run's own parser. */
export const add = verb(
  (z) =>
    z.strictObject({
      ...{ ...manner(z), title: z.string(), body: z.string().default('') },
      ...{ criteria: list(z), checks: list(z), depends: list(z), touches: list(z) },
      priority: z.number().int().min(-1000).max(1000).nullable().default(null),
      isDraft: z.boolean().default(false),
      from: z.string().nullable().default(null),
      idempotencyKey: z.string().min(1).max(200).nullable().default(null),
    }),
  async (asker, { folder, spec, from, isForced, idempotencyKey, ...unit }) =>
    append(asker, { folder, spec, from, isForced, idempotencyKey }, { ...unit, claims: [] }),
);

/** Adds a unit; see `add`. */
export async function append(asker: Asker, manner: Manner, given: GivenUnit): Promise<Added> {
  const project = await openProject(asker, manner.folder);
  if (given.title.trim() === '') throw refused('no-title');
  return oneAtATime(project, async () => appendAlone(asker, project, manner, given));
}

/** The same, while nobody else adds. */
async function appendAlone(asker: Asker, project: Project, manner: Manner, given: GivenUnit): Promise<Added> {
  const { spec, from, isForced, idempotencyKey } = manner;
  const { folder, isRepository } = project;
  const specs = await withKnown(project.state, async (known) => readProjectSpecs(project, null, { known }));
  const digest = sha256(JSON.stringify({ given, spec, from })).slice(0, 32);
  const before = idempotencyKey === null ? null : addedWith(project.state, idempotencyKey);
  const there = specs.units.find(({ key, file }) => key === before?.unit && file === before.file);
  if (before !== null && (before.isWritten || there !== undefined)) {
    if (before.digest !== digest) throw refused('idempotency-key-used', { key: before.unit });
    return {
      ...{ kind: 'added', key: before.unit, file: path.join(project.folder, before.file), line: there?.line ?? 1 },
      ...{ isRunnable: there === undefined || there.criteria.length > 0, isDraft: given.isDraft },
      ...{ isAgain: true, insteadOf: null },
    };
  }
  const known = specs.units.map((unit) => unit.key);
  refuseUnknown(given.depends, known);
  const found = from === null ? [] : [foundOn(from, known)];
  const unit: NewUnit = {
    ...given,
    at: Date.now(),
    body: [given.body.trimEnd(), ...found].filter((text) => text.trim() !== '').join('\n\n'),
  };
  if (!isForced) refuseAlike(project, unit, specs.units);
  const queue = queueOfRun(project); // it may refuse, so it is opened before anything is written
  try {
    const remember = (key: string, file: string, isWritten: boolean): void => {
      if (idempotencyKey !== null) rememberAdded(project.state, { idempotencyKey, digest, unit: key, file, isWritten });
    };
    const { ignore, only, formats } = project.config;
    const paths = specs.files.map(({ file }) => file);
    const addTo = async ({ file }: Place): Promise<Draft> =>
      appendUnit({ folder, file, paths, ignore, only, formats, isRepository }, unit, ({ key, file: to }) =>
        remember(key, to, false),
      );
    let place = await placeFor(asker, project, specs, spec);
    let draft: Draft;
    try {
      draft = await addTo(place);
    } catch (error) {
      if (spec !== null || isFollowups(place.file) || !isUnwritable(error)) throw error;
      place = followupInsteadOf(project, specs);
      draft = await addTo(place);
    }
    remember(draft.key, draft.file, true);
    if (queue !== null) tellOfChange(queue, asker);
    return {
      ...{ kind: 'added', key: draft.key, file: path.join(project.folder, draft.file), line: draft.line },
      ...{ isRunnable: draft.criteria.length > 0, isDraft: given.isDraft, isAgain: false },
      insteadOf: place.insteadOf,
    };
  } finally {
    queue?.close();
  }
}

/** True if the format of a file cannot hold a unit. */
function isUnwritable(error: unknown): boolean {
  if (error instanceof Unwritable) return true;
  const code = error instanceof InputError ? error.diagnostics[0]?.code : undefined;
  return code === 'takes-no-unit' || code === 'followup-misread';
}

/** Tells an active run that the specs have changed. */
export function tellOfChange(queue: Database, asker: Asker): void {
  addRequest(queue, Date.now(), { verb: 'sync', unit: null, message: '', by: asker.name, digest: null });
}

/** The queue of an active run, which has to be told of additions; null without one: the next run reads them anyway. */
export function queueOfRun(project: Project): Database | null {
  if (!existsSync(path.join(project.state, databaseName)) || !isWorkedOn(project)) return null;
  return openDatabase(project.state);
}
