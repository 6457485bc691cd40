import { roiAlign, roiWeights } from '@detrain/nn';
import * as tf from '@tensorflow/tfjs';
import { floatsOf, type GoldenCase, tensorOf, valuesOf } from '../case.ts';
import type { Checks } from '../checks.ts';
import { differentiate, eagerly, load } from '../eager.ts';

interface RoiMeta {
  readonly spatial_scale: number;
}

/** What the variants were made with. */
const VARIANTS = [
  { samples: 0, aligned: true },
  { samples: 2, aligned: true },
  { samples: 0, aligned: true },
  { samples: 0, aligned: false },
];
const TOLERANCE = 1e-5;

/** torchvision's RoIAlign: pooled regions, and the gradient by the map. */
export const replay = (golden: GoldenCase, checks: Checks): Promise<void> => {
  const { spatial_scale: scale } = golden.meta as unknown as RoiMeta;
  const [batch, channels, height, width] = tensorOf(golden, 'input').shape as [number, number, number, number];
  // a row: image, x1 y1 x2 y2; regions of each image are pooled together here
  const stored = floatsOf(tensorOf(golden, 'rois'));
  const count = stored.length / 5;
  const regions = Float32Array.from({ length: 4 * count }, (_, k) => stored[5 * Math.floor(k / 4) + 1 + (k % 4)] ?? 0);
  const imageOf = Array.from({ length: count }, (_, r) => stored[5 * r] ?? 0);
  return eagerly(() => {
    const map = tf.transpose(load(golden, 'input'), [0, 2, 3, 1]);
    VARIANTS.forEach((variant, v) => {
      const shape = tensorOf(golden, `v${v}_out`).shape;
      const output = { height: shape[2] ?? 0, width: shape[3] ?? 0 };
      const weights = roiWeights(regions, { map: { height, width }, output, scale, ...variant });
      // every image pools every region; the gradient of other images' regions is 0
      const everywhere = (values: Float32Array, bins: number, cells: number) =>
        tf.tile(tf.tensor4d(values, [1, count, bins, cells]), [batch, 1, 1, 1]);
      const rows = everywhere(weights.rows, output.height, height);
      const columns = everywhere(weights.columns, output.width, width);
      const own = tf.tensor(
        Float32Array.from({ length: batch * count }, (_, k) => (imageOf[k % count] === Math.floor(k / count) ? 1 : 0)),
        [batch, count, 1, 1, 1],
      );
      const flow = tf.mul(tf.expandDims(tf.transpose(load(golden, `v${v}_dout`), [0, 2, 3, 1]), 0), own);
      const { value, gradients } = differentiate((x) => roiAlign(x as tf.Tensor4D, rows, columns), [map], flow);
      const pooled = tf.transpose(tf.sum(tf.mul(value, own), 0), [0, 3, 1, 2]);
      checks.close(`v${v}_out`, pooled.dataSync(), valuesOf(tensorOf(golden, `v${v}_out`)), TOLERANCE);
      const byMap = tf.transpose(gradients[0] as tf.Tensor, [0, 3, 1, 2]);
      checks.holds(`v${v} keeps the channels`, pooled.shape[1] === channels);
      checks.close(`v${v}_dinput`, byMap.dataSync(), valuesOf(tensorOf(golden, `v${v}_dinput`)), TOLERANCE);
    });
  });
};
