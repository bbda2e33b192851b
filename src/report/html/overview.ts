import { shellWord } from '../../util/text/shell-word.ts';
import { plural } from '../../util/text/plural.ts';
import type { Report, ReportUnit } from '../../model/report.ts';
import { accountOf, type Item, mergeIn } from '../account.ts';
import { limitSentence } from '../limiting.ts';
import { assertionLines, failedAssertions } from './assertion.ts';
import { html, type Html, place, type Part, px } from './escape.ts';
import { glyph, markName } from './glyphs.ts';
import { clock, dollars, type Mark, markOf, marks, minutes, needsPerson, percent, timeOf, type View } from './view.ts';

/** The first screen: what needs a person, what landed, and where time and money went. */
export function overview(view: View): Html {
  return html`<section id="overview" aria-labelledby="verdict">
    ${verdict(view)}${strip(view)}
    <div class="split">
      <div>${needsYou(view)}${landed(view)}${written(view)}</div>
      <div class="side">${time(view)}${money(view)}${limited(view)}</div>
    </div>
  </section>`;
}

function verdict({ report, units }: View): Html {
  const { run, totals } = report;
  const done = units.filter(({ state }) => state === 'done').length;
  const open = units.filter(needsPerson).length;
  const criteria = units.flatMap((unit) => unit.criteria);
  const met = criteria.filter((one) => one.verdict === 'met').length;
  const day = run.startedAt.slice(0, 10);
  const [from, to] = [run.startedAt.slice(11, 16), run.endedAt.slice(11, 16)];
  const cap = run.caps?.usd ?? null;
  const each = totals.costUsd === null || met === 0 ? null : totals.costUsd / met;
  const tests =
    totals.testsAdded === null || totals.testsAdded <= 0 ? '' : `, ${plural(totals.testsAdded, 'test')} added`;
  return html`<div class="verdict">
    <div>
      <p class="dim">Run of ${day}, ${from} to ${to} UTC, ${run.outcome}, exit ${run.exitCode}</p>
      <h1 id="verdict">
        ${done} of ${units.length} landed${open === 0 ? '' : `, ${open} ${open === 1 ? 'needs' : 'need'} you`}
      </h1>
    </div>
    <dl class="figures">
      ${figure(clock(totals.durationMs), '', `${minutes(totals.sequentialMs)} one at a time`)}${figure(
        dollars(totals.costUsd),
        cap === null ? '' : `of ${dollars(cap)}`,
        [each === null ? 'cost' : `$${each.toFixed(2)} per criterion met`, ...more(totals)].join(', '),
      )}${figure(String(met), `of ${criteria.length}`, 'criteria met')}${figure(
        `+${totals.linesAdded}`,
        `−${totals.linesRemoved}`,
        `${plural(totals.filesChanged, 'file')}${tests}`,
      )}
    </dl>
  </div>`;
}

function more({ possibleUsd, notionalUsd }: Report['totals']): string[] {
  return [
    ...(possibleUsd > 0 ? [`${dollars(possibleUsd)} possibly more`] : []),
    ...(notionalUsd > 0 ? [`${dollars(notionalUsd)} by subscription`] : []),
  ];
}

function figure(value: string, of: string, what: string): Html {
  return html`<div>
    <dd><b>${value}</b> ${of}</dd>
    <dt>${what}</dt>
  </div>`;
}

/** Units that are shown as a cell each. */
const mostCells = 60;

/** A cell for each unit, by state; of many units, one bar. */
function strip({ units }: View): Html {
  const groups = marks.map((mark) => ({ mark, of: units.filter((unit) => markOf(unit) === mark) }));
  const shown = groups.filter(({ of }) => of.length > 0);
  if (units.length <= mostCells)
    return html`<ol class="strip">
      ${shown.map(
        ({ mark, of }) =>
          html`<li class="${mark} n${Math.min(of.length, mostCells)}">
            <span class="cells"
              >${of.map(
                (unit) =>
                  html`<a class="cell" href="${place(`unit/${unit.id}`)}" aria-label="${unit.key}"
                    >${mark === 'waiting' ? '' : glyph(mark)}</a
                  >`,
              )}</span
            ><span><b>${of.length}</b> ${markName(mark)}</span>
          </li>`,
      )}
    </ol>`;
  let from = 0;
  const bars = shown.map(({ mark, of }) => {
    const width = (1000 * of.length) / units.length;
    const bar = html`<rect x="${px(from)}" width="${px(Math.max(1, width - 2))}" height="22" class="part ${mark}" />`;
    from += width;
    return bar;
  });
  return html`<svg class="bar strip-bar" viewBox="0 0 1000 22" preserveAspectRatio="none" aria-hidden="true">
      ${bars}
    </svg>
    <ul class="legend">
      ${shown.map(({ mark, of }) => html`<li>${glyph(mark)} <b>${of.length}</b> ${markName(mark)}</li>`)}
    </ul>`;
}

