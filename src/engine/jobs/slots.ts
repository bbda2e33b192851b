import PQueue from 'p-queue';

/** Places for agents. Nobody's agent is at work in a run without one. */
export interface Slots {
  /** Of those who work on units (builders, debuggers, researchers, synthesizers). */
  readonly workers: PQueue;
  /** Of those who only read beside them (scouts, planners, reviewers, shippers): as many again. */
  readonly readers: PQueue;
}

/**
 * Places for as many as may work, and for as many readers. They do not share: a unit asks several readers at once while
 * none of its own works, so that with one place for all, three reviewers of a run with one agent would take turns.
 */
export function openSlots(maxAgents: number): Slots {
  return { workers: new PQueue({ concurrency: maxAgents }), readers: new PQueue({ concurrency: maxAgents }) };
}
