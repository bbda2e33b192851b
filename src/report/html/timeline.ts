import type { ReportUnit } from '../../model/report.ts';
import { plural } from '../../util/text/plural.ts';
import { html, type Html, type Part, place, px } from './escape.ts';
import { glyphAt, markName } from './glyphs.ts';
import { type Block, blocksOf, lanesOf, stepLine, ticks } from './scale.ts';
import { axisClock, clock, dollars, markOf, needsPerson, percent, type View } from './view.ts';

/** Sizes of the drawing, in its own units. */
const size = { width: 1360, left: 94, right: 20, top: 26, lane: 37, thin: 16, chart: 42 } as const;
/** More lanes than this are drawn thin, without names. */
const mostTall = 16;
/** Units that the narrow drawing and the table show; all of them stand in the list of units with their times. */
const mostRows = 300;
/** About the width of a letter. */
const letter = 6.4;

const looks: Readonly<Record<ReportUnit['stages'][number]['stage'], string>> = {
  agent: 'agent',
  repair: 'repair',
  checks: 'checks',
  'merge-queue': 'queue',
  limit: 'limit',
};

/** What each agent did at any time, with the units at work, those that landed, and the cost on the same axis. */
export function timeline(view: View): Html {
  const { durationMs } = view.report.totals;
  const blocks = blocksOf(view.units, durationMs);
  const legend = (['agent', 'repair', 'checks', 'limit', 'queue'] as const).map(
    (look) =>
      html`<li>
        <svg class="key" aria-hidden="true">
          <rect
            y="${look === 'checks' ? '4' : '0'}"
            width="10"
            height="${look === 'checks' ? '5' : '10'}"
            class="bar-${look}"
          /></svg
        >${legendName[look]}
      </li>`,
  );
  return html`<section id="timeline" aria-labelledby="timeline-h">
    <div class="headed">
      <h2 id="timeline-h">Timeline</h2>
      <p class="dim">one lane per agent; blank is idle</p>
      <ul class="legend">
        ${legend}
        <li>
          <svg class="key" aria-hidden="true">
            <rect width="10" height="8" class="bar-agent crit" />
            <rect y="9" width="10" height="2" class="under" /></svg
          >on the critical path
        </li>
      </ul>
    </div>
    ${
      blocks.length === 0
        ? html`<p class="dim">
            Nothing was worked
            on${view.units.some(({ tries }) => tries.length > 0) ? '' : ', or this report is of a version that did not record when'}.
          </p>`
        : html`<div class="wide scroll">${lanes(view, blocks)}</div>
            <div class="narrow">${rows(view, blocks)}</div>
            ${table(view)}`
    }
  </section>`;
}

const legendName = {
  agent: 'agent',
  repair: 'repair',
  checks: 'checks and reviews',
  limit: 'waiting for a limit',
  queue: 'merge queue',
} as const;

