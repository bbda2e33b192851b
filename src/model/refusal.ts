import { type Diagnostic, InputError } from './diagnostic.ts';
import { listSome } from './list-some.ts';
import { shownNames } from './shown-name.ts';
import type { UnitState } from './unit.ts';
import { wayOn } from './way-on.ts';

/** The reason why a request was refused. The code is stable; the sentences may change. */
export interface Refusal {
  readonly code: RefusalCode;
  readonly message: string;
  /** What to do next. */
  readonly hint: string;
}

interface About {
  readonly key: string;
  readonly state: UnitState;
}

interface Unknown {
  readonly name: string;
  /** A similar known name; null if there is none. */
  readonly similar: string | null;
}

interface Mismatch {
  readonly named: string;
  readonly digest: string;
  readonly config: string;
  readonly changes: readonly { readonly key: string; readonly says: string }[] | null;
}

type Claimable = About & { readonly isClaim: boolean };

/** The next step for a unit, as a sentence. */
function goesOn({ key, ...unit }: Claimable): string {
  switch (wayOn(unit)) {
    case 'retry':
      return `See "backlog show ${key}". To try it again: "backlog retry ${key}".`;
    case 'unblock':
      return `Answer it: "backlog unblock ${key} -m …".`;
    case 'adopt':
      return `Answer with "backlog adopt ${key}" or "backlog adopt --refuse ${key}".`;
    case 'review':
      return `See "backlog review ${key}".`;
    case 'check':
      return 'Correct its spec; "backlog check" shows where.';
    case 'run':
      return '"backlog run" continues it.';
    case null:
      return `See "backlog show ${key}".`;
  }
}

type Said = readonly [message: string, hint: string];

