import { z } from 'zod';
import { type HookEvent, hookEvents } from './hooks.ts';

/*
 * What hooks are given, as JSON: a command gets an event on standard input (`backlog schema hook`), a webhook of the format
 * `json` gets a message (`backlog schema message`). Times are ISO, money is in US dollars, and an unknown cost is null. Texts of
 * specs and agents stand in them as they are. Fields are only added.
 */

const event = z.enum(Object.keys(hookEvents) as [HookEvent, ...HookEvent[]]);

/** What keeps units from being done, or what landed, and the command to type next. */
const item = z.object({
  sign: z.enum(['failed', 'question', 'approval', 'waiting', 'done']),
  /** Their keys; empty for what is about many. */
  units: z.array(z.string()),
  what: z.string(),
  /** The failing assertion and the like. */
  details: z.array(z.string()),
  /** For what waits for a person: what is asked, the evidence and the cost in short. */
  decide: z.array(z.string()),
  /** Which units wait for these; null if none does. */
  holdsBack: z.string().nullable(),
  /** Null if there is none. */
  command: z.string().nullable(),
});
export type MessageItem = z.infer<typeof item>;

/** How a run ended. */
const ended = z.object({
  /** `halted` or `bug` for a run that could not go on, otherwise as in the report. */
  outcome: z.string(),
  exitCode: z.number(),
  endedAt: z.string(),
  durationMs: z.number(),
  costUsd: z.number().nullable(),
});

const run = z.object({
  id: z.string(),
  branch: z.string(),
  startedAt: z.string(),
});

export const messageSchema = z.object({
  schemaVersion: z.literal(1),
  kind: z.literal('message'),
  /** The name of the repository's folder. */
  project: z.string(),
  /** What the message was asked for. */
  events: z.array(event),
  title: z.string(),
  /** About the run as a whole, a sentence each. */
  about: z.array(z.string()),
  run: run.extend(ended.shape),
  items: z.array(item),
  /** Number of items that are left out. */
  left: z.number(),
});
export type Message = z.infer<typeof messageSchema>;

export const hookEventSchema = z.object({
  schemaVersion: z.literal(1),
  kind: z.literal('hook'),
  event,
  at: z.string(),
  project: z.string(),
  /** Absolute path of the repository that work lands in. */
  repository: z.string(),
  /** Absolute path of the specs folder, which the files of units are relative to. */
  specs: z.string(),
  run,
  /** What happened, in one sentence. */
  what: z.string(),
  details: z.array(z.string()),
  decide: z.array(z.string()),
  /** The command to type next; null if there is none. */
  command: z.string().nullable(),
  /** Null for what is about the run. */
  unit: z
    .object({
      id: z.string(),
      key: z.string(),
      title: z.string(),
      file: z.string(),
      state: z.string(),
      attempts: z.number(),
      costUsd: z.number().nullable(),
      /** Criteria that hold, of all. */
      met: z.number(),
      of: z.number(),
    })
    .nullable(),
  /** For `unit.landed`, otherwise null. */
  landed: z
    .object({ commit: z.string(), linesAdded: z.number(), linesRemoved: z.number(), files: z.array(z.string()) })
    .nullable(),
  /** For `run.ended`, otherwise null. */
  ended: ended
    .extend({
      /** Absolute path of report.json; null for a run that could not go on. */
      report: z.string().nullable(),
      items: z.array(item),
    })
    .nullable(),
});
export type ToldHook = z.infer<typeof hookEventSchema>;
