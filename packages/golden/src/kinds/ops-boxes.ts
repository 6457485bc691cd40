import { cxcywhToXyxy, giouMatrix, iofMatrix, iouMatrix, xyxyToCxcywh } from '@detrain/core';
import { cornersOf, overlapOf } from '@detrain/losses';
import * as tf from '@tensorflow/tfjs';
import { floatsOf, type GoldenCase, tensorOf, valuesOf } from '../case.ts';
import type { Checks } from '../checks.ts';
import { differentiate, eagerly, load } from '../eager.ts';

const VALUE = 1e-5;
const GRADIENT = 1e-4;

/**
 * Box functions of DETR and mmdet, and the gradient of GIoU. Two boxes without area have no IoU in DETR's code and 0 in mmdet's and ours.
 * DINO's, with 1e-6 added to both areas, are not built.
 */
export const replay = (golden: GoldenCase, checks: Checks): Promise<void> => {
  const [boxesA, boxesB] = [floatsOf(tensorOf(golden, 'a')), floatsOf(tensorOf(golden, 'b'))];
  const [a, b] = [cxcywhToXyxy(boxesA), cxcywhToXyxy(boxesB)];
  const reference = (name: string) => valuesOf(tensorOf(golden, name));
  checks.close('a_xyxy', a, reference('a_xyxy'), 1e-6);
  checks.close('b_xyxy', b, reference('b_xyxy'), 1e-6);
  checks.close('a_back', xyxyToCxcywh(a), reference('a_back'), 1e-6);
  const iou = iouMatrix(a, b);
  checks.close('mmdet_iou', iou, reference('mmdet_iou'), VALUE);
  for (const [name, ours] of Object.entries({ iou, giou: giouMatrix(a, b) })) {
    const official = reference(name);
    const defined = (values: ArrayLike<number>) => Array.from(values).filter((_, k) => !Number.isNaN(official[k] ?? 0));
    checks.close(name, defined(ours), defined(official), VALUE);
    if (name === 'giou') checks.close('mmdet_giou', defined(ours), defined(reference('mmdet_giou')), VALUE);
  }
  checks.close('mmdet_iof', iofMatrix(a, b), reference('mmdet_iof'), VALUE);
  return eagerly(() => {
    const [n, m] = [boxesA.length / 4, boxesB.length / 4];
    // every pair is written out: tfjs does not sum the gradient of a maximum over what it broadcast
    const others = cornersOf(tf.tile(tf.expandDims(load(golden, 'b'), 0), [n, 1, 1]));
    const weights = tf.expandDims(load(golden, 'w'), -1);
    const { gradients } = differentiate(
      (x) => overlapOf(cornersOf(tf.tile(tf.expandDims(x as tf.Tensor, 1), [1, m, 1])), others).giou,
      [load(golden, 'a')],
      weights,
    );
    // boxes that share an edge with another: PyTorch gives each side half of the gradient, tfjs one side all; NaN where there is no IoU
    const official = reference('dgiou_da');
    const comparable = (k: number) => {
      const row = 4 * Math.floor(k / 4);
      if (official.subarray(row, row + 4).some(Number.isNaN)) return false;
      return !a
        .subarray(row, row + 4)
        .some((edge, side) => b.some((o, e) => e % 2 === side % 2 && Math.abs(o - edge) < 1e-6));
    };
    const kept = (values: ArrayLike<number>) => Array.from(values).filter((_, k) => comparable(k));
    checks.close('dgiou_da', kept((gradients[0] as tf.Tensor).dataSync()), kept(official), GRADIENT);
  });
};
