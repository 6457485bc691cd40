import { BACKGROUND } from '@detrain/core';
import type { Loss, LossContext, Predictions } from '@detrain/core/tensors';
import { densify, focal, giou, l1, qfl, toTensors } from '@detrain/losses';
import * as tf from '@tensorflow/tfjs';
import { floatsOf, type GoldenCase, integersOf, tensorOf } from '../case.ts';
import type { Checks } from '../checks.ts';
import { eagerly, load } from '../eager.ts';

const VALUE = 1e-5;
const GRADIENT = 1e-4;

/** Losses of Co-Deformable-DETR and Co-DINO on the outputs of customised positive queries, whose targets are known. */
export const replay = (golden: GoldenCase, checks: Checks): Promise<void> => {
  const labels = integersOf(tensorOf(golden, 'labels'));
  const boxes = floatsOf(tensorOf(golden, 'bbox_targets'));
  const [batch = 0, queries = 0, numClasses = 0] = tensorOf(golden, 'cls_scores').shape;
  const weights = floatsOf(tensorOf(golden, 'label_weights'));
  const losses = golden.meta['losses'] as Readonly<Record<string, number>>;
  // each positive has a target of its own
  const images = Array.from({ length: batch }, (_, image) => {
    const own = <T extends Float32Array | Int32Array>(values: T, width: number) =>
      values.subarray(image * queries * width, (image + 1) * queries * width) as T;
    const classes = own(labels, 1);
    return {
      targetOf: classes.map((label, i) => (label < numClasses ? i : BACKGROUND)),
      classWeight: own(weights, 1),
      targets: { boxes: own(boxes, 4), labels: classes },
    };
  });
  const dense = densify(
    images,
    images.map(({ targets }) => targets),
    { numCandidates: queries, numClasses, normalizer: 'pairs' },
  );
  return eagerly(() => {
    const targets = toTensors(dense);
    const context: LossContext = { role: 'layer', last: true, main: targets };
    const leaves = { logits: 'cls_scores', boxes: 'bbox_preds' };
    const compare = (name: string, weight: number, loss: Loss, part: 'logits' | 'boxes') => {
      const compute = (x: tf.Tensor) => {
        const predictions = { logits: load(golden, leaves.logits), boxes: load(golden, leaves.boxes), [part]: x };
        return tf.mul(loss.compute(predictions as unknown as Predictions, targets, context) as tf.Scalar, weight);
      };
      const { value, grad } = tf.valueAndGrad(compute)(load(golden, leaves[part]));
      const [head, ...rest] = name.split('_');
      checks.number(name, value.dataSync()[0] ?? Number.NaN, losses[name] ?? 0, VALUE, 1);
      const stored = tensorOf(golden, `${head}_grad_${rest.join('_')}__${leaves[part]}`);
      checks.closeL2(`grad of ${name}`, grad.dataSync(), floatsOf(stored), GRADIENT);
    };
    compare('codeform_loss_cls', 2, focal(), 'logits');
    compare('codino_loss_cls', 1, qfl(), 'logits');
    for (const head of ['codeform', 'codino']) {
      compare(`${head}_loss_bbox`, 5, l1(), 'boxes');
      compare(`${head}_loss_iou`, 2, giou(), 'boxes');
    }
  });
};
