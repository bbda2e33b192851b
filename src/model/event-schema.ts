import { z } from 'zod';
import type { Event } from './event.ts';

const types = {
  ...{ 'run-started': true, 'branch-prepared': true, 'unit-changed': true, 'unit-paused': true, 'unit-resumed': true },
  ...{ 'wave-started': true, claimed: true, 'agent-started': true, 'agent-ended': true, 'agent-turn': true },
  ...{ 'agent-tool': true, 'agent-source': true, 'agent-retry': true, 'recipe-chosen': true, 'stage-done': true },
  ...{ 'map-made': true, note: true, overlap: true, harvested: true, candidate: true, 'check-ran': true },
  ...{ 'checks-needed': true, 'criterion-judged': true, judged: true, 'not-done': true, 'merge-queue': true },
  ...{ landed: true, 'request-applied': true, 'cap-reached': true, 'request-refused': true, 'environment-red': true },
  ...{ notice: true, 'gate-judged': true, 'integration-checked': true, 'account-written': true, 'run-ended': true },
} satisfies Record<Event['type'], true>;

/**
 * An event as `backlog watch --json` and `backlog log --follow --json` print it, one a line. Fields of `event` are only added;
 * so are types, so that readers skip those that they do not know.
 */
export const recordedEventSchema = z.looseObject({
  id: z.int(),
  /** Milliseconds since the epoch. */
  at: z.int(),
  run: z.string().nullable(),
  event: z.looseObject({
    type: z.enum(Object.keys(types) as [Event['type'], ...Event['type'][]]),
    /** The id of a unit. */
    unit: z.string().nullable().optional(),
    key: z.string().optional(),
    title: z.string().optional(),
  }),
});