function lanes(view: View, blocks: readonly Block[]): Html {
  const { report, units, gates } = view;
  const { durationMs, averageParallel, costUsd } = report.totals;
  const all = lanesOf(blocks);
  const isTall = all.length <= mostTall;
  const height = isTall ? size.lane : size.thin;
  const bottom = size.top + all.length * height;
  const end = bottom + 3 * size.chart + 8;
  const x = (ms: number): number => size.left + ((size.width - size.left - size.right) * ms) / Math.max(1, durationMs);
  const axis = ticks(durationMs).map(
    (ms) =>
      html`<path d="M${px(x(ms))} ${size.top - 6}V${end}" class="grid" /><text x="${px(x(ms))}" y="12" class="axis mid"
          >${axisClock(ms)}</text
        >`,
  );
  const bands = gates.flatMap((gate) => {
    const from = gate.stages[0]?.startMs ?? gate.gate?.atMs;
    if (from === undefined || gate.gate?.outcome === null) return [];
    const to = Math.max(gate.stages.at(-1)?.endMs ?? from, from);
    const width = Math.max(4, x(to) - x(from));
    return html`<rect
      x="${px(x(from))}"
      y="${size.top - 6}"
      width="${px(width)}"
      height="${bottom - size.top + 6}"
      class="gate"
      ><title>gate after ${gate.gate?.phase ?? ''}: ${gate.gate?.outcome ?? ''}</title></rect
    >`;
  });
  const lines = all.map((lane, index) => {
    const top = size.top + index * height;
    const used = lane.reduce((sum, { startMs, endMs }) => sum + endMs - startMs, 0);
    const names = isTall
      ? html`<text x="0" y="${top + 14}" class="strong">agent ${index + 1}</text
          ><text x="0" y="${top + 29}" class="axis">${percent(used, durationMs)} in use</text>`
      : null;
    const drawn = lane.map((block, at) =>
      blockOf(view, block, { x, top, isTall, next: lane[at + 1]?.startMs ?? durationMs }),
    );
    return html`<path
        d="M0 ${top - 6}H${size.width}"
        class="grid"
      />${names}${drawn}${isTall ? gaps(view, lane, x, top) : null}`;
  });
  const work = blocks.flatMap(({ startMs, endMs }) => [
    { atMs: startMs, by: 1 },
    { atMs: endMs, by: -1 },
  ]);
  const landed = units.flatMap(({ landedMs }) => (landedMs === null ? [] : [{ atMs: landedMs, by: 1 }]));
  const paid = units.flatMap(({ tries }) => tries.map(({ endMs, costUsd: usd }) => ({ atMs: endMs, by: usd ?? 0 })));
  const open = units.filter(({ landedMs, state }) => landedMs !== null || state !== 'done').length;
  const cap = report.run.caps?.usd ?? null;
  const sum = paid.reduce((total, { by }) => total + by, 0);
  const charts = [
    {
      name: 'at work',
      say: `${averageParallel.toFixed(1)} on average`,
      changes: work,
      most: report.run.caps?.agents ?? all.length,
      look: 'work',
      cap: '',
    },
    {
      name: 'landed',
      say: `${landed.length} of ${open}`,
      changes: landed,
      most: open,
      look: 'landed',
      cap: plural(open, 'unit'),
    },
    {
      name: 'cost',
      say: dollars(costUsd),
      changes: paid,
      most: cap ?? sum,
      look: 'cost',
      cap: cap === null ? '' : `cap ${dollars(cap)}`,
    },
  ].map(({ name, say, changes, most, look, cap: told }, index) => {
    const top = bottom + 4 + index * size.chart;
    const line = stepLine(changes, {
      x,
      endMs: durationMs,
      top: top + 6,
      height: size.chart - 14,
      most: Math.min(most, look === 'work' ? all.length : most),
    });
    return html`<path d="M0 ${top - 2}H${size.width}" class="grid" /><text x="0" y="${top + 14}" class="strong"
        >${name}</text
      ><text x="0" y="${top + 29}" class="axis">${say}</text
      ><path d="M${size.left} ${top + 6}H${size.width - size.right}" class="capped" /><path
        d="${line}V${px(top + size.chart - 8)}H${px(x(0))}Z"
        class="area ${look}"
      /><path
        d="${line}"
        class="line ${look}"
      />${told === '' ? null : html`<text x="${size.left + 4}" y="${top + 17}" class="axis">${told}</text>`}`;
  });
  return html`<svg
    viewBox="0 0 ${size.width} ${end + 4}"
    class="timeline"
    role="img"
    aria-label="Timeline; the same stands in the table below"
  >
    ${axis}${bands}${lines}${charts}
  </svg>`;
}

interface Spot {
  readonly x: (ms: number) => number;
  readonly top: number;
  readonly isTall: boolean;
  /** When the next block of the lane begins. */
  readonly next: number;
}

