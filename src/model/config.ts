import { z } from 'zod';
import { roles, toolNames } from './agent.ts';
import { agentConfigSchema, commandSchema, modelPrice } from './agent-config.ts';
import { patternProblem } from './path-pattern.ts';

/*
 * The configuration file, `backlog.config.json`. Unknown keys are errors: a key that nothing reads is a promise that
 * nothing keeps. Its JSON Schema is published by `backlog schema config`.
 */

const effort = z.enum(['low', 'medium', 'high', 'xhigh', 'max']);
const name = z.string().regex(/^[a-z][a-z0-9-]*$/, 'a name has lower-case letters, digits and dashes');

/** A host that commands may reach, with or without a port. */
export const hostSchema = z
  .string()
  .regex(
    /^(?:\*\.)?[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::\d{1,5})?$/,
    'a host is written "example.org", "*.example.org" or "example.org:8443"',
  );
const network = z.union([z.enum(['none', 'host']), z.array(hostSchema).min(1)]);

/** `10m`, `90s`, `2h`, `500ms` → milliseconds. */
export function parseDuration(text: string): number | null {
  const match = /^(\d+(?:\.\d+)?)\s*(ms|s|m|h)$/.exec(text.trim());
  if (!match?.[1] || !match[2]) return null;
  const factor = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }[match[2]];
  return factor === undefined ? null : Math.round(Number(match[1]) * factor);
}

const pattern = z.string().refine((text) => patternProblem(text) === null, {
  error: ({ input }) =>
    `${JSON.stringify(input)} is not a usable pattern: ${patternProblem(typeof input === 'string' ? input : '') ?? ''}`,
});
const durationSentence = 'a duration is a number with a unit: "500ms", "90s", "10m", "2h"';
const duration = z
  .string(durationSentence)
  .refine((text) => parseDuration(text) !== null, durationSentence)
  .describe('A number with a unit: 500ms, 90s, 10m or 2h.');

const role = z.strictObject({
  agent: name.optional(),
  model: z.string().min(1).optional(),
  effort: effort.optional(),
  prompt: z
    .string()
    .min(1)
    .optional()
    .describe('A Markdown file, relative to the configuration file, that says what this role is, instead of ours.'),
  tools: z
    .array(z.enum(toolNames))
    .optional()
    .describe('The tools that it has, of those that its access allows; for `anthropic` and `claude`.'),
  turns: z.int().min(1).max(10_000).optional().describe('Calls to the model, in place of `limits.turns`.'),
  timeout: duration.optional().describe('In place of `limits.attemptTimeout`.'),
});
const rolesSchema = z.strictObject({
  scout: role.optional(),
  planner: role.optional(),
  builder: role.optional(),
  debugger: role.optional(),
  researcher: role.optional(),
  synthesizer: role.optional(),
  reviewer: role.optional(),
  shipper: role.optional(),
});
/** What a role is played by. */
export type RoleSettings = z.infer<typeof role>;

const scout = z.strictObject({
  agent: name.optional(),
  model: z.string().min(1).optional(),
  question: z.string().min(1).optional().describe('What it is to find out.'),
});
const recipe = z.strictObject({
  scouts: z.array(scout).max(5).default([]).describe('Who looks before anybody builds, side by side; they only read.'),
  refute: z.boolean().default(false).describe('Whether others try to refute what each scout found.'),
  plan: z.boolean().default(false).describe('Whether a planner writes down the steps first.'),
  ship: z.boolean().default(false).describe('Whether a shipper describes the change once it is judged.'),
  reviewers: z
    .union([z.literal(1), z.literal(2), z.literal(3)])
    .default(2)
    .describe(
      'Reviewers of each claim. 1: what it says counts; 2: they must agree, else a third one decides; 3: all look, and two must confirm.',
    ),
});
const rule = z.strictObject({
  labels: z.array(z.string().min(1)).default([]).describe('For units with one of these labels,'),
  paths: z.array(pattern).default([]).describe('or that touch one of these paths.'),
  recipe: name.optional(),
  roles: rolesSchema.default({}),
});

