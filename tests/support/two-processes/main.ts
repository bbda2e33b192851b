import path from 'node:path';
import { main } from '../../../src/cli/main.ts';
import { LocalExecutor } from '../../../src/engine/jobs/local-executor.ts';
import { openSlots } from '../../../src/engine/jobs/slots.ts';
import { executeWith } from '../../../src/engine/run/executors.ts';
import { RemoteWork } from './remote-work.ts';

/* The command line, with the jobs of its runs executed in another process, in the folder `BACKLOG_TEST_WORKERS`. */

executeWith((opened) => {
  const folder = path.join(process.env['BACKLOG_TEST_WORKERS'] ?? '', opened.id);
  const work = new RemoteWork(opened, path.join(opened.project.state, 'runs', opened.id, 'output'), folder);
  return new LocalExecutor(openSlots(opened.settings.maxAgents), work, opened.end.signal);
});
process.exitCode = await main(process.argv.slice(2));
