import { parseJson } from '../util/text/json.ts';
import type { Database } from './database.ts';

/** The value stored under a name; null if there is none. */
export function readStamp(database: Database, name: string): unknown {
  const row = database.get('select value from stamps where name = ?', name) as { value: string } | undefined;
  return row === undefined ? null : parseJson(row.value);
}

/** Stores a value under a name; null deletes it. */
export function writeStamp(database: Database, name: string, value: object | null): void {
  database.write(() => {
    if (value === null) database.run('delete from stamps where name = ?', name);
    else database.run('insert or replace into stamps (name, value) values (?, ?)', name, JSON.stringify(value));
  });
}
