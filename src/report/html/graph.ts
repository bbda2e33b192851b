import type { ReportUnit } from '../../model/report.ts';
import { html, type Html, place, px } from './escape.ts';
import { glyph, glyphAt, markName } from './glyphs.ts';
import { type GraphNode, layOut, type Layout } from './layout.ts';
import { clock, type Mark, markOf, marks, timeOf, type View } from './view.ts';

/** With more units, each phase is one node. */
const mostNodes = 80;
const size = { column: 200, row: 38, width: 150, height: 26, pad: 4 } as const;

interface Shown extends GraphNode {
  readonly name: string;
  readonly right: string;
  readonly mark: Mark;
  readonly isGate: boolean;
  readonly target: string;
}

/** What depends on what, with the critical path. */
export function graph(view: View): Html {
  const isFolded = view.units.length > mostNodes;
  const nodes = isFolded ? phaseNodes(view) : view.report.units.map((unit) => unitNode(view, unit));
  const edges = nodes.some(({ depends }) => depends.length > 0);
  return html`<section id="graph" aria-labelledby="graph-h">
    <div class="headed">
      <h2 id="graph-h">Graph</h2>
      <p class="dim">dependencies${isFolded ? ' of phases' : ''}; implied ones are hidden</p>
      <ul class="legend">
        ${marks.map((mark) => html`<li>${glyph(mark)} ${markName(mark)}</li>`)}
      </ul>
    </div>
    ${edges ? html`<div class="scroll">${drawing(nodes, layOut(nodes))}</div>` : html`<p class="dim">No unit depends on another one.</p>`}${path(view)}${table(view)}
  </section>`;
}

function unitNode(view: View, unit: ReportUnit): Shown {
  const ms = timeOf(unit);
  return {
    ...{ id: unit.id, depends: unit.depends, isOnPath: view.critical.has(unit.id), mark: markOf(unit) },
    name: unit.gate === null ? unit.key : `gate: ${unit.gate.phase}`,
    right: ms === 0 ? '' : clock(ms),
    isGate: unit.gate !== null,
    target: unit.gate === null ? `unit/${unit.id}` : 'graph',
  };
}

function phaseNodes({ units, critical }: View): Shown[] {
  const name = ({ phase }: ReportUnit): string => phase ?? 'no phase';
  const groups = Map.groupBy(units, name);
  const phaseOf = new Map(units.map((unit) => [unit.id, name(unit)]));
  return [...groups].map(([phase, all]) => {
    const done = all.filter(({ state }) => state === 'done').length;
    const others = all.flatMap(({ depends }) => depends).flatMap((id) => phaseOf.get(id) ?? []);
    const worst = marks
      .toSorted((a, b) => rank.indexOf(a) - rank.indexOf(b))
      .find((mark) => all.some((unit) => markOf(unit) === mark));
    return {
      ...{ id: phase, depends: [...new Set(others)].filter((other) => other !== phase), name: phase, isGate: false },
      ...{ right: `${done} of ${all.length}`, mark: worst ?? 'landed', target: 'units' },
      isOnPath: all.some(({ id }) => critical.has(id)),
    };
  });
}

const rank: readonly Mark[] = ['failed', 'question', 'approval', 'waiting', 'landed'];

