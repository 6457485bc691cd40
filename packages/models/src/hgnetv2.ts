import { freeze, kaimingNormal, type Module, padMap, parametersOf, sequential } from '@detrain/nn';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { type Backbone, stagedBackbone } from './backbone.ts';
import { type ConvNormOptions, convNorm } from './conv-norm.ts';
import { type HgnetName, type HgnetVariant, hgnetVariants, type StageConfig } from './hgnetv2-variants.ts';

/** Options of {@link hgnetv2}. */
export interface HgnetOptions {
  /** Stages whose outputs are returned, 0 to 3 (strides 4 to 32). Default [1, 2, 3]. */
  readonly returnIndices?: readonly number[];
  /** Learnable affine blocks after activations. Default false. */
  readonly affine?: boolean;
  /** The stem does not learn. Default false. */
  readonly freezeStem?: boolean;
  /** All batch norms are constants. Default false. */
  readonly freezeNorm?: boolean;
  /** Whose parameter names: RT-DETR's code has other ones in the stem and in aggregations. Default dfine. */
  readonly naming?: 'dfine' | 'rtdetr';
  /** Batch norms folded into convolutions. Default false. */
  readonly deployed?: boolean;
  /** Default `backbone`. */
  readonly name?: string;
}

type Unit = (name: string, options: ConvNormOptions) => Module<Tensor4D, Tensor4D>;

/** Right and bottom only: what lets an even kernel keep the size. */
const CORNER = [0, 1, 0, 1] as const;

const stem = (name: string, [mid, out]: HgnetVariant['stem'], unit: Unit): Module<Tensor4D, Tensor4D> => {
  const half = Math.floor(mid / 2);
  const one = unit(`${name}.stem1`, { in: 3, out: mid, kernel: 3, stride: 2, activation: 'relu' });
  const twoA = unit(`${name}.stem2a`, { in: mid, out: half, kernel: 2, padding: 0, activation: 'relu' });
  const twoB = unit(`${name}.stem2b`, { in: half, out: mid, kernel: 2, padding: CORNER, activation: 'relu' });
  const three = unit(`${name}.stem3`, { in: 2 * mid, out: mid, kernel: 3, stride: 2, activation: 'relu' });
  const four = unit(`${name}.stem4`, { in: mid, out, activation: 'relu' });
  return {
    parameters: parametersOf(one, twoA, twoB, three, four),
    forward: (images, pass) => {
      // The pool sees the zeros of the padding, which matters where the affine block made values negative.
      const padded = padMap(one.forward(images, pass), CORNER);
      const convolved = twoB.forward(twoA.forward(padded, pass), pass);
      const pooled = tf.maxPool(padded, 2, 1, 'valid');
      return four.forward(three.forward(tf.concat([pooled, convolved], 3), pass), pass);
    },
  };
};

const block = (name: string, stage: StageConfig, first: boolean, unit: Unit): Module<Tensor4D, Tensor4D> => {
  const { mid, out, layers: count, light, kernel } = stage;
  const inputs = first ? stage.in : out;
  const layers = Array.from({ length: count }, (_, j) => {
    const at = `${name}.layers.${j}`;
    const from = j === 0 ? inputs : mid;
    if (!light) return unit(at, { in: from, out: mid, kernel, activation: 'relu' });
    return sequential(
      unit(`${at}.conv1`, { in: from, out: mid }),
      unit(`${at}.conv2`, { in: mid, out: mid, kernel, groups: mid, activation: 'relu' }),
    );
  });
  const squeeze = unit(`${name}.aggregation.0`, {
    in: inputs + count * mid,
    out: Math.floor(out / 2),
    activation: 'relu',
  });
  const excite = unit(`${name}.aggregation.1`, { in: Math.floor(out / 2), out, activation: 'relu' });
  return {
    parameters: parametersOf(...layers, squeeze, excite),
    forward: (x, pass) => {
      const outputs: Tensor4D[] = [x];
      for (const layer of layers) outputs.push(layer.forward(outputs[outputs.length - 1] as Tensor4D, pass));
      const y = excite.forward(squeeze.forward(tf.concat(outputs, 3), pass), pass);
      return first ? y : tf.add(y, x);
    },
  };
};

const stageModule = (name: string, stage: StageConfig, unit: Unit): Module<Tensor4D, Tensor4D> => {
  const blocks = Array.from({ length: stage.blocks }, (_, b) => block(`${name}.blocks.${b}`, stage, b === 0, unit));
  if (!stage.downsample) return sequential(...blocks);
  const down = unit(`${name}.downsample`, { in: stage.in, out: stage.in, kernel: 3, stride: 2, groups: stage.in });
  return sequential(down, ...blocks);
};

/** RT-DETR's name of a unit, and of the convolution in it. */
const rtdetrNames = (at: string) => ({
  name: at
    .replace(/aggregation\.0$/, 'aggregation_squeeze_conv')
    .replace(/aggregation\.1$/, 'aggregation_excitation_conv'),
  conv: /stem2[ab]$/.test(at) ? 'conv.1' : 'conv',
});

/** HGNetv2 (PP-HGNetV2 as RT-DETR, D-FINE and DEIM use it). */
export const hgnetv2 = (variant: HgnetName, options: HgnetOptions = {}): Backbone => {
  const {
    returnIndices = [1, 2, 3],
    affine = false,
    freezeStem = false,
    freezeNorm = false,
    naming = 'dfine',
    deployed = false,
    name = 'backbone',
  } = options;
  const config = hgnetVariants[variant];
  const unit: Unit = (at, given) => {
    const names = naming === 'rtdetr' ? rtdetrNames(at) : { name: at, conv: 'conv' };
    return convNorm(names.name, {
      ...given,
      frozenNorm: freezeNorm,
      fused: deployed,
      affine: affine && given.activation === 'relu',
      names: { conv: names.conv, norm: 'bn' },
      weightInit: kaimingNormal,
    });
  };
  const learnedStem = stem(`${name}.stem`, config.stem, unit);
  const start = freezeStem ? freeze(learnedStem) : learnedStem;
  const stages = config.stages.map((stage, s) => ({
    module: stageModule(`${name}.stages.${s}`, stage, unit),
    channels: stage.out,
  }));
  return stagedBackbone(`HGNetv2 ${variant}`, start, stages, returnIndices);
};
