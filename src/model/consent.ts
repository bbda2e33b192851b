/*
 * What each key of the configuration can do to the person who runs it. The configuration comes with the repository, so
 * it may say how work is done inside of boxes, and nothing more: what reaches beyond a box, or makes the user pay in a
 * way that they cannot see, needs their consent. Every key of `config.ts` is in one of the two lists below; a key that
 * is in neither needs consent.
 */

/** What a key is judged by beside its value. */
export interface Around {
  /** Where the user's own environment says that the API is; null where it says nothing. */
  readonly baseUrl: string | null;
  /** True for a target that is the repository which the configuration lies in. */
  readonly isOwnTarget: (target: string) => boolean;
}

/** A key that can need the user's consent. */
export interface AskedKey {
  /** What the user agrees to, as a sentence. */
  readonly why: string;
  /** True for a value that needs no consent. @default none is harmless */
  readonly isHarmless?: (value: unknown, around: Around) => boolean;
  /**
   * Patterns of other keys whose values are part of what is agreed to, with the files of the repository that they name.
   * `^` is the object that holds this key.
   */
  readonly covers?: readonly string[];
  /** True: its value, or the first word of it, is a program that may lie in the repository. @default false */
  readonly isProgram?: true;
}

const officialUrl = 'https://api.anthropic.com';

/**
 * A host by its address, or by a name without a dot (`localhost`): such a name is not looked up in public, so it can be
 * the user's own machine or network. What other names resolve to is looked at when they are asked for.
 */
function isPrivateHost(host: unknown): boolean {
  const name = String(host).split(':')[0] ?? '';
  const last = name.split('.').at(-1) ?? '';
  return !name.includes('.') || /^(?:\d+|0x[0-9a-f]*)$/i.test(last) || last === 'localhost';
}

const hasNoPrivateHost = (hosts: unknown): boolean => Array.isArray(hosts) && !hosts.some(isPrivateHost);

/** What decides what an agent does. */
const runs = ['^.command', '^.program', '^.preset', '^.env'];

const apiKey: AskedKey = {
  why: 'The value of this variable of yours is sent as the key of the API.',
  isHarmless: (value) => value === 'ANTHROPIC_API_KEY',
};
const baseUrl: AskedKey = {
  why: 'Your key, and what agents are told, is sent to this address instead of the official one.',
  isHarmless: (value, around) =>
    [officialUrl, around.baseUrl].some((url) => url !== null && sameUrl(String(value), url)),
};

function sameUrl(a: string, b: string): boolean {
  return URL.canParse(a) && URL.canParse(b) && new URL(a).href === new URL(b).href;
}

const allow: AskedKey = {
  why: 'Requests to the model may have these fields and betas: how dear they make a call, and what they have its host do, no cap and no filter knows.',
  isHarmless: (value) => JSON.stringify(Object.values(value as object).flat()) === '[]',
};

