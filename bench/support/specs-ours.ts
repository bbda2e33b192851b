// A sync of a folder of specs, as a command that looks does it: node bench/support/specs-ours.ts FOLDER
import { realpathSync } from 'node:fs';
import { statePlace } from '../../src/engine/project/state-place.ts';
import { list } from '../../src/engine/verbs/looking/list.ts';
import { openForReading } from '../../src/queue/database.ts';

const folder = realpathSync(process.argv[2] ?? '');
const specs = `${folder}/specs`;
const asker = { name: 'Bench', folder, shownFrom: folder, env: process.env };

/** How many groups of files the queue knows. */
function known(): number {
  const database = openForReading(statePlace(specs, process.env));
  const row = database?.get('select count(*) as count from parsed') as { count: number } | undefined;
  database?.close();
  return row?.count ?? 0;
}

const before = known();
const used = process.cpuUsage();
await list.run(asker, { folder: specs, states: [] }, { signal: new AbortController().signal });
const { user, system } = process.cpuUsage(used);
process.stdout.write(`${JSON.stringify({ cpuMs: (user + system) / 1000, parsed: known() - before })}\n`);
