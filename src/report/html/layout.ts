/*
 * Places the nodes of a graph without cycles: in layers from left to right, a chosen path straight through the middle.
 */

/** A node and the ids of those that it depends on; unknown ids are ignored. */
export interface GraphNode {
  readonly id: string;
  readonly depends: readonly string[];
  /** True on the path that is drawn straight. */
  readonly isOnPath: boolean;
}

/** A node's column and row, both from 0. */
export interface Spot {
  readonly column: number;
  readonly row: number;
}

export interface Layout {
  readonly spots: ReadonlyMap<string, Spot>;
  /** Edges that no chain of others implies. */
  readonly edges: readonly { readonly from: string; readonly to: string }[];
  readonly columns: number;
  readonly rows: number;
}

/** How often rows are ordered again by their neighbours. */
const sweeps = 8;

/** Lays out a graph. A cycle, which specs cannot have, is cut where it closes. */
export function layOut(nodes: readonly GraphNode[]): Layout {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const column = columnsOf(nodes, byId);
  const edges = reduced(nodes, byId, column);
  const layers: GraphNode[][] = [];
  for (const node of nodes) (layers[column.get(node.id) ?? 0] ??= []).push(node);
  const near = new Map<string, string[]>(nodes.map(({ id }) => [id, []]));
  for (const { from, to } of edges) {
    near.get(from)?.push(to);
    near.get(to)?.push(from);
  }
  const row = new Map<string, number>();
  const order = (layer: readonly GraphNode[], weight: (node: GraphNode) => number): void => {
    const others = layer.filter(({ isOnPath }) => !isOnPath).toSorted((a, b) => weight(a) - weight(b));
    const above = others.filter((node) => weight(node) < 0).slice(-Math.ceil(others.length / 2 + 1));
    const below = others.filter((node) => !above.includes(node));
    for (const [index, node] of above.entries()) row.set(node.id, index - above.length);
    const on = layer.filter(({ isOnPath }) => isOnPath);
    for (const [index, node] of on.entries()) row.set(node.id, index);
    for (const [index, node] of below.entries()) row.set(node.id, Math.max(1, on.length) + index);
  };
  for (const layer of layers) order(layer ?? [], (node) => (nodes.indexOf(node) % 2 === 0 ? 1 : -1));
  for (let sweep = 0; sweep < sweeps; sweep++) {
    const pass = sweep % 2 === 0 ? layers : layers.toReversed();
    for (const layer of pass)
      order(layer ?? [], ({ id }) => {
        const rows = (near.get(id) ?? []).map((other) => row.get(other) ?? 0);
        const own = row.get(id) ?? 0;
        return rows.length === 0 ? own : rows.reduce((sum, one) => sum + one, 0) / rows.length + own * 0.01;
      });
  }
  const first = Math.min(0, ...row.values());
  const spots = new Map(nodes.map(({ id }) => [id, { column: column.get(id) ?? 0, row: (row.get(id) ?? 0) - first }]));
  return {
    spots,
    edges,
    columns: layers.length,
    rows: Math.max(0, ...[...spots.values()].map((spot) => spot.row + 1)),
  };
}

/** Each node stands one column after the last one that it depends on. */
function columnsOf(nodes: readonly GraphNode[], byId: ReadonlyMap<string, GraphNode>): Map<string, number> {
  const column = new Map<string, number>();
  const open = new Set<string>();
  const visit = (node: GraphNode): number => {
    const known = column.get(node.id);
    if (known !== undefined || open.has(node.id)) return known ?? 0;
    open.add(node.id);
    const before = node.depends.flatMap((id) => byId.get(id) ?? []).map((other) => visit(other) + 1);
    column.set(node.id, Math.max(0, ...before));
    return column.get(node.id) ?? 0;
  };
  for (const node of nodes) visit(node);
  return column;
}

/** The edges that go forward and are not implied by a longer way. */
function reduced(
  nodes: readonly GraphNode[],
  byId: ReadonlyMap<string, GraphNode>,
  column: ReadonlyMap<string, number>,
): Layout['edges'] {
  const at = (id: string): number => column.get(id) ?? 0;
  const parents = (id: string): readonly string[] =>
    (byId.get(id)?.depends ?? []).filter((other) => byId.has(other) && at(other) < at(id));
  const above = new Map<string, ReadonlySet<string>>();
  for (const { id } of nodes.toSorted((a, b) => at(a.id) - at(b.id)))
    above.set(id, new Set(parents(id).flatMap((parent) => [parent, ...(above.get(parent) ?? [])])));
  return nodes.flatMap(({ id }) => {
    const own = [...new Set(parents(id))];
    const needed = own.filter((parent) => !own.some((other) => other !== parent && above.get(other)?.has(parent)));
    return needed.map((from) => ({ from, to: id }));
  });
}
