import { type Overlaps, overlapsOf } from '@detrain/assigner-iou';
import fc from 'fast-check';

/** Corners on a coarse grid: equal overlaps, copies and boxes without area are common. */
const corners = fc
  .array(fc.tuple(fc.nat(7), fc.nat(7), fc.nat(5), fc.nat(5)), { maxLength: 14 })
  .map((list) => Float32Array.from(list.flatMap(([x, y, w, h]) => [x, y, x + w, y + h])));

/** Overlaps of a few boxes of each side. */
export const anyOverlaps: fc.Arbitrary<Overlaps> = fc
  .tuple(corners, corners)
  .map(([targets, candidates]) => overlapsOf(targets, candidates));

/** Overlaps as written down, one row a target. */
export const overlapsFrom = (rows: readonly (readonly number[])[]): Overlaps => ({
  rows: rows.map((row) => {
    const candidates = Int32Array.from(range(row.length).filter((i) => (row[i] as number) > 0));
    return { candidates, values: Float32Array.from(candidates, (i) => row[i] as number) };
  }),
  candidates: rows[0]?.length ?? 0,
});

/** [0, count). */
export const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i);
