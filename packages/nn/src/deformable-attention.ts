import type { Tensor, Tensor1D, Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { mergeHeads } from './attention.ts';
import { type MapSize, type SampledLevels, sampleBilinear } from './bilinear.ts';
import { discreteCells } from './discrete.ts';
import { constant, values } from './initialisers.ts';
import { linear, project } from './linear.ts';
import { freeze, type Module, parameter, parametersOf } from './module.ts';

/** What deformable attention looks from and at. */
export interface DeformableInput {
  /** `[batch, queries, dim]`, positions added. */
  readonly query: Tensor3D;
  /** cx cy w h in [0, 1] `[batch, queries, 4]`. */
  readonly reference: Tensor3D;
  /** Heads apart, `[batch * heads, cells, dim / heads]`. */
  readonly memory: SampledLevels;
}

/** Options of {@link deformableAttention}. */
export interface DeformableOptions {
  readonly dim: number;
  readonly heads: number;
  /** Points per level. */
  readonly points: readonly number[];
  /**
   * `discrete` takes single cells and does not learn where to look (RT-DETRv2 section 3); `discrete-official` also keeps
   * columns below the map's height, as the published code does: the same on square maps. Default bilinear.
   */
  readonly sampling?: 'bilinear' | 'discrete' | 'discrete-official';
  /** Whether the state dict has `num_points_scale`; RT-DETR's first version has not. Default true. */
  readonly storesScale?: boolean;
}

/** Offset biases at the start: each head looks its own way, a step further with each point of a level. */
const startOffsets = (heads: number, points: readonly number[]): number[] =>
  Array.from({ length: heads }, (_, head) => {
    const angle = (2 * Math.PI * head) / heads;
    const [x, y] = [Math.cos(angle), Math.sin(angle)];
    const largest = Math.max(Math.abs(x), Math.abs(y));
    return points.flatMap((n) =>
      Array.from({ length: n }, (_, k) => [((k + 1) * x) / largest, ((k + 1) * y) / largest]),
    );
  }).flat(2);

/**
 * Multi-scale deformable attention without value and output projections, as D-FINE has it: each head takes a weighted
 * sum of bilinear samples around the reference box, offsets in halves of the box divided by the level's points.
 * Rows of `sampling_offsets`: (head, point, xy); of `attention_weights`: (head, point). Zhu et al. 2021; RT-DETRv2.
 */
export const deformableAttention = (name: string, options: DeformableOptions): Module<DeformableInput, Tensor3D> => {
  const { dim, heads, points, sampling = 'bilinear', storesScale = true } = options;
  const discrete = sampling !== 'bilinear';
  const count = points.reduce((a, b) => a + b, 0);
  const pointScale = points.flatMap((n) => Array.from({ length: n }, () => 1 / n));
  const zero = { weightInit: constant(0) };
  const learnedOffsets = linear(`${name}.sampling_offsets`, {
    in: dim,
    out: heads * count * 2,
    ...zero,
    biasInit: values(startOffsets(heads, points)),
  });
  const offsets = discrete ? freeze(learnedOffsets) : learnedOffsets;
  const weights = linear(`${name}.attention_weights`, { in: dim, out: heads * count, ...zero, biasInit: constant(0) });
  return {
    parameters: [
      ...(storesScale ? [parameter(`${name}.num_points_scale`, [count], values(pointScale), 'frozen')] : []),
      ...parametersOf(offsets, weights),
    ],
    forward: ({ query, reference, memory }, pass) => {
      const { levels } = memory;
      if (levels.length !== points.length)
        throw new Error(
          `@detrain/nn: ${name} was given ${levels.length} levels. Its points want ${points.length}. Feed as many levels as points has entries.`,
        );
      const [batch, queries] = query.shape;
      const perPoint = (of: (level: MapSize) => number) =>
        levels.flatMap((level, l) => Array.from({ length: points[l] as number }, () => of(level)));
      const row = (data: readonly number[]) => tf.tensor(data, [1, 1, 1, count], 'float32');
      /** `[batch, heads, queries, points]`; the scale of the point and the half box are folded into pixels. */
      const pixels = (axis: 0 | 1, offset: Tensor) => {
        const sizes = perPoint((level) => (axis === 0 ? level.width : level.height));
        const box = (index: number) =>
          tf.reshape(tf.slice(reference, [0, 0, index], [-1, -1, 1]), [batch, 1, queries, 1]);
        const reach = tf.mul(box(axis + 2), row(sizes.map((size, i) => 0.5 * (pointScale[i] as number) * size)));
        const centre = tf.sub(tf.mul(box(axis), row(sizes)), 0.5);
        return tf.reshape(tf.add(centre, tf.mul(offset, reach)), [batch * heads, queries, count]) as Tensor3D;
      };
      // All x, all y, all weights, in one product: moving rows of parameters about costs nothing beside moving tokens.
      const joined = (part: string, rows: number[]) => {
        const places = pass.parameter(`${name}.sampling_offsets.${part}`);
        const axesFirst = tf.transpose(tf.reshape(places, [heads * count, 2, ...rows]), [1, 0, ...rows.map(() => 2)]);
        const shares = pass.parameter(`${name}.attention_weights.${part}`);
        return tf.concat([tf.reshape(axesFirst, [2 * heads * count, ...rows]), shares], 0);
      };
      const projected = project(query, joined('weight', [dim]) as Tensor2D, joined('bias', []) as Tensor1D);
      const apart = tf.transpose(tf.reshape(projected, [batch, queries, 3, heads, count]), [2, 0, 3, 1, 4]);
      const part = (index: number) =>
        tf.reshape(tf.slice(apart, [index, 0, 0, 0, 0], [1, -1, -1, -1, -1]), [batch, heads, queries, count]);
      const at = (axis: 0 | 1): Tensor3D => {
        const place = pixels(axis, part(axis));
        if (!discrete) return place;
        const byWidth = axis === 0 && sampling === 'discrete';
        return discreteCells(
          place,
          perPoint(({ width, height }) => (byWidth ? width : height) - 1),
        );
      };
      const weight = tf.reshape(tf.softmax(part(2)), [batch * heads, queries, count]) as Tensor3D;

      return mergeHeads(sampleBilinear(memory, points, { x: at(0), y: at(1), weight }), heads);
    },
  };
};