/** Keys that need consent, by their pattern: `*` is any name or index. */
export const askedKeys: Readonly<Record<string, AskedKey>> = {
  target: {
    why: 'Work lands in another repository of yours than the one that this configuration lies in.',
    isHarmless: (value, around) => around.isOwnTarget(String(value)),
  },
  into: {
    why: 'Work lands on this branch, which may be one of yours. (Branches below "backlog/" need no consent.)',
    isHarmless: (value) => /^backlog\/./.test(String(value)),
  },
  prices: {
    why: 'Caps on money are counted by these prices: with ones that are too low, a cap is overrun.',
    isHarmless: (value) => Object.keys(value as object).length === 0,
  },
  'setup.network': {
    why: 'The set-up reaches these hosts, which can be on your own machine or network.',
    isHarmless: (value) => value === 'none' || hasNoPrivateHost(value),
    covers: ['setup.command'],
  },
  'agents.*.program': {
    why: 'This program is started, and its folder can be read in every box.',
    isHarmless: (value) => value === 'claude',
    isProgram: true,
  },
  // A shell command of a `command` agent is a text, and needs none: it runs in the box.
  'agents.*.command': {
    why: 'This program is started, and its folder can be read in every box.',
    isHarmless: (value) => !Array.isArray(value) || !String(value[0]).includes('/'),
    isProgram: true,
  },
  // In tier basic the programs that make the box see it too, before they give up their rights.
  'agents.*.env': {
    why: 'These variables are set for programs that are started with your rights.',
    isHarmless: (value) => Object.keys(value as object).length === 0,
  },
  'agents.*.login': {
    why: 'Your subscription is used up; no cap on money holds it.',
    isHarmless: (value) => value === 'key',
  },
  'agents.*.subscription': {
    why: 'What this agent costs is counted for no cap.',
    isHarmless: (value) => value === false,
    covers: [...runs, '^.api'],
  },
  'agents.*.secretEnv': {
    why: 'The value of this variable of yours is sent as the key of the API.',
    isHarmless: (value) => value === 'ANTHROPIC_API_KEY',
  },
  'agents.*.apiKeyEnv': apiKey,
  'agents.*.api.apiKeyEnv': apiKey,
  'agents.*.baseUrl': baseUrl,
  'agents.*.api.baseUrl': baseUrl,
  'agents.*.allow': allow,
  'agents.*.api.allow': allow,
  'agents.*.exposes': {
    why: 'The agent, and whatever it runs, reads these files of your home folder.',
    isHarmless: (value) => Array.isArray(value) && value.length === 0,
    covers: runs,
  },
  'sandbox.allowUnsandboxed': {
    why: 'Where no sandbox works, agents and checks run with your rights: these commands, what specs and files of the repository say, now and later, and what agents write.',
    isHarmless: (value) => value === false,
    covers: [
      'setup',
      'checks',
      'gates.*.checks',
      ...['command', 'program', 'preset', 'env'].map((key) => `agents.*.${key}`),
    ],
  },
  'sandbox.network': {
    why: 'Commands of agents and checks reach what you reach: services on your machine and in your network too.',
    isHarmless: (value) => value === 'none' || hasNoPrivateHost(value),
  },
  'sandbox.hosts': {
    why: 'Units may ask to reach these hosts, which can be on your own machine or network.',
    isHarmless: hasNoPrivateHost,
  },
  'sandbox.toolchains': {
    why: 'Every command of agents and checks reads these folders.',
    isHarmless: (value) => Array.isArray(value) && value.length === 0,
  },
};

/**
 * Keys that need no consent. They choose words, order, judges and tries; they name commands that run in a box, models
 * that are paid within the user's caps, and caps, which can only be lower than none: a flag wins over them.
 */
export const safeKeys: readonly string[] = [
  ...['$schema', 'ignore', 'agent', 'recipe', 'map', 'history', 'phases', 'review', 'protect'],
  ...['agents.*.type', 'agents.*.model', 'agents.*.models', 'agents.*.maxTokens', 'agents.*.cacheTtl'],
  ...['agents.*.recordings', 'agents.*.costUsd', 'agents.*.api.models', 'agents.*.api.maxTokens'],
  ...['agents.*.preset', 'agents.*.mode', 'agents.*.permissions'],
  ...['agent', 'model', 'effort', 'prompt', 'tools', 'turns', 'timeout'].flatMap((key) => [
    `roles.*.${key}`,
    `rules.*.roles.*.${key}`,
  ]),
  ...['rules.*.labels', 'rules.*.paths', 'rules.*.recipe'],
  ...['recipes.*.scouts.*.agent', 'recipes.*.scouts.*.model', 'recipes.*.scouts.*.question'],
  ...['recipes.*.refute', 'recipes.*.plan', 'recipes.*.ship', 'recipes.*.reviewers'],
  ...['setup', 'setup.command', 'checks.*'],
  ...['gates.*.checks', 'gates.*.claims', 'gates.*.human', 'gates.*.strictness', 'gates.*.repairs'],
  ...['limits.maxAgents', 'limits.attempts', 'limits.repairs', 'limits.turns'],
  ...['limits.attemptTimeout', 'limits.checkTimeout', 'limits.idleTimeout', 'limits.maxTime', 'limits.keepRuns'],
  ...['limits.budgetUsd', 'limits.unitBudgetUsd', 'limits.dayBudgetUsd', 'limits.roleBudgetsUsd.*', 'limits.stallUsd'],
  // `none` as the tier is no consent: it needs `allowUnsandboxed`, or the flag.
  ...['sandbox.tier', 'sandbox.memoryMb'],
  // Whom commits name proves nothing, and every landing carries trailers that name its run.
  ...['commit.name', 'commit.email'],
];

/** What a key is that neither list has. */
export const unknownKey: AskedKey = { why: 'What this key can do is not known.' };

/** True when the path of a value fits a pattern of keys. */
export function fitsKey(pattern: string, at: readonly string[]): boolean {
  const wanted = pattern.split('.');
  return wanted.length === at.length && wanted.every((part, index) => part === '*' || part === at[index]);
}
