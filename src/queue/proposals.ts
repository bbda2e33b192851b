import type { Followup } from '../model/agent.ts';
import { nameOf } from '../model/event.ts';
import { idFromKey, type RunId, type UnitId } from '../model/ids.ts';
import { unasked, type UnitSpec } from '../model/unit.ts';
import { sha256 } from '../util/values/hash.ts';
import type { Database } from './database.ts';
import { appendEvent } from './events.ts';
import { transition } from './transitions.ts';

/** Stores an agent's proposal as a unit in state `proposed`, which never runs by itself; a repeated one is stored once. */
export function addProposal(database: Database, at: number, run: RunId, from: UnitId, followup: Followup): void {
  const hash = sha256(`${from}\n${followup.title}`);
  const key = `proposal-${hash.slice(0, 10)}`;
  const spec: UnitSpec = {
    ...unasked,
    id: idFromKey(key),
    key,
    title: followup.title,
    kind: 'change',
    file: '',
    line: 0,
    body: `Proposed by the agent of ${from}.`,
    criteria: followup.criteria.map((text, position) => ({
      position,
      text,
      kind: 'claim',
      command: null,
      hash: sha256(text).slice(0, 16),
      isTicked: null,
      line: 0,
    })),
    contentHash: hash.slice(0, 32),
    criteriaHash: hash.slice(0, 16),
  };
  database.write(() => {
    const isNew = database.run(
      `insert or ignore into units (id, key, title, file, line, position, spec, content_hash, criteria_hash, state, why, changed_at)
       values (?, ?, ?, '', 0, 1000000, ?, ?, ?, 'proposed', ?, ?)`,
      ...[
        spec.id,
        spec.key,
        spec.title,
        JSON.stringify(spec),
        spec.contentHash,
        spec.criteriaHash,
        `proposed by ${from}`,
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
        why: `proposed by ${from}`,
      });
  });
}

/**
 * Accepts the agents' proposals, in this queue only: no file contains them. Proposals of a proposal still wait for a person,
 * so that followups do not multiply without end.
 */
export function acceptProposals(database: Database, at: number, run: RunId | null): void {
  const rows = database.all("select id, why from units where state = 'proposed' order by id") as {
    id: UnitId;
    why: string | null;
  }[];
  for (const { id, why } of rows) {
    if (why?.startsWith('proposed by proposal-') === true) continue;
    transition(database, at, run, { unit: id, to: 'waiting', why });
  }
}
