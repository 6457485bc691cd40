import type { DenseTargets, Loss, LossContext, Predictions } from '@detrain/core/tensors';
import { crossEntropy, dfl, focal, giou, iou, l1, qfl, quality, smoothL1, vfl } from '@detrain/losses';
import * as tf from '@tensorflow/tfjs';
import { floatsOf, type GoldenCase, integersOf, tensorOf, valuesOf } from '../case.ts';
import type { Checks } from '../checks.ts';
import { eagerly, load } from '../eager.ts';

interface LossesMeta {
  readonly values: Readonly<Record<string, number>>;
  readonly N: number;
  readonly C: number;
}

const VALUE = 1e-5;
const GRADIENT = 1e-4;

/** mmdet divides by the average factor plus this. */
const AVERAGE = 7 + 1.19e-7;

/** One stored loss, as our loss is asked for it. */
interface Term {
  /** Of the stored value; the gradient is called `${gradient ?? value}_grad`. */
  readonly value: string;
  readonly gradient?: string;
  /** Sums over classes or coordinates of this are the losses of single candidates. */
  readonly elements?: string;
  readonly loss: Loss;
  /** What the gradient is taken by. */
  readonly leaf: string;
  predictions(leaf: tf.Tensor): Partial<Predictions>;
  readonly targets: Partial<DenseTargets>;
  readonly weight?: number;
  readonly regMax?: number;
}

/** x1 y1 x2 y2 as cx cy w h, with a gradient `[1, count, 4]`. */
const boxesOf = (corners: tf.Tensor): tf.Tensor3D => {
  const [low, high] = tf.split(corners, 2, -1) as [tf.Tensor, tf.Tensor];
  return tf.expandDims(tf.concat([tf.mul(tf.add(low, high), 0.5), tf.sub(high, low)], -1), 0) as tf.Tensor3D;
};

