import type { Pass } from '@detrain/core/tensors';
import { differentiable, type Module, parameter, values, withoutTape } from '@detrain/nn';
import type { Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';

/** DINOv3's base: periods lie between 1 and this, in halves of the image's side. */
const BASE = 100;

/** How far each channel of each token is turned; tokens before the patches are not `[1, tokens, head width]`. */
export interface Rotation {
  readonly cos: Tensor3D;
  /** The sine with the sign of its half: minus in the first, plus in the second. */
  readonly sin: Tensor3D;
}

/** A map's tokens: `prefix` tokens without a place, then rows of patches. */
export interface TokenGrid {
  readonly prefix: number;
  readonly rows: number;
  readonly columns: number;
}

/** Centres of patches, rows then columns of the last axis but one, over the image's sides from -1 to 1, times 2 pi. */
const turns = ({ rows, columns }: TokenGrid): Tensor3D => {
  const centre = (i: number, count: number) => 2 * Math.PI * ((2 * (i + 0.5)) / count - 1);
  const places = Array.from({ length: rows * columns }, (_, token) => [
    centre(Math.floor(token / columns), rows),
    centre(token % columns, columns),
  ]);
  return tf.tensor3d(places.flat(), [rows * columns, 2, 1]);
};

/**
 * Axial rotary position embedding of DINOv3: half of a head's pairs of channels turn with the row, half with the column. The
 * state dict's `periods` `[headWidth / 4]` are what is used. Su et al. 2021; Siméoni et al. 2025.
 *
 * The published training draws the scale of the coordinates anew for each block; here they are what they are at inference.
 */
export const rotaryEmbedding = (name: string, headWidth: number): Module<TokenGrid, Rotation> => {
  const quarter = headWidth / 4;
  if (!Number.isInteger(quarter))
    throw new Error(
      `@detrain/models: ${name} turns heads of ${headWidth} channels. A multiple of 4 is wanted. Change dim or heads.`,
    );
  const first = Array.from({ length: quarter }, (_, i) => BASE ** (i / quarter));
  const periods = parameter(`${name}.periods`, [quarter], values(first), 'frozen');
  const table = (grid: TokenGrid, pass: Pass): Rotation => {
    const { prefix, rows, columns } = grid;
    const angles = tf.reshape(tf.div(turns(grid), pass.parameter(periods.name)), [rows * columns, 2 * quarter]);
    const after = (still: Tensor2D, turned: readonly tf.Tensor[]) =>
      tf.expandDims(tf.concat([still, tf.concat([...turned], 1) as Tensor2D], 0), 0) as Tensor3D;
    const [cos, sin] = [tf.cos(angles), tf.sin(angles)];
    return {
      cos: after(tf.ones([prefix, headWidth]), [cos, cos]),
      sin: after(tf.zeros([prefix, headWidth]), [tf.neg(sin), sin]),
    };
  };
  return { parameters: [periods], forward: (grid, pass) => withoutTape(() => table(grid, pass)) };
};

const swapHalves = (x: Tensor3D): Tensor3D => {
  const [a, b] = tf.split(x, 2, 2) as [Tensor3D, Tensor3D];
  return tf.concat([b, a], 2);
};

/** Queries or keys `[batch * heads, tokens, head width]`, turned: channel i pairs with channel i + width / 2. */
export const rotate = (x: Tensor3D, { cos, sin }: Rotation): Tensor3D =>
  differentiable<Tensor3D>(
    [x],
    (save) => {
      save([cos, sin]);
      return tf.add(tf.mul(x, cos), tf.mul(swapHalves(x), sin));
    },
    (dy, [c, s]) => [tf.add(tf.mul(dy, c as Tensor3D), swapHalves(tf.mul(dy, s as Tensor3D)))],
  );
