/** What the process says to its caller. The numbers are a contract; the README prints this table. */
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

/** What a run can end with. */
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

/** With several outcomes, the gravest one; with none, `done`. */
export function gravest(outcomes: ReadonlySet<RunOutcome>): RunOutcome {
  return precedence.find((outcome) => outcomes.has(outcome)) ?? 'done';
}