function blockOf(view: View, { unit, stages, startMs, endMs }: Block, { x, top, isTall, next }: Spot): Html {
  const isCritical = view.critical.has(unit.id);
  const bar = isTall ? top + 18 : top - 4;
  const [full, half] = isTall ? [11, 6] : [9, 5];
  const bars = stages.map(({ stage, startMs: from, endMs: to }) => {
    const isHalf = stage === 'checks';
    const width = Math.max(stage === 'merge-queue' ? 2 : 0.4, x(to) - x(from) - 0.8);
    return html`<rect
      x="${px(x(from))}"
      y="${bar + (isHalf ? full - half : 0)}"
      width="${px(width)}"
      height="${isHalf ? half : full}"
      class="bar-${looks[stage]}${isCritical ? ' crit' : ''}"
    />`;
  });
  const under = isCritical
    ? html`<rect
        x="${px(x(startMs))}"
        y="${bar + full + 2}"
        width="${px(Math.max(1, x(endMs) - x(startMs)))}"
        height="2"
        class="under"
      />`
    : null;
  const isLast = unit.stages.at(-1) === stages.at(-1);
  const mark = markOf(unit);
  const end = isLast && needsPerson(unit) ? glyphAt(mark, px(x(endMs) + 4), String(bar - 1)) : null;
  return html`<a href="${place(`unit/${unit.id}`)}" tabindex="-1" class="block ${needsPerson(unit) ? mark : ''}"
    ><title>${unit.key}: ${axisClock(startMs)} to ${axisClock(endMs)}</title
    >${bars}${under}${isTall ? labels(unit, stages, x, top, next) : null}${end}</a
  >`;
}

/** The name of a unit above its bar, and where its further attempts begin, as far as there is room. */
function labels(unit: ReportUnit, stages: Block['stages'], x: Spot['x'], top: number, next: number): Part[] {
  const begins = stages.filter(({ attempt }, index) => index === 0 || attempt !== stages[index - 1]?.attempt);
  return begins.map(({ attempt, startMs }, index) => {
    const room = x(begins[index + 1]?.startMs ?? next) - x(startMs) - 6;
    const isFirst = index === 0 && attempt === 1;
    const text = isFirst || index === 0 ? unit.key : `attempt ${attempt}`;
    const letters = Math.floor(room / letter);
    const told = text.length <= letters ? text : letters < 4 ? '' : `${text.slice(0, letters - 1)}…`;
    const tick = isFirst ? null : html`<path d="M${px(x(startMs))} ${top + 12}v18" class="tick" />`;
    return html`${tick}<text
        x="${px(x(startMs) + (isFirst ? 0 : 3))}"
        y="${top + 13}"
        class="${index === 0 ? 'label' : 'axis'}"
        >${told}</text
      >`;
  });
}

/** Gaps of a lane that are long enough to be told, with what most waiting units wait for. */
function gaps(view: View, lane: readonly Block[], x: Spot['x'], top: number): Part[] {
  const { durationMs } = view.report.totals;
  const ends = [0, ...lane.map(({ endMs }) => endMs)];
  const starts = [...lane.map(({ startMs }) => startMs), durationMs];
  return ends.map((from, index) => {
    const to = starts[index] ?? durationMs;
    const text = `${clock(to - from)} idle${reason(view, (from + to) / 2)}`;
    const at = x(from) + (index === 0 ? 4 : 24);
    if (to - from < durationMs * 0.05 || x(to) - at < text.length * letter) return null;
    return html`<text x="${px(at)}" y="${top + 28}" class="axis">${text}</text>`;
  });
}

/** What most of the units that have not begun at a time wait for in the end: a unit that waits for no other. */
function reason({ units, byId }: View, atMs: number): string {
  if (units.length > 200) return '';
  const isDone = (unit: ReportUnit): boolean =>
    (unit.landedMs ?? unit.gate?.atMs ?? (unit.state === 'done' ? 0 : Infinity)) <= atMs;
  const open = (unit: ReportUnit): ReportUnit[] =>
    unit.depends.flatMap((id) => byId.get(id) ?? []).filter((other) => !isDone(other));
  const counts = new Map<ReportUnit, number>();
  for (const unit of units) {
    if ((unit.stages[0]?.startMs ?? Infinity) <= atMs) continue;
    const seen = new Set<ReportUnit>();
    const left = open(unit);
    for (let next = left.pop(); next !== undefined; next = left.pop()) {
      if (seen.has(next)) continue;
      seen.add(next);
      const before = open(next);
      if (before.length === 0) counts.set(next, (counts.get(next) ?? 0) + 1);
      left.push(...before);
    }
  }
  const [on] = [...counts].toSorted((a, b) => b[1] - a[1])[0] ?? [];
  return on === undefined ? '' : on.gate === null ? `, waits for ${on.key}` : ', waits for the gate';
}

