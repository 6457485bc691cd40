import { project, roiAlign, roiWeights } from '@detrain/nn';
import * as tf from '@tensorflow/tfjs';
import { type GoldenCase, tensorOf } from './case.ts';
import { goldenWeight } from './generate.ts';
import { STRIDES } from './heads.ts';

const OUTPUT = { height: 7, width: 7 };

/** Regions of a batch and where they are pooled from. */
export interface PooledRegions {
  /** image, x1, y1, x2, y2 in pixels, image by image `[regions * 5]`. */
  readonly rois: readonly number[];
  /** `[regions]` */
  readonly levels: Int32Array;
}

/** Feature maps `[batch, height, width, channels]`, finest first, pooled to `[regions, 7, 7, channels]`. */
const pool = (maps: readonly tf.Tensor4D[], { rois, levels }: PooledRegions): tf.Tensor4D => {
  const pooled: tf.Tensor[] = [];
  for (let image = 0; image < (maps[0]?.shape[0] ?? 0); image++) {
    const own = Array.from(levels.keys()).filter((r) => rois[5 * r] === image);
    const boxes = own.flatMap((r) => rois.slice(5 * r + 1, 5 * r + 5));
    const perLevel = maps.map((map, level) => {
      const [, height, width] = map.shape;
      const options = { map: { height, width }, output: OUTPUT, scale: 1 / (STRIDES[level] ?? 1) };
      const { rows, columns } = roiWeights(boxes, options);
      const all = roiAlign(
        tf.slice(map, [image, 0, 0, 0], [1, -1, -1, -1]),
        tf.tensor4d(rows, [1, own.length, OUTPUT.height, height]),
        tf.tensor4d(columns, [1, own.length, OUTPUT.width, width]),
      );
      const mask = tf.tensor(
        own.map((r) => (levels[r] === level ? 1 : 0)),
        [own.length, 1, 1, 1],
      );
      return tf.mul(tf.squeeze(all, [0]), mask);
    });
    pooled.push(tf.addN(perLevel));
  }
  return tf.concat(pooled, 0) as tf.Tensor4D;
};

/** What a box head of two layers says of each region, from NCHW maps and generated weights. */
export const roiHead = (golden: GoldenCase, maps: readonly tf.Tensor[], regions: PooledRegions) => {
  const shapes = golden.meta['keys'] as Readonly<Record<string, readonly number[]>>;
  const layer = (x: tf.Tensor, name: string) => {
    const weight = (part: string) => {
      const key = `bbox_head.${name}.${part}`;
      const shape = shapes[key] ?? [];
      return tf.tensor(goldenWeight(key, shape, 'golden_rcnn.'), [...shape]);
    };
    return project(x, weight('weight') as tf.Tensor2D, weight('bias') as tf.Tensor1D);
  };
  const pooled = pool(
    maps.map((map) => tf.transpose(map, [0, 2, 3, 1]) as tf.Tensor4D),
    regions,
  );
  const [count, , , channels] = pooled.shape;
  const flat = tf.reshape(tf.transpose(pooled, [0, 3, 1, 2]), [count, channels * OUTPUT.height * OUTPUT.width]);
  const hidden = tf.relu(layer(tf.relu(layer(flat, 'shared_fcs.0')), 'shared_fcs.1'));
  return { mean: tf.mean(pooled, [1, 2]), scores: layer(hidden, 'fc_cls'), deltas: layer(hidden, 'fc_reg') };
};

/** Names of a case's feature maps, finest first. */
export const featureNames = (golden: GoldenCase): string[] =>
  Object.keys(golden.tensors())
    .filter((name) => /^feat_\d+$/.test(name))
    .toSorted((a, b) => tensorOf(golden, b).data.length - tensorOf(golden, a).data.length);
