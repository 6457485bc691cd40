import type { Candidates, Described, Targets } from '@detrain/core';

/** One term of a match cost. */
export interface CostTerm extends Described {
  readonly weight: number;
  /** Adds weight times cost to `out` `[candidates, targets]`, row-major. Pure but for `out`. */
  fill(out: Float64Array, candidates: Candidates, targets: Targets): void;
}

/** Largest finite float32: what an infinite cost becomes, as in the official code's `nan_to_num`. */
const LARGEST = 3.4028234663852886e38;

/**
 * The sum of cost terms `[candidates, targets]`, row-major.
 * NaN becomes 1 (D-FINE, DEIM), infinities the largest float32, so that a diverging model does not stop the matching.
 */
export const matchCost = (terms: readonly CostTerm[], candidates: Candidates, targets: Targets): Float64Array => {
  const out = new Float64Array((candidates.boxes.length / 4) * targets.labels.length);
  for (const term of terms) term.fill(out, candidates, targets);
  for (let k = 0; k < out.length; k++) {
    const value = out[k]!;
    if (value - value !== 0) out[k] = Number.isNaN(value) ? 1 : value > 0 ? LARGEST : -LARGEST;
  }
  return out;
};
