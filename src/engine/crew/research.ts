import { z } from 'zod';

/** The answer of a researcher. */
export const researchSchema = z.object({ answer: z.string().min(1).describe('The whole answer, as Markdown.') });
