import { deformableAttention, makePass, mergeHeads, sampleBilinear, sampledLevels, splitHeads } from '@detrain/nn';
import * as tf from '@tensorflow/tfjs';
import { type GoldenCase, tensorOf } from '../case.ts';
import type { Checks } from '../checks.ts';
import { compare, differentiate, load, onCpu } from '../eager.ts';
import { goldenWeights } from '../generate.ts';

interface DeformableMeta {
  readonly spatial_shapes_hw: readonly (readonly [height: number, width: number])[];
  readonly num_points: readonly number[];
}

const VALUE = 1e-5;
const GRADIENT = 1e-4;

/** Deformable attention: the weighted samples alone, and D-FINE's module. (RT-DETRv2's module and `discrete` are not built.) */
export const replayDeformable = (golden: GoldenCase, checks: Checks): Promise<void> => {
  const { spatial_shapes_hw: sizesOf, num_points: points } = golden.meta as unknown as DeformableMeta;
  const [batch = 1, tokens = 1, heads = 1, channels = 1] = tensorOf(golden, 'value').shape;
  const queries = tensorOf(golden, 'att').shape[1] ?? 1;
  const total = points.reduce((a, b) => a + b, 0);
  const levelsOf = (value: tf.Tensor) => {
    const apart = splitHeads(tf.reshape(value, [batch, tokens, heads * channels]) as tf.Tensor3D, heads);
    let first = 0;
    return sizesOf.map(([height, width]) => {
      const part = tf.slice(apart, [0, first, 0], [-1, height * width, -1]) as tf.Tensor3D;
      first += height * width;
      return { height, width, tokens: part };
    });
  };
  /** `[batch, queries, heads, points]` to `[batch * heads, queries, points]`. */
  const rows = (x: tf.Tensor) =>
    tf.reshape(tf.transpose(x, [0, 2, 1, 3]), [batch * heads, queries, total]) as tf.Tensor3D;

  const sample = (value: tf.Tensor, location: tf.Tensor, attention: tf.Tensor) => {
    const pixels = (axis: 0 | 1) => {
      const sizes = sizesOf.flatMap((size, l) =>
        Array.from({ length: points[l] ?? 0 }, () => size[1 - axis] as number),
      );
      const part = tf.slice(location, [0, 0, 0, 0, axis], [-1, -1, -1, -1, 1]);
      return tf.sub(tf.mul(rows(tf.reshape(part, [batch, queries, heads, total])), sizes), 0.5) as tf.Tensor3D;
    };
    const at = { x: pixels(0), y: pixels(1), weight: rows(attention) };
    return mergeHeads(sampleBilinear(sampledLevels(levelsOf(value)), points, at), heads);
  };

  const module = (name: string) => {
    const attention = deformableAttention(name, { dim: heads * channels, heads, points });
    // the points' scale is a constant
    const weights = goldenWeights(attention.parameters.filter(({ kind }) => kind === 'trainable'));
    const names = [...weights.keys()];
    const parameters = names.map((key) =>
      tf.tensor(weights.get(key)?.data as Float32Array, [...(weights.get(key)?.shape ?? [])]),
    );
    const reference = load(golden, `${name}.ref`, [batch, queries, 4]) as tf.Tensor3D;
    const run = (query: tf.Tensor, value: tf.Tensor, ...tensors: tf.Tensor[]) => {
      const pass = makePass({ tensors: Object.fromEntries(names.map((key, i) => [key, tensors[i] as tf.Tensor])) });
      return attention.forward(
        { query: query as tf.Tensor3D, reference, memory: sampledLevels(levelsOf(value)) },
        pass,
      );
    };
    const { value, gradients } = differentiate(
      (query, tokensOf, ...rest) => run(query as tf.Tensor, tokensOf as tf.Tensor, ...rest),
      [load(golden, `${name}.query`), load(golden, 'value'), ...parameters],
      load(golden, 'G'),
    );
    compare(golden, checks, `${name}.out`, value, VALUE);
    compare(golden, checks, `${name}.grad_query`, gradients[0] as tf.Tensor, GRADIENT);
    compare(golden, checks, `${name}.grad_value`, gradients[1] as tf.Tensor, GRADIENT);
    names.forEach((key, i) => {
      const stored = `${name}.grad_${key.slice(name.length + 1)}`;
      if (golden.tensors()[stored]) compare(golden, checks, stored, gradients[2 + i] as tf.Tensor, GRADIENT);
    });
  };

  return onCpu(() => {
    const { value, gradients } = differentiate(
      (tokensOf, location, attention) => sample(tokensOf as tf.Tensor, location as tf.Tensor, attention as tf.Tensor),
      [load(golden, 'value'), load(golden, 'loc'), load(golden, 'att')],
      load(golden, 'G'),
    );
    compare(golden, checks, 'default.out', value, VALUE);
    ['grad_value', 'grad_loc', 'grad_att'].forEach((name, i) => {
      compare(golden, checks, `default.${name}`, gradients[i] as tf.Tensor, GRADIENT);
    });
    if (golden.tensors()['msda_dfine.out']) module('msda_dfine');
  });
};
