import type { HostTensor, HostTensors, TensorSpec } from '@detrain/core';
import { createRng } from '@detrain/core';
import type { Tensor, Tensor3D, Tensor4D } from '@tensorflow/tfjs-core';
import { tf } from '../src/tf.ts';
import type { Assign, InferenceProgram, Tensors, TrainingProgram } from '../src/types.ts';

/** Parameter shapes of a small detector: two convolutions with batch norm, one attention layer, two heads. */
const parameters: Record<string, readonly number[]> = {
  'conv1.weight': [3, 3, 3, 8],
  'norm1.weight': [8],
  'norm1.bias': [8],
  'conv2.weight': [3, 3, 8, 16],
  'norm2.weight': [16],
  'norm2.bias': [16],
  query: [1, 5, 16],
  'attention.q': [16, 16],
  'attention.k': [16, 16],
  'attention.v': [16, 16],
  'class.weight': [16, 4],
  'box.weight': [16, 4],
  unused: [3],
};
const statistics: Record<string, readonly number[]> = {
  'norm1.mean': [8],
  'norm1.variance': [8],
  'norm2.mean': [16],
  'norm2.variance': [16],
};
const queries = 5;

const random = (name: string, shape: readonly number[], scale: number, offset = 0): HostTensor => {
  const rng = createRng(name);
  const size = shape.reduce((a, b) => a * b, 1);
  return { shape, dtype: 'float32', data: Float32Array.from({ length: size }, () => rng.normal() * scale + offset) };
};

/** Parameters, statistics and images for a batch of images of `size` pixels a side. */
export const inputsOf = (size = 16, batch = 2): HostTensors => {
  const inputs: Record<string, HostTensor> = { images: random(`images${size}`, [batch, size, size, 3], 1) };
  for (const [name, shape] of Object.entries(parameters))
    inputs[name] = random(name, shape, name.startsWith('conv') ? 0.3 : 0.25, name.startsWith('norm') ? 1 : 0);
  for (const [name, shape] of Object.entries(statistics))
    inputs[name] = { shape, dtype: 'float32', data: new Float32Array(shape[0]!).fill(name.endsWith('mean') ? 0 : 1) };
  return inputs;
};

/** Batch norm by the batch's statistics, or by the running ones; gives the new running ones. */
const batchNorm = (x: Tensor4D, name: string, inputs: Tensors, training: boolean, updates: Tensors): Tensor4D => {
  const running = { mean: inputs[`${name}.mean`]!, variance: inputs[`${name}.variance`]! };
  const { mean, variance } = training ? tf.moments(x, [0, 1, 2]) : running;
  if (training) {
    updates[`${name}.mean`] = tf.add(tf.mul(running.mean, 0.9), tf.mul(mean, 0.1));
    updates[`${name}.variance`] = tf.add(tf.mul(running.variance, 0.9), tf.mul(variance, 0.1));
  }
  const scale = tf.mul(tf.rsqrt(tf.add(variance, 1e-5)), inputs[`${name}.weight`]!);
  return tf.add(tf.mul(tf.sub(x, mean), scale), inputs[`${name}.bias`]!) as Tensor4D;
};

const linear = (x: Tensor, weight: Tensor): Tensor => {
  const flat = tf.matMul(tf.reshape(x, [-1, x.shape.at(-1)!]), weight as never);
  return tf.reshape(flat, [...x.shape.slice(0, -1), weight.shape[1]!]);
};

const detect = (inputs: Tensors, training: boolean): { logits: Tensor3D; boxes: Tensor3D; updates: Tensors } => {
  const updates: Tensors = {};
  let x = inputs['images'] as Tensor4D;
  for (const layer of [1, 2]) {
    x = tf.conv2d(x, inputs[`conv${layer}.weight`] as Tensor4D, 2, 'same');
    x = tf.relu(batchNorm(x, `norm${layer}`, inputs, training, updates));
  }
  const batch = x.shape[0];
  const tokens = tf.reshape(x, [batch, -1, 16]);
  const query = tf.tile(inputs['query'] as Tensor3D, [batch, 1, 1]);
  const logits = tf.matMul(linear(query, inputs['attention.q']!), linear(tokens, inputs['attention.k']!), false, true);
  const attended = tf.matMul(tf.softmax(tf.mul(logits, 0.25)), linear(tokens, inputs['attention.v']!));
  const hidden = tf.add(query, attended);
  return {
    logits: linear(hidden, inputs['class.weight']!) as Tensor3D,
    boxes: tf.sigmoid(linear(hidden, inputs['box.weight']!)) as Tensor3D,
    updates,
  };
};

/** The network as a training program. */
export const trainingProgram: TrainingProgram = {
  name: 'small',
  trainable: Object.keys(parameters),
  targets: (inputs): Record<string, TensorSpec> => {
    const batch = inputs['images']!.shape[0]!;
    return {
      boxes: { shape: [batch, queries, 4], dtype: 'float32' },
      labels: { shape: [batch, queries], dtype: 'int32' },
      positive: { shape: [batch, queries], dtype: 'float32' },
    };
  },
  forward: (inputs) => {
    const { logits, boxes, updates } = detect(inputs, true);
    return {
      readback: { logits, boxes },
      updates,
      loss: (targets) => {
        const hot = tf.oneHot(targets['labels'] as never, 4);
        const wanted = tf.mul(hot, tf.expandDims(targets['positive']!, -1));
        const p = tf.sigmoid(logits);
        const focal = tf.sum(tf.mul(tf.square(tf.sub(wanted, p)), tf.square(tf.sub(p, wanted))));
        const far = tf.abs(tf.sub(boxes, targets['boxes']!));
        const l1 = tf.sum(tf.mul(far, tf.expandDims(targets['positive']!, -1)));
        const terms = { class: tf.mul(focal, 2).asScalar(), box: tf.mul(l1, 5).asScalar() };
        return { total: tf.add(terms.class, terms.box), terms };
      },
    };
  },
};

/** The network as an inference program. */
export const inferenceProgram: InferenceProgram = {
  name: 'small',
  run: (inputs) => {
    const { logits, boxes } = detect(inputs, false);
    return { logits, boxes };
  },
};

/** Gives one target of each image to the query with the highest logit of its class. */
export const assign: Assign = ({ logits, boxes }) => {
  const [batch, count, classes] = logits!.shape as [number, number, number];
  const labels = new Int32Array(batch * count);
  const positive = new Float32Array(batch * count);
  const wanted = Float32Array.from(boxes!.data);
  for (let image = 0; image < batch; image++) {
    const label = image % classes;
    let best = 0;
    for (let query = 1; query < count; query++) {
      const at = (image * count + query) * classes + label;
      if (logits!.data[at]! > logits!.data[(image * count + best) * classes + label]!) best = query;
    }
    labels[image * count + best] = label;
    positive[image * count + best] = 1;
    wanted.set([0.4, 0.6, 0.2, 0.3], (image * count + best) * 4);
  }
  return {
    boxes: { shape: boxes!.shape, dtype: 'float32', data: wanted },
    labels: { shape: [batch, count], dtype: 'int32', data: labels },
    positive: { shape: [batch, count], dtype: 'float32', data: positive },
  };
};
