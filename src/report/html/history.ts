import type { Report } from '../../model/report.ts';
import { plural } from '../../util/text/plural.ts';
import { html, type Html, px } from './escape.ts';
import { glyph } from './glyphs.ts';
import { clock } from './view.ts';

type History = NonNullable<Report['history']>;
type Verdict = History['criteria'][number]['verdicts'][number];

const looks = {
  met: ['met', 'met'],
  unmet: ['failed', 'not met'],
  flaky: ['flaky', 'flaky'],
  awaiting: ['approval', 'approval'],
  question: ['question', 'question'],
  'not-reached': ['waiting', 'not reached'],
} as const;
/** Criteria that are shown. */
const mostRows = 150;

/** What became of the criteria that changed in the last runs. */
export function historySection({ history }: Report): Html {
  const legend = Object.values(looks).map(([mark, name]) => html`<li>${glyph(mark)} ${name}</li>`);
  if (history === null)
    return html`<section id="history" aria-labelledby="history-h">
      <h2 id="history-h">History</h2>
      <p class="dim">This report is of a version that kept none.</p>
    </section>`;
  const { runs, criteria, steady } = history;
  return html`<section id="history" aria-labelledby="history-h">
    <div class="headed">
      <h2 id="history-h">History</h2>
      <p class="dim">criteria that changed in the last ${plural(runs.length, 'run')}; open ones first</p>
      <ul class="legend">
        ${legend}
      </ul>
    </div>
    <div class="scroll">
      <table class="history">
        <thead>
          <tr>
            <th scope="col">Unit</th>
            <th scope="col">Criterion</th>
            ${runs.map(
              ({ startedAt, id }) => html`<th scope="col" class="c" aria-label="${id}">${startedAt.slice(8, 10)}</th>`,
            )}
            <th scope="col">Check time</th>
            <th scope="col" class="r">last</th>
            <th scope="col" class="r">Since</th>
          </tr>
        </thead>
        <tbody>
          ${landedRow(runs)}
          <tr>
            <th scope="row" colspan="2" class="dim">cost, dollars</th>
            ${runs.map(({ costUsd }) => html`<td class="c dim">${costUsd === null ? '?' : costUsd.toFixed(2)}</td>`)}
            <td colspan="3"></td>
          </tr>
          ${criteria.slice(0, mostRows).map((row) => rowOf(row, runs))}
        </tbody>
      </table>
    </div>
    <p class="dim">
      ${criteria.length > mostRows ? `${criteria.length - mostRows} more criteria that changed. ` : ''}${steady} more
      ${steady === 1 ? 'criterion was' : 'criteria were'} met in every run that judged them.
    </p>
  </section>`;
}

function landedRow(runs: History['runs']): Html {
  const most = Math.max(1, ...runs.map(({ landed }) => landed));
  return html`<tr>
    <th scope="row" colspan="2" class="dim">landed in that run</th>
    ${runs.map(({ landed }) => {
      const height = (24 * landed) / most;
      return html`<td class="c">
        <svg class="column" viewBox="0 0 16 24" aria-hidden="true">
          <rect x="1" y="${px(24 - height)}" width="14" height="${px(height)}" class="cell-good" /></svg
        >${landed}
      </td>`;
    })}
    <td colspan="3"></td>
  </tr>`;
}

function rowOf({ unit, text, verdicts, tookMs }: History['criteria'][number], runs: History['runs']): Html {
  const last = tookMs.findLast((ms) => ms !== null) ?? null;
  const most = Math.max(1, ...tookMs.map((ms) => ms ?? 0));
  const bars = tookMs.map((ms, index) => {
    const height = ms === null ? 0 : Math.max(1, (14 * ms) / most);
    return height === 0
      ? null
      : html`<rect
          x="${7 * index}"
          y="${px(14 - height)}"
          width="6"
          height="${px(height)}"
          class="${index === tookMs.length - 1 ? 'bar-queue' : 'bar-checks'}"
        />`;
  });
  return html`<tr>
    <th scope="row">${unit}</th>
    <td class="what">${text}</td>
    ${verdicts.map((verdict) => html`<td class="c">${cell(verdict)}</td>`)}
    <td><svg class="spark" viewBox="0 0 70 14" aria-hidden="true">${bars}</svg></td>
    <td class="r">${last === null ? '' : clock(last)}</td>
    <td class="r ${verdicts.at(-1) === 'unmet' ? 'bad' : 'dim'}">${since(verdicts, runs)}</td>
  </tr>`;
}

function cell(verdict: Verdict): Html {
  if (verdict === null) return glyph('none', 'not in the backlog');
  const [mark, name] = looks[verdict];
  return glyph(mark, name);
}

/** The day of the first run with the last verdict; of a flaky check, how often it was. */
function since(verdicts: readonly Verdict[], runs: History['runs']): string {
  const flaky = verdicts.filter((verdict) => verdict === 'flaky').length;
  if (flaky > 0) return `flaky in ${flaky}`;
  const first = verdicts.findLastIndex((verdict) => verdict !== verdicts.at(-1)) + 1;
  return runs[first]?.startedAt.slice(5, 10) ?? '';
}

/** Units that agents propose. */
export function followups({ followups: all }: Report): Html | null {
  if (all.length === 0) return null;
  return html`<section id="followups" aria-labelledby="followups-h">
    <div class="headed">
      <h2 id="followups-h">Proposed by agents</h2>
      <p class="dim">run only after you accept them: <code>backlog inbox</code></p>
    </div>
    <ul class="rows">
      ${all.map(({ id, title }) => html`<li><span class="named">${title}</span><code class="dim">${id}</code></li>`)}
    </ul>
  </section>`;
}
