import { float32Iou } from '@detrain/core';
import type { SimotaInput, SimotaRule } from './assign-simota.ts';

const { fround, log, max, min, sqrt } = Math;

/** Added to the cost where a candidate is not both in a target and near its centre. */
const OUTSIDE = 1e5;
/** Keeps the logarithm of an IoU of 0 finite. */
const EPSILON = 1e-7;

/** Costs and IoUs of the candidates near any target with all targets. */
export interface Costs {
  /** Candidates inside a target or near its centre, ascending. */
  readonly near: Int32Array;
  /** In float64: beside the 1e5 of outsiders, float32 would make equal what is not `[near, targets]`. */
  readonly cost: Float64Array;
  /** `[near, targets]` */
  readonly iou: Float32Array;
}

/** The cost of every pair that may match: cross entropy of the classes' square roots, minus the logarithm of the IoU. */
export const costsOf = (input: SimotaInput, { centerRadius, iouWeight, classWeight }: Required<SimotaRule>): Costs => {
  const { boxes, scores, numClasses, targets, labels, valid } = input;
  const columns = labels.length;
  const indices: number[] = [];
  for (let i = 0; i < boxes.length / 4; i++) {
    if (valid?.[i] === 0) continue;
    for (let j = 0; j < columns; j++)
      if (isInside(input, i, j) || isCentral(input, i, j, centerRadius)) {
        indices.push(i);
        break;
      }
  }
  const near = Int32Array.from(indices);
  const iou = new Float32Array(near.length * columns);
  const cost = new Float64Array(iou.length);
  near.forEach((i, row) => {
    // one class of it changes with the target
    const none = entropyOfNone(scores, i * numClasses, numClasses);
    for (let j = 0; j < columns; j++) {
      const k = row * columns + j;
      const q = root(scores[i * numClasses + labels[j]!]!);
      const overlap = float32Iou(boxes, i, targets, j);
      const classes = none - entropy(1 - q) + entropy(q);
      const place = -log(overlap + EPSILON);
      const both = isInside(input, i, j) && isCentral(input, i, j, centerRadius);
      iou[k] = overlap;
      cost[k] = classes * classWeight + place * iouWeight + (both ? 0 : OUTSIDE);
    }
  });
  return { near, cost, iou };
};

const root = (score: number): number => fround(sqrt(score));

/** Minus the logarithm of a probability, at most 100 as in PyTorch. */
const entropy = (probability: number): number => min(-log(probability), 100);

/** The probability whose entropy is the most. */
const LEAST = Math.exp(-100);

/** Cross entropy of a candidate that is of no class; a logarithm of products, because logarithms are slow. */
const entropyOfNone = (scores: Float32Array, from: number, count: number): number => {
  let sum = 0;
  let product = 1;
  for (let c = 0; c < count; c++) {
    product *= max(1 - root(scores[from + c]!), LEAST);
    // four of the least probabilities are still above the smallest float64
    if (c % 4 === 3) {
      sum -= log(product);
      product = 1;
    }
  }
  return sum - log(product);
};

/** Whether candidate `i`'s point is inside target `j`. */
const isInside = ({ priors, targets }: SimotaInput, i: number, j: number): boolean => {
  const x = priors[4 * i]!;
  const y = priors[4 * i + 1]!;
  return x > targets[4 * j]! && y > targets[4 * j + 1]! && x < targets[4 * j + 2]! && y < targets[4 * j + 3]!;
};

/** Whether candidate `i`'s point is within `radius` of its strides of target `j`'s centre. */
const isCentral = ({ priors, targets }: SimotaInput, i: number, j: number, radius: number): boolean => {
  const across = fround(targets[4 * j]! + targets[4 * j + 2]!) / 2;
  const down = fround(targets[4 * j + 1]! + targets[4 * j + 3]!) / 2;
  return (
    within(priors[4 * i]!, across, fround(radius * priors[4 * i + 2]!)) &&
    within(priors[4 * i + 1]!, down, fround(radius * priors[4 * i + 3]!))
  );
};

const within = (at: number, middle: number, reach: number): boolean =>
  max(fround(fround(middle - reach) - at), fround(at - fround(middle + reach))) < 0;
