import { z } from 'zod';
import { criterionSchema } from './report.ts';

/** A record of a landing, as it is kept in the repository. */
export const landingRecordSchema = z.object({
  version: z.literal(1),
  /** `landed` and `undone`: by us, with the branch's move; `adopted` and `refused`: by a person, of somebody's commit. */
  what: z.enum(['landed', 'undone', 'adopted', 'refused']),
  unit: z.string(),
  /** Hash of the criteria that it was judged by, as in the commit's trailer. */
  criteria: z.string(),
  commit: z.string().regex(/^[0-9a-f]{40}$/),
  tree: z.string().regex(/^[0-9a-f]{40}$/),
  run: z.string(),
  attempt: z.string(),
  /** The commit that an `undone` one takes back; '' for the others. */
  undone: z.string(),
  /** Milliseconds since the epoch. */
  at: z.number(),
  /** The person who said so; null where nobody was asked. */
  by: z.string().nullable(),
  /** The evidence in a few words; null where nothing was judged. */
  judged: z.string().nullable(),
});
/** One landing, undo, or person's word. It says nothing unless commit, tree and trailers are as it says. */
export type LandingRecord = z.infer<typeof landingRecordSchema>;

/** What stands behind a landing, as it is kept beside its record. */
export const keptEvidenceSchema = z.object({ version: z.literal(1), criteria: z.array(criterionSchema).max(1000) });
