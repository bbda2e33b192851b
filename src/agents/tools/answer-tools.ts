import type Anthropic from '@anthropic-ai/sdk';
import { z } from 'zod';

/** Maximum followups per session. */
export const maxFollowups = 5;

/** The input of `block`. */
export const blockSchema = z.object({
  reason: z.string().min(1).describe('Why it cannot be done, for a person to read.'),
});
/** The input of `followup`. */
export const followupSchema = z.object({
  title: z.string().min(1).max(200),
  criteria: z.array(z.string().min(1)).max(20).default([]),
});
/** The input of `note`. */
export const noteSchema = z.object({
  text: z.string().min(1).max(1000).describe('What agents on other units should know.'),
});
/** The default input of `finish`. */
export const summarySchema = z.object({ summary: z.string().min(1).describe('What you did, in a few sentences.') });

/** A tool's definition for models. */
export function definition(tool: {
  readonly name: string;
  readonly description: string;
  readonly schema: z.ZodType;
}): Anthropic.Tool {
  const { $schema: _dialect, ...schema } = z.toJSONSchema(tool.schema, {
    io: 'input',
    // An empty schema allows anything anyway.
    override({ jsonSchema }) {
      const { additionalProperties: more } = jsonSchema;
      if (typeof more === 'object' && Object.keys(more).length === 0) delete jsonSchema.additionalProperties;
    },
  }) as Record<string, unknown>;
  return { name: tool.name, description: tool.description, input_schema: schema as Anthropic.Tool.InputSchema };
}

/** The tools by which an agent answers, in a fixed order; they have no side effects. */
export function answerTools(answerSchema: z.ZodType | null): Anthropic.Tool[] {
  return [
    definition({
      name: 'block',
      description: 'Ends your work because it cannot be done. Give the reason; an honest one is a good answer.',
      schema: blockSchema,
    }),
    definition({
      name: 'finish',
      description: 'Ends your work with your answer. Call it once, when everything is done.',
      schema: answerSchema ?? summarySchema,
    }),
    definition({
      name: 'followup',
      description: 'Proposes work that you noticed outside of your unit.',
      schema: followupSchema,
    }),
    definition({
      name: 'note',
      description: 'Leaves a note for agents on other units of this run: a decision, a trap, a place.',
      schema: noteSchema,
    }),
  ];
}
