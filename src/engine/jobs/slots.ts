import PQueue from 'p-queue';

/** Slots for agents; every agent at work takes one. */
export interface Slots {
  /** For builders, debuggers, researchers and synthesizers. */
  readonly workers: PQueue;
  /** For scouts, planners, reviewers and shippers: as many again. */
  readonly readers: PQueue;
}

/**
 * Opens as many slots for workers as for readers. They are separate: a unit asks several readers at once while its
 * worker is idle, so with shared slots, three reviewers of a run with one agent would take turns.
 */
export function openSlots(maxAgents: number): Slots {
  return { workers: new PQueue({ concurrency: maxAgents }), readers: new PQueue({ concurrency: maxAgents }) };
}
