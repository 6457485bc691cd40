import type { Candidates, Targets } from '@detrain/core';
import { readJson, readTensors } from '../../core/test/_reference.ts';

type Tensors = ReturnType<typeof readTensors>;

/** Targets of image `b` of a reference case. */
export const targetsOf = (tensors: Tensors, b: number): Targets => ({
  boxes: tensors.float32(`target.${b}.boxes`),
  labels: tensors.int32(`target.${b}.labels`),
});

/** Candidates of image `b`: `[batch, candidates, classes]` logits and boxes under a prefix. */
export const candidatesOf = (tensors: Tensors, prefix: string, b: number): Candidates => {
  const [, count, numClasses] = tensors.shape(`${prefix}pred_logits`) as [number, number, number];
  return {
    boxes: tensors.float32(`${prefix}pred_boxes`).slice(4 * count * b, 4 * count * (b + 1)),
    logits: tensors.float32(`${prefix}pred_logits`).slice(count * numClasses * b, count * numClasses * (b + 1)),
    numClasses,
  };
};

/** Pairs `query-target` as a sorted list of strings. */
export const pairSet = (queries: ArrayLike<number>, targets: ArrayLike<number>): string[] =>
  Array.from(queries, (query, k) => `${query}-${targets[k]}`).sort();

export { readJson, readTensors };
