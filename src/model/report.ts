import { integrationOutcomes } from './integration.ts';
import { handOffSchema } from './hand-off.ts';
import { z } from 'zod';
import { gateOutcomes } from './event.ts';
import { unitStates } from './unit.ts';
import { waysOn } from './way-on.ts';

/*
 * `report.json`: a run in a machine-readable form. `backlog schema report` prints the JSON Schema. An unknown cost is null,
 * never 0. Within one `schemaVersion`, fields are only added.
 */

const assertion = z.object({
  test: z.string(),
  file: z.string().nullable(),
  line: z.number().nullable(),
  expected: z.string().nullable(),
  got: z.string().nullable(),
});
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
  /** The failed tests, as their runner printed them, at most 20; omitted without any. */
  assertions: z.array(assertion).optional(),
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

/** A criterion with its verdict and evidence. */
export const criterionSchema = z.object({
  text: z.string(),
  /** Where its author wrote it: a file in the specs folder, and its line. Omitted for what is configured. */
  file: z.string().optional(),
  line: z.number().optional(),
  kind: z.enum(['check', 'claim', 'human', 'project-check', 'review']),
  verdict: z.enum(['met', 'unmet', 'awaiting', 'not-judged']),
  role: z.enum(['proof', 'guard', 'unclear']).nullable(),
  note: z.string().nullable(),
  evidence: z.array(z.discriminatedUnion('kind', [command, canary, review, person])),
});

const failure = z.object({ reason: z.string(), sentence: z.string() });

/** One build or repair, up to its verdict. Times in ms since the start of the run. */
const oneTry = z.object({
  /** From 1, within the run. */
  attempt: z.number(),
  /** 0 for what was built first. */
  repair: z.number(),
  startMs: z.number(),
  endMs: z.number(),
  /** `held`: it passed, and did not land itself; `ended`: without a verdict. */
  outcome: z.enum(['landed', 'held', 'not-done', 'ended']),
  failure: failure.nullable(),
  next: z.enum(['repair', 'new-attempt', 'merge', 'rebase', 'give-up']).nullable(),
  /** The judged tree. */
  tree: z.string().nullable(),
  /** Tests that its checks ran, and those that failed; null without a known test runner. */
  tests: z.object({ ran: z.number(), failed: z.number() }).nullable(),
  files: z.number().nullable(),
  /** As its agents reported it; null if unknown. */
  costUsd: z.number().nullable(),
  toolCalls: z.number(),
});

/** What a unit went through at a time; `limit`: its provider's limit held it up, also within another stage. */
const stage = z.object({
  stage: z.enum(['agent', 'repair', 'checks', 'merge-queue', 'limit']),
  startMs: z.number(),
  endMs: z.number(),
  attempt: z.number(),
});

