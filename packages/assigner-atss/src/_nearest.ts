import type { Rows } from './_rows.ts';

const { abs, fround } = Math;

/** The nearest anchors found so far, nearest first, of equally near ones the lowest index first. */
export interface Nearest {
  readonly anchor: Int32Array;
  /** Squares: they order as the distances do. */
  readonly distance: Float32Array;
  /** How many there are. */
  count: number;
}

/** Room for `k` anchors. */
export const createNearest = (k: number): Nearest => ({
  anchor: new Int32Array(k),
  distance: new Float32Array(k),
  count: 0,
});

/** The square of mmdetection's distance of ignored anchors. */
const FAR = fround(1e16);

/**
 * The anchors of a level with the nearest centres to (x, y), as many as fit. A distance that is NaN or infinite never comes.
 *
 * Rows are visited outwards from the nearest one, and those that are farther than all that was found are passed over: on a grid few are
 * looked into.
 *
 * @param far 1 for anchors to take only where nothing else is left.
 */
export const findNearest = (out: Nearest, rows: Rows, x: number, y: number, far: Uint8Array | undefined): void => {
  out.count = 0;
  const { length } = rows.y;
  let middle = 0;
  for (let row = 1; row < length; row++) if (abs(rows.y[row]! - y) < abs(rows.y[middle]! - y)) middle = row;
  for (let step = 0; step < length; step++) {
    if (middle + step < length) visit(out, rows, middle + step, x, y, far);
    if (step > 0 && step <= middle) visit(out, rows, middle - step, x, y, far);
  }
};

const visit = (out: Nearest, rows: Rows, row: number, x: number, y: number, far: Uint8Array | undefined): void => {
  const { anchor, distance } = out;
  const k = anchor.length;
  let { count } = out;
  let worst: number = count === k ? distance[k - 1]! : Infinity;
  const dy = fround(rows.y[row]! - y);
  const dy2 = fround(dy * dy);
  if (!(dy2 <= worst)) return;
  for (let slot = rows.starts[row]!; slot < rows.starts[row + 1]!; slot++) {
    const dx = fround(rows.x[slot]! - x);
    let d = fround(fround(dx * dx) + dy2);
    if (!(d <= worst)) continue;
    const i = rows.anchors[slot]!;
    if (far?.[i]) d = FAR;
    if (!(d < worst || (d === worst && d < Infinity && i < anchor[k - 1]!))) continue;
    let place = count < k ? count++ : k - 1;
    for (; place > 0 && (distance[place - 1]! > d || (distance[place - 1]! === d && anchor[place - 1]! > i)); place--) {
      distance[place] = distance[place - 1]!;
      anchor[place] = anchor[place - 1]!;
    }
    distance[place] = d;
    anchor[place] = i;
    if (count === k) worst = distance[k - 1]!;
  }
  out.count = count;
};
