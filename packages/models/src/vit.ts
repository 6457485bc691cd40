import { constant, conv2d, identity, layerNorm, type Module, normal, parameter, parametersOf } from '@detrain/nn';
import type { Tensor, Tensor3D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { VIT_STD, vitBlock } from './vit-block.ts';
import { rotaryEmbedding } from './vit-rope.ts';
import { type VitName, vitVariants } from './vit-variants.ts';

/** Side of a patch, pixels: the stride of a vision transformer's maps. */
const PATCH = 16;

const DEPTH = 12;
const STORAGE_TOKENS = 4;

/** Options of {@link visionTransformer}. */
export interface VitOptions {
  readonly variant: VitName;
  /** Layers, 0 to 11, whose patch tokens are returned. */
  readonly layers: readonly number[];
}

/**
 * Vision transformer of DINOv3 (Siméoni et al. 2025), plain or as DEIMv2 distilled it: images `[batch, height, width, 3]`,
 * sides multiples of 16, to one map `[batch, height / 16, width / 16, dim]` for each layer asked for.
 */
export const visionTransformer = (
  name: string,
  { variant, layers: wanted }: VitOptions,
): Module<Tensor4D, readonly Tensor4D[]> => {
  const { released, ...shape } = vitVariants[variant];
  const { dim, heads } = shape;
  if (wanted.some((layer) => !Number.isInteger(layer) || layer < 0 || layer >= DEPTH))
    throw new Error(
      `@detrain/models: ${variant} was asked for layers ${wanted.join(', ')}. It has layers 0 to ${DEPTH - 1}. Change layers.`,
    );
  const token = (part: string, count: number) => parameter(`${name}.${part}`, [1, count, dim], normal(VIT_STD));
  const first = [token('cls_token', 1), ...(released ? [token('storage_tokens', STORAGE_TOKENS)] : [])];
  // In the state dict only: it stands for hidden patches in self-supervised training.
  const unused = released ? [parameter(`${name}.mask_token`, [1, dim], constant(0))] : [];
  const patches = conv2d(`${name}.patch_embed.proj`, { in: 3, out: dim, kernel: PATCH, stride: PATCH });
  const rotary = rotaryEmbedding(`${name}.rope_embed`, dim / heads);
  const blocks = Array.from({ length: DEPTH }, (_, i) => vitBlock(`${name}.blocks.${i}`, { ...shape, released }));
  const norm: Module<Tensor, Tensor> = released ? layerNorm(`${name}.norm`, { dim }) : identity();
  return {
    parameters: [
      ...first,
      ...unused,
      ...patches.parameters,
      ...(released ? parametersOf(rotary, ...blocks, norm) : parametersOf(...blocks, rotary)),
    ],
    forward: (images, pass) => {
      const map = patches.forward(images, pass);
      const [batch, rows, columns] = map.shape;
      const start = first.map((spec) => tf.tile(pass.parameter(spec.name), [batch, 1, 1]) as Tensor3D);
      let tokens = tf.concat([...start, tf.reshape(map, [batch, rows * columns, dim]) as Tensor3D], 1);
      const prefix = tokens.shape[1] - rows * columns;
      const rotation = rotary.forward({ prefix, rows, columns }, pass);
      const outputs = new Map<number, Tensor4D>();
      for (const [i, block] of blocks.slice(0, Math.max(...wanted) + 1).entries()) {
        tokens = block.forward({ tokens, rotation }, pass);
        if (!wanted.includes(i)) continue;
        const seen = tf.slice(norm.forward(tokens, pass), [0, prefix, 0], [-1, -1, -1]);
        outputs.set(i, tf.reshape(seen, [batch, rows, columns, dim]) as Tensor4D);
      }
      return wanted.map((layer) => outputs.get(layer) as Tensor4D);
    },
  };
};
