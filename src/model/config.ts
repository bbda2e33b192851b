import { z } from 'zod';
import { roles, toolNames } from './agent.ts';
import { agentConfigSchema, commandSchema, modelPrice } from './agent-config.ts';
import { hookSchemas } from './hooks.ts';
import { parallelisms } from './parallelism.ts';
import { patternProblem } from './path-pattern.ts';
import { specFormats } from './spec-format.ts';

/*
 * The configuration file, `backlog.config.json`. Unknown keys are errors. `backlog schema config` prints the JSON Schema.
 */

const effort = z.enum(['low', 'medium', 'high', 'xhigh', 'max']);
const name = z.string().regex(/^[a-z][a-z0-9-]*$/, 'a name consists of lower-case letters, digits and dashes');

/** A host that commands may connect to, with or without a port. */
export const hostSchema = z
  .string()
  .regex(
    /^(?:\*\.)?[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::\d{1,5})?$/,
    'a host must have the form "example.org", "*.example.org" or "example.org:8443"',
  );
const network = z.union([z.enum(['none', 'host']), z.array(hostSchema).min(1)]);

/** Converts `10m`, `90s`, `2h` or `500ms` to milliseconds; null for anything else. */
export function parseDuration(text: string): number | null {
  const match = /^(\d+(?:\.\d+)?)\s*(ms|s|m|h)$/.exec(text.trim());
  if (!match?.[1] || !match[2]) return null;
  const factor = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }[match[2]];
  return factor === undefined ? null : Math.round(Number(match[1]) * factor);
}

const pattern = z.string().refine((text) => patternProblem(text) === null, {
  error: ({ input }) =>
    `${JSON.stringify(input)} is not a valid pattern: ${patternProblem(typeof input === 'string' ? input : '') ?? ''}`,
});
const durationSentence = 'a duration is a number with a unit: "500ms", "90s", "10m", "2h"';
const progressSentence = 'progress is "live", "events", "quiet" or a duration: "10s", "5m"';
const duration = z
  .string(durationSentence)
  .refine((text) => parseDuration(text) !== null, durationSentence)
  .describe('A number with a unit: 500ms, 90s, 10m or 2h.');

/** The most time that a hook may take. */
export const longestHookMs = 600_000;
const hookTimeout = duration.refine(
  (text) => (parseDuration(text) ?? 0) <= longestHookMs,
  'a hook may take 10 minutes at most',
);

const role = z.strictObject({
  agent: name.optional().describe('The agent of this role. @default `agent`'),
  model: z.string().min(1).optional().describe('The model of this role, instead of that of its agent.'),
  effort: effort.optional().describe('How much the model thinks. @default `"medium"`'),
  prompt: z
    .string()
    .min(1)
    .optional()
    .describe(
      'A Markdown file that replaces the built-in description of this role. The path is relative to the configuration file.',
    ),
  tools: z
    .array(z.enum(toolNames))
    .optional()
    .describe('The tools of this role, a subset of those that its access allows. For `anthropic` and `claude` agents.'),
  turns: z.int().min(1).max(10_000).optional().describe('Maximum calls to the model. @default limits.turns'),
  timeout: duration.optional().describe('Time limit of an order. @default limits.attemptTimeout'),
});
const rolesSchema = z.strictObject({
  lead: role.optional(),
  scout: role.optional(),
  planner: role.optional(),
  builder: role.optional(),
  debugger: role.optional(),
  researcher: role.optional(),
  synthesizer: role.optional(),
  reviewer: role.optional(),
  shipper: role.optional(),
});
/** The agent of a role, and its settings. */
export type RoleSettings = z.infer<typeof role>;

const scout = z.strictObject({
  agent: name.optional().describe('The agent of this scout. @default that of the role scout'),
  model: z.string().min(1).optional().describe('The model of this scout, instead of that of its agent.'),
  question: z.string().min(1).optional().describe('The question that it answers.'),
});
const recipe = z.strictObject({
  scouts: z
    .array(scout)
    .max(5)
    .default([])
    .describe('Scouts that explore the repository in parallel before the work. They only read.'),
  refute: z.boolean().default(false).describe('Whether other scouts try to refute the findings of each scout.'),
  plan: z.boolean().default(false).describe('Whether a planner writes down the steps before the work.'),
  ship: z.boolean().default(false).describe('Whether a shipper describes the verified change for its commit.'),
  reviewers: z
    .union([z.literal(1), z.literal(2), z.literal(3)])
    .default(2)
    .describe(
      'Reviewers of each claim. 1: a single reviewer decides. 2: both must agree, otherwise a third one decides. 3: two of three must confirm.',
    ),
});
const rule = z.strictObject({
  labels: z.array(z.string().min(1)).default([]).describe('The rule applies to units with one of these labels.'),
  paths: z.array(pattern).default([]).describe('The rule applies to units with one of these paths in `touches`.'),
  recipe: name.optional().describe('The recipe of these units.'),
  roles: rolesSchema.default({}).describe('Settings of roles for these units.'),
});

