import { InputError } from './diagnostic.ts';
import type { UnitState } from './unit.ts';
import { wayOn } from './way-on.ts';

/** Why something that a person asked for was not done. The code is stable; the sentences may change. */
export interface Refusal {
  readonly code: RefusalCode;
  readonly message: string;
  /** What to do next. */
  readonly hint: string;
}

interface About {
  /** The name that the author gave the unit. */
  readonly key: string;
  readonly state: UnitState;
}

type Claimable = About & { readonly isClaim: boolean };

/** How to go on with a unit, as a sentence. */
function goesOn({ key, ...unit }: Claimable): string {
  switch (wayOn(unit)) {
    case 'retry':
      return `See "backlog show ${key}"; to have it tried again: "backlog retry ${key}".`;
    case 'unblock':
      return `Answer it: "backlog unblock ${key} -m …".`;
    case 'adopt':
      return `Answer with "backlog adopt ${key}" or "backlog adopt --refuse ${key}".`;
    case 'review':
      return `See "backlog review ${key}".`;
    case 'check':
      return 'Correct its spec; "backlog check" shows where.';
    case 'run':
      return '"backlog run" goes on with it.';
    case null:
      return `See "backlog show ${key}".`;
  }
}

type Said = readonly [message: string, hint: string];

/** Every refusal there is: its code, its sentence, and what to do. */
const refusals = {
  // Of a unit that is in another state than the verb needs.
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
    `To have it done again, untick its boxes or change its text; to take it back: "backlog undo ${key}".`,
  ],
  'unit-retired': ({ key }: About): Said => [
    `${key} is retired: its spec is gone`,
    'Bring its spec back; "backlog list --state retired" shows where it was.',
  ],
  'unit-proposed': ({ key }: About): Said => [
    `${key} is only proposed by an agent`,
    `Add it first: "backlog add --proposal ${key}".`,
  ],
  'unit-claimed': ({ key }: About): Said => [
    `the branch claims that ${key} is done, and there is no record of that`,
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
  // Of agents.
  'unknown-agent': ({ name, similar }: { readonly name: string; readonly similar: string | null }): Said => [
    `there is no agent "${name}"`,
    similar === null ? '"backlog agents --all" lists them.' : `Did you mean "${similar}"?`,
  ],
  'agent-ended': ({ name }: { readonly name: string }): Said => [
    `${name} has ended`,
    '"backlog agents" lists the agents at work.',
  ],
  'no-agent-at-work': ({ key, state }: About): Said => [
    `no agent is at work on ${key}: it is ${state}`,
    '"backlog agents" lists the agents at work.',
  ],
  'agent-hears-nothing': ({ key }: About): Said => [
    `the agent of ${key} cannot receive messages while it works`,
    `To have the next one know it: "backlog agents stop <name>", then change the spec of ${key}.`,
  ],
  // Of what landed.
  'not-landed': ({ key, state, branch }: About & { readonly branch: string }): Said => [
    `${key} has no commit on ${branch} to undo: it is ${state}`,
    state === 'done' ? 'It was ticked by hand, or landed on another branch; see --into.' : `See "backlog show ${key}".`,
  ],
  'undo-conflict': (it: { readonly key: string; readonly files: readonly string[]; readonly branch: string }): Said => [
    `later work changed the same lines as ${it.key}, in ${it.files.join(', ')}`,
    `Undo what came later first; "git log ${it.branch}" shows it.`,
  ],
  'undo-unclear': (it: { readonly key: string; readonly command: string; readonly why: string }): Said => [
    `nothing shows that the branch is green without ${it.key}: \`${it.command}\`: ${it.why}`,
    'Try again when the machine is calm, or give it more time (`limits.checkTimeout`).',
  ],
  'undo-red': (it: { readonly key: string; readonly command: string; readonly end: string }): Said => [
    `without ${it.key} the branch would be red: \`${it.command}\``,
    `Something that landed later needs it. Its output ends: ${it.end}`,
  ],
  'branch-moved': ({ branch }: { readonly branch: string }): Said => [`${branch} moved meanwhile`, 'Try again.'],
  'not-claimed': ({ name }: { readonly name: string }): Said => [
    `no commit on the branch claims "${name}" without a record`,
    'See "backlog adopt" for what does.',
  ],
  'ticks-alone': ({ key, file }: { readonly key: string; readonly file: string }): Said => [
    `the boxes of ${key} are ticked on the branch, and no commit there says that it landed`,
    `When it is done, tick them in ${file} of your working tree: your own tick counts. Else untick them on the branch.`,
  ],
} as const;

/** The stable name of a refusal. */
export type RefusalCode = keyof typeof refusals;

/** All codes. */
export const refusalCodes = Object.keys(refusals) as readonly RefusalCode[];

/** A refusal, with what its sentence needs to know. */
export function refusal<C extends RefusalCode>(code: C, about: Parameters<(typeof refusals)[C]>[0]): Refusal {
  const say = refusals[code] as (about: Parameters<(typeof refusals)[C]>[0]) => Said;
  const [message, hint] = say(about);
  return { code, message, hint };
}

/** The same, to be thrown. */
export function refused<C extends RefusalCode>(code: C, about: Parameters<(typeof refusals)[C]>[0]): InputError {
  return new InputError([{ severity: 'error', ...refusal(code, about) }]);
}
