const { fround } = Math;

/** The centres of one level's usable anchors, in rows: runs of neighbours at the same height. */
export interface Rows {
  /** Anchor of each centre, ascending. */
  readonly anchors: Int32Array;
  readonly x: Float32Array;
  /** First centre of each row, and the end of the last `[rows + 1]`. */
  readonly starts: Int32Array;
  /** Height of each row `[rows]`. */
  readonly y: Float32Array;
}

/** The rows of each level's anchors x1 y1 x2 y2 that are not marked as invalid. Centres are float32. */
export const rowsOf = (boxes: Float32Array, levels: readonly number[], valid: Uint8Array | undefined): Rows[] => {
  let first = 0;
  return levels.map((count) => {
    const anchors = new Int32Array(count);
    const x = new Float32Array(count);
    const starts = new Int32Array(count + 1);
    const y = new Float32Array(count);
    let used = 0;
    let rows = 0;
    for (let i = first; i < first + count; i++) {
      if (valid?.[i] === 0) continue;
      const height = fround(boxes[4 * i + 1]! + boxes[4 * i + 3]!) / 2;
      if (rows === 0 || height !== y[rows - 1]) {
        starts[rows] = used;
        y[rows++] = height;
      }
      x[used] = fround(boxes[4 * i]! + boxes[4 * i + 2]!) / 2;
      anchors[used++] = i;
    }
    first += count;
    starts[rows] = used;
    return { anchors, x, starts, y: y.subarray(0, rows) };
  });
};