/** All refusals: code, message and hint. */
const refusals = {
  // Names.
  'no-folder': ({ folder, similar = null }: { readonly folder: string; readonly similar?: string | null }): Said => [
    `there is no folder ${folder}`,
    similar === null
      ? 'Name the folder with your specs, or create one with "backlog init".'
      : `Did you mean "${similar}"?`,
  ],
  'file-not-folder': ({ file, folder }: { readonly file: string; readonly folder: string }): Said => [
    `${file} is a file, and a queue belongs to a folder`,
    `Name the folder that it is in (${folder}), or none. "backlog check" takes files, and "only" in the configuration names those to read.`,
  ],
  'no-repository': ({ folder }: { readonly folder: string }): Said => [
    `${folder} is not in a git working tree`,
    'Run "git init" there and commit once, or name the repository under "target".',
  ],
  'unknown-unit': ({ name, similar }: Unknown): Said => [
    `there is no unit "${name}"`,
    similar === null ? 'See "backlog list".' : `Did you mean "${similar}"?`,
  ],
  'ambiguous-unit': ({ name, keys }: { readonly name: string; readonly keys: readonly string[] }): Said => [
    `"${name}" could be ${shownNames(keys)}`,
    'Use a longer part of the name.',
  ],
  'no-run': ({ folder }: { readonly folder: string }): Said => [
    `nothing has run in ${folder} yet`,
    'Start with "backlog run".',
  ],
  'unknown-run': ({ name }: { readonly name: string }): Said => [
    `there is no run "${name}"`,
    '"backlog runs" lists them.',
  ],
  'ambiguous-run': ({ name, count }: { readonly name: string; readonly count: number }): Said => [
    `"${name}" is the beginning of ${count} runs`,
    'Use a longer part of the name; "backlog runs" lists them.',
  ],
  'no-report': ({ run, isAtWork }: { readonly run: string; readonly isAtWork: boolean }): Said => [
    `run ${run} has no report: it ${isAtWork ? 'is still running' : 'was killed'}`,
    `See "backlog status --run ${run}".`,
  ],
  'report-damaged': ({ run, file }: { readonly run: string; readonly file: string }): Said => [
    `the report of run ${run} cannot be read`,
    `Look at ${file} itself.`,
  ],
  'no-work': ({ key, state }: About): Said => [
    `${key} has no work to show: it is ${state}`,
    state === 'done' ? 'It was ticked by hand, or landed before this queue was created.' : 'Run it first.',
  ],
  // Concurrent processes.
  'already-running': ({ what }: { readonly what: string }): Said => [
    what,
    'Wait for it to end, or watch it with "backlog status".',
  ],
  busy: ({ what }: { readonly what: string }): Said => [`${what} for a minute`, 'Try again.'],
  'no-queue': ({ folder }: { readonly folder: string }): Said => [
    `the queue of ${folder} is being created`,
    'Try again in a moment.',
  ],
  // Folders and consent.
  'cannot-make': ({ folder, why }: { readonly folder: string; readonly why: string | null }): Said =>
    why === null
      ? [`${folder} is a file`, 'Name a folder for the specs: "backlog init work", say.']
      : [`${folder} cannot be made (${why})`, 'Name another folder.'],
  'trust-mismatch': (it: Mismatch): Said => [
    `${it.named} is not the digest of what ${it.config} asks for now: that is ${it.digest}${it.changes && it.changes.length > 0 ? `. Since you trusted it last:\n  ${it.changes.map(({ key, says }) => `"${key}": ${says}`).join('\n  ')}` : ''}`,
    'Look at it with "backlog trust --show".',
  ],
  'not-trusted': (it: { readonly config: string; readonly digest: string; readonly isChanged: boolean }): Said => [
    it.isChanged
      ? `${it.config} asks for something else than what you trusted; nothing was started`
      : `${it.config} needs your consent; nothing was started`,
    `Review it and consent with "backlog trust"; without a terminal: --trust ${it.digest}, or BACKLOG_TRUST=${it.digest}.`,
  ],
  'place-not-trusted': ({ config, digest }: { readonly config: string; readonly digest: string }): Said => [
    `${config} says where work lands; without your consent to that, nothing can tell what is done`,
    `Review it and consent with "backlog trust"; without a terminal: BACKLOG_TRUST=${digest}.`,
  ],
  'trust-changed': ({ config }: { readonly config: string }): Said => [
    `the files that ${config} executes changed while the run was starting; nothing was started`,
    'Try again; "backlog trust" shows what it asks for.',
  ],
  // Added units.
  'no-title': (): Said => [
    'a unit needs a title',
    'For example: backlog add "Search ignores accents" --check "npm test"',
  ],
  'outside-folder': ({ file }: { readonly file: string }): Said => [
    `${file} is not inside the specs folder`,
    'Name it relative to the specs folder.',
  ],
  'near-duplicate': ({ key, title }: { readonly key: string; readonly title: string }): Said => [
    `${key} seems to ask for the same: ${JSON.stringify(title)}`,
    `See "backlog show ${key}". To add it all the same: --force.`,
  ],
  'idempotency-key-used': ({ key }: { readonly key: string }): Said => [
    `this idempotency key was used for something else: it added ${key}`,
    'Use another key for each unit, and the same one only to repeat a request.',
  ],
  'bad-dependency': ({ name, problem }: { readonly name: string; readonly problem: string }): Said => [
    `${JSON.stringify(name)} is not an id: ${problem}`,
    '"backlog list" shows ids.',
  ],
  'unknown-dependency': ({ name, similar }: Unknown): Said => [
    `there is no unit "${name}"`,
    similar === null ? 'See "backlog list".' : `Did you mean "${similar}"?`,
  ],
  'not-proposed': ({ key, state }: About): Said => [
    `${key} is not proposed: it is ${state}`,
    '"backlog inbox" shows what is.',
  ],
  // Units in another state than the command needs.
  'unit-gone': ({ name }: { readonly name: string }): Said => [
    `there is no unit "${name}" any more`,
    '"backlog list" shows those that there are.',
  ],
  'unit-at-work': ({ key, state }: About): Said => [
    `${key} is ${state} just now`,
    state === 'judging'
      ? 'Try again in a moment.'
      : `Wait until its attempt has ended, or end it: "backlog cancel ${key}".`,
  ],
  'unit-done': ({ key }: About): Said => [
    `${key} is done`,
    `To do it again, untick its boxes or change its text. To undo it: "backlog undo ${key}".`,
  ],
  'unit-retired': ({ key }: About): Said => [
    `${key} is retired: its spec is gone`,
    'Restore its spec; "backlog list --state retired" shows where it was.',
  ],
  'unit-proposed': ({ key }: About): Said => [
    `${key} is only proposed by an agent`,
    `Accept it first: "backlog inbox accept ${key}".`,
  ],
  'merge-with-itself': ({ key }: { readonly key: string }): Said => [
    `${key} cannot be merged into itself`,
    'Name another proposal, or a unit.',
  ],
  'unit-claimed': ({ key }: About): Said => [
    `the branch claims that ${key} is done, but no landing record confirms it`,
    goesOn({ key, state: 'awaiting', isClaim: true }),
  ],
  'not-runnable': ({ key, why }: About & { readonly why: string | null }): Said => [
    `${key} cannot run${why === null ? '' : `: ${why}`}`,
    'Correct its spec; "backlog check" shows where.',
  ],
  'not-pausable': ({ key, state }: About): Said => [
    `${key} is ${state}; there is nothing to pause`,
    `See "backlog show ${key}".`,
  ],
  'not-paused': (it: Claimable): Said => [`${it.key} is not paused: it is ${it.state}`, goesOn(it)],
  'not-blocked': (it: Claimable): Said => [`${it.key} is ${it.state}, not blocked`, goesOn(it)],
  'not-awaiting': (it: Claimable): Said => [`${it.key} is ${it.state}, not awaiting approval`, goesOn(it)],
  'change-differs': (it: About & { readonly asked: string; readonly now: string | null }): Said => [
    `${it.key} changed since it was reviewed: the digest ${JSON.stringify(it.asked)} was named, and it is ${it.now ?? 'none'} now`,
    `Look again: "backlog review ${it.key}".`,
  ],
  // Agents.
  'unknown-agent': ({ name, similar }: Unknown): Said => [
    `there is no agent "${name}"`,
    similar === null ? '"backlog agents --all" lists them.' : `Did you mean "${similar}"?`,
  ],
  'agent-ended': ({ name }: { readonly name: string }): Said => [
    `${name} has ended`,
    '"backlog agents" lists the active agents.',
  ],
  'agent-of-run': ({ name }: { readonly name: string }): Said => [
    `${name} belongs to the run, not to a unit`,
    '"backlog agents tail" shows what it does.',
  ],
  'no-agent-at-work': ({ key, state }: About): Said => [
    `no agent is working on ${key}: it is ${state}`,
    '"backlog agents" lists the active agents.',
  ],
  'agent-hears-nothing': ({ key }: About): Said => [
    `the agent of ${key} cannot receive messages while it works`,
    `To have the next one know it: "backlog agents stop <name>", then change the spec of ${key}.`,
  ],
  // Landed units.
  'not-landed': ({ key, state, branch }: About & { readonly branch: string }): Said => [
    `${key} has no commit on ${branch} to undo: it is ${state}`,
    state === 'done' ? 'It was ticked by hand, or landed on another branch; see --into.' : `See "backlog show ${key}".`,
  ],
  'undo-conflict': (it: { readonly key: string; readonly files: readonly string[]; readonly branch: string }): Said => [
    `later work changed the same lines as ${it.key}, in ${it.files.join(', ')}`,
    `Undo what came later first; "git log ${it.branch}" shows it.`,
  ],
  'undo-unclear': (it: { readonly key: string; readonly command: string; readonly why: string }): Said => [
    `nothing shows that the branch passes without ${it.key}: \`${it.command}\`: ${it.why}`,
    'Try again when the machine is less busy, or raise its time limit (`limits.checkTimeout`).',
  ],
  'undo-red': (it: { readonly key: string; readonly command: string; readonly end: string }): Said => [
    `without ${it.key} the branch would be red: \`${it.command}\``,
    `Later work depends on it. The output ends: ${it.end}`,
  ],
  'branch-moved': ({ branch }: { readonly branch: string }): Said => [`${branch} moved in the meantime`, 'Try again.'],
  'not-claimed': ({ name }: { readonly name: string }): Said => [
    `no commit on the branch claims "${name}" without a record`,
    '"backlog adopt" lists the claims.',
  ],
  'ticks-alone': ({ key, file }: { readonly key: string; readonly file: string }): Said => [
    `the boxes of ${key} are ticked on the branch, but no commit there says that it landed`,
    `When it is done, tick them in ${file} of your working tree: your own tick counts. Else untick them on the branch.`,
  ],
  // Merging.
  'detached-head': ({ branch, head }: { readonly branch: string; readonly head: string }): Said => [
    `HEAD is detached at ${head.slice(0, 10)}: there is no branch to merge ${branch} into`,
    'Switch to a branch ("git switch main"), and run the same command again.',
  ],
  'no-branch': ({ branch }: { readonly branch: string }): Said => [
    `there is no branch ${branch} to merge`,
    '"backlog run" creates it. To merge another branch, use --into.',
  ],
  'on-branch': ({ branch }: { readonly branch: string }): Said => [
    `${branch} itself is checked out`,
    'Switch to your own branch ("git switch -"), and merge there.',
  ],
  'merge-conflict': (it: {
    readonly branch: string;
    readonly into: string;
    readonly files: readonly string[];
  }): Said => [
    `${it.branch} and ${it.into} conflict in ${shownNames(it.files)}; nothing was changed`,
    `Merge by hand: "git merge ${it.branch}", resolve the conflicts, "git add" the files, "git commit". To cancel: "git merge --abort".`,
  ],
  'not-committed': ({ branch, inTheWay }: { readonly branch: string; readonly inTheWay: readonly string[] }): Said => [
    `merging ${branch} would overwrite uncommitted changes: ${listSome(inTheWay, 10)}; nothing was changed`,
    'Commit ("git commit"), stash ("git stash --include-untracked") or move these files, and run the same command again.',
  ],
  'spec-changed': ({ file }: { readonly file: string }): Said => [
    `${file} was changed just now`,
    'Run the same command again.',
  ],
  'half-merged': (it: { readonly branch: string; readonly why: string; readonly files: readonly string[] }): Said => [
    `git stopped in the middle of merging ${it.branch} (${it.why}): your branch is where it was, and ${shownNames(it.files)} changed`,
    'Run the same command again to continue. If it then reports a file as changed, restore that file first: "git restore <file>".',
  ],
} as const;

export type RefusalCode = keyof typeof refusals;

export const refusalCodes = Object.keys(refusals) as readonly RefusalCode[];

/** Creates a refusal from the values that its sentences need. */
export function refusal<C extends RefusalCode>(code: C, ...about: Parameters<(typeof refusals)[C]>): Refusal {
  const say = refusals[code] as (...about: Parameters<(typeof refusals)[C]>) => Said;
  const [message, hint] = say(...about);
  return { code, message, hint };
}

/** A refusal as an exception. */
export class RefusalError extends InputError {
  readonly refusal: Refusal;
  readonly about: readonly Diagnostic[];

  /** `about`: what it concerns, with its places. */
  constructor(said: Refusal, about: readonly Diagnostic[] = []) {
    super([...about, { severity: 'error', ...said }]);
    this.refusal = said;
    this.about = about;
  }
}

/** Creates a refusal to throw. */
export function refused<C extends RefusalCode>(code: C, ...about: Parameters<(typeof refusals)[C]>): RefusalError {
  return new RefusalError(refusal(code, ...about));
}