const unit = z.object({
  id: z.string(),
  key: z.string(),
  title: z.string(),
  kind: z.enum(['change', 'research']),
  file: z.string(),
  /** The line of `file` at which it begins; omitted if no file has it. */
  line: z.number().optional(),
  phase: z.string().nullable(),
  /** Ids of the units that it depends on. */
  depends: z.array(z.string()).default([]),
  state: z.enum(unitStates),
  /** The reason for `state`, in one sentence. */
  why: z.string().nullable(),
  failure: z.looseObject({ reason: z.string(), sentence: z.string() }).nullable(),
  /** The command that continues it; null if nothing is left to do, and in reports of older versions. */
  wayOn: z.enum(waysOn).nullable().default(null),
  attempts: z.number(),
  repairs: z.number(),
  commit: z.string().nullable(),
  /** Certainly spent; null if unknown. */
  costUsd: z.number().nullable(),
  /** Possible further cost of calls without a known end. */
  possibleUsd: z.number().default(0),
  agentMs: z.number(),
  files: z.array(z.string()),
  linesAdded: z.number(),
  linesRemoved: z.number(),
  /** Protected paths that were restored. */
  restored: z.array(z.string()),
  /** What was merged without an agent although git saw a conflict: the files, and the units that changed them before. */
  joined: z
    .object({ files: z.array(z.string()), with: z.array(z.string()) })
    .nullable()
    .default(null),
  /** Conflicts with the work of another unit (its key) that were seen while both agents worked. */
  overlaps: z.array(z.object({ with: z.string(), files: z.array(z.string()) })).default([]),
  /** Changed lines that no check covers; null if not determined. */
  unproven: z
    .object({
      tried: z.number(),
      of: z.number(),
      found: z.array(z.object({ file: z.string(), line: z.number(), lines: z.number() })),
    })
    .nullable(),
  /** True if a reviewer searched the change for gaming. */
  isReviewed: z.boolean(),
  /** Check runs for the verdicts of all attempts. */
  checkRuns: z.number(),
  /** The answer of a research unit. */
  answer: z.string().nullable(),
  criteria: z.array(criterionSchema),
  /** True for evidence from the landing records in the repository, which is shown but never used for a verdict. */
  isRestored: z.boolean().default(false),
  /** For a gate: the phase before it, and how it was judged last; `outcome` null if it was not judged in this run. */
  gate: z
    .object({
      phase: z.string(),
      outcome: z.enum(gateOutcomes).nullable(),
      met: z.number(),
      of: z.number(),
      atMs: z.number(),
    })
    .nullable()
    .default(null),
  /** The last 50. */
  tries: z.array(oneTry).default([]),
  /** In order of their end; at most 400. */
  stages: z.array(stage).default([]),
  /** When it landed, in ms since the start of the run; null if it did not in this run. */
  landedMs: z.number().nullable().default(null),
  /** Calls of tools by name, most used first. */
  tools: z.array(z.object({ tool: z.string(), calls: z.number(), errors: z.number() })).default([]),
  /** What landed, or the work that is kept, as a patch; cut if long, null if there is none. */
  diff: z.string().nullable().default(null),
  /** Names the change that waits for a person; null if none does. */
  digest: z.string().nullable().default(null),
});

const busy = z.object({ agentsMs: z.number(), checksMs: z.number() });

/** What can limit a run: `limits` of providers, units that are kept `apart`, and backlog `itself`, such as git and boxes. */
export const factors = [
  ...(['agents', 'checks', 'merge-queue', 'people', 'dependencies'] as const),
  ...(['limits', 'apart', 'itself'] as const),
];
export type Factor = (typeof factors)[number];