/** The whole configuration file. */
export const configSchema = z.strictObject({
  $schema: z.string().optional().describe('The JSON Schema, for editors.'),
  target: z
    .string()
    .min(1)
    .default('.')
    .describe('The repository to change. The path is relative to the configuration file.'),
  into: z.string().min(1).default('backlog/next').describe('The branch on which verified work lands.'),
  ignore: z.array(pattern).default([]).describe('Paths below the specs folder that are not read as specs.'),
  only: z
    .array(pattern.refine((text) => !/[*?{}]/.test(text), 'name a folder or a file, without a pattern'))
    .default([])
    .describe('Folders and files below the specs folder that are read; nothing else is. @default all'),
  formats: z
    .array(z.enum(specFormats))
    .default([])
    .describe('The formats of the specs folder; files of others are not read. @default all'),
  lint: z
    .record(z.string(), z.enum(['off', 'warning', 'error']))
    .default({})
    .describe(
      'What "backlog check" makes of findings, by the name of their rule. Errors that stop a unit still stop it.',
    ),
  agent: name.optional().describe('The agent of every role that has no agent of its own.'),
  agents: z.record(name, agentConfigSchema).default({}).describe('Agents by name.'),
  roles: rolesSchema.default({}).describe('Settings of roles.'),
  rules: z
    .array(rule)
    .default([])
    .describe('Agents and recipes for units with certain labels or paths. If several rules apply, the last one wins.'),
  recipe: name
    .default('auto')
    .describe(
      'The recipe of units that name none. `auto` chooses the lightest recipe that fits, for agents that are models.',
    ),
  recipes: z.record(name, recipe).default({}).describe('Additional recipes, or replacements for built-in ones.'),
  map: z
    .enum(['auto', 'always', 'off'])
    .default('auto')
    .describe(
      'Whether a scout maps the repository once per phase, for all agents of the phase. `auto`: if scouts and builders are models, at least 4 units of the phase are open, and the repository has at least 60 files.',
    ),
  prices: z
    .record(z.string().min(1), modelPrice)
    .default({})
    .describe('Prices of models, which override the built-in list prices.'),
  setup: z
    .union([
      commandSchema,
      z.strictObject({
        command: commandSchema,
        network: z
          .union([z.literal('public'), network])
          .default('public')
          .describe(
            'The hosts that the set-up may connect to. `public`: all hosts outside of private networks. If a unit changed the manifests, the set-up reaches only the hosts of a list, and no host with any other setting.',
          ),
        inputs: z
          .array(z.string().min(1))
          .default([])
          .describe(
            'Patterns of additional files that decide what is installed ("db/schema.sql", "codegen/**"). Manifests, lockfiles and the files that the command runs or names always count.',
          ),
      }),
    ])
    .optional()
    .describe(
      'Installs the packages that workspaces and checks need ("npm ci --ignore-scripts"). It runs once for each state of the lockfiles. Every workspace gets a private copy of the files that it added.',
    ),
  history: z
    .boolean()
    .default(false)
    .describe('Whether checks can read the history of the branch in their checkout. Agents never can.'),
  phases: z
    .array(name)
    .default([])
    .describe('Phases in their order. A phase begins when all units of the previous one are settled.'),
  gates: z
    .record(
      name,
      z.strictObject({
        checks: z.array(commandSchema).default([]).describe('Commands that must pass on the branch.'),
        claims: z.array(z.string().min(1)).default([]).describe('Statements that reviewers must confirm.'),
        human: z.array(z.string().min(1)).default([]).describe('Statements that a person must approve.'),
        strictness: z
          .enum(['strict', 'warn', 'off'])
          .default('strict')
          .describe(
            'What a failed gate does. `strict`: the next phase does not start. `warn`: the run says so. `off`: the gate is not checked.',
          ),
        repairs: z.int().min(0).max(20).default(2).describe('Maximum attempts of an agent to fix a failed gate.'),
      }),
    )
    .default({})
    .describe('Conditions that must hold after a phase before the next one starts.'),
  checks: z
    .record(name, commandSchema)
    .default({})
    .describe('Guards for every unit: commands that pass before the work and must still pass after it.'),
  integration: z
    .strictObject({
      every: z.int().min(1).max(1000).default(3).describe('Landings after which the checks run.'),
      checks: z.record(name, commandSchema).describe('Commands that must pass on the branch.'),
    })
    .optional()
    .describe(
      'Checks of the branch after every few landings, and at the end of a run. They hold up no unit and take back nothing: a failure is reported with the units that landed since they passed, and the run ends with exit 1.',
    ),
  review: z
    .enum(['auto', 'off'])
    .default('auto')
    .describe(
      'Whether a reviewer searches each change for special-cased tests and other ways to pass checks without doing the work. `auto`: if the role reviewer is configured, or its agent is a model. Claims always need reviewers.',
    ),
  protect: z
    .array(pattern)
    .default([])
    .describe('Additional paths that a unit may change only if its own `touches` names them.'),
  parallelism: z
    .enum(parallelisms)
    .default('balanced')
    .describe(
      'Which units run side by side. `careful`: only units whose paths cannot overlap; a unit of unknown paths runs alone. `balanced`: all but those that change the same files. `eager`: all that dependencies, `exclusive`, contracts and phases allow.',
    ),
  progress: z
    .string(progressSentence)
    .refine((text) => /^(?:live|events|quiet)$/.test(text) || parseDuration(text) !== null, progressSentence)
    .default('live')
    .describe(
      'What a run shows while it works. `live`: a live view on a terminal, otherwise a line for each event. `events`: a line for each event. A duration such as `10s`: one line in that time, and failures as they happen. `quiet`: nothing.',
    ),
  synthesis: z
    .enum(['text', 'model'])
    .default('text')
    .describe(
      'Who writes the account of a run. `text`: this program. `model`: an agent of the role `synthesizer` adds one, at the end of the run and within its caps; figures and verdicts stay those of this program.',
    ),
  on: hookSchemas(hookTimeout),
  exclusive: z
    .array(pattern)
    .default([])
    .describe('Paths that one unit at a time may change. Database migrations always are.'),
  limits: z
    .strictObject({
      maxAgents: z.int().min(1).max(1000).default(10).describe('Units that run in parallel.'),
      attempts: z.int().min(1).max(20).default(3).describe('Attempts for each unit.'),
      repairs: z.int().min(0).max(20).default(2).describe('Repairs in the same session, for each attempt.'),
      turns: z.int().min(1).max(10_000).default(200).describe('Maximum calls to the model for each order.'),
      attemptTimeout: duration.default('60m').describe('Time limit of an order.'),
      checkTimeout: duration.default('10m').describe('Time limit of one run of a check.'),
      checks: z
        .int()
        .min(1)
        .max(1000)
        .optional()
        .describe('How many runs of checks may overlap, for checks that share something outside of their checkouts.'),
      baseWait: duration
        .default('10s')
        .describe(
          'How long an agent waits for the checks of its unit before the work. If they all pass then, it is stopped.',
        ),
      lookEvery: duration
        .default('5s')
        .describe('How often the changes of agents are compared while they work, to tell them of conflicts early.'),
      idleTimeout: duration.default('90s').describe('Maximum silence of the model before a call is retried.'),
      keepRuns: z
        .int()
        .min(1)
        .max(100_000)
        .default(50)
        .describe('Number of runs whose steps, evidence and transcripts are kept.'),
      budgetUsd: z.number().positive().optional().describe('Maximum USD for a run.'),
      unitBudgetUsd: z.number().positive().optional().describe('Maximum USD for one unit in a run.'),
      dayBudgetUsd: z
        .number()
        .positive()
        .optional()
        .describe('Maximum USD for all runs of a day, midnight to midnight.'),
      roleBudgetsUsd: z
        .partialRecord(z.enum(roles), z.number().positive())
        .default({})
        .describe('Maximum USD for a role in a run.'),
      stallUsd: z
        .number()
        .positive()
        .optional()
        .describe('Ends a unit that spent this many USD since a criterion last passed for the first time.'),
      maxTime: duration.optional().describe('Time limit of a run. Work that is verified by then has landed.'),
    })
    .prefault({})
    .describe('Limits on parallelism, attempts, time and money.'),
  sandbox: z
    .strictObject({
      tier: z
        .enum(['auto', 'strict', 'basic', 'none'])
        .default('auto')
        .describe('The sandbox tier. `auto` chooses the strongest one that works on this machine.'),
      allowUnsandboxed: z
        .boolean()
        .default(false)
        .describe('Your consent to run agents and checks as your user if no sandbox works.'),
      network: network
        .default('none')
        .describe("The network of commands: none, the machine's network, or these hosts (tier strict only)."),
      hosts: z
        .array(hostSchema)
        .default([])
        .describe('Additional hosts that a unit may ask for with `network` in its spec.'),
      memoryMb: z
        .int()
        .min(64)
        .default(8192)
        .describe('Maximum memory of each process of a command, in MiB (tiers strict and basic).'),
      toolchains: z
        .array(z.string().regex(/^\//, 'an absolute path'))
        .default([])
        .describe('Folders that commands may read in addition to /usr and the programs on PATH.'),
    })
    .prefault({})
    .describe('How commands of agents and checks are confined.'),
  commit: z
    .strictObject({
      name: z.string().min(1).describe('Name of the author.'),
      email: z.string().min(3).describe('Address of the author.'),
    })
    .optional()
    .describe("Author of the commits. Default: the user's git identity."),
});
/** A validated configuration with its defaults. */
export type Config = z.infer<typeof configSchema>;
