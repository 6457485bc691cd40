import { type LevelTokens, mergeHeads, sampleBilinear, sampledLevels, splitHeads } from '@detrain/nn';
import * as tf from '@tensorflow/tfjs';
import { type GoldenCase, tensorOf } from '../case.ts';
import type { Checks } from '../checks.ts';
import { compare, differentiate, eagerly, load } from '../eager.ts';

interface SamplingMeta {
  /** Height and width of each level. */
  readonly shapes: readonly (readonly [number, number])[];
}

const VALUE = 1e-5;
const GRADIENT = 1e-4;

/** The core of multi-scale deformable attention: weighted samples of all levels, and gradients by everything. */
export const replay = (golden: GoldenCase, checks: Checks): Promise<void> => {
  const { shapes } = golden.meta as unknown as SamplingMeta;
  const [batch, tokens, heads, channels] = tensorOf(golden, 'value').shape as [number, number, number, number];
  const [, queries, , levels, points] = tensorOf(golden, 'sampling_locations').shape as [
    number,
    number,
    number,
    number,
    number,
  ];
  const total = levels * points;
  const levelsOf = (value: tf.Tensor): LevelTokens[] => {
    const together = tf.reshape(value, [batch, tokens, heads * channels]);
    let first = 0;
    return shapes.map(([height, width]) => {
      const part = tf.slice(together, [0, first, 0], [-1, height * width, -1]) as tf.Tensor3D;
      first += height * width;
      return { height, width, tokens: splitHeads(part, heads) };
    });
  };
  /** `[batch, queries, heads, points]` to `[batch * heads, queries, points]`. */
  const rows = (x: tf.Tensor) =>
    tf.reshape(tf.transpose(tf.reshape(x, [batch, queries, heads, total]), [0, 2, 1, 3]), [
      batch * heads,
      queries,
      total,
    ]) as tf.Tensor3D;
  const sizes = (side: 0 | 1) => shapes.flatMap((size) => Array<number>(points).fill(size[side]));
  const sample = (value: tf.Tensor, location: tf.Tensor, attention: tf.Tensor) => {
    const [x, y] = tf.split(location, 2, -1) as [tf.Tensor, tf.Tensor];
    const pixels = (part: tf.Tensor, side: 0 | 1) => tf.sub(tf.mul(rows(part), sizes(side)), 0.5) as tf.Tensor3D;
    const counts = shapes.map(() => points);
    const at = { x: pixels(x, 1), y: pixels(y, 0), weight: rows(attention) };
    return mergeHeads(sampleBilinear(sampledLevels(levelsOf(value)), counts, at), heads);
  };
  return eagerly(() => {
    const inputs = ['value', 'sampling_locations', 'attention_weights'];
    const { value, gradients } = differentiate(
      (tokensOf, location, attention) => sample(tokensOf as tf.Tensor, location as tf.Tensor, attention as tf.Tensor),
      inputs.map((name) => load(golden, name)),
      load(golden, 'doutput'),
    );
    compare(golden, checks, 'output', value, VALUE);
    ['dvalue', 'dlocations', 'dweights'].forEach((name, i) => {
      compare(golden, checks, name, gradients[i] as tf.Tensor, GRADIENT);
    });
  });
};
