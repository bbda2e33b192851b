// Follows the latest run of a queue from another process: prints what happens as TAP, then the last state as JSON.
// node tests/support/follow-run.ts STATE-FOLDER
import { setTimeout as delay } from 'node:timers/promises';
import { openForReading } from '../../src/queue/database.ts';
import { readSince } from '../../src/queue/events.ts';
import { readRuns } from '../../src/queue/runs.ts';
import { Reporters, Teller } from '../../src/report/reporters.ts';
import { emptyRunState } from '../../src/report/run-state.ts';
import { tap } from './tap.ts';

const database = openForReading(process.argv[2] ?? '');
const run = database && readRuns(database)[0];
if (!database || !run) throw new Error('there is no run to follow');
const teller = new Teller(new Reporters([tap]).ofEvents('tap'), emptyRunState(), { isVerbose: false });
while (teller.state.end === null) {
  for (const event of readSince(database, run.id, teller.state.lastId))
    for (const { text } of teller.hear(event)) process.stdout.write(`${text}\n`);
  await delay(10);
}
database.close();
const { state } = teller;
process.stdout.write(`${JSON.stringify({ ...state, units: state.units.values() })}\n`);