/** How a command is typed at the repository's root. */
const typedAt =
  ({ run }: Report) =>
  (...words: readonly string[]): string =>
    ['backlog', ...words, ...(run.named === undefined ? [] : ['-s', run.named])].map(shellWord).join(' ');

function needsYou(view: View): Html {
  const { report } = view;
  const items = accountOf(report, { command: typedAt(report), merge: null }).filter(
    ({ sign }) => sign === 'failed' || sign === 'question' || sign === 'approval',
  );
  const byId = new Map(report.units.map((unit) => [unit.id, unit]));
  const environment =
    report.environment === null
      ? null
      : html`<li>
          ${glyph('failed')}
          <div>
            <p>
              <b><code>${report.environment.command}</code></b> fails on the base commit; no agent was started
            </p>
            <pre>${report.environment.excerpt.slice(-1500)}</pre>
          </div>
        </li>`;
  return html`<h2 id="needs-you">Needs you</h2>
    ${
      items.length === 0 && environment === null
        ? html`<p class="dim">Nothing: all that this run could do is done.</p>`
        : html`<ol class="needs">
            ${environment}${items.map((item) =>
              need(
                item,
                item.ids.flatMap((id) => byId.get(id) ?? []),
              ),
            )}
          </ol>`
    }${report.notices.map((notice) => html`<p class="notice">${notice}</p>`)}`;
}

/** Keys that are shown of one item. */
const mostKeys = 12;

function need(item: Item, units: readonly ReportUnit[]): Html {
  const { sign, what, details, keys, holdsBack } = item;
  const mark: Mark = sign === 'done' ? 'landed' : sign;
  const [only] = units;
  const failed = units.length === 1 && only !== undefined ? failedAssertions(only) : [];
  const ran = only?.tries.at(-1)?.tests ?? null;
  const names: Part[] = units
    .slice(0, mostKeys)
    .map((unit) => html`<a href="${place(`unit/${unit.id}`)}"><b>${unit.key}</b></a> `);
  const others = keys.length > mostKeys ? `and ${keys.length - mostKeys} more ` : '';
  const shown = names.length === 0 ? keys.slice(0, mostKeys).join(', ') : names;
  return html`<li>
    ${glyph(mark, markName(mark))}
    <div>
      <p>
        ${shown}
        ${others}${
          failed.length === 0 || ran === null
            ? what
            : `${ran.failed} of ${plural(ran.ran, 'test')} still ${ran.failed === 1 ? 'fails' : 'fail'}${triedText(only)}`
        }
      </p>
      ${
        failed.length > 0
          ? assertionLines(failed.slice(0, 1))
          : details.map((line) => html`<p class="detail">${line}</p>`)
      }
    </div>
    <div>
      ${item.command === null ? null : copyable(item.command)}${holdsBack === null ? null : html`<p class="dim">${holdsBack}</p>`}
    </div>
  </li>`;
}

function triedText(unit: ReportUnit | undefined): string {
  return unit === undefined || unit.attempts < 2 ? '' : ` after ${plural(unit.attempts, 'attempt')}`;
}

/** A command, with a button that copies it where scripts run. */
export function copyable(text: string): Html {
  return html`<span class="command"><code>${text}</code><button type="button" class="copy" hidden>Copy</button></span>`;
}

/** Units that are named of a phase. */
const mostNamed = 60;

