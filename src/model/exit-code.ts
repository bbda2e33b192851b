/** Exit codes of the process. The numbers are a contract, which the README documents. */
export const exitCodes = {
  done: 0,
  'units-failed': 1,
  'bad-input': 2,
  'cap-reached': 3,
  'provider-limit': 4,
  'waiting-for-person': 5,
  bug: 70,
  'node-too-old': 78,
  interrupted: 130,
  terminated: 143,
} as const;

const exitMeanings: Readonly<Record<keyof typeof exitCodes, string>> = {
  done: 'done: every requested unit is done',
  'units-failed':
    'a unit failed, is blocked or cannot run (drafts do not count); "doctor" or "status --drift" found a problem',
  'bad-input': 'wrong input (command line, configuration, spec), a refused request, or an agent that cannot work',
  'cap-reached': 'a limit on money or time was reached; the rest stays ready',
  'provider-limit': "a provider's limit was reached; the message says when to come back",
  'waiting-for-person': 'something waits for a person ("backlog review", "backlog adopt")',
  bug: 'a bug in backlog; nothing that was recorded is lost',
  'node-too-old': 'Node is too old, or cannot be started',
  interrupted: 'interrupted (Ctrl-C); run again to resume',
  terminated: 'terminated (SIGTERM, SIGHUP); run again to resume',
};

/** The table of exit codes for help, one per line. */
export function exitCodeLines(): string[] {
  return Object.entries(exitCodes).map(
    ([name, code]) => `  ${String(code).padEnd(4)} ${exitMeanings[name as keyof typeof exitCodes]}`,
  );
}

/** Outcomes of a run. */
export type RunOutcome = Exclude<keyof typeof exitCodes, 'bug' | 'node-too-old'>;

const precedence: readonly RunOutcome[] = [
  'bad-input',
  'interrupted',
  'terminated',
  'units-failed',
  'cap-reached',
  'provider-limit',
  'waiting-for-person',
];

/** The gravest of several outcomes; `done` without any. */
export function gravest(outcomes: ReadonlySet<RunOutcome>): RunOutcome {
  return precedence.find((outcome) => outcomes.has(outcome)) ?? 'done';
}
