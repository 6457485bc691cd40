import { decodeDistances, deltaCoder, encodeDistances } from '@detrain/anchors';
import { type PixelSize, xyxyToCxcywh } from '@detrain/core';
import { cornersOf, decodeDeltas } from '@detrain/losses';
import * as tf from '@tensorflow/tfjs';
import { floatsOf, type GoldenCase, tensorOf } from '../case.ts';
import type { Checks } from '../checks.ts';
import { eagerly, load } from '../eager.ts';

const VALUE = 1e-6;
const GRADIENT = 1e-4;
const STDS = { rpn: [1, 1, 1, 1], rcnn: [0.1, 0.1, 0.2, 0.2] };

/** mmdetection's delta and distance coders, with boxes of no width and clipped boxes; decoding with gradients, too. */
export const replay = (golden: GoldenCase, checks: Checks): Promise<void> => {
  const [height, width] = golden.meta['image_size'] as [number, number];
  const size: PixelSize = [width, height];
  const get = (name: string) => floatsOf(tensorOf(golden, name));
  const close = (name: string, ours: Float32Array) => checks.close(name, ours, get(name), VALUE);
  const [anchors, targets, points] = [get('boxes'), get('gt'), get('points')];
  for (const [name, stds] of Object.entries(STDS)) {
    const coder = deltaCoder({ stds, smallestSize: 0 });
    close(`${name}_encoded`, coder.encode(anchors, targets));
    close(`${name}_decoded`, coder.decode(anchors, get(`${name}_deltas`)));
    close(`${name}_decoded_clipped`, coder.decode(anchors, get(`${name}_deltas`), size));
  }
  close('multi_decoded', deltaCoder({ stds: STDS.rcnn }).decode(anchors, get('multi_deltas'), size));
  close('dist_encoded', encodeDistances(points, targets));
  close('dist_encoded_max16', encodeDistances(points, targets, { most: 16 }));
  close('dist_decoded', decodeDistances(points, get('dist_pred')));
  close('dist_decoded_clipped', decodeDistances(points, get('dist_pred'), size));
  return eagerly(() => {
    const centred = tf.tensor2d(xyxyToCxcywh(anchors), [anchors.length / 4, 4]);
    for (const [name, stds] of Object.entries(STDS)) {
      const corners = (deltas: tf.Tensor) => {
        const { low, high } = cornersOf(decodeDeltas(deltas, centred, { stds }));
        return tf.concat([low, high], -1);
      };
      const deltas = load(golden, `${name}_deltas`);
      checks.close(`${name} decoded as a tensor`, corners(deltas).dataSync(), get(`${name}_decoded`), 1e-5);
      const weighed = (x: tf.Tensor) => tf.sum(tf.mul(corners(x), load(golden, `${name}_dout`))) as tf.Scalar;
      checks.closeL2(`${name}_ddeltas`, tf.grad(weighed)(deltas).dataSync(), get(`${name}_ddeltas`), GRADIENT);
    }
  });
};
