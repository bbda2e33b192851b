import type { RunId } from '../model/ids.ts';
import type { Database } from './database.ts';

/*
 * Deletes details of old runs: the agents' steps, and evidence about trees that are no longer judged. Summaries stay: runs,
 * attempts, sessions, money, and for each unit its criteria, verdict and landing. So does everything of unfinished units.
 */

/** Events that nobody reads once a unit is done. */
const steps = [
  ...['agent-turn', 'agent-tool', 'agent-source', 'agent-retry', 'note', 'wave-started'],
  ...['recipe-chosen', 'stage-done', 'harvested', 'candidate', 'agent-started', 'agent-ended', 'merge-queue'],
  ...['check-ran', 'checks-needed'],
];
const stepsList = steps.map((type) => `'${type}'`).join(', ');

/** True for rows of a unit that is done or gone, and for rows without a unit. */
const isSettled = (unit: string): string =>
  `(${unit} is null or not exists (select 1 from units u where u.id = ${unit} and u.state not in ('done', 'retired')))`;

/** A verdict replaced by a later attempt at the same unit. */
const isReplaced = `(e.type = 'criterion-judged' and json_extract(e.event, '$.attempt') <> (
  select json_extract(l.event, '$.attempt') from events l
  where l.unit = e.unit and l.type = 'criterion-judged' order by l.id desc limit 1))`;

const forgottenEvents = `select e.id from events e where e.run = ? and (e.type in (${stepsList}) or ${isReplaced})
  and ${isSettled('e.unit')}`;
/** Records of checks with different results on one tree (they have no tree) are kept. */
const forgottenEvidence = `select v.id from evidence v where v.run = ? and v.tree <> '' and ${isSettled('v.unit')}`;

/** Ended, unpruned runs before the last `kept`, oldest first. */
export function oldRuns(database: Database, kept: number): RunId[] {
  const rows = database.all(
    `select id from runs where ended_at is not null and pruned_at is null and rowid not in
     (select rowid from runs where started_at > 0 order by rowid desc limit ?) order by rowid`,
    kept,
  ) as { id: RunId }[];
  return rows.map(({ id }) => id);
}

/** Number of rows that pruning a run would delete. */
export function countForgotten(database: Database, run: RunId): number {
  const count = (sql: string): number => (database.get(`select count(*) as n from (${sql})`, run) as { n: number }).n;
  return count(forgottenEvents) + count(forgottenEvidence);
}

/** Prunes a run, looking at `most` rows per transaction, and yields the number deleted each time; then marks it as pruned. */
export function* forgetSteps(database: Database, at: number, run: RunId, most: number): Generator<number> {
  for (const [table, which] of [
    ['events', forgottenEvents],
    ['evidence', forgottenEvidence],
  ] as const) {
    const next = `select max(id) as id from (select id from ${table} where run = ? and id > ? order by id limit ?)`;
    const forget = `delete from ${table} where id in (select id from (${which}) where id > ? and id <= ?)`;
    for (let seen = 0; ;) {
      const { id } = database.get(next, run, seen, most) as { id: number | null };
      if (id === null) break;
      yield database.write(() => database.run(forget, run, seen, id), 'forgotten');
      seen = id;
    }
  }
  database.write(() => database.run('update runs set pruned_at = ? where id = ?', at, run), 'forgotten');
}
