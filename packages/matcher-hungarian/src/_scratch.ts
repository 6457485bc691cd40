import type { AugmentScratch } from './_augment.ts';
import type { BidScratch } from './_start.ts';

/** The solver's working arrays, at least as long as asked for. */
export interface Scratch extends AugmentScratch, BidScratch {
  readonly v: Float64Array;
  readonly free: Int32Array;
  /** The side of the matching that is not returned. */
  readonly matched: Int32Array;
}

const make = (short: number, long: number): Scratch => ({
  best: new Float64Array(short),
  second: new Float64Array(short),
  bestAt: new Int32Array(short),
  free: new Int32Array(short),
  v: new Float64Array(long),
  matched: new Int32Array(long),
  distance: new Float64Array(long),
  price: new Float64Array(long),
  from: new Int32Array(long),
  settled: new Int32Array(long),
  settledAt: new Float64Array(long),
});

/** Longer sides are not kept. */
const KEPT = 4096;
let kept = make(128, 1024);

/**
 * Working arrays for a problem of these sizes; contents undefined. Kept from call to call, because for small problems allocating them
 * costs more than solving: a solve is synchronous and leaves nothing in them.
 */
export const scratchOf = (short: number, long: number): Scratch => {
  if (short <= kept.free.length && long <= kept.v.length) return kept;
  const made = make(Math.max(short, kept.free.length), Math.max(long, kept.v.length));
  if (long <= KEPT) kept = made;
  return made;
};
