import { identity, type Module, parametersOf, relu, sequential } from '@detrain/nn';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type { Backbone } from './backbone.ts';
import { type ConvNormOptions, convNorm } from './conv-norm.ts';

/** Options of {@link dla34}. */
export interface DlaOptions {
  /** Batch norms folded into convolutions. Default false. */
  readonly deployed?: boolean;
  /** Default `backbone`. */
  readonly name?: string;
}

type Unit = (name: string, options: ConvNormOptions) => Module<Tensor4D, Tensor4D>;

/** A tree's shape. */
interface TreeShape {
  readonly in: number;
  readonly out: number;
  /** How often the tree divides into two; at 1 its halves are blocks. */
  readonly levels: number;
  readonly stride: 1 | 2;
  /** Whether the root joins the tree's own input, too. */
  readonly rootSeesInput?: boolean;
  /** Channels of the maps before the tree that its root joins. Default 0. */
  readonly earlier?: number;
}

interface TreeInput {
  readonly map: Tensor4D;
  /** Maps before the tree that its root joins. */
  readonly earlier: readonly Tensor4D[];
}

interface BlockInput {
  readonly map: Tensor4D;
  /** What the block's convolutions are added to. */
  readonly shortcut: Tensor4D;
}

const block = (
  name: string,
  { in: inputs, out, stride }: Pick<TreeShape, 'in' | 'out' | 'stride'>,
  unit: Unit,
): Module<BlockInput, Tensor4D> => {
  const names = (i: number) => ({ conv: `conv${i}`, norm: `bn${i}` });
  const one = unit(name, { in: inputs, out, kernel: 3, stride, activation: 'relu', names: names(1) });
  const two = unit(name, { in: out, out, kernel: 3, names: names(2) });
  return {
    parameters: parametersOf(one, two),
    forward: ({ map, shortcut }, pass) => relu(tf.add(two.forward(one.forward(map, pass), pass), shortcut)),
  };
};

const shrink = (map: Tensor4D, stride: 1 | 2): Tensor4D => (stride === 1 ? map : tf.maxPool(map, 2, 2, 'valid'));

/** Two blocks, and a root that joins them with maps before them. */
const leaf = (name: string, shape: Omit<TreeShape, 'levels'>, unit: Unit): Module<TreeInput, Tensor4D> => {
  const { in: inputs, out, stride, rootSeesInput = false, earlier: handed = 0 } = shape;
  const first = block(`${name}.tree1`, { in: inputs, out, stride }, unit);
  const second = block(`${name}.tree2`, { in: out, out, stride: 1 }, unit);
  const joined = 2 * out + (rootSeesInput ? inputs : 0) + handed;
  const root = unit(`${name}.root`, { in: joined, out, activation: 'relu', names: { conv: 'conv', norm: 'bn' } });
  const project = inputs === out ? identity<Tensor4D>() : unit(`${name}.project`, { in: inputs, out });
  return {
    parameters: parametersOf(first, second, root, project),
    forward: ({ map, earlier }, pass) => {
      const small = shrink(map, stride);
      const a = first.forward({ map, shortcut: project.forward(small, pass) }, pass);
      const b = second.forward({ map: a, shortcut: a }, pass);
      return root.forward(tf.concat([b, a, ...earlier, ...(rootSeesInput ? [small] : [])], 3), pass);
    },
  };
};

/** A tree of two trees: the second's root joins what the first made and all maps before it. */
const tree = (name: string, shape: TreeShape, unit: Unit): Module<TreeInput, Tensor4D> => {
  const { in: inputs, out, levels, stride, rootSeesInput = false, earlier: handed = 0 } = shape;
  if (levels === 1) return leaf(name, shape, unit);
  const first = tree(`${name}.tree1`, { in: inputs, out, levels: levels - 1, stride }, unit);
  const joined = handed + (rootSeesInput ? inputs : 0) + out;
  const second = tree(`${name}.tree2`, { in: out, out, levels: levels - 1, stride: 1, earlier: joined }, unit);
  return {
    parameters: parametersOf(first, second),
    forward: ({ map, earlier }, pass) => {
      const a = first.forward({ map, earlier: [] }, pass);
      const before = rootSeesInput ? [...earlier, shrink(map, stride)] : earlier;
      return second.forward({ map: a, earlier: [...before, a] }, pass);
    },
  };
};

/** Deep layer aggregation with 34 layers (Yu et al. 2018), as RT-DETR uses it: maps of strides 8, 16 and 32. */
export const dla34 = ({ deployed = false, name = 'backbone' }: DlaOptions = {}): Backbone => {
  const unit: Unit = (at, given) => convNorm(at, { names: { conv: '0', norm: '1' }, ...given, fused: deployed });
  const start = sequential(
    unit(`${name}.model.base_layer`, { in: 3, out: 16, kernel: 7, activation: 'relu' }),
    unit(`${name}.model.level0`, { in: 16, out: 16, kernel: 3, activation: 'relu' }),
    unit(`${name}.model.level1`, { in: 16, out: 32, kernel: 3, stride: 2, activation: 'relu' }),
  );
  const stage = (level: number, inputs: number, out: number, levels: number) =>
    tree(`${name}.model.level${level}`, { in: inputs, out, levels, stride: 2, rootSeesInput: level > 2 }, unit);
  const stages = [stage(2, 32, 64, 1), stage(3, 64, 128, 2), stage(4, 128, 256, 2), stage(5, 256, 512, 1)];
  return {
    channels: [128, 256, 512],
    strides: [8, 16, 32],
    parameters: parametersOf(start, ...stages),
    forward: (images, pass) => {
      const maps: Tensor4D[] = [];
      let map = start.forward(images, pass);
      for (const each of stages) {
        map = each.forward({ map, earlier: [] }, pass);
        maps.push(map);
      }
      return maps.slice(1);
    },
  };
};
