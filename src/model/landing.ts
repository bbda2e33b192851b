import { z } from 'zod';
import { criterionSchema } from './report.ts';

/** A landing record, as the repository stores it. */
export const landingRecordSchema = z.object({
  version: z.literal(1),
  /** `landed` and `undone`: written with the move of the branch; `adopted` and `refused`: a person's answer to a claim. */
  what: z.enum(['landed', 'undone', 'adopted', 'refused']),
  unit: z.string(),
  /** Hash of the unit's criteria, as in the commit's trailer. */
  criteria: z.string(),
  commit: z.string().regex(/^[0-9a-f]{40}$/),
  tree: z.string().regex(/^[0-9a-f]{40}$/),
  run: z.string(),
  attempt: z.string(),
  /** For `undone`: the reverted commit; otherwise ''. */
  undone: z.string(),
  /** Milliseconds since the epoch. */
  at: z.number(),
  /** The person who decided; null without one. */
  by: z.string().nullable(),
  /** A summary of the evidence; null if nothing was judged. */
  judged: z.string().nullable(),
  /** The specs folder and the unit's file, as paths in the repository; null outside of it. Missing in older records. */
  specs: z.string().nullable().optional(),
  file: z.string().nullable().optional(),
});
/** A landing, an undo, or a person's answer. It is valid only for a commit with this tree and these trailers. */
export type LandingRecord = z.infer<typeof landingRecordSchema>;

/** The evidence of a landing, as it is stored beside its record. */
export const keptEvidenceSchema = z.object({ version: z.literal(1), criteria: z.array(criterionSchema).max(1000) });
