import { activation, freeze, type Module, padMap, parametersOf, sequential } from '@detrain/nn';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { type Backbone, stagedBackbone } from './backbone.ts';
import { type ConvNormOptions, convNorm } from './conv-norm.ts';

/** Depths that RT-DETR's ResNets come in. */
export type PresnetDepth = 18 | 34 | 50 | 101;

/** Options of {@link presnet}. */
export interface PresnetOptions {
  /** Stages whose outputs are returned, 0 to 3 (strides 4 to 32). Default [1, 2, 3]. */
  readonly returnIndices?: readonly number[];
  /** Nothing is frozen (-1, the default), the stem (0), or the stem and the first n stages (n). */
  readonly freezeAt?: number;
  /** All batch norms are constants. Default false. */
  readonly freezeNorm?: boolean;
  /** Batch norms folded into convolutions. Default false. */
  readonly deployed?: boolean;
  /** Default `backbone`. */
  readonly name?: string;
}

type Unit = (name: string, options: ConvNormOptions) => Module<Tensor4D, Tensor4D>;

/** Blocks of each stage. */
const DEPTHS: Readonly<Record<PresnetDepth, readonly number[]>> = {
  18: [2, 2, 2, 2],
  34: [3, 4, 6, 3],
  50: [3, 4, 6, 3],
  101: [3, 4, 23, 3],
};
const WIDTHS = [64, 128, 256, 512];
const relu = activation('relu');

const stem = (name: string, unit: Unit): Module<Tensor4D, Tensor4D> => {
  const convolutions = sequential(
    unit(`${name}.conv1_1`, { in: 3, out: 32, kernel: 3, stride: 2, activation: 'relu' }),
    unit(`${name}.conv1_2`, { in: 32, out: 32, kernel: 3, activation: 'relu' }),
    unit(`${name}.conv1_3`, { in: 32, out: 64, kernel: 3, activation: 'relu' }),
  );
  return {
    parameters: convolutions.parameters,
    // After a ReLU, padding with zeros is padding with nothing.
    forward: (images, pass) => tf.maxPool(padMap(convolutions.forward(images, pass), 1), 3, 2, 'valid'),
  };
};

interface BlockOptions {
  readonly in: number;
  readonly width: number;
  readonly stride: number;
  /** The first of its stage: its shortcut has a convolution. */
  readonly first: boolean;
  readonly bottleneck: boolean;
}

/** The shortcut of variant d: halving is an average, not a convolution that skips three of four cells. */
const shortcut = (name: string, { in: inputs, stride }: BlockOptions, out: number, unit: Unit) => {
  if (stride === 1) return unit(`${name}.short`, { in: inputs, out });
  const conv = unit(`${name}.short.conv`, { in: inputs, out });
  return {
    parameters: conv.parameters,
    forward: (x, pass) => conv.forward(tf.avgPool(x, 2, 2, 'same'), pass),
  } satisfies Module<Tensor4D, Tensor4D>;
};

const block = (name: string, options: BlockOptions, unit: Unit): Module<Tensor4D, Tensor4D> => {
  const { in: inputs, width, stride, first, bottleneck } = options;
  const out = bottleneck ? 4 * width : width;
  const short = first ? shortcut(name, options, out, unit) : sequential<Tensor4D>();
  const long = bottleneck
    ? sequential(
        unit(`${name}.branch2a`, { in: inputs, out: width, activation: 'relu' }),
        unit(`${name}.branch2b`, { in: width, out: width, kernel: 3, stride, activation: 'relu' }),
        unit(`${name}.branch2c`, { in: width, out }),
      )
    : sequential(
        unit(`${name}.branch2a`, { in: inputs, out, kernel: 3, stride, activation: 'relu' }),
        unit(`${name}.branch2b`, { in: out, out, kernel: 3 }),
      );
  return {
    // The official order differs with the kind of block.
    parameters: bottleneck ? parametersOf(long, short) : parametersOf(short, long),
    forward: (x, pass) => relu(tf.add(long.forward(x, pass), short.forward(x, pass))),
  };
};

/** ResNet of variant d (He et al. 2015; stem and shortcuts of He et al. 2018) under RT-DETR's parameter names. */
export const presnet = (depth: PresnetDepth, options: PresnetOptions = {}): Backbone => {
  const { returnIndices = [1, 2, 3], freezeAt = -1, freezeNorm = false, deployed = false, name = 'backbone' } = options;
  const unit: Unit = (at, given) => convNorm(at, { ...given, frozenNorm: freezeNorm, fused: deployed });
  const bottleneck = depth >= 50;
  const outputs = WIDTHS.map((width) => (bottleneck ? 4 * width : width));
  const learnedStem = stem(`${name}.conv1`, unit);
  const start = freezeAt >= 0 ? freeze(learnedStem) : learnedStem;
  const stages = WIDTHS.map((width, s) => {
    const blocks = Array.from({ length: DEPTHS[depth][s] as number }, (_, b) => {
      const first = b === 0;
      const inputs = first ? (outputs[s - 1] ?? 64) : (outputs[s] as number);
      const stride = first && s > 0 ? 2 : 1;
      return block(`${name}.res_layers.${s}.blocks.${b}`, { in: inputs, width, stride, first, bottleneck }, unit);
    });
    const stage = sequential(...blocks);
    return { module: s < freezeAt ? freeze(stage) : stage, channels: outputs[s] as number };
  });
  return stagedBackbone(`ResNet ${depth}`, start, stages, returnIndices);
};
