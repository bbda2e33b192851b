/*
 * The keys of the configuration that need the user's consent. The configuration comes with the repository, so it may say how
 * work is done inside of boxes; whatever reaches further, or makes the user pay in an unexpected way, needs consent. Every
 * key of `config.ts` is in one of the two lists below; an unlisted key needs consent.
 */

/** The context in which a key's value is assessed. */
export interface Around {
  /** The API's address in the user's environment; null if not set. */
  readonly baseUrl: string | null;
  /** True for a target that is the configuration's own repository. */
  readonly isOwnTarget: (target: string) => boolean;
}

/** A key that may need consent. */
export interface AskedKey {
  /** The effect to which the user consents, as a sentence. */
  readonly why: string;
  /** True for a value that needs no consent. @default no value is harmless */
  readonly isHarmless?: (value: unknown, around: Around) => boolean;
  /** Patterns of other keys that are part of the consent, with the repository's files that they name; `^` is the parent object. */
  readonly covers?: readonly string[];
  /** True if its value, or the value's first word, is a program that may be in the repository. @default false */
  readonly isProgram?: true;
  /** True if it contains shell commands that run outside of the sandbox, in the root of the repository. @default false */
  readonly isOutside?: true;
}

const officialUrl = 'https://api.anthropic.com';

/**
 * True for a host given by its address, or by a name without a dot (`localhost`), which may be the user's own machine or
 * network. Other names are checked when they are resolved.
 */
function isPrivateHost(host: unknown): boolean {
  const name = String(host).split(':')[0] ?? '';
  const last = name.split('.').at(-1) ?? '';
  return !name.includes('.') || /^(?:\d+|0x[0-9a-f]*)$/i.test(last) || last === 'localhost';
}

const hasNoPrivateHost = (hosts: unknown): boolean => Array.isArray(hosts) && !hosts.some(isPrivateHost);

/** Keys that decide what an agent executes. */
const runs = ['^.command', '^.program', '^.preset', '^.env'];

const apiKey: AskedKey = {
  why: 'The value of this environment variable is sent as the API key.',
  isHarmless: (value) => value === 'ANTHROPIC_API_KEY',
};
const baseUrl: AskedKey = {
  why: 'Your API key and the prompts of agents are sent to this address instead of the official one.',
  isHarmless: (value, around) =>
    [officialUrl, around.baseUrl].some((url) => url !== null && sameUrl(String(value), url)),
};

function sameUrl(a: string, b: string): boolean {
  return URL.canParse(a) && URL.canParse(b) && new URL(a).href === new URL(b).href;
}

const allow: AskedKey = {
  why: 'Requests to the model may contain these fields and betas, whose cost and effect no cap and no filter knows.',
  isHarmless: (value) => JSON.stringify(Object.values(value as object).flat()) === '[]',
};

