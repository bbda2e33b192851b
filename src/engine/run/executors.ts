import type { Outputs } from '../boxes/outputs.ts';
import type { Executor } from '../jobs/executor.ts';
import { checkedLook, checkedResult } from '../jobs/order-result.ts';
import { LocalExecutor } from '../jobs/local-executor.ts';
import { openSlots } from '../jobs/slots.ts';
import { openWorker } from '../jobs/worker.ts';
import { cacheFolder, projectMark } from '../project/project.ts';
import type { Opened } from './opened.ts';

/** Opens the executor of a run. `outputs` keeps the outputs of failures. */
export type OpenExecutor = (opened: Opened, outputs: Outputs) => Executor;

let chosen: OpenExecutor = inThisProcess;

/** Replaces the executor of all further runs in this process. */
export function executeWith(other: OpenExecutor): void {
  chosen = other;
}

/** The executor of a run, whose results are checked. @default this process */
export const openExecutor: OpenExecutor = (opened, outputs) => {
  const executor = chosen(opened, outputs);
  return {
    get canTrace() {
      return executor.canTrace;
    },
    order: async (job, link, stop) => checkedResult(opened.repository, await executor.order(job, link, stop)),
    check: (job, turn) => executor.check(job, turn),
    setUp: (job) => executor.setUp(job),
    look: async (job, stop) => checkedLook(opened.repository, await executor.look(job, stop)),
    release: (attempt) => executor.release(attempt),
    close: () => executor.close(),
  };
};

/** Executes the jobs of a run in its own process. */
export function inThisProcess(opened: Opened, outputs: Outputs): Executor {
  const { project, repository, settings, launcher, fleet, redactor, end } = opened;
  const worker = openWorker({
    ...{ config: project.config, repository, launcher, outputs, redactor, end },
    ...{ cache: cacheFolder(project), mark: projectMark(project) },
    branch: settings.branch,
    timeoutMs: settings.attemptTimeoutMs,
    agent: (name) => fleet.open(name),
  });
  return new LocalExecutor(openSlots(settings.maxAgents), worker, end.signal);
}
