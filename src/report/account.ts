import { listSome } from '../model/list-some.ts';
import { withoutOutput } from '../model/describe-failure.ts';
import { isBroken } from '../model/integration.ts';
import { reasonsOf } from '../model/reasons.ts';
import type { Report, ReportUnit } from '../model/report.ts';
import { integrationSentences } from './integration.ts';
import { plural } from '../util/text/plural.ts';
import { printableLine } from '../util/text/printable.ts';

/** What ended a unit's way to done, with all units that it stopped for the same reason. */
export interface Item {
  readonly sign: 'failed' | 'question' | 'approval' | 'waiting' | 'done';
  /** The units as they are named; empty for what is told of many. */
  readonly keys: readonly string[];
  /** Their ids; empty where only names are known. */
  readonly ids: readonly string[];
  readonly what: string;
  /** The failing assertion and the like, in a few lines. */
  readonly details: readonly string[];
  /** Which units wait for these, as a sentence; null if none does. */
  readonly holdsBack: string | null;
  /** The one command to type next; null if there is none. */
  readonly command: string | null;
}

/** What an account needs beside the report. */
export interface Said {
  /** A command of ours, as it is typed where the person is. */
  readonly command: (...words: readonly string[]) => string;
  /** How the branch is merged; null if HEAD has all of it. */
  readonly merge: string | null;
}

/** A unit in an account. */
type Named = Pick<ReportUnit, 'id' | 'key'>;

const mergeIs = 'Merge it: ';

/** The last step of the way home, for a command that merges the branch. */
export function mergeStep(command: string): string {
  return `${mergeIs}${command}`;
}

/** The command that merges the branch, of the steps of the way home; null if there is nothing to merge. */
export function mergeIn(steps: readonly string[]): string | null {
  return steps.findLast((step) => step.startsWith(mergeIs))?.slice(mergeIs.length) ?? null;
}

/** Lines of a failing assertion that are shown. */
const shownLines = 4;
/** Characters of a foreign text that are shown. */
const shownText = 400;

/** What a run came to, and what to type next. One cause is one item, whatever it stopped; what landed is the last one. */
export function accountOf(report: Report, said: Said): Item[] {
  const open = report.units.filter(({ state }) => state !== 'done');
  const held = heldBack(open);
  const tried = open.filter((unit) => isCause(unit) && unit.attempts > 0);
  const untried = open.filter((unit) => isCause(unit) && unit.attempts === 0);
  const stopped = open.filter((unit) => !isCause(unit) && unit.state !== 'not-runnable' && !held.isHeld.has(unit.id));
  const items = [
    ...grouped(tried, (unit) => itemOf(unit, said)),
    ...earlier(untried, said),
    ...cannotRun(open, said),
    ...grouped(stopped, (unit) => itemOf(unit, said, because[report.run.outcome])),
  ];
  return [
    ...items.map((item) => ({ ...item, holdsBack: holdsBack(item, held.by) })).toSorted((a, b) => order(a) - order(b)),
    ...integration(report),
    ...proposed(report, said),
    landed(report, said),
  ];
}

const untold = { keys: [], ids: [], details: [], holdsBack: null } as const;

const order = ({ sign }: Item): number => ['failed', 'question', 'approval', 'waiting', 'done'].indexOf(sign);

/** True for a unit that others wait for, and that does not go on by itself. */
function isCause({ state }: ReportUnit): boolean {
  return state === 'failed' || state === 'quarantined' || state === 'blocked' || state === 'awaiting';
}

/** Which units wait, and the keys of those that wait for each other open one, directly or not. */
function heldBack(open: readonly ReportUnit[]): {
  readonly isHeld: ReadonlySet<string>;
  readonly by: ReadonlyMap<string, readonly Named[]>;
} {
  const byId = new Map(open.map((unit) => [unit.id, unit]));
  const causes = new Map<string, readonly string[]>();
  const isHeld = new Set<string>();
  const by = new Map<string, Named[]>();
  for (const unit of open.filter(({ state }) => state === 'waiting'))
    for (const cause of causesOf(unit, byId, causes)) {
      isHeld.add(unit.id);
      const held = by.get(cause);
      if (held === undefined) by.set(cause, [unit]);
      else held.push(unit);
    }
  return { isHeld, by };
}

/**
 * The open units that a waiting one waits for in the end. Each unit's are found once, without recursion, since chains may be
 * long; `known` keeps them.
 */
function causesOf(
  unit: ReportUnit,
  byId: ReadonlyMap<string, ReportUnit>,
  known: Map<string, readonly string[]>,
): readonly string[] {
  const stack = [unit];
  const entered = new Set<string>();
  for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
    const open = top.depends.flatMap((id) => byId.get(id) ?? []);
    const left = open.filter(({ id, state }) => state === 'waiting' && !known.has(id) && !entered.has(id));
    entered.add(top.id);
    if (left.length > 0) {
      stack.push(...left);
      continue;
    }
    // In a circle, what is not known yet adds nothing.
    if (!known.has(top.id))
      known.set(top.id, [
        ...new Set(open.flatMap(({ id, state }) => (state === 'waiting' ? (known.get(id) ?? []) : [id]))),
      ]);
    stack.pop();
  }
  return known.get(unit.id) ?? [];
}