/** Keys that need consent, by their pattern: `*` is any name or index. */
export const askedKeys: Readonly<Record<string, AskedKey>> = {
  target: {
    why: 'Work lands in a repository other than the one that contains this configuration.',
    isHarmless: (value, around) => around.isOwnTarget(String(value)),
  },
  into: {
    why: 'Work lands on this branch, which you may use yourself. (Branches below "backlog/" need no consent.)',
    isHarmless: (value) => /^backlog\/./.test(String(value)),
  },
  prices: {
    why: 'Budgets are computed with these prices. If they are too low, a run spends more than its budget.',
    isHarmless: (value) => Object.keys(value as object).length === 0,
  },
  'on.*': {
    why: 'These commands run as your user, outside of the sandbox, and these addresses get messages about your work.',
    isOutside: true,
  },
  'setup.network': {
    why: 'The set-up may connect to these hosts, which can be on your own machine or network.',
    isHarmless: (value) => value === 'none' || hasNoPrivateHost(value),
    covers: ['setup.command'],
  },
  'agents.*.program': {
    why: 'This program is started, and every sandbox can read its folder.',
    isHarmless: (value) => value === 'claude',
    isProgram: true,
  },
  // The shell command of a `command` agent is a string and needs no consent, since it runs in a box.
  'agents.*.command': {
    why: 'This program is started, and every sandbox can read its folder.',
    isHarmless: (value) => !Array.isArray(value) || !String(value[0]).includes('/'),
    isProgram: true,
  },
  // In tier basic, the programs that make the box see it before they drop privileges.
  'agents.*.env': {
    why: 'These environment variables are set for programs that run as your user.',
    isHarmless: (value) => Object.keys(value as object).length === 0,
  },
  'agents.*.login': {
    why: 'The agent uses your subscription, which no budget limits.',
    isHarmless: (value) => value === 'key',
  },
  'agents.*.subscription': {
    why: 'The cost of this agent does not count towards any budget.',
    isHarmless: (value) => value === false,
    covers: [...runs, '^.api'],
  },
  'agents.*.secretEnv': {
    why: 'The value of this environment variable is sent as the API key.',
    isHarmless: (value) => value === 'ANTHROPIC_API_KEY',
  },
  'agents.*.apiKeyEnv': apiKey,
  'agents.*.api.apiKeyEnv': apiKey,
  'agents.*.baseUrl': baseUrl,
  'agents.*.api.baseUrl': baseUrl,
  'agents.*.allow': allow,
  'agents.*.api.allow': allow,
  'agents.*.exposes': {
    why: 'The agent, and every program that it runs, can read these files from your home folder.',
    isHarmless: (value) => Array.isArray(value) && value.length === 0,
    covers: runs,
  },
  'sandbox.allowUnsandboxed': {
    why: 'Without a working sandbox, agents and checks run as your user. This covers these commands, every command that specs and files of the repository contain now or later, and everything that agents write.',
    isHarmless: (value) => value === false,
    covers: [
      'setup',
      'checks',
      'gates.*.checks',
      'integration.checks',
      ...['command', 'program', 'preset', 'env'].map((key) => `agents.*.${key}`),
    ],
  },
  'sandbox.network': {
    why: 'Commands of agents and checks may connect to these hosts, or to everything that you can reach, including services on your machine and in your network.',
    isHarmless: (value) => value === 'none' || hasNoPrivateHost(value),
  },
  'sandbox.hosts': {
    why: 'Units may ask to connect to these hosts, which can be on your own machine or network.',
    isHarmless: hasNoPrivateHost,
  },
  'sandbox.toolchains': {
    why: 'Every command of agents and checks can read these folders.',
    isHarmless: (value) => Array.isArray(value) && value.length === 0,
  },
};

/**
 * Keys that need no consent. They choose texts, order, reviewers, attempts, commands in the sandbox, models within the user's
 * budgets, and budgets, which flags override.
 */
export const safeKeys: readonly string[] = [
  ...[
    '$schema',
    'ignore',
    'only',
    'formats',
    'lint.*',
    'agent',
    'recipe',
    'map',
    'history',
    'phases',
    'review',
    'protect',
    'parallelism',
    'progress',
    'synthesis',
    'exclusive',
  ],
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
  ...['setup', 'setup.command', 'checks.*', 'integration.every', 'integration.checks.*'],
  ...['gates.*.checks', 'gates.*.claims', 'gates.*.human', 'gates.*.strictness', 'gates.*.repairs'],
  ...['limits.maxAgents', 'limits.attempts', 'limits.repairs', 'limits.turns'],
  ...['limits.attemptTimeout', 'limits.checkTimeout', 'limits.idleTimeout', 'limits.maxTime', 'limits.keepRuns'],
  ...['limits.baseWait', 'limits.lookEvery', 'limits.checks'],
  ...['limits.budgetUsd', 'limits.unitBudgetUsd', 'limits.dayBudgetUsd', 'limits.roleBudgetsUsd.*', 'limits.stallUsd'],
  // The tier `none` needs `allowUnsandboxed`, or the flag.
  ...['sandbox.tier', 'sandbox.memoryMb'],
  // A commit's author proves nothing; every landing has trailers that name its run.
  ...['commit.name', 'commit.email'],
];

/** A key that is in neither list. */
export const unknownKey: AskedKey = { why: 'The effect of this key is unknown.' };

/** True if a value's path matches a key pattern. */
export function fitsKey(pattern: string, at: readonly string[]): boolean {
  const wanted = pattern.split('.');
  return wanted.length === at.length && wanted.every((part, index) => part === '*' || part === at[index]);
}
