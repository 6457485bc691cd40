import { type Candidates, countBoxes, cxcywhToXyxy, fail, float32Iou, type Targets } from '@detrain/core';

/** The candidates that overlap a target. */
export interface OverlapRow {
  /** Ascending. */
  readonly candidates: Int32Array;
  /** Their IoU, above 0. */
  readonly values: Float32Array;
}

/** How much targets and candidates overlap; most pairs do not, and are not stored. */
export interface Overlaps {
  /** One a target. */
  readonly rows: readonly OverlapRow[];
  /** Number of candidates. */
  readonly candidates: number;
  /** 1 where a candidate is left out: it is in no row and is to be ignored `[candidates]`. */
  readonly leftOut?: Uint8Array;
}

/** Candidates that are skipped together where a target lies apart from them all: anchors come in rows. */
const BLOCK = 64;

/** Box around the candidates of each block, x1 y1 x2 y2. */
const boundsOf = (corners: Float32Array): Float32Array => {
  const bounds = new Float32Array(4 * Math.ceil(corners.length / (4 * BLOCK)));
  for (let block = 0; block < bounds.length; block += 4) {
    bounds.fill(Infinity, block, block + 2).fill(-Infinity, block + 2, block + 4);
    const end = Math.min(corners.length, (block + 4) * BLOCK);
    for (let k = block * BLOCK; k < end; k += 4)
      for (let e = 0; e < 2; e++) {
        bounds[block + e] = Math.min(bounds[block + e]!, corners[k + e]!);
        bounds[block + e + 2] = Math.max(bounds[block + e + 2]!, corners[k + e + 2]!);
      }
  }
  return bounds;
};

/**
 * IoU of all targets and candidates, given as corners x1 y1 x2 y2 in any unit: `[targets * 4]` and `[candidates * 4]`.
 *
 * Float32 at every step, as in PyTorch, so that ties fall as in the official code; where both areas are 0 the IoU is 0 (0/0 there).
 */
export const overlapsOf = (targets: Float32Array, candidates: Float32Array): Overlaps => {
  const count = countBoxes(candidates);
  const bounds = boundsOf(candidates);
  const near = new Int32Array(count);
  const rows = Array.from({ length: countBoxes(targets) }, (_, target): OverlapRow => {
    const x1 = targets[4 * target]!;
    const y1 = targets[4 * target + 1]!;
    const x2 = targets[4 * target + 2]!;
    const y2 = targets[4 * target + 3]!;
    let found = 0;
    for (let block = 0; block < bounds.length; block += 4) {
      // Written so that NaN, which makes a bound NaN, skips nothing.
      if (bounds[block]! >= x2 || bounds[block + 1]! >= y2 || bounds[block + 2]! <= x1 || bounds[block + 3]! <= y1)
        continue;
      const end = Math.min(count, (block / 4 + 1) * BLOCK);
      for (let i = (block / 4) * BLOCK, k = 4 * i; i < end; i++, k += 4) {
        // No branch: which boxes overlap is hard to predict.
        near[found] = i;
        found +=
          Number(candidates[k]! < x2) &
          Number(candidates[k + 1]! < y2) &
          Number(candidates[k + 2]! > x1) &
          Number(candidates[k + 3]! > y1);
      }
    }
    const row = { candidates: near.slice(0, found), values: new Float32Array(found) };
    for (let m = 0; m < found; m++) row.values[m] = float32Iou(targets, target, candidates, row.candidates[m]!);
    return row.values.includes(0) ? filterRow(row, (_, value) => value > 0) : row;
  });
  return { rows, candidates: count };
};

const filterRow = (row: OverlapRow, keep: (candidate: number, value: number) => boolean): OverlapRow => {
  const kept = (_: number, m: number) => keep(row.candidates[m]!, row.values[m]!);
  return { candidates: row.candidates.filter(kept), values: row.values.filter(kept) };
};

/** IoU of a target and a candidate; -1 where the candidate is left out. */
export const overlapAt = ({ rows, leftOut }: Overlaps, target: number, candidate: number): number => {
  if (leftOut?.[candidate]) return -1;
  const { candidates, values } = rows[target]!;
  return values[candidates.indexOf(candidate)] ?? 0;
};

/** The overlaps without some candidates. */
export const leaveOut = (overlaps: Overlaps, isLeftOut: (candidate: number) => boolean): Overlaps => {
  const leftOut = Uint8Array.from({ length: overlaps.candidates }, (_, i) =>
    isLeftOut(i) || overlaps.leftOut?.[i] ? 1 : 0,
  );
  const rows = overlaps.rows.map((row) => filterRow(row, (candidate) => !leftOut[candidate]));
  return { ...overlaps, rows, leftOut };
};

/** The overlaps of an assigner's input; candidates that are not valid are left out. Throws where boxes and labels differ in number. */
export const overlapsIn = ({ boxes, valid }: Candidates, targets: Targets): Overlaps => {
  if (targets.boxes.length !== 4 * targets.labels.length)
    fail(
      'assigner-iou',
      `${targets.boxes.length} box numbers for ${targets.labels.length} labels`,
      'Targets have 4 numbers a label',
      'Check the targets',
    );
  const overlaps = overlapsOf(cxcywhToXyxy(targets.boxes), cxcywhToXyxy(boxes));
  return valid?.includes(0) ? leaveOut(overlaps, (i) => valid[i] === 0) : overlaps;
};
