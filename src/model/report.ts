import { z } from 'zod';
import { unitStates } from './unit.ts';

/*
 * `report.json`: one run, told to a machine. The schema is published by `backlog schema report`. Unknown cost is
 * null, never 0. Fields are only ever added within one `schemaVersion`.
 */

const command = z.object({
  kind: z.literal('command'),
  on: z.enum(['base', 'candidate']),
  tree: z.string(),
  command: z.string(),
  cwd: z.string().optional(),
  hosts: z.array(z.string()).optional(),
  exitCode: z.number().nullable(),
  signal: z.string().nullable(),
  timedOut: z.boolean(),
  durationMs: z.number(),
  digest: z.string(),
  excerpt: z.string(),
  shows: z.array(z.string()).optional(),
  output: z.string().optional(),
  testsRun: z.number().nullable(),
  tier: z.string(),
  setUpFailed: z.literal(true).optional(),
});
const canary = z.object({
  kind: z.literal('canary'),
  on: z.literal('candidate'),
  tree: z.string(),
  tier: z.string(),
  verdict: z.enum(['caught', 'missed', 'none']),
  file: z.string().optional(),
  line: z.number().optional(),
  command: z.string().optional(),
  why: z.string().optional(),
});
const review = z.object({
  kind: z.literal('review'),
  on: z.literal('candidate'),
  tree: z.string(),
  verdict: z.enum(['confirmed', 'refuted']),
  reason: z.string(),
  quotes: z.array(z.object({ file: z.string(), line: z.number(), text: z.string() })),
  lens: z.enum(['holds', 'gaming', 'beside']).optional(),
  command: z.string().optional(),
});
const person = z.object({
  kind: z.literal('person'),
  on: z.literal('candidate'),
  tree: z.string(),
  verdict: z.enum(['approved', 'rejected']),
  by: z.string(),
  message: z.string(),
});

/** A criterion with what came of it. */
export const criterionSchema = z.object({
  text: z.string(),
  kind: z.enum(['check', 'claim', 'human', 'project-check', 'review']),
  verdict: z.enum(['met', 'unmet', 'awaiting', 'not-judged']),
  role: z.enum(['proof', 'guard', 'unclear']).nullable(),
  note: z.string().nullable(),
  evidence: z.array(z.discriminatedUnion('kind', [command, canary, review, person])),
});

const unit = z.object({
  id: z.string(),
  key: z.string(),
  title: z.string(),
  kind: z.enum(['change', 'research']),
  file: z.string(),
  phase: z.string().nullable(),
  state: z.enum(unitStates),
  /** Why it is in that state, in one sentence. */
  why: z.string().nullable(),
  failure: z.looseObject({ reason: z.string(), sentence: z.string() }).nullable(),
  attempts: z.number(),
  repairs: z.number(),
  commit: z.string().nullable(),
  /** Spent for certain; null when nobody knows. */
  costUsd: z.number().nullable(),
  /** What calls whose end nobody saw may have cost on top. */
  possibleUsd: z.number().default(0),
  agentMs: z.number(),
  files: z.array(z.string()),
  linesAdded: z.number(),
  linesRemoved: z.number(),
  /** Protected paths that were put back. */
  restored: z.array(z.string()),
  /** Changed lines that no check notices; null when it was not looked for. */
  unproven: z
    .object({
      tried: z.number(),
      of: z.number(),
      found: z.array(z.object({ file: z.string(), line: z.number(), lines: z.number() })),
    })
    .nullable(),
  /** True when a reviewer looked whether anything was gamed. */
  isReviewed: z.boolean(),
  /** Runs of checks that judging took, in all its attempts. */
  checkRuns: z.number(),
  /** The answer of a research unit. */
  answer: z.string().nullable(),
  criteria: z.array(criterionSchema),
  /** True where the queue knows no evidence, and this was read from the repository's records: it is only shown. */
  isRestored: z.boolean().default(false),
});

/** The whole report. */
export const reportSchema = z.object({
  schemaVersion: z.literal(1),
  kind: z.literal('report'),
  run: z.object({
    id: z.string(),
    outcome: z.string(),
    exitCode: z.number(),
    startedAt: z.string(),
    endedAt: z.string(),
    branch: z.string(),
    tip: z.string(),
    agent: z.string(),
    tier: z.string(),
  }),
  units: z.array(unit),
  followups: z.array(z.object({ id: z.string(), title: z.string() })),
  /** The check that was red before anybody worked; null when none was. */
  environment: z.object({ command: z.string(), excerpt: z.string() }).nullable(),
  notices: z.array(z.string()),
  next: z.array(z.string()),
  totals: z.object({
    /** Spent for certain; null when nobody knows. */
    costUsd: z.number().nullable(),
    /** What calls whose end nobody saw may have cost on top: it stays reserved. */
    possibleUsd: z.number().default(0),
    /** What subscriptions paid for: what it would have cost, in no sum of money. */
    notionalUsd: z.number().default(0),
    durationMs: z.number(),
    /** Time of all agents added up: what one at a time would have taken, judging aside. */
    agentMs: z.number(),
    sequentialMs: z.number(),
    peakParallel: z.number(),
    /** While any was at work; 0 when none was. */
    averageParallel: z.number(),
    inputTokens: z.number(),
    outputTokens: z.number(),
    cacheReadTokens: z.number(),
    cacheWriteTokens: z.number(),
    filesChanged: z.number(),
    linesAdded: z.number(),
    linesRemoved: z.number(),
    /** Tests that run in the units' checks now and did not before; null when no known runner counted. */
    testsAdded: z.number().nullable(),
  }),
});
/** A validated report. */
export type Report = z.infer<typeof reportSchema>;
/** A validated report. */
export type ReportUnit = Report['units'][number];
