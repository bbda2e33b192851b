import { describeJoined } from '../model/joined.ts';
import { describeFailure, withoutOutput } from '../model/describe-failure.ts';
import type { Event } from '../model/event.ts';
import type { UnitId } from '../model/ids.ts';
import { listSome } from '../model/list-some.ts';
import { plural } from '../util/text/plural.ts';
import { isBroken } from '../model/integration.ts';
import { printableLine } from '../util/text/printable.ts';
import { integrationSentences } from './integration.ts';
import type { Span, Tone } from './line.ts';
import { keyOf, type RunState } from './run-state.ts';

/** How much is told. */
export interface Telling {
  /** Also what agents say and do. */
  readonly isVerbose: boolean;
  /** Without the paths of outputs, which commands show. */
  readonly isBrief?: boolean;
}

/** An event as a line for people, given the state after it; null for events that only programs need. */
export function progressLine(event: Event, state: RunState, { isVerbose, isBrief = false }: Telling): Span | null {
  const key = (unit: UnitId): string => keyOf(state, unit);
  /** Of a unit, or the name of an agent of the run itself. */
  const whose = ({ unit, name = '' }: { readonly unit: UnitId | null; readonly name?: string }): string =>
    unit === null ? name : key(unit);
  // Names of units, agents and branches are foreign text, too.
  const line = (text: string, tone: Tone = 'plain'): Span => ({ text: printableLine(text, 1000), tone });
  switch (event.type) {
    case 'run-started':
      if (event.isLed === true) {
        const text = `run ${event.run}: a lead divides a task, with ${event.agent} (sandbox: ${event.tier})`;
        return line(text, 'strong');
      }
      return line(
        `run ${event.run}: ${event.open} of ${event.units} units to do, with ${event.agent}, onto ${event.branch} (sandbox: ${event.tier})`,
        'strong',
      );
    case 'branch-prepared':
      return line(`${event.branch}: ${event.how}`, 'dim');
    case 'wave-started':
      return line(`wave ${event.number}: ${event.units.map(key).join(', ')}`, 'strong');
    case 'claimed':
      return isVerbose ? line(`${key(event.unit)}: attempt ${event.attempt} as ${event.role}`, 'dim') : null;
    case 'agent-turn':
      return isVerbose ? line(`${whose(event)}: ${event.role}: ${printableLine(event.text, 140)}`, 'dim') : null;
    case 'agent-tool':
      return isVerbose
        ? line(
            `${whose(event)}: ${event.tool} ${printableLine(event.summary, 120)}${event.isError ? ' (error)' : ''}`,
            'dim',
          )
        : null;
    case 'agent-source':
      return isVerbose
        ? line(`${whose(event)}: saw ${printableLine(`${event.url} ${event.title}`, 140)}`, 'dim')
        : null;
    case 'recipe-chosen':
      return event.recipe === 'build' && !isVerbose
        ? null
        : line(
            `${key(event.unit)}: recipe ${event.recipe}${event.reviewers === undefined || event.reviewers === 2 ? '' : `, ${plural(event.reviewers, 'reviewer')}`}: ${printableLine(event.why, 140)}`,
            'dim',
          );
    case 'stage-done':
      return line(`${key(event.unit)}: ${event.stage.split('/')[1] ?? event.stage} has looked`, 'dim');
    case 'map-made':
      return line(`${key(event.unit)}: a scout made a map of the repository`, 'dim');
    case 'note':
      return line(`${key(event.unit)}: note: ${printableLine(event.text, 140)}`, 'dim');
    case 'agent-retry':
      return line(
        `${whose(event)}: again in ${(event.delayMs / 1000).toFixed(1)} s: ${printableLine(event.why, 140)}`,
        'dim',
      );
    case 'overlap': {
      const how = { now: 'its agent was told', later: 'its next brief says so' }[event.told];
      return line(
        `${key(event.unit)}: conflicts so far with ${key(event.with)} in ${listSome(event.files, 5)}; ${how}`,
      );
    }
    case 'harvested':
      return line(`${key(event.unit)}: worked, ${plural(event.files.length, 'file')}; judging`);
    case 'candidate': {
      const { restored, joined } = event;
      const said = [
        ...(restored.length === 0 ? [] : [`put back ${restored.join(', ')}`]),
        ...(joined === undefined ? [] : [printableLine(describeJoined(joined), 400)]),
      ];
      return said.length === 0 ? null : line(`${key(event.unit)}: ${said.join('; ')}`, 'dim');
    }
    case 'criterion-judged': {
      // What is not met is told once, with what follows from it.
      const { verdict } = event.verdict;
      if (verdict !== 'awaiting' && !isVerbose) return null;
      const mark = verdict === 'met' ? '✓' : verdict === 'unmet' ? '✗' : '…';
      return line(
        `${key(event.unit)}: ${mark} ${printableLine(event.verdict.text, 120)}`,
        verdict === 'unmet' ? 'bad' : 'dim',
      );
    }
    case 'judged': {
      const lines = event.unproven?.found ?? [];
      return lines.length === 0
        ? null
        : line(`${key(event.unit)}: ${plural(lines.length, 'changed hunk')} not covered by any check`, 'dim');
    }
    case 'not-done': {
      const next = {
        repair: 'retrying in the same session',
        'new-attempt': 'retrying in a new attempt',
        merge: 'resolving the conflict',
        rebase: 'retrying on the new tip',
        'give-up': 'given up',
      }[event.next];
      const { others, output } = unmetOf(state, event);
      const also = others.length === 0 ? '' : `; also not met: ${listSome(others, 3)}`;
      const whole = output === null || isBrief ? '' : ` (whole output: ${output})`;
      const told = describeFailure(event.failure);
      const why = printableLine(isBrief ? withoutOutput(told) : told, 400);
      return line(`${key(event.unit)}: not done: ${why}${also} → ${next}${whole}`, 'bad');
    }
    case 'landed':
      return line(
        `${key(event.unit)}: done ✓ landed as ${event.commit.slice(0, 10)} (+${event.linesAdded} −${event.linesRemoved})`,
        'good',
      );
    case 'unit-changed': {
      const { why: said, isTold } = untold(state, event);
      const why = said === '' ? '' : `: ${printableLine(said, 400)}`;
      switch (event.to) {
        case 'awaiting':
        case 'blocked':
        case 'failed':
        case 'quarantined':
        case 'not-runnable':
        case 'parked':
        case 'proposed':
          return line(
            `${key(event.unit)}: ${event.to}${why}`,
            event.to === 'awaiting' || event.to === 'parked' || event.to === 'proposed' ? 'plain' : 'bad',
          );
        case 'waiting':
        case 'ready':
          return event.from !== null &&
            event.from !== 'waiting' &&
            event.from !== 'ready' &&
            event.why !== null &&
            !isTold
            ? line(`${key(event.unit)}: back in the queue${why}`, 'dim')
            : null;
        case 'working':
        case 'judging':
        case 'done':
        case 'cancelled':
        case 'retired':
          return event.to === 'cancelled' || event.to === 'retired'
            ? line(`${key(event.unit)}: ${event.to}${why}`, 'dim')
            : null;
      }
      return null;
    }
    case 'request-applied':
      // `sync` is the request of `backlog add`, a word that users need not know.
      return event.verb === 'sync'
        ? line(printableLine(event.outcome, 200), 'dim')
        : line(`${event.verb}, asked by ${event.by}: ${printableLine(event.outcome, 200)}`, 'dim');
    case 'unit-paused':
      return line(`${key(event.unit)}: paused`);
    case 'unit-resumed':
      return line(`${key(event.unit)}: goes on`);
    case 'cap-reached':
      return line(`nothing new starts: ${printableLine(event.detail, 200)}`, 'bad');
    case 'request-refused': {
      if (event.isTold) return null;
      const left = event.isAll ? 'nothing new starts' : `${key(event.unit)} stands still`;
      return line(`${left}: ${printableLine(event.detail, 500)}`, 'bad');
    }
    case 'environment-red':
      return line(printableLine(describeFailure(event.failure), 400), 'bad');
    case 'notice':
      return line(printableLine(event.text, 300), 'dim');
    case 'integration-checked':
      return line(integrationSentences(event, event.units.map(key)).join('. '), isBroken(event) ? 'bad' : 'plain');
    case 'agent-started':
    case 'agent-ended':
    case 'account-written':
    case 'check-ran':
    case 'checks-needed':
    case 'gate-judged':
    case 'merge-queue':
    case 'run-ended':
      return null;
  }
}

type Told<T extends Event['type']> = Extract<Event, { readonly type: T }>;

/** What else a failed judgement found unmet, and where the output of what failed lies. */
function unmetOf(
  { units }: RunState,
  { unit, failure }: Told<'not-done'>,
): { readonly others: readonly string[]; readonly output: string | null } {
  const unmet = units.get(unit)?.unmet ?? [];
  const named = 'criterion' in failure ? failure.criterion : null;
  const about = unmet.find(({ text }) => text === named) ?? unmet[0];
  const others = unmet.filter((one) => one !== about).map(({ text }) => `"${printableLine(text, 80)}"`);
  return { others, output: about?.output ?? null };
}

/** What the reason of a unit's state says beyond the failure that was told before; `isTold` if that is nothing. */
function untold({ units }: RunState, { unit, why }: Told<'unit-changed'>): { why: string; isTold: boolean } {
  const failure = units.get(unit)?.failure ?? null;
  const told = failure === null ? '' : describeFailure(failure);
  if (why === null || told === '' || !why.startsWith(told)) return { why: why ?? '', isTold: false };
  const rest = why.slice(told.length).trim();
  return { why: rest, isTold: rest === '' };
}
