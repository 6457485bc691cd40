import type { Tensor, Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { inverseRoot } from './inverse-root.ts';
import { differentiable, withoutTape } from './tape.ts';

// Values per channel are [1, 1, 1, channels] throughout: they then meet maps as they are.

/** Sums of a map [batch, height, width, channels] per channel, image by image first. */
const channelSum = (x: Tensor): Tensor4D => tf.sum(tf.sum(x, [1, 2], true), 0, true);

const spread = (x: Tensor): Tensor4D => tf.reshape(x, [1, 1, 1, x.size]);
const flat = (x: Tensor): Tensor1D => tf.reshape(x, [x.size]);

/** What a normalised map is scaled and shifted by per channel, and what follows within the same operation. */
export interface NormTail {
  readonly weight: Tensor1D;
  readonly bias: Tensor1D;
  /** Negative values become zero. */
  readonly relu: boolean;
  /** A scale [1] and a shift [1] of the whole map, last of all. */
  readonly affine?: { readonly scale: Tensor1D; readonly bias: Tensor1D } | undefined;
}

/** A map [batch, height, width, channels] under some statistics. */
interface Normalized {
  /** The map; without its mean where that is the batch's. */
  readonly map: Tensor4D;
  /** The mean where it is a constant. */
  readonly centre?: Tensor4D;
  /** 1 / sqrt(variance + eps). */
  readonly inverse: () => Tensor4D;
  /** The normalised map, scaled and shifted [channels]. */
  readonly scaled: (inverse: Tensor4D, weight: Tensor1D, bias: Tensor1D) => Tensor4D;
}

const transformed = (x: Tensor, { scale, bias }: NonNullable<NormTail['affine']>) => tf.add(tf.mul(x, scale), bias);

/**
 * Normalisation, relu and affine block as one tape entry.
 *
 * With g = dy where relu let the value through, and c = x - mean: every gradient follows from the sums of g and g c per
 * channel, and scales meet as vectors, so that few operations go over whole maps. By the batch's statistics
 * dx = a (g - mean(g) - c mean(g c) / (variance + eps)), by constant ones dx = a g (Ioffe & Szegedy 2015, 3).
 */
const differentiated = (x: Tensor4D, given: Normalized, { weight, bias, relu, affine }: NormTail): Tensor4D =>
  differentiable<Tensor4D>(
    [x, weight, bias, ...(affine ? [affine.scale, affine.bias] : [])],
    (save) => {
      const inverse = given.inverse();
      // Without relu between them, two scales are one.
      const joined = affine && !relu;
      const normal = joined
        ? given.scaled(inverse, tf.mul(weight, affine.scale), transformed(bias, affine) as Tensor1D)
        : given.scaled(inverse, weight, bias);
      const kept = relu ? tf.relu(normal) : normal;
      const optional = [given.centre, affine?.scale, relu ? kept : undefined];
      save([given.map, inverse, weight, bias, ...optional.filter((tensor) => tensor !== undefined)]);
      return affine && !joined ? (transformed(kept, affine) as Tensor4D) : kept;
    },
    (dy, saved) => {
      const [map, inverse, w1, b1, ...optional] = saved as [Tensor, Tensor, Tensor, Tensor, ...Tensor[]];
      const [w, b] = [spread(w1), spread(b1)];
      const centre = given.centre && optional.shift();
      const outer = affine && optional.shift();
      const [kept] = optional;
      const g = kept ? tf.mul(dy, tf.step(kept)) : dy;
      const total = channelSum(g);
      const centred = centre ? tf.sub(map, centre) : map;
      const projection = tf.mul(channelSum(tf.mul(g, centred)), inverse);
      const [dWeight, dBias] = outer ? [tf.mul(projection, outer), tf.mul(total, outer)] : [projection, total];
      const slope = tf.mul(w, inverse);
      const forward = tf.mul(g, outer ? tf.mul(slope, outer) : slope);
      const share = tf.mul(slope, w.size / map.size);
      const back = () => tf.add(tf.mul(centred, tf.mul(share, tf.mul(dWeight, inverse))), tf.mul(share, dBias));
      const gradients = [centre ? forward : tf.sub(forward, back()), flat(dWeight), flat(dBias)];
      if (!outer) return gradients;
      // The value before the affine block is zero wherever g is not dy, and w c inverse + b elsewhere.
      const whole = (perChannel: Tensor) => tf.reshape(tf.sum(perChannel, 3), [1]);
      const dScale = whole(tf.add(tf.mul(w, projection), tf.mul(b, total)));
      return [...gradients, dScale, whole(kept ? channelSum(dy) : total)];
    },
  );

/** (x - mean) / sqrt(variance + eps) weight + bias with statistics that are constants, then the tail's rest. */
export const normalizeFixed = (x: Tensor4D, mean: Tensor1D, variance: Tensor1D, eps: number, tail: NormTail) => {
  const inverse = () => spread(inverseRoot(tf.add(variance, eps)));
  const scaled: Normalized['scaled'] = (_, weight, bias) => tf.batchNorm(x, mean, variance, bias, weight, eps);
  return differentiated(x, { map: x, centre: spread(mean), inverse, scaled }, tail);
};

/**
 * The mean per channel, rows first: a float32 sum of a whole map would be off by some 1e-6 of itself, and move every
 * activation of the channel by that; in two stages it is ten times closer.
 */
const meanOf = (x: Tensor): Tensor4D => tf.mean(tf.mean(x, 2, true), [0, 1], true);

/** The mean of a map per channel [channels]. */
export const channelMean = (x: Tensor4D): Tensor1D => flat(meanOf(x));

/** Normalises by the batch's own mean [channels] and biased variance [channels], which it gives, too. */
export const normalizeBatch = (x: Tensor4D, eps: number, tail: NormTail) => {
  const { mean, variance, map } = withoutTape(() => {
    const centre = meanOf(x);
    const centred = tf.sub(x, centre) as Tensor4D;
    return { mean: centre, variance: meanOf(tf.square(centred)), map: centred };
  });
  const inverse = () => inverseRoot(tf.add(variance, eps)) as Tensor4D;
  const scaled: Normalized['scaled'] = (factor, weight, bias) =>
    tf.add(tf.mul(map, tf.mul(spread(weight), factor)), spread(bias));
  return { value: differentiated(x, { map, inverse, scaled }, tail), mean: flat(mean), variance: flat(variance) };
};
