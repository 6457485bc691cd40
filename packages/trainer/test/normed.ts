import { createRng, type HostTensor } from '@detrain/core';
import type { Detector } from '@detrain/core/tensors';
import { batchNorm, conv2d, initialise, linear, parametersOf } from '@detrain/nn';
import * as tf from '@tensorflow/tfjs-core';

const CLASSES = 3;
const QUERIES = 5;
const SIZE = 4;
const CHANNELS = 6;

const stem = conv2d('backbone.stem.conv', { in: 3, out: CHANNELS, kernel: 3, padding: 1, bias: false });
const stemNorm = batchNorm('backbone.stem.bn', { channels: CHANNELS });
const neck = conv2d('encoder.conv', { in: CHANNELS, out: CHANNELS, kernel: 1, bias: false });
const neckNorm = batchNorm('encoder.norm', { channels: CHANNELS });
const score = linear('decoder.score', { in: SIZE * SIZE * CHANNELS, out: QUERIES * CLASSES });
const box = linear('decoder.box', { in: SIZE * SIZE * CHANNELS, out: QUERIES * 4 });

/** A detector with convolutions and batch norms in two parts, for images of 4 x 4 pixels: what freezing needs to be seen on. */
export const normedDetector: Detector = {
  name: 'normed',
  options: {},
  numClasses: CLASSES,
  numQueries: QUERIES,
  outputs: { layers: 1, pre: false, encoder: false },
  parameters: parametersOf(stem, stemNorm, neck, neckNorm, score, box),
  encode: (images, pass) => {
    const first = tf.relu(stemNorm.forward(stem.forward(images, pass), pass));
    return { levels: [tf.relu(neckNorm.forward(neck.forward(first, pass), pass))], strides: [1] };
  },
  decode: ({ levels }, pass) => {
    const [map] = levels as [tf.Tensor4D];
    const batch = map.shape[0];
    const features = tf.reshape(map, [batch, -1]);
    const logits = tf.reshape(score.forward(features, pass), [batch, QUERIES, CLASSES]) as tf.Tensor3D;
    const boxes = tf.sigmoid(tf.reshape(box.forward(features, pass), [batch, QUERIES, 4])) as tf.Tensor3D;
    return [{ name: 'main', layers: [{ logits, boxes }] }];
  },
};

/** First weights, the same for each call. */
export const normedWeights = (): Map<string, HostTensor> => initialise(normedDetector.parameters, createRng(2));
