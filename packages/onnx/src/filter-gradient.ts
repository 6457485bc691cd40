import { type ConvInfo, inOrder, NCHW, planes } from './convolution.ts';
import { concat } from './join.ts';
import { matmul } from './matmul.ts';
import { oneProduct } from './one-product.ts';
import type { Recording } from './recording.ts';
import { reduce } from './reduce.ts';
import { reshape } from './reshape.ts';
import { part, phases, taps, tapsAlong } from './taps.ts';
import { permuted, type Traced } from './traced.ts';

/** Below this many channels, products a tap are too thin. */
const FEW_CHANNELS = 8;

/**
 * The gradient of a convolution's filter `[kh, kw, in, out]`.
 *
 * One convolution with dy as a huge filter runs at a third of the speed of products. Of those, what copies least is the
 * fastest: see `bench/`.
 */
export const filterGradient = (recording: Recording, x: Traced, dy: Traced, info: ConvInfo): Traced => {
  const { filterHeight, filterWidth, strideHeight, strideWidth, inChannels } = info;
  if (filterHeight * filterWidth === 1) {
    const [seen] = taps(recording, inOrder(recording, x, NCHW), info) as [Traced];
    return productsByTap(recording, [[seen, dy]], info);
  }
  if (strideHeight === 1 && strideWidth === 1) return oneProduct(recording, x, dy, info);
  return inChannels > FEW_CHANNELS
    ? productsByTap(recording, strided(recording, x, dy, info), info)
    : unfolded(recording, strided(recording, x, dy, info), info);
};

/** What a tap sees and the gradient that meets it, of one size: `[batch, h, w, channels]`. */
type Pair = readonly [seen: Traced, gradient: Traced];

/**
 * The pairs of a strided convolution's taps, row by row of the filter. A tap sees one phase of the image, moved by some
 * cells; where there are more channels of it than of dy, dy is moved the other way instead.
 */
const strided = (recording: Recording, x: Traced, dy: Traced, info: ConvInfo): Pair[] => {
  const { inChannels, outChannels, outHeight, outWidth } = info;
  const [rows, columns] = tapsAlong(info);
  const grid = phases(recording, inOrder(recording, x, NCHW), info);
  const gradient = inOrder(recording, dy, NCHW);
  return rows.flatMap((row) =>
    columns.map((column): Pair => {
      const phase = grid[row.phase]![column.phase]!;
      if (inChannels <= FEW_CHANNELS || inChannels < outChannels)
        return [part(recording, phase, [row.shift, column.shift], [outHeight, outWidth]), gradient];
      const [, height, width] = phase.shape as [number, number, number, number];
      return [phase, part(recording, gradient, [-row.shift, -column.shift], [height, width])];
    }),
  );
};

/** `dy [batch, out, pixels] seen [batch, pixels, in]` for each tap, summed over the batch. */
const productsByTap = (recording: Recording, pairs: readonly Pair[], info: ConvInfo): Traced => {
  const { inChannels, outChannels, filterHeight, filterWidth } = info;
  const parts = pairs.map(([seen, gradient]) => {
    const product = matmul(recording, planes(recording, gradient), planes(recording, seen), false, true);
    return reshape(recording, reduce(recording, 'ReduceSum', product, [0], false), [outChannels, inChannels, 1]);
  });
  const filter = reshape(recording, concat(recording, parts, 2), [outChannels, inChannels, filterHeight, filterWidth]);
  return permuted(filter, [2, 3, 1, 0]);
};

/** `dy [batch, out, pixels] seen [batch, pixels, kh * kw * in]` of pairs with one dy, summed over the batch. */
const unfolded = (recording: Recording, pairs: readonly Pair[], info: ConvInfo): Traced => {
  const { inChannels, outChannels, filterHeight, filterWidth } = info;
  const columns = pairs.map(([seen]) => planes(recording, seen));
  const product = matmul(recording, planes(recording, pairs[0]![1]), concat(recording, columns, 1), false, true);
  const sum = reduce(recording, 'ReduceSum', product, [0], false);
  return permuted(reshape(recording, sum, [outChannels, filterHeight, filterWidth, inChannels]), [1, 2, 3, 0]);
};
