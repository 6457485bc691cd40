import { type Assigner, type Assignment, BACKGROUND, fail, type Targets } from '@detrain/core';
import { type HungarianOptions, hungarian } from './hungarian.ts';

/** Options of `bMatching`: the cost, and how many candidates each target gets. */
export interface BMatchingOptions extends HungarianOptions {
  readonly copies: number;
}

/** The targets, one after another, `copies` times over. */
const repeated = ({ boxes, labels }: Targets, copies: number): Targets => {
  const tiled = { boxes: new Float32Array(boxes.length * copies), labels: new Int32Array(labels.length * copies) };
  for (let copy = 0; copy < copies; copy++) {
    tiled.boxes.set(boxes, copy * boxes.length);
    tiled.labels.set(labels, copy * labels.length);
  }
  return tiled;
};

/**
 * B-matching: each target is matched to `copies` candidates, at least total cost (DETA, section 5.3; the one-to-many branch of H-DETR).
 * Where `copies` times the targets outnumber the candidates, some targets get fewer.
 */
export const bMatching = ({ copies, ...options }: BMatchingOptions): Assigner => {
  if (!(Number.isInteger(copies) && copies >= 1))
    fail(
      'matcher-hungarian',
      `copies: ${copies}`,
      'Each target gets a whole number of candidates, at least 1',
      'Pass copies: 4',
    );
  const inner = hungarian(options);
  return {
    name: 'b-matching',
    options: { copies, ...inner.options },
    cardinality: 'one-to-many',
    assign: (candidates, targets, context): Assignment => {
      const { targetOf } = inner.assign(candidates, repeated(targets, copies), context);
      return { targetOf: targetOf.map((target) => (target > BACKGROUND ? target % targets.labels.length : target)) };
    },
  };
};
