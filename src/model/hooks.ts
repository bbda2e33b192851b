import { z } from 'zod';

/*
 * Hooks: what the configuration has done when something happens in a run. `on` maps the name of what happens to commands
 * and webhooks.
 */

/** What a hook can be called for, and what it means. */
export const hookEvents = {
  'run.started': 'a run began',
  'run.ended': 'a run ended, in whatever way',
  'unit.landed': 'verified work of a unit landed',
  'unit.failed': 'a unit failed, and no attempt is left',
  'unit.waits': 'a unit waits for a person: for an approval, or for an answer',
  'gate.failed': 'a gate failed, and no repair is left',
  'limit.reached': 'a limit on money, time or a provider was reached',
} as const;
export type HookEvent = keyof typeof hookEvents;

export const webhookFormats = ['slack', 'discord', 'teams', 'ntfy', 'json'] as const;
export type WebhookFormat = (typeof webhookFormats)[number];

const command = z
  .string()
  .min(1)
  .max(1000)
  .describe(
    'A shell command. It runs as your user, outside of the sandbox, in the root of the repository with this file, and gets the event as JSON on standard input.',
  );

/** A command that gets an event. `timeout` is checked by the configuration, which knows durations. */
export function hookSchemas(duration: z.ZodType<string, string>) {
  const commandHook = z.strictObject({
    command,
    timeout: duration.optional().describe('Time limit of the command, at most 10m. @default 30s'),
  });
  const webhook = z.strictObject({
    webhook: z
      .string()
      .min(1)
      .max(1000)
      .describe(
        'The name of the environment variable with the address, as "$NAME". For `json`, also an address without a secret.',
      ),
    format: z.enum(webhookFormats),
  });
  const hook = z.union([command, commandHook, webhook], { error: unlessTold });
  const hooks = z.union([hook, z.array(hook).min(1).max(10)], { error: unlessTold }).optional();
  const keys = Object.keys(hookEvents) as HookEvent[];
  return z
    .strictObject(
      Object.fromEntries(keys.map((name) => [name, hooks.describe(`Called when ${hookEvents[name]}.`)])) as Record<
        HookEvent,
        typeof hooks
      >,
    )
    .default({})
    .describe(
      'What is called when something happens: commands, and webhooks, each of which gets one message when the run ends. Needs your consent.',
    );
}

const hookSentence = `a hook is a command ("./notify.sh"), { "command": …, "timeout": … }, { "webhook": "$NAME", "format": … } with the format ${webhookFormats.map((one) => `"${one}"`).join(', ')}, or a list of up to 10 of these`;

/** What a hook is, unless something inside of it has a message of its own. */
function unlessTold(issue: object): string {
  const isTold = (all: unknown): boolean =>
    Array.isArray(all)
      ? all.some(isTold)
      : typeof all === 'object' && all !== null && 'code' in all && 'message' in all
        ? (all.code === 'custom' && all.message !== '') || ('errors' in all && isTold(all.errors))
        : false;
  return 'errors' in issue && isTold(issue.errors) ? '' : hookSentence;
}

type Hooks = z.infer<ReturnType<typeof hookSchemas>>;

/** A command, and what it is called for. */
export interface CommandHook {
  readonly command: string;
  /** As written; null for the default. */
  readonly timeout: string | null;
  readonly events: readonly HookEvent[];
}

/** A webhook, and what its message is about. */
export interface Webhook {
  /** `$NAME`, or an address without a secret. */
  readonly address: string;
  readonly format: WebhookFormat;
  readonly events: readonly HookEvent[];
}

