import { refused } from '../../../model/refusal.ts';
import type { Criterion, UnitSpec } from '../../../model/unit.ts';
import { openDatabase } from '../../../queue/database.ts';
import { criteriaOf, mergeProposals, settleProposal } from '../../../queue/proposals.ts';
import { readProposed, readUnits, type UnitRow } from '../../../queue/units.ts';
import { extendUnit } from '../../../specs/formats/append.ts';
import { firstAlike } from '../../../specs/text/similar.ts';
import { printable } from '../../../util/text/printable.ts';
import type { Asker } from '../../context/asker.ts';
import { wordsOfUnit } from '../../judging/propose.ts';
import { oneAtATime } from '../../project/locks.ts';
import { openProject, type Project } from '../../project/project.ts';
import { findUnit, findUnits } from '../queue/find-units.ts';
import { readQueue } from '../queue/reading.ts';
import { withQueue } from '../queue/queue.ts';
import { verb } from '../verb.ts';
import { type Added, append, list, manner, queueOfRun, tellOfChange } from './add.ts';

/** A proposal that waits for a decision. */
export interface Proposed extends Pick<UnitSpec, 'id' | 'key' | 'title' | 'body'> {
  /** Where it comes from, such as "proposed by a" or "left by a in src/x.ts:12". */
  readonly why: string | null;
  /** As its author wrote them: only text. */
  readonly criteria: readonly string[];
  /** The commands that they name, none of which is run. */
  readonly commands: readonly string[];
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** The key of an open unit that seems to ask for the same; null if there is none. */
  readonly like: string | null;
}

/** All proposals that wait for a decision, oldest first. */
export const inbox = verb(
  (z) => z.strictObject({ folder: z.string() }),
  async (asker, { folder }) =>
    readQueue(asker, folder, ({ database }) => {
      const open = readProposed(database).filter(({ state }) => state === 'proposed');
      const units = readUnits(database).filter(({ spec, state }) => spec.file !== '' && isOpen(state));
      const words = units.map(({ spec }) => wordsOfUnit(spec));
      const proposals = open.map(({ spec, why, changedAt }): Proposed => {
        const { id, key, title, body, criteria } = spec;
        const like = units[firstAlike(wordsOfUnit(spec), words)]?.spec.key ?? null;
        const texts = criteria.map(({ text }) => text);
        return { id, key, title, body, why, criteria: texts, commands: commandsIn(criteria), at: changedAt, like };
      });
      return { kind: 'inbox' as const, proposals };
    }),
);

function isOpen(state: UnitRow['state']): boolean {
  return state !== 'done' && state !== 'retired';
}

/** The commands that a text names as checks. */
function commandsIn(criteria: readonly Criterion[]): string[] {
  return criteria.flatMap(({ text }) =>
    [...text.matchAll(/\bchecks?:\s*`([^`]+)`/gi)].flatMap(([, command = '']) => command.trim() || []),
  );
}

/** An accepted proposal, as it was added. */
export type Accepted = Added & {
  readonly proposal: string;
  /** The commands that its agent named. They were not taken over as checks. */
  readonly commands: readonly string[];
};

/** Accepts a proposal: it is added, and the proposal is settled. */
export const accept = verb(
  (z) =>
    z.strictObject({
      ...{ ...manner(z), proposal: z.string(), criteria: list(z), checks: list(z), depends: list(z), touches: list(z) },
      isDraft: z.boolean().default(false),
    }),
  async (asker, { folder, spec, isForced, proposal, ...more }): Promise<Accepted> => {
    const proposed = await withQueue(asker, folder, ({ database }) => findProposed(database, proposal));
    // A kill between the two steps leaves the proposal open; then the same request settles it without adding twice.
    const how = { folder, spec, isForced, from: null, idempotencyKey: `proposal ${proposed.id}` };
    const added = await append(asker, how, {
      title: printable(proposed.title),
      body: printable(proposed.body),
      claims: proposed.criteria.map((criterion) => criterion.text),
      ...{ ...more, priority: null },
    });
    const project = await openProject(asker, folder);
    inQueue(project, (database) => settleProposal(database, Date.now(), proposed.id, `added as ${added.key}`));
    return { ...added, proposal: proposed.key, commands: commandsIn(proposed.criteria) };
  },
);

/** Rejects proposals; they do not come back. */
export const decline = verb(
  (z) =>
    z.strictObject({
      folder: z.string(),
      proposals: z.array(z.string()).min(1).readonly(),
      message: z.string().default(''),
    }),
  async (asker, { folder, proposals, message }) => {
    const specs = await withQueue(asker, folder, ({ database }) =>
      findUnits(database, proposals).map(({ spec, state }) => {
        if (state !== 'proposed') throw refused('not-proposed', { key: spec.key, state });
        return spec;
      }),
    );
    const why = `rejected by ${asker.name}${message.trim() === '' ? '' : `: ${printable(message.trim())}`}`;
    inQueue(await openProject(asker, folder), (database) => {
      for (const { id } of specs) settleProposal(database, Date.now(), id, why);
    });
    return { kind: 'declined' as const, proposals: specs.map(({ id, key, title }) => ({ id, key, title })) };
  },
);

/** Merges a proposal into a unit, whose file gets its criteria, or into another proposal. */
export const fold = verb(
  (z) => z.strictObject({ folder: z.string(), proposal: z.string(), into: z.string() }),
  async (asker, { folder, proposal, into }) => {
    const [from, other] = await withQueue(asker, folder, ({ database }) => {
      const [one, row] = [findProposed(database, proposal), findUnit(database, into)];
      if (row.spec.id === one.id) throw refused('merge-with-itself', { key: one.key });
      if (row.state === 'done') throw refused('unit-done', { key: row.spec.key, state: row.state });
      if (row.state !== 'proposed' && row.spec.file === '')
        throw refused('not-proposed', { key: row.spec.key, state: row.state });
      return [one, row] as const;
    });
    const project = await openProject(asker, folder);
    const { key, file } = other.spec;
    const said = { kind: 'folded' as const, proposal: from.key, into: key, criteria: criteriaOf(from).length };
    if (other.state === 'proposed') {
      inQueue(project, (database) => mergeProposals(database, Date.now(), from.id, other.spec.id));
      return { ...said, file: null };
    }
    await extend(asker, project, other.spec, criteriaOf(from).map(printable));
    inQueue(project, (database) => settleProposal(database, Date.now(), from.id, `merged into ${key}`));
    return { ...said, file: `${project.folder}/${file}` };
  },
);

/** Adds claims to a unit's file, except those that it has. */
async function extend(asker: Asker, project: Project, unit: UnitSpec, claims: readonly string[]): Promise<void> {
  const known = new Set(unit.criteria.map(({ text }) => text));
  const fresh = claims.filter((claim) => !known.has(claim));
  if (fresh.length === 0) return;
  const queue = queueOfRun(project);
  try {
    const { ignore, only, formats } = project.config;
    const target = { folder: project.folder, file: unit.file, paths: unit.files, ignore, only, formats };
    await oneAtATime(project, async () => extendUnit(target, unit.key, fresh));
    if (queue !== null) tellOfChange(queue, asker);
  } finally {
    queue?.close();
  }
}

function findProposed(database: Parameters<typeof findUnit>[0], name: string): UnitSpec {
  const { spec, state } = findUnit(database, name);
  if (state !== 'proposed') throw refused('not-proposed', { key: spec.key, state });
  return spec;
}

function inQueue(project: Project, action: (database: ReturnType<typeof openDatabase>) => unknown): void {
  const database = openDatabase(project.state);
  try {
    action(database);
  } finally {
    database.close();
  }
}
