import { listSome } from '../model/list-some.ts';
import { reasonsOf } from '../model/reasons.ts';
import type { Report, ReportUnit } from '../model/report.ts';
import { plural } from '../util/text/plural.ts';
import { printableLine } from '../util/text/printable.ts';

/** What ended a unit's way to done, with all units that it stopped for the same reason. */
export interface Item {
  readonly sign: 'failed' | 'question' | 'approval' | 'waiting' | 'done';
  /** Keys of the units; empty for what is told of many. */
  readonly keys: readonly string[];
  readonly what: string;
  /** The failing assertion and the like, in a few lines. */
  readonly details: readonly string[];
  /** The one command to type next; null if there is none. */
  readonly command: string | null;
}

/** What an account needs beside the report. */
export interface Said {
  /** A command of ours, as it is typed where the person is. */
  readonly command: (...words: readonly string[]) => string;
  /** True if the branch has commits that HEAD lacks. */
  readonly isAhead: boolean;
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
    ...items.map((item) => withHeld(item, open, held.by)).toSorted((a, b) => order(a) - order(b)),
    ...proposed(report, said),
    landed(report, said),
  ];
}

const order = ({ sign }: Item): number => ['failed', 'question', 'approval', 'waiting', 'done'].indexOf(sign);

/** True for a unit that others wait for, and that does not go on by itself. */
function isCause({ state }: ReportUnit): boolean {
  return state === 'failed' || state === 'quarantined' || state === 'blocked' || state === 'awaiting';
}

/** Which units wait, and the keys of those that wait for each other open one, directly or not. */
function heldBack(open: readonly ReportUnit[]): {
  readonly isHeld: ReadonlySet<string>;
  readonly by: ReadonlyMap<string, readonly string[]>;
} {
  const byId = new Map(open.map((unit) => [unit.id, unit]));
  const isHeld = new Set<string>();
  const by = new Map<string, string[]>();
  for (const unit of open.filter(({ state }) => state === 'waiting')) {
    const seen = new Set<string>();
    const left = [...unit.depends];
    for (let next = left.pop(); next !== undefined; next = left.pop()) {
      const cause = seen.has(next) ? undefined : byId.get(next);
      seen.add(next);
      if (cause === undefined) continue;
      if (cause.state === 'waiting') left.push(...cause.depends);
      else {
        isHeld.add(unit.id);
        by.set(next, [...(by.get(next) ?? []), unit.key]);
      }
    }
  }
  return { isHeld, by };
}

function withHeld(item: Item, open: readonly ReportUnit[], by: ReadonlyMap<string, readonly string[]>): Item {
  const ids = open.filter(({ key }) => item.keys.includes(key)).map(({ id }) => id);
  const keys = [...new Set(ids.flatMap((id) => by.get(id) ?? []))];
  return keys.length === 0 ? item : { ...item, details: [...item.details, `holds back ${listSome(keys, 5)}`] };
}

/** The item of each unit; those that are told alike share one. */
function grouped(units: readonly ReportUnit[], of: (unit: ReportUnit) => Item): Item[] {
  const items = units.map(of);
  const alike = Map.groupBy(items, ({ sign, what, details }) => JSON.stringify([sign, what, details]));
  return [...alike.values()].flatMap((all) => {
    const [first] = all;
    return first ? [{ ...first, keys: all.flatMap(({ keys }) => keys) }] : [];
  });
}

/** Why a run left units that could have started, by its outcome. */
const because: Readonly<Record<string, string>> = {
  'cap-reached': 'a limit on money or time was reached',
  'provider-limit': "a provider's limit was reached",
  interrupted: 'the run was stopped',
  terminated: 'the run was stopped',
};

