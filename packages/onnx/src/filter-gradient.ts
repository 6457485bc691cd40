import { type ConvInfo, NCHW } from './convolution.ts';
import { concat } from './join.ts';
import { matmul } from './matmul.ts';
import type { Recording } from './recording.ts';
import { reduce } from './reduce.ts';
import { reshape } from './reshape.ts';
import { pad, slice } from './slice.ts';
import { identity, permuted, type Traced } from './traced.ts';

/** The same value with its memory in this order. */
export const inOrder = (recording: Recording, value: Traced, perm: readonly number[]): Traced =>
  recording.placed(value, { perm, whole: true });

/**
 * The part of a padded image that each filter tap sees, row by row of the filter: `[batch, outHeight, outWidth, channels]`.
 *
 * Picking every second column copies number by number, so that is done once for each remainder of the stride; the taps
 * are then cut from it in runs.
 */
export const taps = (recording: Recording, x: Traced, info: ConvInfo, padding = 0): Traced[] => {
  const { padInfo: p, outHeight, outWidth, strideHeight, strideWidth, dilationHeight, dilationWidth } = info;
  const { filterHeight, filterWidth } = info;
  const none = [0, 0] as const;
  const padded = pad(recording, x, [none, [p.top, p.bottom], [p.left, p.right], none], padding);
  const width = padded.shape[2]!;
  const phase = (start: number) =>
    slice(recording, padded, [{ axis: 2, start, count: Math.ceil((width - start) / strideWidth), step: strideWidth }]);
  return Array.from({ length: filterHeight * filterWidth }, (_, i) => {
    const column = (i % filterWidth) * dilationWidth;
    return slice(recording, phase(column % strideWidth), [
      { axis: 1, start: Math.floor(i / filterWidth) * dilationHeight, count: outHeight, step: strideHeight },
      { axis: 2, start: Math.floor(column / strideWidth), count: outWidth },
    ]);
  });
};

/** From this many pixels on, one product a tap and image beats one large product of unfolded taps (measured on 2 cores). */
const MANY_PIXELS = 1000;
/** Below this many channels, products a tap are too thin. */
const FEW_CHANNELS = 8;

/**
 * The gradient of a convolution's filter `[kh, kw, in, out]`.
 *
 * One convolution with dy as a huge filter runs at a third of the speed of products. Of those, three layouts are each
 * the fastest somewhere: see `bench/`.
 */
export const filterGradient = (recording: Recording, x: Traced, dy: Traced, info: ConvInfo): Traced => {
  const pixels = info.outHeight * info.outWidth;
  if (info.filterHeight * info.filterWidth === 1 || (pixels >= MANY_PIXELS && info.inChannels > FEW_CHANNELS)) {
    return productsByTap(recording, x, dy, info);
  }
  return info.inChannels > FEW_CHANNELS
    ? unfoldedRows(recording, x, dy, info)
    : unfoldedColumns(recording, x, dy, info);
};

/** An NHWC value in NCHW memory as `[batch, channels, pixels]`. */
const planes = (recording: Recording, value: Traced): Traced => {
  const [batch, height, width, channels] = value.shape as [number, number, number, number];
  return reshape(recording, permuted(inOrder(recording, value, NCHW), NCHW), [batch, channels, height * width]);
};

/** `dy [batch, out, pixels] x_tap [batch, pixels, in]` for each tap, summed over the batch. */
const productsByTap = (recording: Recording, x: Traced, dy: Traced, info: ConvInfo): Traced => {
  const { inChannels, outChannels, filterHeight, filterWidth } = info;
  const gradient = planes(recording, dy);
  const parts = taps(recording, inOrder(recording, x, NCHW), info).map((tap) => {
    const product = matmul(recording, gradient, planes(recording, tap), false, true);
    return reshape(recording, reduce(recording, 'ReduceSum', product, [0], false), [outChannels, inChannels, 1]);
  });
  const filter = reshape(recording, concat(recording, parts, 2), [outChannels, inChannels, filterHeight, filterWidth]);
  return permuted(filter, [2, 3, 1, 0]);
};

/** `dy [batch, out, pixels] taps [batch, pixels, in * kh * kw]`, summed over the batch. */
const unfoldedColumns = (recording: Recording, x: Traced, dy: Traced, info: ConvInfo): Traced => {
  const { batchSize, inChannels, outChannels, outHeight, outWidth, filterHeight, filterWidth } = info;
  const pixels = outHeight * outWidth;
  const columns = taps(recording, inOrder(recording, x, NCHW), info).map((tap) =>
    reshape(recording, planes(recording, tap), [batchSize, inChannels, 1, pixels]),
  );
  const unfolded = reshape(recording, concat(recording, columns, 2), [batchSize, inChannels * columns.length, pixels]);
  const product = matmul(recording, planes(recording, dy), unfolded, false, true);
  const sum = reduce(recording, 'ReduceSum', product, [0], false);
  return permuted(reshape(recording, sum, [outChannels, inChannels, filterHeight, filterWidth]), [2, 3, 1, 0]);
};

/** `dy [out, batch * pixels] taps [batch * pixels, kh * kw * in]`: one product that sums over the batch itself. */
const unfoldedRows = (recording: Recording, x: Traced, dy: Traced, info: ConvInfo): Traced => {
  const { batchSize, inChannels, outChannels, outHeight, outWidth, filterHeight, filterWidth } = info;
  const rows = batchSize * outHeight * outWidth;
  const columns = concat(recording, taps(recording, inOrder(recording, x, identity(4)), info), 3);
  const unfolded = reshape(recording, columns, [rows, filterHeight * filterWidth * inChannels]);
  const gradient = reshape(recording, inOrder(recording, permuted(dy, [3, 0, 1, 2]), identity(4)), [outChannels, rows]);
  const product = matmul(recording, gradient, unfolded);
  return permuted(reshape(recording, product, [outChannels, filterHeight, filterWidth, inChannels]), [1, 2, 3, 0]);
};