/** The hooks of a configuration: the same command or webhook under several events is one. */
export function hooksOf(on: Hooks): {
  readonly commands: readonly CommandHook[];
  readonly webhooks: readonly Webhook[];
} {
  const all = (Object.keys(hookEvents) as HookEvent[]).flatMap((event) =>
    [on[event] ?? []].flat().map((hook) => ({ event, hook: typeof hook === 'string' ? { command: hook } : hook })),
  );
  const commands = all.flatMap(({ event, hook }) =>
    'command' in hook ? [{ event, command: hook.command, timeout: hook.timeout ?? null }] : [],
  );
  const webhooks = all.flatMap(({ event, hook }) =>
    'webhook' in hook ? [{ event, address: hook.webhook, format: hook.format }] : [],
  );
  return {
    commands: [...Map.groupBy(commands, ({ command: one }) => one).values()].map((same) => ({
      command: same[0]?.command ?? '',
      timeout: same.find(({ timeout }) => timeout !== null)?.timeout ?? null,
      events: [...new Set(same.map(({ event }) => event))],
    })),
    webhooks: [...Map.groupBy(webhooks, ({ address, format }) => `${format} ${address}`).values()].flatMap((same) => {
      const [first] = same;
      return first === undefined
        ? []
        : [{ address: first.address, format: first.format, events: [...new Set(same.map(({ event }) => event))] }];
    }),
  };
}

/** The variable that an address names; null for one that is written out. */
export function variableOf(address: string): string | null {
  return /^\$(?:\{(\w+)\}|(\w+))$/.exec(address)?.slice(1).find(Boolean) ?? null;
}

/** Hosts whose addresses are secrets: who knows one can post. */
const secretHosts =
  /(?:^|\.)(?:slack\.com|discord(?:app)?\.com|office\.com|logic\.azure\.com|powerplatform\.com|ntfy\.sh|telegram\.org|zapier\.com|ifttt\.com|make\.com|pipedream\.net|webhook\.site|chat\.googleapis\.com)$/;
/** A part of a path that looks like a token: long, with letters and digits. */
const tokenLike = /^(?=.*\d)(?=.*[a-z])[^/]{16,}$/i;
/** Words that are tokens, by how they begin. */
const knownTokens = /\bbearer\s+[\w.~+/=-]{16,}|\b(?:xox[a-z]-|gh[a-z]_|github_pat_|glpat-|sk-|tk_)[\w-]{8,}/i;

/** True if an address that is written out has a secret, or seems to have one. */
function hasSecret(address: URL): boolean {
  const { username, password, search, hash, hostname, pathname } = address;
  if ([username, password, search, hash].some((part) => part !== '')) return true;
  return (secretHosts.test(hostname) && pathname !== '/') || pathname.split('/').some((part) => tokenLike.test(part));
}

/** Why a command cannot be used as it is written; null if it can. Never quotes it. */
export function commandProblem(command: string): { readonly message: string; readonly hint: string } | null {
  // An address with a variable is taken to have its secret there; a query in a command is often none.
  const addresses = (command.match(/https?:\/\/[^\s'"<>|;&()\\]+/gi) ?? [])
    .map((address) => address.replace(/[?#].*$/, ''))
    .filter((address) => !address.includes('$'))
    .flatMap((address) => URL.parse(address) ?? []);
  if (!addresses.some(hasSecret) && !knownTokens.test(command)) return null;
  return {
    message: 'this command has a secret, so it cannot be written in this file',
    hint: 'Put the secret into an environment variable, and name it here: curl "$SLACK_WEBHOOK". If this file was committed with a secret, replace the secret.',
  };
}

/** Why an address cannot be used; null if it can. Never quotes the address. */
export function addressProblem({ webhook, format }: { readonly webhook: string; readonly format: WebhookFormat }): {
  readonly message: string;
  readonly hint: string;
} | null {
  if (variableOf(webhook) !== null) return null;
  const hint =
    'Put the address into an environment variable, and name it here: "$SLACK_WEBHOOK". If this file was committed with a secret, replace the secret.';
  if (format !== 'json')
    return { message: `the address of a ${format} webhook is a secret, so it cannot be written in this file`, hint };
  if (!URL.canParse(webhook) || !/^https?:$/.test(new URL(webhook).protocol))
    return { message: 'it is neither the name of a variable nor an address', hint: 'Write "$NAME", or "https://…".' };
  if (hasSecret(new URL(webhook)))
    return { message: 'this address has a secret, or seems to, so it cannot be written in this file', hint };
  return null;
}

/** Why a webhook cannot be registered for this; null if it can. */
export function webhookProblem(event: HookEvent): { readonly message: string; readonly hint: string } | null {
  if (event !== 'run.started') return null;
  return {
    message: 'a webhook gets one message for each run, when it ends, so it cannot tell that one began',
    hint: 'Name it under "run.ended", or call a command here.',
  };
}
