import { existsSync, watch, writeFileSync } from 'node:fs';
import path from 'node:path';
import { main } from '../../src/cli/main.ts';
import type { OrderResult } from '../../src/engine/jobs/job.ts';
import { executeWith, inThisProcess } from '../../src/engine/run/executors.ts';

/*
 * The command line, whose orders end late: once an agent has ended, `ended` is written into the folder
 * `BACKLOG_TEST_LATE`, and its result comes when `go` is there. With `BACKLOG_TEST_RESULT` it is replaced.
 */

const folder = process.env['BACKLOG_TEST_LATE'] ?? '';
const replaced = process.env['BACKLOG_TEST_RESULT'];

function untilThere(file: string): Promise<void> {
  return new Promise((resolve) => {
    const watcher = watch(path.dirname(file), look);
    function look(): void {
      if (!existsSync(file)) return;
      watcher.close();
      resolve();
    }
    look();
  });
}

executeWith((opened, outputs) => {
  const executor = inThisProcess(opened, outputs);
  const late = async (result: OrderResult): Promise<OrderResult> => {
    writeFileSync(path.join(folder, 'ended'), '');
    await untilThere(path.join(folder, 'go'));
    return replaced === undefined ? result : (JSON.parse(replaced) as OrderResult);
  };
  return {
    canTrace: executor.canTrace,
    order: async (job, link, stop) => late(await executor.order(job, link, stop)),
    check: (job, turn) => executor.check(job, turn),
    setUp: (job) => executor.setUp(job),
    look: (job, stop) => executor.look(job, stop),
    release: (attempt) => executor.release(attempt),
    close: () => executor.close(),
  };
});
process.exitCode = await main(process.argv.slice(2));
