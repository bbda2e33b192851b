/** All verbs by name, for the command line and APIs. Each is loaded on first use. */
export const verbs = {
  accept: async () => (await import('./asking/inbox.ts')).accept,
  add: async () => (await import('./asking/add.ts')).add,
  adopt: async () => (await import('./landed/adopt.ts')).adopt,
  agent: async () => (await import('./looking/agents.ts')).agent,
  'agent-events': async () => (await import('./looking/agents.ts')).agentEvents,
  agents: async () => (await import('./looking/agents.ts')).agents,
  approve: async () => (await import('./asking/ask.ts')).approve,
  cancel: async () => (await import('./asking/ask.ts')).cancel,
  check: async () => (await import('./keeping/check.ts')).check,
  costs: async () => (await import('./looking/costs.ts')).costs,
  decline: async () => (await import('./asking/inbox.ts')).decline,
  diff: async () => (await import('./looking/look.ts')).diff,
  doctor: async () => (await import('./keeping/doctor.ts')).doctor,
  draft: async () => (await import('./running/draft.ts')).draft,
  drift: async () => (await import('./looking/drift.ts')).drift,
  fold: async () => (await import('./asking/inbox.ts')).fold,
  forget: async () => (await import('./asking/forget.ts')).forget,
  gc: async () => (await import('./keeping/gc.ts')).gc,
  inbox: async () => (await import('./asking/inbox.ts')).inbox,
  init: async () => (await import('./keeping/init.ts')).init,
  lines: async () => (await import('./looking/list.ts')).lines,
  live: async () => (await import('./looking/live.ts')).live,
  list: async () => (await import('./looking/list.ts')).list,
  log: async () => (await import('./looking/look.ts')).log,
  merge: async () => (await import('./landed/merge.ts')).merge,
  orchestrate: async () => (await import('./running/orchestrate.ts')).orchestrate,
  pause: async () => (await import('./asking/ask.ts')).pause,
  plan: async () => (await import('./running/plan.ts')).plan,
  push: async () => (await import('./landed/push.ts')).push,
  reject: async () => (await import('./asking/ask.ts')).reject,
  report: async () => (await import('./looking/report.ts')).report,
  'config-get': async () => (await import('./keeping/config.ts')).configGet,
  'config-set': async () => (await import('./keeping/config.ts')).configSet,
  versions: async () => (await import('./keeping/versions.ts')).versions,
  names: async () => (await import('./looking/names.ts')).names,
  compare: async () => (await import('./looking/reports.ts')).compare,
  since: async () => (await import('./looking/reports.ts')).since,
  resume: async () => (await import('./asking/ask.ts')).resume,
  retry: async () => (await import('./asking/ask.ts')).retry,
  review: async () => (await import('./looking/review.ts')).review,
  revoke: async () => (await import('./keeping/trust.ts')).revoke,
  run: async () => (await import('./running/run.ts')).run,
  'run-status': async () => (await import('./looking/runs.ts')).runStatus,
  runs: async () => (await import('./looking/runs.ts')).runs,
  show: async () => (await import('./looking/look.ts')).show,
  status: async () => (await import('./looking/status.ts')).status,
  stop: async () => (await import('./asking/ask.ts')).stop,
  tell: async () => (await import('./asking/ask.ts')).tell,
  trust: async () => (await import('./keeping/trust.ts')).trust,
  unblock: async () => (await import('./asking/ask.ts')).unblock,
  undo: async () => (await import('./landed/undo.ts')).undo,
  consent: async () => (await import('./keeping/trust.ts')).consent,
} as const;

export type VerbName = keyof typeof verbs;
type VerbOf<N extends VerbName> = Awaited<ReturnType<(typeof verbs)[N]>>;

/** The input of a verb. */
export type InputOf<N extends VerbName> = Parameters<VerbOf<N>['run']>[1];
/** What a caller can pass beside its input. */
export type MeanwhileOf<N extends VerbName> = Parameters<VerbOf<N>['run']>[2];
/** Its result when it was neither refused nor faulty. */
export type ResultOf<N extends VerbName> = Exclude<
  Awaited<ReturnType<VerbOf<N>['run']>>,
  { readonly kind: 'refused' } | { readonly kind: 'faulty' }
>;