function itemOf(unit: ReportUnit, { command }: Said, stopped = ''): Item {
  const { key, id } = unit;
  const say = (text: string): string => printableLine(text, shownText);
  const why = say(unit.why ?? '');
  const reason = [why, stopped].find((text) => text !== '') ?? '';
  const tail = reason === '' ? '' : `: ${reason}`;
  switch (unit.state) {
    case 'failed':
    case 'quarantined':
      return { sign: 'failed', keys: [key], ...failureOf(unit), command: command('show', id) };
    case 'blocked':
      return {
        ...{ sign: 'question', keys: [key], details: [] },
        what: `needs an answer: ${say(wordsOf(unit.failure, 'why') ?? why)}`,
        command: `${command('unblock', id)} -m "…"`,
      };
    case 'awaiting': {
      const asked = unit.criteria.filter(({ verdict }) => verdict === 'awaiting').map(({ text }) => text);
      const claims = unit.wayOn === 'adopt';
      const what = claims || asked.length === 0 ? `needs you${tail}` : `needs your approval: ${quoted(asked)}`;
      return {
        ...{ sign: 'approval', keys: [key], what, details: [] },
        command: claims ? command('adopt') : command('review', id),
      };
    }
    case 'cancelled':
      return {
        sign: 'waiting',
        keys: [key],
        what: why === '' ? 'cancelled' : `cancelled: ${why}`,
        details: [],
        command: command('retry', id),
      };
    case 'parked':
      return { sign: 'waiting', keys: [key], what: `parked${tail}`, details: [], command: command('run') };
    default:
      return { sign: 'waiting', keys: [key], what: `${unit.state}${tail}`, details: [], command: command('run') };
  }
}

/** A human criterion without its mark, which says only that it is one. */
function quoted([first = '', ...rest]: readonly string[]): string {
  const text = printableLine(first, shownText).replace(/^\(human\)\s+|\s+(?:—|-|–)\s+human$/i, '');
  return `"${text}"${rest.length === 0 ? '' : ` and ${rest.length} more`}`;
}

function wordsOf(failure: ReportUnit['failure'], name: string): string | null {
  const value = failure?.[name];
  return typeof value === 'string' ? value : null;
}

/** The failing test where one is known, else the failure as a sentence. */
function failureOf(unit: ReportUnit): Pick<Item, 'what' | 'details'> {
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
    return { what: printableLine(failure?.sentence ?? unit.why ?? unit.state, shownText), details: tail };
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
  return [{ sign: 'failed', keys: failed.map(({ key }) => key), what, details: [], command: retry }, ...others];
}

function cannotRun(open: readonly ReportUnit[], { command }: Said): Item[] {
  const units = open.filter(({ state }) => state === 'not-runnable');
  const { reasons, isWhole } = reasonsOf(
    units.map(({ key, why }) => ({ key, why: printableLine(why ?? 'its spec has an error', shownText) })),
  );
  const items = reasons.map((reason): Item => ({
    ...{ sign: 'question', keys: [reason.units], what: `cannot run: ${reason.why}`, details: [] },
    command: command('check'),
  }));
  if (isWhole) return items;
  const what = `${plural(units.length, 'unit')} cannot run; their specs and the report tell of each`;
  return [...items, { sign: 'question', keys: [], what, details: [], command: command('check') }];
}

function proposed({ followups }: Report, { command }: Said): Item[] {
  if (followups.length === 0) return [];
  const what = `${plural(followups.length, 'unit')} proposed by agents`;
  return [{ sign: 'approval', keys: [], what, details: [], command: command('inbox') }];
}

function landed({ run, units, totals }: Report, { command, isAhead }: Said): Item {
  const now = units.filter(({ state, attempts, commit }) => state === 'done' && attempts > 0 && commit !== null);
  const home = isAhead ? command('merge') : null;
  const branch = printableLine(run.branch);
  if (now.length === 0) {
    const before = isAhead ? '; it has earlier work' : '';
    return { sign: 'waiting', keys: [], what: `Nothing landed on ${branch}${before}`, details: [], command: home };
  }
  const { linesAdded, linesRemoved, filesChanged, testsAdded } = totals;
  const tests = testsAdded === null || testsAdded <= 0 ? '' : `, ${plural(testsAdded, 'test')} added`;
  const size = `+${linesAdded} −${linesRemoved} in ${plural(filesChanged, 'file')}`;
  const what = `${now.length} landed on ${branch}, ${size}${tests}`;
  return { sign: 'done', keys: [], what, details: [], command: home };
}
