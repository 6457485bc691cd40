import { logitsOf, sigmoid } from './_logits.ts';
import type { CostTerm } from './cost.ts';

/** Adds weight * cost(candidate, class) to every pair, each candidate and class computed once. */
const addPerClass = (
  out: Float64Array,
  count: number,
  labels: Int32Array,
  cost: (candidate: number, label: number) => number,
): void => {
  const columns = labels.length;
  const firstOf = new Map<number, number>();
  // Where a class appears again, its first column says what to add.
  const same = Int32Array.from(labels, (label, j) => {
    const first = firstOf.get(label);
    if (first === undefined) firstOf.set(label, j);
    return first ?? -1;
  });
  const added = new Float64Array(columns);
  for (let i = 0, k = 0; i < count; i++)
    for (let j = 0; j < columns; j++, k++) {
      const twin = same[j]!;
      const value = twin < 0 ? cost(i, labels[j]!) : added[twin]!;
      added[j] = value;
      out[k] = out[k]! + value;
    }
};

/** Options of `classCost`: its weight, and focal loss's alpha and gamma. */
export interface ClassCostOptions {
  readonly weight?: number;
  readonly alpha?: number;
  readonly gamma?: number;
}

/**
 * Focal classification cost of the target's class: what focal loss would lose were the candidate positive, less what it would lose
 * were it not (Deformable DETR; also where the training loss is VFL or MAL). Throws without logits or on a class out of range.
 */
export const classCost = ({ weight = 2, alpha = 0.25, gamma = 2 }: ClassCostOptions = {}): CostTerm => ({
  name: 'class',
  weight,
  options: { weight, alpha, gamma },
  fill: (out, candidates, targets) => {
    const logits = logitsOf('class', candidates, targets);
    const { numClasses } = candidates;
    const power = gamma === 2 ? (x: number) => x * x : (x: number) => x ** gamma;
    addPerClass(out, candidates.boxes.length / 4, targets.labels, (i, label) => {
      const p = sigmoid(logits[i * numClasses + label]!);
      const positive = -alpha * power(1 - p) * Math.log(p + 1e-8);
      const negative = -(1 - alpha) * power(p) * Math.log(1 - p + 1e-8);
      return weight * (positive - negative);
    });
  },
});

/** Minus the softmax probability of the target's class (DETR). Throws without logits or on a class out of range. */
export const softmaxClassCost = ({ weight = 1 }: { readonly weight?: number } = {}): CostTerm => ({
  name: 'softmax-class',
  weight,
  options: { weight },
  fill: (out, candidates, targets) => {
    const logits = logitsOf('softmax-class', candidates, targets);
    const { numClasses } = candidates;
    const count = candidates.boxes.length / 4;
    const top = new Float64Array(count);
    const sum = new Float64Array(count);
    for (let i = 0; i < count; i++) {
      const row = logits.subarray(i * numClasses, (i + 1) * numClasses);
      let max = -Infinity;
      for (const x of row) if (x > max) max = x;
      let total = 0;
      for (const x of row) total += Math.exp(x - max);
      top[i] = max;
      sum[i] = total;
    }
    addPerClass(
      out,
      count,
      targets.labels,
      (i, label) => (-weight * Math.exp(logits[i * numClasses + label]! - top[i]!)) / sum[i]!,
    );
  },
});
