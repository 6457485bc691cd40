import type { DenseTargets, Loss, LossContext, Predictions } from '@detrain/core/tensors';
import { type DenseHost, toTensors } from '@detrain/losses';
import * as tf from '@tensorflow/tfjs';
import { type GoldenCase, valuesOf } from './case.ts';
import type { Checks } from './checks.ts';
import { load } from './eager.ts';
import { headMeta } from './heads.ts';

const VALUE = 1e-5;
const GRADIENT = 1e-4;

/** One loss of a head and what its gradient is taken by. */
export interface HeadTerm {
  /** As in the case: `loss_cls`. */
  readonly name: string;
  /** The maps, NCHW, one a level: `cls`. */
  readonly leaf: string;
  /** Numbers a candidate that they hold. */
  readonly channels: number;
  readonly weight: number;
  readonly loss: Loss;
  readonly targets: DenseHost;
  /** What the loss reads, from the maps' values `[batch, candidates, channels]`. */
  predictions(values: tf.Tensor3D): Partial<Predictions>;
  /** Candidates a level. */
  readonly levels: readonly number[];
  readonly regMax?: number;
}

/** NCHW maps, one a level, as candidates `[batch, candidates, channels]`. */
export const joinLevels = (maps: readonly tf.Tensor[], channels: number): tf.Tensor3D =>
  tf.concat(
    maps.map((map) => tf.reshape(tf.transpose(map, [0, 2, 3, 1]), [map.shape[0] ?? 0, -1, channels])),
    1,
  ) as tf.Tensor3D;

/** The targets of one level's candidates alone. */
const onlyLevel = (targets: DenseTargets, levels: readonly number[], level: number): DenseTargets => {
  const mask = tf.tensor2d([levels.flatMap((count, l) => Array<number>(count).fill(l === level ? 1 : 0))]);
  const masked = (values: tf.Tensor2D) => tf.mul(values, mask) as tf.Tensor2D;
  return {
    ...targets,
    classWeight: masked(targets.classWeight),
    boxWeight: masked(targets.boxWeight),
    positive: masked(targets.positive),
  };
};

/** Compares a loss, level by level where the case has it so, and its gradient by every map. Runs inside `eagerly`. */
export const compareTerm = (golden: GoldenCase, checks: Checks, term: HeadTerm): void => {
  const { name, leaf, channels, weight, loss, levels, regMax } = term;
  const dense = toTensors(term.targets);
  const maps = levels.map((_, level) => load(golden, `${leaf}_${level}`));
  const compute = (values: tf.Tensor3D, targets: DenseTargets) => {
    const context: LossContext = {
      role: 'layer',
      last: true,
      main: targets,
      cache: new Map(),
      ...(regMax !== undefined && { regMax }),
    };
    return tf.mul(
      loss.compute(term.predictions(values) as Predictions, targets, context) as tf.Scalar,
      weight,
    ) as tf.Scalar;
  };
  const reference = headMeta(golden).losses[name] ?? Number.NaN;
  const values = joinLevels(maps, channels);
  const perLevel =
    typeof reference === 'number'
      ? [compute(values, dense)]
      : levels.map((_, level) => compute(values, onlyLevel(dense, levels, level)));
  checks.close(
    name,
    perLevel.map((value) => value.dataSync()[0] ?? Number.NaN),
    [reference].flat(),
    VALUE,
  );
  const gradients = tf.grads((...given) => compute(joinLevels(given, channels), dense))(maps);
  const stored = levels.map((_, level) => golden.tensors()[`grad_${name}__${leaf}_${level}`]);
  const ours = gradients.flatMap((gradient, level) => (stored[level] ? Array.from(gradient.dataSync()) : []));
  const theirs = stored.flatMap((tensor) => (tensor ? Array.from(valuesOf(tensor)) : []));
  checks.closeL2(`grad_${name}`, ours, theirs, GRADIENT);
};
