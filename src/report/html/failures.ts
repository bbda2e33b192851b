import type { ReportUnit } from '../../model/report.ts';
import { plural } from '../../util/text/plural.ts';
import { assertionLines, failedAssertions } from './assertion.ts';
import { html, type Html, place, type Part } from './escape.ts';
import { glyph } from './glyphs.ts';
import { clock, dollars, markOf, type View } from './view.ts';

/** Cards that are shown, and units that are named in a cell. */
const most = { cards: 40, named: 8 } as const;

interface Cause {
  readonly name: string;
  readonly tries: number;
  readonly units: readonly ReportUnit[];
  readonly ms: number;
  /** Null if a part is unknown. */
  readonly usd: number | null;
}

/** What tries failed by, what recovered by itself, and each unit that is still open. */
export function failures(view: View): Html {
  const causes = causesOf(view.report.units);
  const failed = view.units.filter((unit) => markOf(unit) === 'failed');
  const tries = causes.reduce((sum, cause) => sum + cause.tries, 0);
  const hit = new Set(causes.flatMap(({ units }) => units));
  const recovered = [...hit].filter(({ state }) => state === 'done').length;
  return html`<section id="failures" aria-labelledby="failures-h">
    <div class="headed">
      <h2 id="failures-h">Failures by cause</h2>
      <p class="dim">
        ${
          tries === 0
            ? 'no try failed'
            : `${tries} failed ${tries === 1 ? 'try' : 'tries'}; ${recovered} of ${plural(hit.size, 'unit')} recovered by themselves`
        }
      </p>
    </div>
    ${causes.length === 0 ? null : table(causes)}
    <div class="cards">${failed.slice(0, most.cards).map(card)}</div>
    ${failed.length > most.cards ? html`<p class="dim">and ${failed.length - most.cards} more units that failed</p>` : null}
  </section>`;
}

function causesOf(units: readonly ReportUnit[]): Cause[] {
  const causes = new Map<string, { tries: number; units: Set<ReportUnit>; ms: number; usd: number | null }>();
  const add = (reason: string, unit: ReportUnit, tries: number, ms: number, usd: number | null): void => {
    const known = causes.get(reason) ?? { tries: 0, units: new Set<ReportUnit>(), ms: 0, usd: 0 };
    known.units.add(unit);
    const sum = known.usd === null || usd === null ? null : known.usd + usd;
    causes.set(reason, { ...known, tries: known.tries + tries, ms: known.ms + ms, usd: sum });
  };
  for (const unit of units) {
    for (const { failure, startMs, endMs, costUsd } of unit.tries)
      if (failure !== null) add(failure.reason, unit, 1, endMs - startMs, costUsd);
    const isTold = unit.tries.some(({ failure }) => failure?.reason === unit.failure?.reason);
    if (unit.failure !== null && unit.state !== 'done' && !isTold) add(unit.failure.reason, unit, 0, 0, 0);
    const limited = unit.stages.filter(({ stage }) => stage === 'limit');
    if (limited.length > 0)
      add(
        'provider-limit',
        unit,
        0,
        limited.reduce((sum, one) => sum + one.endMs - one.startMs, 0),
        0,
      );
  }
  return [...causes]
    .map(([reason, cause]) => ({
      ...cause,
      name: reason.slice(0, 1).toUpperCase() + reason.slice(1).replaceAll('-', ' '),
      units: [...cause.units],
    }))
    .toSorted((a, b) => b.tries - a.tries || b.units.length - a.units.length);
}

function table(causes: readonly Cause[]): Html {
  return html`<div class="scroll">
    <table>
      <thead>
        <tr>
          <th scope="col">Cause</th>
          <th scope="col" class="r">Tries</th>
          <th scope="col" class="r">Units</th>
          <th scope="col">Recovered</th>
          <th scope="col">Still open</th>
          <th scope="col" class="r">Time</th>
          <th scope="col" class="r">Cost</th>
        </tr>
      </thead>
      <tbody>
        ${causes.map(({ name, tries, units, ms, usd }) => {
          const open = units.filter(({ state }) => state !== 'done');
          const done = units.filter(({ state }) => state === 'done');
          return html`<tr>
            <th scope="row">
              ${glyph(open.some((unit) => markOf(unit) === 'failed') ? 'failed' : open.length > 0 ? markOf(open[0] ?? { state: 'done' }) : 'landed')}
              ${name}
            </th>
            <td class="r">${tries}</td>
            <td class="r">${units.length}</td>
            <td>${named(done)}</td>
            <td><b>${named(open)}</b></td>
            <td class="r">${clock(ms)}</td>
            <td class="r">${dollars(usd)}</td>
          </tr>`;
        })}
      </tbody>
    </table>
  </div>`;
}

function named(units: readonly ReportUnit[]): Part {
  if (units.length === 0) return html`<span class="dim">none</span>`;
  const shown = units
    .slice(0, most.named)
    .map((unit) => html`<a class="name" href="${place(`unit/${unit.id}`)}">${unit.key}</a> `);
  return units.length > most.named ? [...shown, `and ${units.length - most.named} more`] : shown;
}

function card(unit: ReportUnit): Html {
  const tests = failedAssertions(unit);
  const ran = unit.tries.at(-1)?.tests ?? null;
  const refuted = unit.criteria
    .flatMap(({ evidence }) => evidence)
    .findLast((one) => one.kind === 'review' && one.verdict === 'refuted');
  return html`<div class="card">
    <p class="card-head">
      ${glyph('failed')}
      <a href="${place(`unit/${unit.id}`)}"><b>${unit.key}</b></a>
      ${ran === null || ran.failed === 0 ? '' : `${ran.failed} of ${plural(ran.ran, 'test')}`}<span class="dim right"
        >${plural(unit.attempts, 'attempt')}, ${dollars(unit.costUsd)}</span
      >
    </p>
    ${
      tests.length > 0
        ? assertionLines(tests.slice(0, 3))
        : html`<p>${(unit.failure?.sentence ?? unit.why ?? unit.state).slice(0, 400)}</p>`
    }${repeated(unit)}${refuted?.kind === 'review' ? html`<p class="detail">A reviewer: “${refuted.reason.slice(0, 300)}”</p>` : null}
  </div>`;
}

/** True words on a failure that did not change over the last tries. */
function repeated({ tries }: ReportUnit): Html | null {
  const failed = tries.filter(({ failure }) => failure !== null);
  const last = failed.at(-1)?.failure?.sentence;
  const other = failed.findLastIndex(({ failure }) => failure?.sentence !== last);
  const same = failed.length - 1 - other;
  return same < 2 ? null : html`<p class="detail">The same failure in the last ${same} of ${failed.length} tries.</p>`;
}