function holdsBack({ ids }: Item, by: ReadonlyMap<string, readonly Named[]>): string | null {
  const held = new Map(ids.flatMap((id) => by.get(id) ?? []).map((unit) => [unit.id, unit.key]));
  return held.size === 0 ? null : `holds back ${listSome([...held.values()], 5)}`;
}

/** The item of each unit; those that are told alike share one. */
function grouped<T>(units: readonly T[], of: (unit: T) => Item): Item[] {
  const items = units.map(of);
  const alike = Map.groupBy(items, ({ sign, what, details }) => JSON.stringify([sign, what, details]));
  return [...alike.values()].flatMap((all) => {
    const [first] = all;
    return first ? [{ ...first, keys: all.flatMap(({ keys }) => keys), ids: all.flatMap(({ ids }) => ids) }] : [];
  });
}

/** Why a run left units that could have started, by its outcome. */
const because: Readonly<Record<string, string>> = {
  'cap-reached': 'a limit on money or time was reached',
  'provider-limit': "a provider's limit was reached",
  interrupted: 'the run was stopped',
  terminated: 'the run was stopped',
};

/** What is told of one unit. */
export type Told = Pick<ReportUnit, 'id' | 'key' | 'state' | 'why' | 'failure' | 'wayOn' | 'attempts' | 'criteria'>;

/** Where a unit that is not done stands, and the command that goes on with it. `stopped`: why it could not start. */
export function itemOf(unit: Told, { command }: Pick<Said, 'command'>, stopped = ''): Item {
  const { key, id } = unit;
  const one = { keys: [key], ids: [id], details: [], holdsBack: null };
  const say = (text: string): string => printableLine(text, shownText);
  const why = say(unit.why ?? '');
  const reason = [why, stopped].find((text) => text !== '') ?? '';
  const tail = reason === '' ? '' : `: ${reason}`;
  switch (unit.state) {
    case 'failed':
    case 'quarantined':
      return { ...one, sign: 'failed', ...failureOf(unit), command: command('show', id) };
    case 'blocked':
      return {
        ...{ ...one, sign: 'question' },
        what: `needs an answer: ${say(wordsOf(unit.failure, 'why') ?? why)}`,
        command: `${command('unblock', id)} -m "…"`,
      };
    case 'awaiting': {
      const asked = unit.criteria.filter(({ verdict }) => verdict === 'awaiting').map(({ text }) => text);
      const claims = unit.wayOn === 'adopt';
      const what = claims || asked.length === 0 ? `needs you${tail}` : `needs your approval: ${quoted(asked)}`;
      return {
        ...{ ...one, sign: 'approval', what },
        command: claims ? command('adopt') : command('review', id),
      };
    }
    case 'cancelled':
      return {
        ...{ ...one, sign: 'waiting', command: command('retry', id) },
        what: why === '' ? 'cancelled' : `cancelled: ${why}`,
      };
    case 'parked':
      return { ...one, sign: 'waiting', what: `parked${tail}`, command: command('run') };
    default:
      return { ...one, sign: 'waiting', what: `${unit.state}${tail}`, command: command('run') };
  }
}

/** A unit that does not go on by itself, as the queue knows it. */
export interface Waiting extends Named {
  readonly state: ReportUnit['state'];
  readonly isPaused: boolean;
  readonly why: string | null;
  readonly wayOn: ReportUnit['wayOn'];
}

/** What waits for a person in a queue, the gravest first; units that wait for the same reason share an item. */
export function waitingOf(units: readonly Waiting[], { command }: Pick<Said, 'command'>): Item[] {
  const items = grouped(units, (unit): Item => {
    const one = { keys: [unit.key], ids: [unit.id], details: [], holdsBack: null };
    const why = printableLine(unit.why ?? '', shownText);
    const saying = (text: string): string => (why === '' ? text : `${text}: ${why}`);
    if (unit.isPaused) return { ...one, sign: 'waiting', what: 'paused', command: command('resume', unit.id) };
    switch (unit.state) {
      case 'failed':
      case 'quarantined':
        return { ...one, sign: 'failed', what: saying(unit.state), command: command('show', unit.id) };
      case 'blocked':
        return {
          ...{ ...one, sign: 'question', what: saying('needs an answer') },
          command: `${command('unblock', unit.id)} -m "…"`,
        };
      case 'awaiting':
        return {
          ...{ ...one, sign: 'approval', what: saying('needs you') },
          command: unit.wayOn === 'adopt' ? command('adopt') : command('review', unit.id),
        };
      case 'not-runnable':
        return { ...one, sign: 'question', what: saying('cannot run'), command: command('check') };
      default:
        return { ...one, sign: 'waiting', what: saying(unit.state), command: command('run') };
    }
  });
  return items.toSorted((a, b) => order(a) - order(b));
}

/** A human criterion without its mark, which says only that it is one. */
export function askedText(criterion: string): string {
  return printableLine(criterion, shownText).replace(/^\(human\)\s+|\s+(?:—|-|–)\s+human$/i, '');
}

