import { parallelisms } from '../../../model/parallelism.ts';
import { workInput } from '../queue/take-branch.ts';
import type { z } from 'zod';
import type { Zod } from '../verb.ts';

const names = (z: Zod) => z.array(z.string()).readonly().default([]);

/** Which units start, and with which agent: for a run and its plan. */
export const waveInput = (z: Zod) => ({
  agent: z.string().nullable().default(null),
  maxAgents: z.int().min(1).nullable().default(null),
  maxUnits: z.int().min(1).nullable().default(null),
  barrier: z.boolean().default(false),
  parallelism: z.enum(parallelisms).nullable().default(null),
  selection: z.strictObject({ only: names(z), exclude: names(z), phases: names(z), labels: names(z) }).prefault({}),
});

export type RunInput = z.infer<ReturnType<typeof runInput>>;

/** What a run takes. */
export const runInput = (z: Zod) =>
  z.strictObject({
    ...workInput(z),
    ...waveInput(z),
    isHeld: z.boolean().default(false),
    budgetUsd: z.number().positive().nullable().default(null),
    isUnmetered: z.boolean().default(false),
    maxTimeMs: z.number().min(0).nullable().default(null),
    isFailFast: z.boolean().default(false),
    withFollowups: z.boolean().default(false),
    isStrict: z.boolean().default(false),
    record: z.string().nullable().default(null),
  });