/** A unit of the critical path; times in ms. */
const leg = z.object({
  unit: z.string(),
  /** Since the start of the run. */
  startMs: z.number(),
  endMs: z.number(),
  /** Why it could not start before the end of the unit before it in the list; null for the first one. */
  waitedFor: z.enum(['dependency', 'place', 'apart']).nullable(),
  agentsMs: z.number(),
  checksMs: z.number(),
  placesMs: z.number(),
  coresMs: z.number(),
  limitsMs: z.number(),
  mergeQueueMs: z.number(),
  peopleMs: z.number(),
  /** The rest: backlog's own work. */
  itselfMs: z.number(),
});

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
    /** The specs folder's path in the repository; omitted if it is elsewhere. */
    specs: z.string().optional(),
    /** What names the specs folder in commands at the repository's root; omitted where they find it. */
    named: z.string().optional(),
    tip: z.string(),
    agent: z.string(),
    tier: z.string(),
    /** Null for what has no cap; null in reports of older versions. */
    caps: z
      .object({
        agents: z.number().nullable(),
        usd: z.number().nullable(),
        dayUsd: z.number().nullable(),
        unitUsd: z.number().nullable(),
        units: z.number().nullable(),
        timeMs: z.number().nullable(),
      })
      .nullable()
      .default(null),
  }),
  units: z.array(unit),
  followups: z.array(z.object({ id: z.string(), title: z.string() })),
  /** The check that fails on the base commit; null if none does. */
  environment: z.object({ command: z.string(), excerpt: z.string() }).nullable(),
  notices: z.array(z.string()),
  next: z.array(z.string()),
  /** What an agent wrote of the run, and which; null where none did. A model's words: no verdict, no figure. */
  account: z.object({ agent: z.string(), text: z.string() }).nullable().default(null),
  /** What the integration checks found, in the order of time. */
  integration: z
    .array(
      z.object({
        commit: z.string(),
        units: z.array(z.string()),
        checks: z.array(
          z.object({
            ...{ name: z.string(), command: z.string(), outcome: z.enum(integrationOutcomes) },
            ...{ wasRed: z.boolean().nullable(), why: z.string().nullable() },
          }),
        ),
        contracts: z.array(z.string()),
      }),
    )
    .default([]),
  /** What it leaves for the next run; null in reports of older versions. */
  handOff: handOffSchema.nullable().default(null),
  /** The chain of units that decided when the run ended, from the first to the last. */
  criticalPath: z.array(leg).default([]),
  /**
   * What most of the run's time was spent on along the critical path, its share of that time, and all of it in ms. Null if
   * no unit started, and in reports of older versions.
   */
  limitedBy: z
    .object({ factor: z.enum(factors), share: z.number(), ms: z.record(z.enum(factors), z.number()) })
    .nullable()
    .default(null),
  /** Criteria over this run and those before it on the same queue, the oldest run first. */
  history: z
    .object({
      runs: z.array(
        z.object({ id: z.string(), startedAt: z.string(), landed: z.number(), costUsd: z.number().nullable() }),
      ),
      /** Those whose verdict was not `met` in all runs that judged them. */
      criteria: z.array(
        z.object({
          /** The unit's key. */
          unit: z.string(),
          text: z.string(),
          /** One for each run; null if it was not part of that one. */
          verdicts: z.array(z.enum(['met', 'unmet', 'flaky', 'awaiting', 'question', 'not-reached']).nullable()),
          /** How long its check took, in ms; null if it did not run. */
          tookMs: z.array(z.number().nullable()),
        }),
      ),
      /** Number of the others. */
      steady: z.number(),
    })
    .nullable()
    .default(null),
  totals: z.object({
    /** What agents reported to have spent, by what it was for; the rest of `costUsd` is for the run itself. */
    spent: z
      .object({ building: z.number(), repairs: z.number(), reviews: z.number() })
      .default({ building: 0, repairs: 0, reviews: 0 }),
    /** Certainly spent; null if unknown. */
    costUsd: z.number().nullable(),
    /** Possible further cost of calls without a known end; it stays reserved. */
    possibleUsd: z.number().default(0),
    /** Equivalent cost of usage that subscriptions cover; not part of the other sums. */
    notionalUsd: z.number().default(0),
    durationMs: z.number(),
    /** Sum of the working times of all agents. */
    agentMs: z.number(),
    /** What would take this long with one agent and one command at a time: the sum of `busy`. */
    sequentialMs: z.number(),
    /** Work of agents, and commands from the start of their process to its end. */
    busy: busy.default({ agentsMs: 0, checksMs: 0 }),
    /** Time in which a unit did nothing but wait, for a place among agents, a core, a provider, its landing, or people. */
    waits: z
      .object({
        ...{ placesMs: z.number(), coresMs: z.number(), limitsMs: z.number() },
        ...{ mergeQueueMs: z.number(), peopleMs: z.number() },
      })
      .default({ placesMs: 0, coresMs: 0, limitsMs: 0, mergeQueueMs: 0, peopleMs: 0 }),
    peakParallel: z.number(),
    /** Average number of busy agents while at least one was busy; 0 if none was. */
    averageParallel: z.number(),
    /**
     * Attempts that came to their landing, those that conflicted with work that landed meanwhile, and work done again. The
     * times are work that is not in `busy`: of attempts whose work was not used, what attempts did after a conflict, and
     * checks whose result nobody needed.
     */
    bets: z
      .object({
        ...{ made: z.number(), lost: z.number(), redoneUsd: z.number() },
        ...{ agentsMs: z.number().default(0), checksMs: z.number().default(0) },
        /** About how much longer `careful` would have taken for the same work; null if the run was careful. */
        savedMs: z.number().nullable().default(null),
      })
      .default({ made: 0, lost: 0, redoneUsd: 0, agentsMs: 0, checksMs: 0, savedMs: null }),
    inputTokens: z.number(),
    outputTokens: z.number(),
    cacheReadTokens: z.number(),
    cacheWriteTokens: z.number(),
    filesChanged: z.number(),
    linesAdded: z.number(),
    linesRemoved: z.number(),
    /** Number of tests that the units' checks run now and did not before; null without a known test runner. */
    testsAdded: z.number().nullable(),
  }),
});
/** A validated report. */
export type Report = z.infer<typeof reportSchema>;
export type ReportUnit = Report['units'][number];
