import { createRng } from '@detrain/core';
import { initialise, makePass } from '@detrain/nn';
import * as tf from '@tensorflow/tfjs';
import { bench, describe } from 'vitest';
import { deploy, type ZooDetector, zoo } from '../src/index.ts';

await tf.setBackend('cpu');

const detector = zoo['deimv2-atto']({ inputSize: 160 });
const parameters = initialise(detector.parameters, createRng(1));
const light = deploy(detector, parameters);
const images = tf.randomUniform([1, 160, 160, 3], 0, 1, 'float32', 1) as tf.Tensor4D;

const runner = (model: ZooDetector, values: typeof parameters) => {
  const tensors = Object.fromEntries([...values].map(([name, { data, shape }]) => [name, tf.tensor(data, [...shape])]));
  const pass = makePass({ tensors, specs: model.parameters });
  return () => {
    tf.tidy(() => model.decode(model.encode(images, pass), pass)[0]?.layers[0]?.logits.dataSync());
  };
};

describe('deimv2-atto, one image of 160 x 160, cpu backend', () => {
  bench('as trained', runner(detector, parameters), { iterations: 2, time: 0 });
  bench('deployed', runner(light.detector, light.parameters), { iterations: 2, time: 0 });
});