/** Element losses of mmdet and Deformable DETR, their gradients, and the losses of single candidates where stored. */
export const replay = (golden: GoldenCase, checks: Checks): Promise<void> => {
  const { values, N: count, C: classes } = golden.meta as unknown as LossesMeta;
  return eagerly(() => {
    const row = (name: string) => tf.expandDims(load(golden, name), 0) as tf.Tensor2D;
    const labels = tf.tensor2d(integersOf(tensorOf(golden, 'labels')), [1, count], 'int32');
    const ones = tf.ones([1, count]) as tf.Tensor2D;
    const weights = row('label_weights');
    const boxWeights = tf.slice(row('box_weights') as tf.Tensor, [0, 0, 0], [-1, -1, 1]);
    const common: DenseTargets = {
      labels,
      boxes: boxesOf(load(golden, 'tgt_boxes')),
      positive: ones,
      classWeight: ones,
      boxWeight: tf.squeeze<tf.Tensor2D>(boxWeights, [-1]),
      quality: row('scores'),
      normalizer: tf.scalar(1),
    };
    const average = { classWeight: weights, normalizer: tf.scalar(AVERAGE) };
    const logits = (leaf: tf.Tensor) => ({ logits: tf.expandDims(leaf, 0) as tf.Tensor3D });
    const byLogits = { leaf: 'logits', predictions: logits };
    const byBoxes = { leaf: 'pred_boxes', predictions: (leaf: tf.Tensor) => ({ boxes: boxesOf(leaf) }) };

    const compareTerm = ({ loss, leaf, predictions, targets, weight = 1, regMax, ...names }: Term) => {
      const dense = { ...common, ...targets };
      const total = (x: tf.Tensor, own: tf.Tensor) => {
        const used = { ...dense, [loss.set === 'own' ? 'classWeight' : 'boxWeight']: own };
        const context: LossContext = { role: 'layer', last: true, main: used, ...(regMax !== undefined && { regMax }) };
        return tf.mul(loss.compute(predictions(x) as Predictions, used, context) as tf.Scalar, weight) as tf.Scalar;
      };
      const own = loss.set === 'own' ? dense.classWeight : dense.boxWeight;
      const { value, grads } = tf.valueAndGrads((x, w) => total(x as tf.Tensor, w as tf.Tensor))([
        load(golden, leaf),
        own,
      ]);
      checks.number(names.value, value.dataSync()[0] ?? Number.NaN, values[names.value] ?? Number.NaN, VALUE, 1);
      const gradient = `${names.gradient ?? names.value}_grad`;
      checks.close(gradient, (grads[0] as tf.Tensor).dataSync(), valuesOf(tensorOf(golden, gradient)), GRADIENT);
      if (!names.elements) return;
      // the derivative of the total by a candidate's weight is its own loss
      const single = tf.mul(grads[1] as tf.Tensor, tf.div(dense.normalizer, weight)).dataSync();
      const stored = valuesOf(tensorOf(golden, names.elements));
      const width = stored.length / count;
      const sums = Float64Array.from({ length: count }, (_, i) =>
        stored.subarray(i * width, (i + 1) * width).reduce((a, b) => a + b, 0),
      );
      checks.close(names.elements, single, sums, VALUE);
    };

    const assigned = { quality: 'assigned' } as const;
    compareTerm({
      value: 'deformable_focal',
      loss: focal(),
      ...byLogits,
      targets: { normalizer: tf.scalar(3) },
    });
    compareTerm({ value: 'mmdet_focal_avg', loss: focal(), ...byLogits, targets: average, weight: 2 });
    compareTerm({
      value: 'mmdet_focal_none',
      elements: 'mmdet_focal_none_elem',
      loss: focal(),
      ...byLogits,
      targets: {},
    });
    compareTerm({ value: 'qfl_avg', loss: qfl(assigned), ...byLogits, targets: average });
    compareTerm({ value: 'qfl_none', elements: 'qfl_none_elem', loss: qfl(assigned), ...byLogits, targets: {} });
    const varifocal = vfl({ ...assigned, throughWeight: true });
    compareTerm({ value: 'vfl_avg', loss: varifocal, ...byLogits, targets: { normalizer: tf.scalar(AVERAGE) } });
    compareTerm({ value: 'vfl_none', elements: 'vfl_none_elem', loss: varifocal, ...byLogits, targets: {} });
    // the first class's logits towards the scores
    compareTerm({
      value: 'bce_avg',
      loss: quality(),
      leaf: 'logits',
      predictions: (leaf) => ({ quality: tf.reshape(tf.slice(leaf, [0, 0], [-1, 1]), [1, count]) as tf.Tensor2D }),
      targets: { normalizer: tf.scalar(AVERAGE) },
    });
    // background counts as the last class
    compareTerm({
      value: 'ce_avg',
      loss: crossEntropy(),
      ...byLogits,
      targets: { ...average, labels: tf.cast(tf.minimum(labels, classes - 1), 'int32') as tf.Tensor2D },
    });

    // one distance a candidate: all four sides have it, from a reference that is 8 units wide
    const unit = 1 / 64;
    const distances = floatsOf(tensorOf(golden, 'dfl_target'));
    const sides = (of: (distance: number) => readonly number[]) =>
      tf.tensor3d(Float32Array.from(Array.from(distances).flatMap(of)), [1, count, 4]);
    const bins = tensorOf(golden, 'dfl_logits').shape[1] ?? 0;
    compareTerm({
      value: 'dfl_avg4',
      gradient: 'dfl',
      elements: 'dfl_elem',
      loss: dfl({ scale: 8 }),
      leaf: 'dfl_logits',
      predictions: (leaf) => ({
        corners: tf.tile(tf.expandDims(leaf, 0), [1, 1, 4]) as tf.Tensor3D,
        reference: sides(() => [0.5, 0.5, 8 * unit, 8 * unit]),
      }),
      targets: {
        boxes: sides((distance) => [0.5, 0.5, 2 * distance * unit, 2 * distance * unit]),
        boxWeight: weights,
        normalizer: tf.scalar(4),
      },
      weight: 0.25,
      regMax: bins - 1,
    });

    const boxAverage = { normalizer: tf.scalar(AVERAGE) };
    const boxTerms = [
      { name: 'giou', loss: giou(), weight: 2 },
      { name: 'iou_log', loss: iou(), weight: 1 },
      { name: 'l1', loss: l1(), weight: 5 },
      { name: 'smoothl1', loss: smoothL1({ beta: 1 / 9 }), weight: 1 },
    ];
    for (const { name, loss, weight } of boxTerms) {
      const term = { gradient: name, elements: `${name}_elem`, loss, targets: boxAverage, weight };
      // mmdet's losses of differences take corners as they are
      const plain = (leaf: tf.Tensor) => ({ boxes: tf.expandDims(leaf, 0) as tf.Tensor3D });
      const corners = { ...boxAverage, boxes: plain(load(golden, 'tgt_boxes')).boxes };
      if (name === 'giou' || name === 'iou_log') compareTerm({ value: `${name}_avg`, ...term, ...byBoxes });
      else compareTerm({ value: `${name}_avg`, ...term, leaf: 'pred_boxes', predictions: plain, targets: corners });
    }
  });
};
