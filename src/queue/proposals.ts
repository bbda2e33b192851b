import { nameOf } from '../model/event.ts';
import { idFromKey, type RunId, type UnitId } from '../model/ids.ts';
import { type Criterion, unasked, type UnitSpec } from '../model/unit.ts';
import { sha256 } from '../util/values/hash.ts';
import type { Database } from './database.ts';
import { appendEvent } from './events.ts';
import { proposedPosition, readUnit } from './units.ts';
import { transition } from './transitions.ts';

/** Work that somebody noticed and nobody asked for. */
export interface Proposal {
  readonly title: string;
  readonly body: string;
  /** Only text: none of them is run. */
  readonly criteria: readonly string[];
  /** How it came here, such as "proposed by a". */
  readonly why: string;
  /** Proposals with the same text here are the same one. */
  readonly identity: string;
}

/** A proposal that the agent of a unit made. */
export function proposedBy(from: UnitId, { title, criteria }: Pick<Proposal, 'title' | 'criteria'>): Proposal {
  const body = `Proposed by the agent of ${from}.`;
  return { title, body, criteria, why: `proposed by ${from}`, identity: `${from}\n${title}` };
}

/** Stores a proposal as a unit in state `proposed`, which never runs by itself; a repeated one is stored once. */
export function addProposal(database: Database, at: number, run: RunId | null, proposal: Proposal): void {
  const hash = sha256(proposal.identity);
  const key = `proposal-${hash.slice(0, 10)}`;
  const { title, body, why } = proposal;
  const spec: UnitSpec = {
    ...unasked,
    ...{ id: idFromKey(key), key, title, kind: 'change', file: '', line: 0, body },
    criteria: proposal.criteria.map(asCriterion),
    contentHash: hash.slice(0, 32),
    criteriaHash: hash.slice(0, 16),
  };
  database.write(() => {
    const isNew = database.run(
      `insert or ignore into units (id, key, title, file, line, position, spec, content_hash, criteria_hash, state, why, changed_at)
       values (?, ?, ?, '', 0, ?, ?, ?, ?, 'proposed', ?, ?)`,
      ...[
        spec.id,
        spec.key,
        title,
        proposedPosition,
        JSON.stringify(spec),
        spec.contentHash,
        spec.criteriaHash,
        why,
        at,
      ],
    );
    if (isNew > 0)
      appendEvent(database, at, run, {
        type: 'unit-changed',
        unit: spec.id,
        ...nameOf(spec),
        from: null,
        to: 'proposed',
        why,
      });
  });
}

function asCriterion(text: string, position: number): Criterion {
  const hash = sha256(text).slice(0, 16);
  return { position, text, kind: 'claim', command: null, hash, isTicked: null, line: 0 };
}

/** Ends a proposal; false if it does not wait for a decision any more. It never comes back. */
export function settleProposal(database: Database, at: number, unit: UnitId, why: string): boolean {
  return database.write(() => {
    if (readUnit(database, unit)?.state !== 'proposed') return false;
    transition(database, at, null, { unit, to: 'retired', why });
    return true;
  });
}

/** Merges one open proposal into another, which gets its criteria; false if one of the two is not open any more. */
export function mergeProposals(database: Database, at: number, from: UnitId, into: UnitId): boolean {
  return database.write(() => {
    const [one, other] = [readUnit(database, from), readUnit(database, into)];
    if (one?.state !== 'proposed' || other?.state !== 'proposed') return false;
    const texts = [...other.spec.criteria.map(({ text }) => text), ...criteriaOf(one.spec)];
    const spec: UnitSpec = { ...other.spec, criteria: [...new Set(texts)].map(asCriterion) };
    database.run('update units set spec = ? where id = ?', JSON.stringify(spec), into);
    transition(database, at, null, { unit: from, to: 'retired', why: `merged into ${other.spec.key}` });
    return true;
  });
}

/** What a proposal adds to another unit: its criteria, or its title if it has none. */
export function criteriaOf({ title, criteria }: UnitSpec): string[] {
  return criteria.length === 0 ? [title] : criteria.map(({ text }) => text);
}

/**
 * Accepts the agents' proposals, in this queue only: no file contains them. Proposals of a proposal still wait for a person,
 * so that followups do not multiply without end, and so do those without criteria, which nothing could show to be done.
 */
export function acceptProposals(database: Database, at: number, run: RunId | null): void {
  const rows = database.all(
    `select id, why, json_array_length(spec, '$.criteria') as criteria from units where state = 'proposed' order by id`,
  ) as {
    id: UnitId;
    why: string | null;
    criteria: number;
  }[];
  for (const { id, why, criteria } of rows) {
    if (criteria === 0 || why?.startsWith('proposed by proposal-') === true) continue;
    transition(database, at, run, { unit: id, to: 'waiting', why });
  }
}
