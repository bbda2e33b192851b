import type { Database } from './database.ts';

/** The text stored under a digest; null if there is none. */
export function readParsed(database: Database, digest: string): string | null {
  const row = database.get('select value from parsed where digest = ?', digest) as { value: string } | undefined;
  return row?.value ?? null;
}

/** Stores texts by digest. Deletes all that are not in `used` once they are more than twice as many. */
export function writeParsed(database: Database, fresh: ReadonlyMap<string, string>, used: ReadonlySet<string>): void {
  if (fresh.size === 0) return;
  database.write(() => {
    for (const [digest, value] of fresh)
      database.run('insert or replace into parsed (digest, value) values (?, ?)', digest, value);
    const { count } = database.get('select count(*) as count from parsed') as { count: number };
    if (count <= 2 * used.size + 100) return;
    for (const { digest } of database.all('select digest from parsed') as { digest: string }[])
      if (!used.has(digest)) database.run('delete from parsed where digest = ?', digest);
  });
}
