import type { ResultOf, VerbName } from '../engine/verbs/verbs.ts';
import type { Diagnostic } from '../model/diagnostic.ts';

/** What a verb tells, without the word for it. */
type Of<N extends VerbName> = Omit<ResultOf<N>, 'kind'>;

/** What became of a request to a unit or an agent. */
export interface RequestOutput {
  readonly verb: string;
  /** Id of the unit. */
  readonly unit: string;
  readonly key: string;
  /** True while no run is active: the request is carried out by the next one. */
  readonly isIdle: boolean;
  /** State of the unit; null for a request to an agent. */
  readonly state: string | null;
  /** What happened, in words; null while it is not known yet. */
  readonly outcome: string | null;
  readonly isTaken: boolean;
  /** Why it was refused; null if it was taken. */
  readonly code: string | null;
  readonly message: string;
  /** What to do next; null if it was taken. */
  readonly hint: string | null;
  /** Of `approve` while no run was active: the run that landed the units. */
  readonly run?: Pick<ResultOf<'run'>, 'outcome' | 'exitCode' | 'report'>;
}

/** Output of a command with `--json` by its kind; `schemaVersion` and `kind` come before these fields. */
export interface JsonOutputs {
  added: Of<'add'> | Of<'accept'>;
  adopt: Of<'adopt'>;
  agent: Of<'agent'>;
  agents: Of<'agents'>;
  'agents-removed': Of<'forget'>;
  check: Of<'check'>;
  comparison: Of<'compare'>;
  'config-value': Of<'config-get'>;
  'config-set': Of<'config-set'>;
  costs: Of<'costs'>;
  declined: Of<'decline'>;
  diff: Of<'diff'>;
  doctor: Of<'doctor'>;
  drafted: Of<'draft'>;
  drift: Of<'drift'>;
  error: {
    readonly isTaken: false;
    readonly code: string;
    readonly message: string;
    readonly hint: string | null;
    readonly diagnostics: readonly Diagnostic[];
  };
  folded: Of<'fold'>;
  gc: Of<'gc'>;
  inbox: Of<'inbox'>;
  init: Of<'init'>;
  log: Pick<ResultOf<'log'>, 'key' | 'events' | 'restored'>;
  merge: Of<'merge'>;
  orchestrated: Of<'orchestrate'>;
  plan: Of<'plan'>;
  push: Of<'push'>;
  request: RequestOutput;
  requests: {
    readonly isTaken: boolean;
    readonly code: string | null;
    readonly message: string | null;
    readonly hint: string | null;
    readonly requests: readonly RequestOutput[];
    readonly run?: RequestOutput['run'];
  };
  review: Of<'review'>;
  run: Pick<ResultOf<'run'>, 'outcome' | 'exitCode' | 'isIdle' | 'left' | 'bringHome'> & {
    readonly notWork?: ResultOf<'run'>['notWork'];
  };
  'run-status': Of<'run-status'>;
  runs: Of<'runs'>;
  since: Of<'since'>;
  status: Of<'status'>;
  trust: Of<'trust'> | Of<'consent'>;
  'trust-revoked': Of<'revoke'>;
  undo: Of<'undo'>;
  unit: Of<'show'>;
  units: Of<'list'>;
  version: Of<'versions'> & { readonly backlog: string; readonly node: string };
}

/** Which commands print an output of a kind. */
export const printedBy: Readonly<Record<keyof JsonOutputs, string>> = {
  added: 'add, inbox accept',
  adopt: 'adopt',
  agent: 'agents show',
  agents: 'agents',
  'agents-removed': 'agents rm',
  check: 'check',
  comparison: 'report --compare --format json',
  'config-set': 'config set, config unset',
  'config-value': 'config get',
  costs: 'costs',
  declined: 'inbox reject',
  diff: 'diff',
  doctor: 'doctor',
  drafted: 'draft',
  drift: 'status --drift',
  error: 'each command that does not do what it was asked for',
  folded: 'inbox merge',
  gc: 'gc',
  inbox: 'inbox',
  init: 'init',
  log: 'log',
  merge: 'merge',
  orchestrated: 'orchestrate',
  plan: 'plan',
  push: 'push',
  request: 'approve, reject, retry and other requests for one unit or agent',
  requests: 'the same for several units',
  review: 'review',
  run: 'run without a report; with one, it prints that',
  'run-status': 'status of a run',
  runs: 'runs',
  since: 'report --since --format json',
  status: 'status',
  trust: 'trust',
  'trust-revoked': 'trust --revoke',
  undo: 'undo',
  unit: 'show',
  units: 'list, board',
  version: 'version',
};
