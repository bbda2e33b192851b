import type { Event, RecordedEvent } from '../model/event.ts';
import type { RunId, UnitId } from '../model/ids.ts';
import type { Database } from './database.ts';
import { isEvent } from './event-shapes.ts';

/** Records an event. Call it in the transaction of the change. */
export function appendEvent(database: Database, at: number, run: RunId | null, event: Event): void {
  const unit: UnitId | null = 'unit' in event ? event.unit : null;
  const json = JSON.stringify(event);
  const id = database.insert(
    'insert into events (at, run, unit, type, event) values (?, ?, ?, ?, ?)',
    at,
    run,
    unit,
    event.type,
    json,
  );
  database.announce({ id, at, run, event });
}

interface Row {
  id: number;
  at: number;
  run: RunId | null;
  event: string;
}

function fromRow(database: Database, row: Row): RecordedEvent {
  return { ...row, event: database.decode(row.event, isEvent, 'events.event') };
}

/** Rows read at a time. */
const portion = 1000;

/** Events of a run after `id`, in order. Read in portions, so that other processes can follow a run. */
export function* readSince(database: Database, run: RunId, id: number): Generator<RecordedEvent> {
  const next = 'select id, at, run, event from events where run = ? and id > ? order by id limit ?';
  for (let seen = id; ;) {
    const rows = database.all(next, run, seen, portion) as Row[];
    for (const row of rows) yield fromRow(database, row);
    const last = rows.at(-1);
    if (last === undefined || rows.length < portion) return;
    seen = last.id;
  }
}

/** The last map of the repository made for a phase, by any run; null if there is none. */
export function readMap(database: Database, phase: string | null): Extract<Event, { type: 'map-made' }> | null {
  const row = database.get(
    "select event from events where type = 'map-made' and json_extract(event, '$.phase') is ? order by id desc limit 1",
    phase,
  ) as Pick<Row, 'event'> | undefined;
  return row ? (database.decode(row.event, isEvent, 'events.event') as Extract<Event, { type: 'map-made' }>) : null;
}

/** Events of a unit in order, from all runs. */
export function readUnitEvents(database: Database, unit: UnitId): RecordedEvent[] {
  const rows = database.all('select id, at, run, event from events where unit = ? order by id', unit);
  return (rows as Row[]).map((row) => fromRow(database, row));
}
