import type { Pass } from '@detrain/core/tensors';
import {
  deformableAttention,
  discreteCells,
  type LevelTokens,
  type Module,
  makePass,
  mergeHeads,
  projectedDeformableAttention,
  sampleBilinear,
  sampledLevels,
  splitHeads,
} from '@detrain/nn';
import * as tf from '@tensorflow/tfjs';
import { type GoldenCase, tensorOf } from '../case.ts';
import type { Checks } from '../checks.ts';
import { compare, differentiate, eagerly, load } from '../eager.ts';
import { goldenWeights } from '../generate.ts';

interface DeformableMeta {
  readonly spatial_shapes_hw: readonly (readonly [height: number, width: number])[];
  readonly num_points: readonly number[];
}

const VALUE = 1e-5;
const GRADIENT = 1e-4;

/** Deformable attention: the weighted samples alone, bilinear and discrete, and the modules of D-FINE and RT-DETRv2. */
export const replayDeformable = (golden: GoldenCase, checks: Checks): Promise<void> => {
  const { spatial_shapes_hw: sizesOf, num_points: points } = golden.meta as unknown as DeformableMeta;
  const [batch = 1, tokens = 1, heads = 1, channels = 1] = tensorOf(golden, 'value').shape;
  const queries = tensorOf(golden, 'att').shape[1] ?? 1;
  const total = points.reduce((a, b) => a + b, 0);
  const levelsOf = (value: tf.Tensor): LevelTokens[] => {
    const together = tf.reshape(value, [batch, tokens, heads * channels]);
    let first = 0;
    return sizesOf.map(([height, width]) => {
      const part = tf.slice(together, [0, first, 0], [-1, height * width, -1]) as tf.Tensor3D;
      first += height * width;
      return { height, width, tokens: part };
    });
  };
  const apartOf = (value: tf.Tensor) =>
    sampledLevels(levelsOf(value).map((level) => ({ ...level, tokens: splitHeads(level.tokens, heads) })));
  /** `[batch, queries, heads, points]` to `[batch * heads, queries, points]`. */
  const rows = (x: tf.Tensor) =>
    tf.reshape(tf.transpose(x, [0, 2, 1, 3]), [batch * heads, queries, total]) as tf.Tensor3D;

  const sample = (value: tf.Tensor, location: tf.Tensor, attention: tf.Tensor, discrete: boolean) => {
    const perPoint = (of: (size: readonly [number, number]) => number) =>
      sizesOf.flatMap((size, l) => Array.from({ length: points[l] ?? 0 }, () => of(size)));
    const pixels = (axis: 0 | 1) => {
      const part = rows(
        tf.reshape(tf.slice(location, [0, 0, 0, 0, axis], [-1, -1, -1, -1, 1]), [batch, queries, heads, total]),
      );
      const place = tf.sub(
        tf.mul(
          part,
          perPoint((size) => size[1 - axis] as number),
        ),
        0.5,
      ) as tf.Tensor3D;
      // the official clamp has the height for both axes
      return discrete
        ? discreteCells(
            place,
            perPoint(([height]) => height - 1),
          )
        : place;
    };
    const at = { x: pixels(0), y: pixels(1), weight: rows(attention) };
    return mergeHeads(sampleBilinear(apartOf(value), points, at), heads);
  };

  const options = { dim: heads * channels, heads, points };

  /** `forward` runs the module `[batch, queries, dim]`; gradients by query, value and weights. */
  const replayModule = (
    name: string,
    { parameters: specs }: Pick<Module<unknown, unknown>, 'parameters'>,
    forward: (query: tf.Tensor3D, reference: tf.Tensor3D, value: tf.Tensor, pass: Pass) => tf.Tensor,
  ) => {
    // the points' scale is a constant
    const weights = goldenWeights(specs.filter(({ kind }) => kind === 'trainable'));
    const names = [...weights.keys()];
    const parameters = names.map((key) =>
      tf.tensor(weights.get(key)?.data as Float32Array, [...(weights.get(key)?.shape ?? [])]),
    );
    const reference = load(golden, `${name}.ref`, [batch, queries, 4]) as tf.Tensor3D;
    const run = (query: tf.Tensor, value: tf.Tensor, ...tensors: tf.Tensor[]) => {
      const pass = makePass({ tensors: Object.fromEntries(names.map((key, i) => [key, tensors[i] as tf.Tensor])) });
      return forward(query as tf.Tensor3D, reference, value, pass);
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

  /** Discrete sampling has no gradient by the location. */
  const replaySampling = (name: string, by: readonly ('value' | 'loc' | 'att')[]) => {
    const { value, gradients } = differentiate(
      (...given) => {
        const of = (input: (typeof by)[number]) => (given[by.indexOf(input)] ?? load(golden, input)) as tf.Tensor;
        return sample(of('value'), of('loc'), of('att'), name === 'discrete');
      },
      by.map((input) => load(golden, input)),
      load(golden, 'G'),
    );
    compare(golden, checks, `${name}.out`, value, VALUE);
    by.forEach((input, i) => {
      compare(golden, checks, `${name}.grad_${input}`, gradients[i] as tf.Tensor, GRADIENT);
    });
  };

  return eagerly(() => {
    replaySampling('default', ['value', 'loc', 'att']);
    if (golden.tensors()['discrete.out']) replaySampling('discrete', ['value', 'att']);
    if (golden.tensors()['msda_dfine.out']) {
      const dfine = deformableAttention('msda_dfine', options);
      replayModule('msda_dfine', dfine, (query, reference, value, pass) =>
        dfine.forward({ query, reference, memory: apartOf(value) }, pass),
      );
    }
    if (golden.tensors()['msda_rtdetrv2.out']) {
      const rtdetr = projectedDeformableAttention('msda_rtdetrv2', options);
      replayModule('msda_rtdetrv2', rtdetr, (query, reference, value, pass) =>
        rtdetr.forward({ query, reference, memory: levelsOf(value) }, pass),
      );
    }
  });
};
