import { cxcywhToXyxy, giouMatrix, iouMatrix } from '@detrain/core';
import { cornersOf, overlapOf } from '@detrain/losses';
import { inverseSigmoid } from '@detrain/nn';
import * as tf from '@tensorflow/tfjs';
import { floatsOf, type GoldenCase, tensorOf, valuesOf } from '../case.ts';
import type { Checks } from '../checks.ts';
import { compare, differentiate, eagerly, load } from '../eager.ts';

/** Host functions' limit, and that of gradients, whose size is up to several hundred. */
const VALUE = 1e-5;
const GRADIENT = 1e-4;

/** Rows without those that `skip`. */
const rowsWithout = (values: ArrayLike<number>, skip: readonly boolean[]) =>
  Array.from(values).filter((_, k) => !skip[Math.floor(k / 4)]);

/**
 * Boxes that have an edge in common with another one: there PyTorch gives each side half of the gradient, tfjs one side
 * all of it, so gradients are not compared.
 */
const tied = (boxes: Float32Array, others: Float32Array): boolean[] =>
  Array.from({ length: boxes.length / 4 }, (_, row) =>
    boxes
      .subarray(4 * row, 4 * row + 4)
      .some((edge, side) => others.some((other, k) => k % 2 === side % 2 && Math.abs(other - edge) < 1e-6)),
  );

/** Boxes, IoU, GIoU on the host and as tensors, clamped corners, inverse sigmoid; each with gradients. */
export const replayBoxes = (golden: GoldenCase, checks: Checks): Promise<void> => {
  const a = cxcywhToXyxy(floatsOf(tensorOf(golden, 'boxes1')));
  const b = cxcywhToXyxy(floatsOf(tensorOf(golden, 'boxes2')));
  checks.close('boxes1_xyxy', a, valuesOf(tensorOf(golden, 'boxes1_xyxy')), 1e-6);
  checks.close('iou', iouMatrix(a, b), valuesOf(tensorOf(golden, 'iou')), VALUE);
  checks.close('giou', giouMatrix(a, b), valuesOf(tensorOf(golden, 'giou')), VALUE);
  return eagerly(() => {
    const weights = tf.expandDims(load(golden, 'G'), -1);
    const boxes = [load(golden, 'boxes1'), load(golden, 'boxes2')];
    for (const kind of ['iou', 'giou'] as const) {
      // every pair is written out: tfjs does not sum the gradient of a maximum over what it broadcast
      const pairwise = (x: tf.Tensor, y: tf.Tensor) => {
        const [n = 0, m = 0] = [x.shape[0], y.shape[0]];
        const left = cornersOf(tf.tile(tf.expandDims(x, 1), [1, m, 1]));
        return overlapOf(left, cornersOf(tf.tile(tf.expandDims(y, 0), [n, 1, 1])))[kind];
      };
      const { value, gradients } = differentiate((x, y) => pairwise(x as tf.Tensor, y as tf.Tensor), boxes, weights);
      checks.close(`${kind} (losses)`, value.dataSync(), valuesOf(tensorOf(golden, kind)), VALUE);
      gradients.forEach((gradient, i) => {
        const name = `${kind}.grad_boxes${i + 1}`;
        const skip = i === 0 ? tied(a, b) : tied(b, a);
        const reference = valuesOf(tensorOf(golden, name));
        checks.close(name, rowsWithout(gradient.dataSync(), skip), rowsWithout(reference, skip), GRADIENT);
      });
    }
    const corners = (x: tf.Tensor) => {
      const { low, high } = cornersOf(x);
      return tf.concat([low, high], -1);
    };
    const shape = tensorOf(golden, 'clamp.in').shape;
    const counting = tf.reshape(tf.range(1, 1 + shape.reduce((p, s) => p * s, 1)), [...shape]);
    const clamp = differentiate((x) => corners(x as tf.Tensor), [load(golden, 'clamp.in')], counting);
    compare(golden, checks, 'clamp.out', clamp.value, VALUE);
    // at a size of exactly 0 the slope is a convention: 1 in PyTorch's clamp, 0 in relu
    const sizes = floatsOf(tensorOf(golden, 'clamp.in'));
    const convention = Array.from(
      { length: sizes.length / 4 },
      (_, row) => sizes[4 * row + 2] === 0 || sizes[4 * row + 3] === 0,
    );
    checks.close(
      'clamp.grad',
      rowsWithout((clamp.gradients[0] as tf.Tensor).dataSync(), convention),
      rowsWithout(valuesOf(tensorOf(golden, 'clamp.grad')), convention),
      GRADIENT,
    );
    const logit = differentiate((x) => inverseSigmoid(x as tf.Tensor), [load(golden, 'inverse_sigmoid.in')]);
    compare(golden, checks, 'inverse_sigmoid.out', logit.value, VALUE);
    compare(golden, checks, 'inverse_sigmoid.grad', logit.gradients[0] as tf.Tensor, GRADIENT);
  });
};