/** A row for each unit, in order of their start, for narrow screens. */
function rows(view: View, blocks: readonly Block[]): Html {
  const { durationMs } = view.report.totals;
  const order = [...new Set(blocks.map(({ unit }) => unit))].slice(0, mostRows);
  const rowOf = new Map(order.map((unit, index) => [unit, index]));
  const x = (ms: number): number => (340 * ms) / Math.max(1, durationMs);
  const height = 22 + order.length * 19;
  const axis = ticks(durationMs).filter((_, index, list) => index % Math.ceil(list.length / 4) === 0);
  const drawn = blocks.map((block) => {
    const row = rowOf.get(block.unit);
    if (row === undefined) return null;
    return blockOf(view, block, { x, top: 22 + row * 19, isTall: false, next: durationMs });
  });
  const named = order.map((unit, row) => {
    const own = blocks.filter((block) => block.unit === unit);
    const [from, to] = [own[0]?.startMs ?? 0, own.at(-1)?.endMs ?? 0];
    const isLeft = x(to) + 20 + unit.key.length * letter > 356;
    const at = isLeft ? Math.max(0, x(from) - 5) : x(to) + (needsPerson(unit) ? 20 : 5);
    return html`<text x="${px(at)}" y="${22 + row * 19 + 5}" class="label${isLeft ? ' end' : ''}"
      >${unit.key.slice(0, 40)}</text
    >`;
  });
  return html`<svg viewBox="0 0 358 ${height}" class="timeline" aria-hidden="true">
      ${axis.map(
        (ms) =>
          html`<path d="M${px(x(ms))} 14V${height}" class="grid" /><text x="${px(x(ms))}" y="10" class="axis"
              >${axisClock(ms)}</text
            >`,
      )}${drawn}${named}</svg
    >${blocks.length > 0 && order.length === mostRows ? html`<p class="dim">The first ${mostRows} units.</p>` : null}`;
}

function table({ units }: View): Html {
  const worked = units.filter(({ stages }) => stages.length > 0);
  const rows = worked.slice(0, mostRows);
  const of = (unit: ReportUnit, ...names: readonly string[]): string =>
    clock(
      unit.stages.reduce((sum, { stage, startMs, endMs }) => sum + (names.includes(stage) ? endMs - startMs : 0), 0),
    );
  return html`<details class="as-table">
    <summary>as a table</summary>
    <div class="scroll">
      <table>
        <thead>
          <tr>
            <th scope="col">Unit</th>
            <th scope="col">State</th>
            <th scope="col" class="r">Began</th>
            <th scope="col" class="r">Ended</th>
            <th scope="col" class="r">Agents</th>
            <th scope="col" class="r">Checks</th>
            <th scope="col" class="r">Queue</th>
            <th scope="col" class="r">Attempts</th>
          </tr>
        </thead>
        <tbody>
          ${rows.map(
            (unit) =>
              html`<tr>
                <th scope="row">${unit.key}</th>
                <td>${markName(markOf(unit))}</td>
                <td class="r">${axisClock(unit.stages[0]?.startMs ?? 0)}</td>
                <td class="r">${axisClock(Math.max(...unit.stages.map(({ endMs }) => endMs)))}</td>
                <td class="r">${of(unit, 'agent', 'repair')}</td>
                <td class="r">${of(unit, 'checks')}</td>
                <td class="r">${of(unit, 'merge-queue')}</td>
                <td class="r">${unit.attempts}</td>
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
  </details>`;
}