function landed(view: View): Html {
  const { report, units, gates } = view;
  const done = units.filter(({ state }) => state === 'done');
  const began = (phase: string | null): number =>
    Math.min(...units.flatMap((unit) => (unit.phase === phase ? (unit.stages[0]?.startMs ?? []) : [])));
  const phases = [...new Set(units.map(({ phase }) => phase))].toSorted((a, b) => began(a) - began(b) || 0);
  const rows = phases.map((phase) => {
    const all = units.filter((unit) => unit.phase === phase);
    const ready = all.filter(({ state }) => state === 'done');
    const gate = gates.find((one) => one.gate?.phase === phase)?.gate;
    const right = gate?.outcome
      ? `gate ${gate.outcome}`
      : ready.length < all.length
        ? `${all.length - ready.length} open`
        : '';
    return html`<li>
      <span class="dim phase">${phase ?? 'no phase'}, ${ready.length} of ${all.length}</span
      ><span class="named"
        >${ready
          .slice(0, mostNamed)
          .map((unit) => html`<a class="name" href="${place(`unit/${unit.id}`)}">${unit.key}</a> `)}${
          ready.length > mostNamed ? `and ${ready.length - mostNamed} more` : ''
        }</span
      ><span class="dim">${right}</span>
    </li>`;
  });
  const look = worthALook(view);
  const merge = mergeIn(report.next);
  return html`<div class="headed">
      <h2 id="landed">Landed</h2>
      <p class="dim">
        ${plural(done.length, 'unit')} on <code>${report.run.branch}</code>, tip
        <code>${report.run.tip.slice(0, 8)}</code>
      </p>
      ${merge === null ? null : copyable(merge)}
    </div>
    <ul class="rows">
      ${rows}${look.length === 0 ? null : html`<li><span class="dim phase">worth a look</span><span class="named">${look}</span></li>`}
    </ul>`;
}

function worthALook({ report, units }: View): Part[] {
  const unproven = units.filter((unit) => (unit.unproven?.found.length ?? 0) > 0);
  const lines = unproven
    .flatMap((unit) => unit.unproven?.found ?? [])
    .reduce((sum, one) => sum + Math.max(1, one.lines), 0);
  const answers = units.filter(({ answer }) => answer !== null);
  const parts: Html[] = [];
  if (lines > 0) parts.push(html`<b>${plural(lines, 'line')}</b> in ${names(unproven)} that no check covers`);
  if (answers.length > 0) parts.push(html`<b>${plural(answers.length, 'answer')}</b> (${names(answers)})`);
  if (report.followups.length > 0)
    parts.push(
      html`<a href="${place('followups')}"><b>${plural(report.followups.length, 'followup')}</b></a> that agents propose`,
    );
  return parts.flatMap((part, index) => (index === 0 ? [part] : [', ', part]));
}

function names(units: readonly ReportUnit[]): string {
  const shown = units.slice(0, 5).map(({ key }) => key);
  return `${shown.join(', ')}${units.length > 5 ? ` and ${units.length - 5} more` : ''}`;
}

/** What a model wrote of the run, marked as such. */
function written({ report }: View): Html | null {
  if (report.account === null) return null;
  const { agent, text } = report.account;
  return html`<div class="headed">
      <h2 id="account">Account of a model</h2>
      <p class="dim">written by ${agent}; figures and verdicts are those above</p>
    </div>
    <pre>${text}</pre>`;
}

interface Share {
  readonly name: string;
  readonly look: string;
  readonly value: number;
}

/** A bar of parts, and the table that says the same. `whole` may be more than their sum. */
function shares(parts: readonly Share[], whole: number, text: (value: number) => string): Html {
  let from = 0;
  const bars = parts.map(({ look, value }) => {
    const width = whole <= 0 ? 0 : (448 * value) / whole;
    const bar = html`<rect
      x="${px(from)}"
      y="${look === 'checks' ? '8' : '2'}"
      width="${px(Math.max(0, width - 1))}"
      height="${look === 'checks' ? '6' : '12'}"
      class="bar-${look}"
    />`;
    from += width;
    return width < 0.5 ? null : bar;
  });
  return html`<svg class="bar" viewBox="0 0 448 16" preserveAspectRatio="none" aria-hidden="true">
      <rect x="0.5" y="2.5" width="447" height="11" class="bar-rest" />
      ${bars}
    </svg>
    <table class="shares">
      <tbody>
        ${parts.map(
          ({ name, look, value }) =>
            html`<tr>
              <th scope="row">
                <svg class="key" aria-hidden="true">
                  <rect
                    y="${look === 'checks' ? '4' : '0'}"
                    width="10"
                    height="${look === 'checks' ? '5' : '10'}"
                    class="bar-${look}"
                  /></svg
                >${name}
              </th>
              <td>${text(value)}</td>
              <td class="dim">${percent(value, whole)}</td>
            </tr>`,
        )}
      </tbody>
    </table>`;
}

