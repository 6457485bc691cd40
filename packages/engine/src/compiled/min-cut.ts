/** A directed graph with capacities, to be cut. */
export interface Network {
  /** Adds a node and gives its number. */
  node(): number;
  edge(from: number, to: number, capacity: number): void;
  /** For each node, whether it stays on the source's side of a cheapest cut (the one nearest to the source). */
  cut(source: number, sink: number): boolean[];
}

/** An empty network. The cut is found by Dinic's algorithm; nothing recurses, for the paths are thousands of nodes long. */
export const createNetwork = (): Network => {
  const out: number[][] = [];
  const to: number[] = [];
  const room: number[] = [];

  const levelsFrom = (source: number): Int32Array => {
    const level = new Int32Array(out.length).fill(-1);
    level[source] = 0;
    const queue = [source];
    for (let head = 0; head < queue.length; head++)
      for (const edge of out[queue[head]!]!) {
        const next = to[edge]!;
        if (room[edge]! <= 0 || level[next] !== -1) continue;
        level[next] = level[queue[head]!]! + 1;
        queue.push(next);
      }
    return level;
  };

  /** Fills all shortest paths. */
  const block = (source: number, sink: number, level: Int32Array): void => {
    const at = new Int32Array(out.length);
    const path: number[] = [];
    for (let node = source; ; ) {
      if (node === sink) {
        let flow = Number.POSITIVE_INFINITY;
        for (const edge of path) flow = Math.min(flow, room[edge]!);
        for (const edge of path) {
          room[edge]! -= flow;
          room[edge ^ 1]! += flow;
        }
        // Back to before the first edge that is full now.
        const full = path.findIndex((edge) => room[edge]! <= 0);
        node = to[path[full]! ^ 1]!;
        path.length = full;
        continue;
      }
      const edges = out[node]!;
      while (at[node]! < edges.length) {
        const edge = edges[at[node]!]!;
        if (room[edge]! > 0 && level[to[edge]!] === level[node]! + 1) break;
        at[node]!++;
      }
      if (at[node]! < edges.length) {
        const edge = edges[at[node]!]!;
        path.push(edge);
        node = to[edge]!;
      } else {
        const last = path.pop();
        if (last === undefined) return;
        node = to[last ^ 1]!;
        at[node]!++;
      }
    }
  };

  return {
    node: () => out.push([]) - 1,
    edge: (from, target, capacity) => {
      out[from]!.push(to.length);
      to.push(target);
      room.push(capacity);
      out[target]!.push(to.length);
      to.push(from);
      room.push(0);
    },
    cut: (source, sink) => {
      for (;;) {
        const level = levelsFrom(source);
        if (level[sink] === -1) return Array.from(level, (depth) => depth !== -1);
        block(source, sink, level);
      }
    },
  };
};
