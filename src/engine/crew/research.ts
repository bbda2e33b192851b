import { z } from 'zod';

/** What a researcher answers with. */
export const researchSchema = z.object({ answer: z.string().min(1).describe('The whole answer, as Markdown.') });