function drawing(nodes: readonly Shown[], { spots, edges, columns, rows }: Layout): Html {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const [width, height] = [
    columns * size.column - (size.column - size.width) + 2 * size.pad,
    rows * size.row + 2 * size.pad,
  ];
  const at = (id: string): { x: number; y: number } => {
    const { column = 0, row = 0 } = spots.get(id) ?? {};
    return { x: size.pad + column * size.column, y: size.pad + row * size.row };
  };
  const lines = edges.map(({ from, to }) => {
    const [a, b] = [byId.get(from), byId.get(to)];
    if (a === undefined || b === undefined) return null;
    const [start, end] = [{ ...at(from) }, { ...at(to) }];
    // A gate is a bar over the whole height: a line meets it where the other end is.
    if (a.isGate) start.y = end.y;
    else if (b.isGate) end.y = start.y;
    const [x1, y1] = [start.x + (a.isGate ? size.width / 2 : size.width), start.y + size.height / 2];
    const [x2, y2] = [end.x + (b.isGate ? size.width / 2 : 0), end.y + size.height / 2];
    const bend = Math.min(40, (x2 - x1) / 2);
    const isHeld = a.mark !== 'landed';
    const look = a.isOnPath && b.isOnPath ? ' crit' : isHeld ? ' held' : '';
    return html`<path
      d="M${px(x1)} ${px(y1)}C${px(x1 + bend)} ${px(y1)} ${px(x2 - bend)} ${px(y2)} ${px(x2)} ${px(y2)}"
      class="edge${look}"
    />`;
  });
  const boxes = nodes.map((node) => {
    const { x, y } = at(node.id);
    if (node.isGate)
      return html`<rect
          x="${px(x + size.width / 2 - 3)}"
          y="0"
          width="6"
          height="${px(height)}"
          rx="2"
          class="gate-bar"
        /><text x="${px(x + size.width / 2)}" y="${px(height + 12)}" class="axis mid">${node.name}</text>`;
    const letters = Math.floor((size.width - 40 - node.right.length * 6) / 6.6);
    const name = node.name.length > letters ? `${node.name.slice(0, Math.max(1, letters - 1))}…` : node.name;
    return html`<a href="${place(node.target)}" tabindex="-1" class="node ${node.mark}${node.isOnPath ? ' crit' : ''}"
      ><title>${node.name}</title
      ><rect
        x="${px(x)}"
        y="${px(y)}"
        width="${size.width}"
        height="${size.height}"
        rx="6"
      />${glyphAt(node.mark, px(x + 7), px(y + 6.5))}<text x="${px(x + 27)}" y="${px(y + 17)}" class="label"
        >${name}</text
      ><text x="${px(x + size.width - 8)}" y="${px(y + 17)}" class="axis end">${node.right}</text></a
    >`;
  });
  return html`<svg
    viewBox="0 0 ${px(width)} ${px(height + 14)}"
    width="${px(width)}"
    height="${px(height + 14)}"
    class="graph"
    role="img"
    aria-label="Graph of dependencies; the same stands in the table below"
  >
    ${lines}${boxes}
  </svg>`;
}

function path({ report, byId }: View): Html | null {
  const legs = report.criticalPath;
  const [first] = legs;
  const end = Math.max(1, ...legs.map(({ endMs }) => endMs));
  if (first === undefined) return null;
  const whole = end - first.startMs;
  const x = (ms: number): number => (1360 * (ms - first.startMs)) / Math.max(1, whole);
  return html`<div class="headed">
      <h3>Critical path</h3>
      <p class="dim">${clock(whole)}, ${legs.length} of the units, each waits for the one before it</p>
    </div>
    <svg viewBox="0 0 1360 8" preserveAspectRatio="none" class="bar" aria-hidden="true">
      ${legs.map(
        (leg) =>
          html`<rect
            x="${px(x(leg.startMs))}"
            width="${px(Math.max(1, x(leg.endMs) - x(leg.startMs) - 2))}"
            height="8"
            class="bar-agent crit"
          />`,
      )}
    </svg>
    <ol class="path">
      ${legs.map(
        (leg) => html`<li><b>${byId.get(leg.unit)?.key ?? leg.unit}</b> ${clock(leg.endMs - leg.startMs)}</li>`,
      )}
    </ol>`;
}

function table({ report, byId }: View): Html {
  const name = (id: string): string => byId.get(id)?.key ?? id;
  const rows = report.units.filter(({ depends }) => depends.length > 0);
  return html`<details class="as-table">
    <summary>as a table</summary>
    <table>
      <thead>
        <tr>
          <th scope="col">Unit</th>
          <th scope="col">State</th>
          <th scope="col">Depends on</th>
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          (unit) =>
            html`<tr>
              <th scope="row">${unit.key}</th>
              <td>${markName(markOf(unit))}</td>
              <td>
                ${unit.depends.slice(0, 30).map(name).join(', ')}${unit.depends.length > 30 ? ` and ${unit.depends.length - 30} more` : ''}
              </td>
            </tr>`,
        )}
      </tbody>
    </table>
  </details>`;
}