/** The whole configuration file. */
export const configSchema = z.strictObject({
  $schema: z.string().optional(),
  target: z
    .string()
    .min(1)
    .default('.')
    .describe('The repository that is changed, relative to the configuration file.'),
  into: z.string().min(1).default('backlog/next').describe('The branch on which verified work lands.'),
  ignore: z.array(pattern).default([]).describe('Paths below the specs folder that hold no specs.'),
  agent: name.optional().describe('The agent of every role that does not name its own.'),
  agents: z.record(name, agentConfigSchema).default({}),
  roles: rolesSchema.default({}),
  rules: z
    .array(rule)
    .default([])
    .describe('Who works on which units, by labels and paths; of several that fit, the last one counts.'),
  recipe: name
    .default('auto')
    .describe('The recipe of units that name none; `auto` takes the lightest that fits, for agents that are models.'),
  recipes: z.record(name, recipe).default({}).describe('More recipes, or others in place of those that are built in.'),
  map: z
    .enum(['auto', 'always', 'off'])
    .default('auto')
    .describe(
      'Whether a scout makes a map of the repository for all who work on a phase, once for each phase. `auto`: where scouts and builders are models, four units or more of the phase are ahead, and the repository has 60 files or more.',
    ),
  prices: z
    .record(z.string().min(1), modelPrice)
    .default({})
    .describe('Prices of models, instead of the list prices that are built in.'),
  setup: z
    .union([
      commandSchema,
      z.strictObject({
        command: commandSchema,
        network: z
          .union([z.literal('public'), network])
          .default('public')
          .describe(
            'What the set-up reaches on what the branch has. `public`: every host but those of private networks. With manifests that a unit changed it reaches the hosts of a list, else nothing.',
          ),
        inputs: z
          .array(z.string().min(1))
          .default([])
          .describe(
            'Patterns of more files that decide what is installed ("db/schema.sql", "codegen/**"). Manifests, lockfiles and what the command runs or names count without.',
          ),
      }),
    ])
    .optional()
    .describe(
      'Installs what workspaces and checks need ("npm ci --ignore-scripts"): once for each state of the lockfiles, what it adds is then given to each as a private copy.',
    ),
  history: z
    .boolean()
    .default(false)
    .describe('Checks (never agents) find the history of the branch in their checkout, to read.'),
  phases: z.array(name).default([]).describe('Phases in their order; a phase begins when the one before is settled.'),
  gates: z
    .record(
      name,
      z.strictObject({
        checks: z.array(commandSchema).default([]).describe('Commands that must be green on the branch.'),
        claims: z.array(z.string().min(1)).default([]).describe('What reviewers must confirm.'),
        human: z.array(z.string().min(1)).default([]).describe('What a person must approve.'),
        strictness: z.enum(['strict', 'warn', 'off']).default('strict'),
        repairs: z.int().min(0).max(20).default(2).describe('How often an agent may try to put a red gate right.'),
      }),
    )
    .default({})
    .describe('What must hold after a phase before the next one starts.'),
  checks: z
    .record(name, commandSchema)
    .default({})
    .describe('Guards for every unit: green before, and still green after.'),
  review: z
    .enum(['auto', 'off'])
    .default('auto')
    .describe(
      'Whether a reviewer looks at each change for special cases and other ways to be green without doing it. `auto`: when the role reviewer is configured, or played by a model. Claims always need reviewers.',
    ),
  protect: z
    .array(pattern)
    .default([])
    .describe('More paths that no unit may change unless its own `touches` names them.'),
  limits: z
    .strictObject({
      maxAgents: z.int().min(1).max(1000).default(10),
      attempts: z.int().min(1).max(20).default(3),
      repairs: z.int().min(0).max(20).default(2),
      turns: z.int().min(1).max(10_000).default(200),
      attemptTimeout: duration.default('60m'),
      checkTimeout: duration.default('10m'),
      idleTimeout: duration.default('90s'),
      keepRuns: z
        .int()
        .min(1)
        .max(100_000)
        .default(50)
        .describe('Runs whose steps, evidence and transcripts are kept.'),
      budgetUsd: z.number().positive().optional().describe('Most that a run may spend.'),
      unitBudgetUsd: z.number().positive().optional().describe('Most that one unit may take of a run.'),
      dayBudgetUsd: z
        .number()
        .positive()
        .optional()
        .describe('Most that all runs of a day may spend, midnight to midnight.'),
      roleBudgetsUsd: z
        .partialRecord(z.enum(roles), z.number().positive())
        .default({})
        .describe('Most that a role may spend in a run.'),
      stallUsd: z
        .number()
        .positive()
        .optional()
        .describe('Ends a unit that spent this much since a criterion last became green.'),
      maxTime: duration.optional().describe('How long a run may take; what is verified by then has landed.'),
    })
    .prefault({}),
  sandbox: z
    .strictObject({
      tier: z
        .enum(['auto', 'strict', 'basic', 'none'])
        .default('auto')
        .describe('How commands are held; `auto` takes the strongest that works here.'),
      allowUnsandboxed: z
        .boolean()
        .default(false)
        .describe('Your consent to run agents and checks as your user where no sandbox works.'),
      network: network
        .default('none')
        .describe("What commands reach: nothing, the machine's network, or these hosts (tier strict only)."),
      hosts: z
        .array(hostSchema)
        .default([])
        .describe('Hosts that a unit may ask for beyond that, with `network` in its spec.'),
      memoryMb: z
        .int()
        .min(64)
        .default(8192)
        .describe('Memory that one process of a command may use, in MiB (tiers strict and basic).'),
      toolchains: z
        .array(z.string().regex(/^\//, 'an absolute path'))
        .default([])
        .describe('More folders that commands may read, beside /usr and what is on PATH.'),
    })
    .prefault({}),
  commit: z
    .strictObject({ name: z.string().min(1), email: z.string().min(3) })
    .optional()
    .describe("Identity of the commits; default: the user's own git identity."),
});
/** A validated configuration, defaults filled in. */
export type Config = z.infer<typeof configSchema>;