function quoted([first = '', ...rest]: readonly string[]): string {
  return `"${askedText(first)}"${rest.length === 0 ? '' : ` and ${rest.length} more`}`;
}

function wordsOf(failure: ReportUnit['failure'], name: string): string | null {
  const value = failure?.[name];
  return typeof value === 'string' ? value : null;
}

/** The failing test where one is known, else the failure as a sentence. */
function failureOf(unit: Told): Pick<Item, 'what' | 'details'> {
  const { failure, criteria } = unit;
  const others = criteria.filter(({ verdict }) => verdict === 'unmet').length - 1;
  const more = others > 0 ? [`and ${plural(others, 'other criterion').replace('criterions', 'criteria')} not met`] : [];
  const tries = unit.attempts > 1 ? [`after ${plural(unit.attempts, 'attempt')}`] : [];
  const also = [...more, ...tries].join(', ');
  const tail = also === '' ? [] : [also];
  const shows = Array.isArray(failure?.['shows'])
    ? failure['shows'].flatMap((line) => (typeof line === 'string' ? [printableLine(line, shownText)] : []))
    : [];
  const [first = '', ...rest] = shows.filter((line) => line !== '');
  if (failure?.reason !== 'check-failed' || first === '')
    return {
      what: printableLine(withoutOutput(failure?.sentence ?? unit.why ?? unit.state), shownText),
      details: tail,
    };
  const told = rest.slice(0, shownLines);
  const test = /^✖ (.*)/.exec(first)?.[1];
  if (test !== undefined) return { what: `test failed: ${test}`, details: [...told, ...tail] };
  const command = printableLine(wordsOf(failure, 'command') ?? 'its check', 100);
  return { what: `\`${command}\` failed`, details: [first, ...told.slice(0, shownLines - 1), ...tail] };
}

/** Units that ended before this run, which nothing has changed since. */
function earlier(units: readonly ReportUnit[], said: Said): Item[] {
  const isFailed = ({ state }: ReportUnit): boolean => state === 'failed' || state === 'quarantined';
  const failed = units.filter(isFailed);
  const others = grouped(
    units.filter((unit) => !isFailed(unit)),
    (unit) => itemOf(unit, said),
  );
  const [only] = failed;
  if (only === undefined) return others;
  const retry = failed.length > 1 ? said.command('retry', '--failed') : said.command('retry', only.id);
  const what = 'failed earlier; not retried, since nothing changed';
  return [
    {
      ...untold,
      sign: 'failed',
      keys: failed.map(({ key }) => key),
      ids: failed.map(({ id }) => id),
      what,
      command: retry,
    },
    ...others,
  ];
}

function cannotRun(open: readonly ReportUnit[], { command }: Said): Item[] {
  const units = open.filter(({ state }) => state === 'not-runnable');
  const { reasons, isWhole } = reasonsOf(
    units.map(({ key, why }) => ({ key, why: printableLine(why ?? 'its spec has an error', shownText) })),
  );
  const items = reasons.map((reason): Item => ({
    ...{ ...untold, sign: 'question', keys: [reason.units], what: `cannot run: ${reason.why}` },
    command: command('check'),
  }));
  if (isWhole) return items;
  const what = `${plural(units.length, 'unit')} cannot run; their specs and the report tell of each`;
  return [...items, { ...untold, sign: 'question', what, command: command('check') }];
}

/** What the last integration checks found, if what landed broke something. */
function integration(report: Report): Item[] {
  const last = report.integration.at(-1);
  if (last === undefined || !isBroken(last)) return [];
  const [what = '', ...details] = integrationSentences(last, last.units);
  const [first] = last.checks.filter(({ outcome, wasRed }) => outcome === 'failed' && wasRed !== true);
  const command = first === undefined ? null : `git log -p ${last.commit.slice(0, 10)}`;
  return [{ ...untold, sign: 'failed', what, details, command }];
}

function proposed({ followups }: Report, { command }: Said): Item[] {
  if (followups.length === 0) return [];
  const what = `${plural(followups.length, 'unit')} proposed by agents`;
  return [{ ...untold, sign: 'approval', what, command: command('inbox') }];
}

function landed({ run, units, totals }: Report, { merge }: Said): Item {
  const now = units.filter(({ state, attempts, commit }) => state === 'done' && attempts > 0 && commit !== null);
  const branch = printableLine(run.branch);
  if (now.length === 0) {
    const before = merge !== null ? '; it has earlier work' : '';
    return { ...untold, sign: 'waiting', what: `Nothing landed on ${branch}${before}`, command: merge };
  }
  const { linesAdded, linesRemoved, filesChanged, testsAdded } = totals;
  const tests = testsAdded === null || testsAdded <= 0 ? '' : `, ${plural(testsAdded, 'test')} added`;
  const size = `+${linesAdded} −${linesRemoved} in ${plural(filesChanged, 'file')}`;
  const what = `${now.length} landed on ${branch}, ${size}${tests}`;
  return { ...untold, sign: 'done', what, command: merge };
}