/** Where the time of the places for agents went, by stage; what has no name is time without a unit. */
function time({ report, units }: View): Html {
  const { durationMs, peakParallel } = report.totals;
  const places = Math.max(1, Math.min(report.run.caps?.agents ?? peakParallel, Math.max(peakParallel, units.length)));
  const of = (stage: ReportUnit['stages'][number]['stage']): number =>
    units.reduce(
      (sum, unit) =>
        sum + unit.stages.reduce((all, one) => all + (one.stage === stage ? one.endMs - one.startMs : 0), 0),
      0,
    );
  const used = units.reduce((sum, unit) => sum + timeOf(unit), 0);
  const whole = Math.max(places * durationMs, used);
  const limit = Math.min(of('limit'), of('agent') + of('repair'));
  return html`<div class="headed">
      <h3>Time</h3>
      <p class="dim">${plural(places, 'agent')} × ${clock(durationMs)} = ${minutes(places * durationMs)}</p>
    </div>
    ${shares(
      [
        { name: 'Agents building', look: 'agent', value: Math.max(0, of('agent') - limit) },
        { name: 'Agents repairing', look: 'repair', value: of('repair') },
        { name: 'Checks and reviews', look: 'checks', value: of('checks') },
        { name: 'Merge queue', look: 'queue', value: of('merge-queue') },
        { name: 'Provider limit', look: 'limit', value: limit },
        { name: 'No unit ready', look: 'idle', value: Math.max(0, whole - used) },
      ],
      whole,
      minutes,
    )}`;
}

function money({ report, units }: View): Html {
  const { costUsd, spent } = report.totals;
  const cap = report.run.caps?.usd ?? null;
  const total = costUsd ?? spent.building + spent.repairs + spent.reviews;
  const other = Math.max(0, total - spent.building - spent.repairs - spent.reviews);
  const onDone = units.reduce((sum, unit) => sum + (unit.state === 'done' ? (unit.costUsd ?? 0) : 0), 0);
  const onOpen = units.reduce((sum, unit) => sum + (unit.state === 'done' ? 0 : (unit.costUsd ?? 0)), 0);
  const usd = (value: number): string => dollars(value);
  return html`<div class="headed">
      <h3>Money</h3>
      <p class="dim">${dollars(costUsd)}${cap === null ? '' : ` of ${dollars(cap)}`}</p>
    </div>
    ${shares(
      [
        { name: 'Building', look: 'agent', value: spent.building },
        { name: 'Repairs', look: 'repair', value: spent.repairs },
        { name: 'Reviews', look: 'checks', value: spent.reviews },
        ...(other >= 0.005 ? [{ name: 'Other', look: 'queue', value: other }] : []),
      ],
      Math.max(cap ?? 0, total),
      usd,
    )}
    <table class="shares ruled">
      <tbody>
        <tr>
          <th scope="row">On units that landed</th>
          <td>${usd(onDone)}</td>
          <td class="dim">${percent(onDone, onDone + onOpen)}</td>
        </tr>
        <tr>
          <th scope="row">On units that did not land</th>
          <td>${usd(onOpen)}</td>
          <td class="dim">${percent(onOpen, onDone + onOpen)}</td>
        </tr>
      </tbody>
    </table>`;
}

function limited({ report, byId }: View): Html | null {
  const sentence = limitSentence(report);
  if (sentence === null) return null;
  const [longest] = report.criticalPath.toSorted((a, b) => b.endMs - b.startMs - (a.endMs - a.startMs));
  const key = longest === undefined ? '' : (byId.get(longest.unit)?.key ?? longest.unit);
  return html`<h3>What limited this run</h3>
    <p>
      ${sentence}
      ${
        longest === undefined
          ? null
          : html`The critical path has ${plural(report.criticalPath.length, 'unit')};
              <b>${key}</b> (${clock(longest.endMs - longest.startMs)}) is its longest link.`
      }
    </p>`;
}
