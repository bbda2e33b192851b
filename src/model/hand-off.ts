import { z } from 'zod';

/** What a run leaves for people and for the agents of the next one. All of it is data: it holds text of specs and agents. */
export const handOffSchema = z.object({
  run: z.string(),
  /** ISO 8601. */
  endedAt: z.string(),
  /** Where it stopped, in one line. */
  stopped: z.string(),
  /** What does not go on by itself and why, the gravest first; units with one cause share an entry. */
  waits: z.array(z.object({ ids: z.array(z.string()), keys: z.array(z.string()), what: z.string() })),
  /** The last notes that agents left for those of other units. */
  notes: z.array(z.object({ id: z.string(), key: z.string(), text: z.string() })),
});
export type HandOff = z.infer<typeof handOffSchema>;
